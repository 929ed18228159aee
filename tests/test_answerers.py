"""The symbolic answerers: tiny stories in our own words."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from tasks import answerers, babi
from tasks.answerers import NoAnswer, answer, readings
from tasks.answerers.check import check_file

# (task, story, question, answer, supporting facts as positions from 1, in the file's order)
STORIES = [
    (1, "Ada went to the attic. Ben moved to the cellar. Ada travelled to the shed.",
     "Where is Ada?", "shed", [3]),
    (2, "Ada went to the attic. Ada took the lamp there. Ada journeyed to the shed.",
     "Where is the lamp?", "shed", [2, 3]),
    (2, "Ada went to the attic. Ada took the lamp. Ada put down the lamp there. "
        "Ada went to the shed.", "Where is the lamp?", "attic", [3, 1]),
    (2, "Ada went to the attic. Ada got the lamp. Ada left the lamp. Ben moved to the attic. "
        "Ben picked up the lamp.", "Where is the lamp?", "attic", [5, 4]),
    (3, "Ada went to the attic. Ada took the lamp. Ada went to the shed. Ada dropped the lamp. "
        "Ada went to the cellar.", "Where was the lamp before the shed?", "attic", [4, 3, 1]),
    (3, "Ada took the lamp. Ada went to the attic. Ada went to the shed. Ada went to the attic.",
     "Where was the lamp before the attic?", "shed", [1, 4, 3]),
    (3, "Ada took the lamp. Ada went to the attic. Ada left the lamp. Ben went to the attic. "
        "Ben took the lamp. Ben went to the shed.",
     "Where was the lamp before the shed?", "attic", [5, 6, 2]),
    (4, "The attic is north of the shed. The cellar is south of the shed.",
     "What is the shed south of?", "attic", [1]),
    (4, "The attic is north of the shed. The cellar is south of the shed.",
     "What is north of the shed?", "attic", [1]),
    (4, "The attic is east of the shed. The shed is east of the cellar.",
     "What is west of the shed?", "cellar", [2]),
    (5, "Ada gave the lamp to Ben. Ben handed the lamp to Cleo.", "Who received the lamp?",
     "cleo", [2]),
    (5, "Ada gave the lamp to Ben. Ben handed the lamp to Cleo.", "Who gave the lamp to Cleo?",
     "ben", [2]),
    (5, "Ada gave the lamp to Ben. Ben passed the lamp to Cleo. Cleo discarded the lamp.",
     "Who gave the lamp?", "ben", [2]),
    (5, "Ada gave the lamp to Ben. Cleo gave the rope to Ben.",
     "Who did Ada give the lamp to?", "ben", [1]),
    # The lamp has been passed on since, so that Ada's latest giving to Ben is the rope.
    (5, "Ada gave the rope to Ben. Ada gave the lamp to Ben. Ben gave the lamp to Ada.",
     "What did Ada give to Ben?", "rope", [1]),
    (6, "Ada went to the attic. Ada took the lamp there. Ben moved to the cellar.",
     "Is Ada in the attic?", "yes", [1]),
    (6, "Ada went to the attic. Ada moved to the cellar.", "Is Ada in the attic?", "no", [2]),
    (7, "Ada took the lamp. Ben took the rope. Ada got the coin. Ada gave the lamp to Ben.",
     "How many objects is Ada carrying?", "one", [1, 3, 4]),
    (7, "Ada took the lamp. Ben took the rope. Ada gave the lamp to Ben.",
     "How many objects is Ben carrying?", "two", [2, 3]),
    (7, "Ada took the lamp. Ada took the rope. Ada left the lamp. Ada dropped the rope.",
     "How many objects is Ada carrying?", "none", [1, 2, 3, 4]),
    (8, "Ada took the lamp. Ada took the rope. Ada left the lamp. Ada took the lamp.",
     "What is Ada carrying?", "lamp,rope", [1, 3, 4, 2]),
    (8, "Ada took the lamp. Ada left the lamp there.", "What is Ada carrying?", "nothing", [1, 2]),
    (9, "Ada went to the attic. Ada is no longer in the attic.", "Is Ada in the attic?",
     "no", [2]),
    (9, "Ada is not in the attic. Ada is in the shed.", "Is Ada in the shed?", "yes", [2]),
    (10, "Ada is in the shed. Ada is either in the attic or the cellar.",
     "Is Ada in the cellar?", "maybe", [2]),
    (10, "Ada is either in the attic or the cellar.", "Is Ada in the shed?", "no", [1]),
    (10, "Ada is either in the attic or the shed. Ada moved to the shed.",
     "Is Ada in the shed?", "yes", [2]),
    (11, "Ada went to the attic. Then she moved to the shed. Ben went to the cellar. "
         "After that he went to the attic.", "Where is Ada?", "shed", [1, 2]),
    (12, "Ada and Ben went to the attic. Cleo and Ada moved to the shed.",
     "Where is Ben?", "attic", [1]),
    (13, "Ada and Ben went to the attic. Following that they moved to the shed. "
         "Cleo and Ada went to the cellar. Afterwards they went to the attic.",
     "Where is Ben?", "shed", [1, 2]),
    (14, "This evening Ada went to the attic. Ada moved to the shed yesterday. "
         "This morning Ada went back to the cellar.",
     "Where was Ada before the cellar?", "shed", [3, 2]),
    (14, "This evening Ada went to the attic. Ada moved to the attic yesterday. "
         "This afternoon Ada went back to the cellar.",
     "Where was Ada before the attic?", "cellar", [1, 3]),
    (15, "Mice are afraid of wolves. Ada is a mouse. Cats are afraid of mice. Ben is a cat.",
     "What is ada afraid of?", "wolf", [2, 1]),
    # Ben's kind is told after Dan's, so that Ben is the example though Dan's colour is later.
    (16, "Dan is a frog. Ben is a frog. Ben is green. Dan is gray. Eve is a swan. "
         "Eve is white. Ada is a frog.", "What color is Ada?", "green", [7, 2, 3]),
    (17, "The red cone is above the disc. The disc is to the left of the star.",
     "Is the red cone to the left of the star?", "yes", [1, 2]),
    (17, "The red cone is above the disc. The disc is to the left of the star.",
     "Is the star above the red cone?", "no", [2, 1]),
    (17, "The cone is above the disc. The star is below the disc.",
     "Is the cone to the right of the star?", "no", [1, 2]),
    (18, "The crate fits inside the van. The van is bigger than the crate. "
         "The crate is bigger than the tin of paint. The van is bigger than the tin of paint.",
     "Is the van bigger than the tin of paint?", "yes", [2, 3]),
    (18, "The crate fits inside the van. The crate is bigger than the tin.",
     "Does the van fit in the tin?", "no", [2, 1]),
    (19, "The attic is north of the shed. The attic is west of the cellar.",
     "How do you go from the shed to the cellar?", "n,e", [1, 2]),
    (19, "The attic is north of the shed. The cellar is west of the attic. "
         "The cellar is east of the loft. The loft is south of the barn.",
     "How do you go from the barn to the shed?", "s,e,e,s", [4, 3, 2, 1]),
    (20, "Ada is hungry. Ben is bored. Ben went to the garden.", "Where will ada go?",
     "kitchen", [1]),
    (20, "Ada is hungry. Ada went to the kitchen. Ada got the apple there. Ada is tired.",
     "Why did ada get the apple?", "hungry", [1]),
    (20, "Ben is bored. Ben went to the garden.", "Why did ben go to the garden?", "bored", [1]),
]


def asked(story, text, line=1):
    """A Question without answer and supports: the answerers have only the text."""
    sentences = [sentence.strip() for sentence in story.split(".") if sentence.strip()]
    statements = tuple(babi.Statement(sentence + ".", babi.words_of(sentence))
                       for sentence in sentences)
    return babi.Question(statements, text, babi.words_of(text), "?", (), 0, line)


@pytest.mark.parametrize("task, story, question, expected, supports", STORIES)
def test_tiny_story(task, story, question, expected, supports):
    found = answer(task, asked(story, question))
    assert found == (expected, tuple(place - 1 for place in supports))


def test_every_task_has_a_tiny_story():
    assert {task for task, *_ in STORIES} == set(babi.TASK_NAMES) == set(answerers.FAMILIES)


@pytest.mark.parametrize("task, story, question, expected", [
    (5, "Ada gave the lamp to Ben. Ada gave the rope to Ben.", "What did Ada give to Ben?",
     {("rope", (1,)), ("lamp", (0,))}),
    # The second statement of the chain is the first that leads on: never statement 4.
    (18, "The crate fits inside the van. The van is bigger than the crate. "
         "The tin fits inside the crate. The crate is bigger than the tin.",
     "Does the tin fit in the van?", {("yes", (1, 2)), ("yes", (0, 2))}),
    (19, "The attic is north of the shed. The attic is west of the barn. "
         "The loft is east of the shed. The barn is north of the loft.",
     "How do you go from the shed to the barn?", {("n,e", (0, 1)), ("e,n", (2, 3))}),
])
def test_readings_of_an_open_text(task, story, question, expected):
    found = readings(task, asked(story, question))
    assert len(found) == len(expected) and set(found) == expected


@pytest.mark.parametrize("task, story, question", [
    (1, "Ada went to the attic.", "Where is Ben?"),
    (1, "Ada flew to the attic.", "Where is Ada?"),
    (1, "Ada went to the attic.", "Whither goes Ada?"),
    (2, "Ada took the lamp. Ada dropped the lamp. Ada went to the attic.", "Where is the lamp?"),
    (3, "Ada took the lamp. Ada went to the attic.", "Where was the lamp before the attic?"),
    (5, "Ada gave the lamp to Ben. Ben gave the lamp to Cleo.", "Who did Ada give the lamp to?"),
    (7, "".join(f"Ada took the {thing}. " for thing in "abcdefghij"),
     "How many objects is Ada carrying?"),
    (9, "Ada is not in the attic.", "Is Ada in the shed?"),
    (11, "Then she moved to the shed.", "Where is Ada?"),
    (14, "Yesterday Ada went to the attic.", "Where was Ada before the attic?"),
    (14, "Yesterday Ada went to the attic. Ada moved to the shed yesterday.",
     "Where was Ada before the shed?"),
    (15, "Mice are afraid of wolves. Ada is a cat.", "What is ada afraid of?"),
    (16, "Ada is a frog. Ben is a swan. Ben is white.", "What color is Ada?"),
    (18, "The van is bigger than the tin.", "Is the van bigger than the tin?"),
    (19, "The attic is north of the shed. The barn is east of the loft.",
     "How do you go from the shed to the barn?"),
    (20, "Ada is tired.", "Why did ada get the apple?"),
])
def test_no_answer_where_the_text_gives_none(task, story, question):
    with pytest.raises(NoAnswer):
        answer(task, asked(story, question))


@pytest.mark.parametrize("task, story, question", [
    (19, "The attic is east of the shed. The shed is east of the attic.",
     "How do you go from the shed to the attic?"),
    (19, "The attic is north of the shed. The barn is east of the attic. The barn is north of the "
         "shed.", "How do you go from the shed to the barn?"),
    (4, "The attic is north of the attic.", "What is north of the attic?"),
    (17, "The cone is above the disc. The disc is above the cone.", "Is the cone above the disc?"),
    (18, "The van fits inside the tin. The tin is bigger than the box. The tin fits inside the "
         "van.", "Is the tin bigger than the van?"),
    (18, "The van is bigger than the tin. The tin is bigger than the box. The box is bigger than "
         "the van.", "Is the van bigger than the box?"),
    (18, "The box is bigger than the box.", "Is the box bigger than the box?")])
def test_statements_that_cannot_be_true_together_are_named(task, story, question):
    with pytest.raises(NoAnswer, match=r"statement \d contradicts those before it"):
        readings(task, asked(story, question))


def test_two_places_may_fall_on_one_spot():
    question = asked("The attic is north of the shed. The barn is south of the attic.",
                     "How do you go from the barn to the attic?")
    assert answer(19, question) == ("n", (1,))


def test_a_map_that_allows_two_answers_is_named(tmp_path):
    """Two shortest ways, e,n and n,e: whichever the file has, a model cannot know it."""
    told = ["The attic is north of the shed.", "The barn is east of the attic.",
            "The loft is east of the shed.", "The barn is north of the loft."]
    lines = [*told, "How do you go from the shed to the barn?\tn,e\t1 2"]
    path = tmp_path / babi.file_name(19, "test")
    path.write_text("".join(f"{i} {line}\n" for i, line in enumerate(lines, start=1)))
    [named] = check_file(path, "en", 19, "test").unexplained
    assert named["answerer"] == "ambiguous, the text allows n,e and e,n"


def test_the_given_answer_is_never_read():
    for task, story, text, *_ in STORIES:
        question = asked(story, text)
        labelled = replace(question, answer="somewhere", supports=(0,))
        assert readings(task, labelled) == readings(task, question)


def test_answerers_import_nothing_of_the_simulators():
    allowed = {"tasks", "tasks.babi", "tasks.errors", "tabulate", "argparse", "dataclasses",
               "functools", "importlib", "json", "os", "pathlib", "re", "sys"}
    for file in Path(answerers.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module]
                if node.module == "tasks":
                    assert {alias.name for alias in node.names} <= {"babi", "answerers",
                                                                    "terminal"}
            for name in names:
                assert name in allowed or name.split(".")[:2] == ["tasks", "answerers"], name
