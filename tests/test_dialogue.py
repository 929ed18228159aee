"""Figure 4: the ensemble of both models answers, or says in one line why it cannot."""

import json
import sys
from io import StringIO
from types import SimpleNamespace

import pytest

from replication import memnn_figure4_dialogue
from replication.training import dialogue
from replication.training.dialogue import GENERAL, RULES, STORY, Reply, train_both
from replication.training.large_scale_cells import Judge
from replication.training.protocols import Dialogue
from tasks import openqa, simulated_facts
from tasks.errors import UserError


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    root = tmp_path_factory.mktemp("facts")
    simulated_facts.write(root / openqa.FOLDER, seed=0, names=12, facts=120)
    return train_both(Judge.read(root), memnn_figure4_dialogue.small(Dialogue()), seed=0)[0]


def test_both_models_get_every_question(both):
    both.story.statements = []
    assert [reply.model for reply in both.replies("Where is the milk?")] == [GENERAL]
    both.story.read(("fred", "got", "the", "milk"))
    both.story.read(("fred", "went", "to", "the", "garden"))
    replies = both.replies("Where is the milk?")
    assert [reply.model for reply in replies] == [STORY, GENERAL]
    story, general = replies
    assert story.known == 1 and set(story.support) <= {"fred got the milk",
                                                       "fred went to the garden"}
    assert general.answer == general.support[0] and 0 < general.known < 1


def test_the_rules(both):
    replies = [Reply(STORY, "garden", 5.0, 0.5, ()), Reply(GENERAL, "a b c", 4.0, 1.0, ())]
    scaled = dialogue.Both(both.general, both.story, {STORY: (6.0, 1.0), GENERAL: (1.0, 2.0)})
    chosen = {rule: scaled.choose(replies, rule).model for rule in RULES}
    assert chosen == {"higher score": STORY, "higher score a known word": GENERAL,
                      "higher standardised score": GENERAL}


class Told:
    """A model that answers from a table {question: Reply}; notes the dialogue at each question."""

    def __init__(self, replies):
        self.replies, self.statements, self.asked = replies, [], []

    def reply(self, question):
        text = question if isinstance(question, str) else " ".join(question)
        self.asked.append((text, tuple(self.statements)))
        return self.replies[text]


# {question: (score and known share of the story model, its answer, score of the general model)}.
STORY_QUESTIONS = {
    "where is fred": (5.0, 1.0, "kitchen", 2.0), "where is bob": (3.0, 1.0, "kitchen", 4.0),
    "where is jim": (5.0, 1.0, "garden", 1.0), "where is joe": (5.0, 0.1, "kitchen", 1.0)}
GENERAL_QUESTIONS = {
    "what is milk": (6.0, 0.5, "kitchen", 4.0), "what is hay": (1.0, 0.5, "kitchen", 2.0),
    "what is tea": (1.0, 0.5, "kitchen", 3.0), "what is soy": (4.6, 0.5, "kitchen", 4.0)}


def told(questions):
    """The models of both kinds, which answer these."""
    return (Told({text: Reply(GENERAL, "a b c", score, 1.0, ())
                  for text, (_, _, _, score) in questions.items()}),
            Told({text: Reply(STORY, answer, score, known, ())
                  for text, (score, known, answer, _) in questions.items()}))


def judge_of(*questions):
    """What is read of the judge: questions (text, whether of development)."""
    return SimpleNamespace(sets={"extended": SimpleNamespace(questions=[
        SimpleNamespace(text=text, development=development) for text, development in questions])})


def test_judging_counts_which_model_answers_and_right_answers_about_stories_alone(monkeypatch):
    """By known replies. Where the story model answers a general question, its word is the one that
    is right in the story: it must not count."""
    general, story = told(STORY_QUESTIONS | GENERAL_QUESTIONS)
    both = dialogue.Both(general, story, {STORY: (4.5, 1.0), GENERAL: (2.0, 2.0)})
    protocol = Dialogue(questions=8)

    def last_questions(world, stories, seed, part):
        assert (world, stories, seed, part) == (protocol.world.world, 4, 7, "test")
        for number, text in enumerate(STORY_QUESTIONS):
            yield [("statement", str(number))], SimpleNamespace(words=text.split(),
                                                                answer="kitchen")

    monkeypatch.setattr(dialogue.memnn_world, "last_questions", last_questions)
    judge = judge_of(("of development", True), *((text, False) for text in GENERAL_QUESTIONS))
    figures = dialogue.judge_rules(judge, both, protocol, 7)
    names = "right_model", "story_by_story", "general_by_general", "story_answers"
    assert {rule: tuple(one[name] for name in names) for rule, one in figures.items()} == {
        "higher score": (62.5, 75, 50, 50), "higher score a known word": (75, 50, 100, 25),
        "higher standardised score": (75, 75, 75, 50)}
    assert [text for text, _ in story.asked[::2]] == list(STORY_QUESTIONS)
    assert sorted(text for text, _ in story.asked[1::2]) == sorted(GENERAL_QUESTIONS)
    for number in range(4):      # the general question is asked in the same story
        assert {said for _, said in story.asked[2 * number:2 * number + 2]} == {
            (("statement", str(number)),)}


def test_usual_scores_are_those_of_validation_stories_and_development_questions(monkeypatch):
    general, story = told(STORY_QUESTIONS | GENERAL_QUESTIONS)
    general.replies["no word of it is known"] = None
    world = Dialogue().world
    drawn = []

    def last_questions(*arguments):
        drawn.append(arguments)
        for text in STORY_QUESTIONS:
            yield [("in", text)], SimpleNamespace(words=text.split(), answer="kitchen")

    monkeypatch.setattr(dialogue.memnn_world, "last_questions", last_questions)
    judge = judge_of(("what is milk", True), ("what is hay", True), ("what is tea", False),
                     ("no word of it is known", True))
    usual = dialogue._usual(judge, general, story, world, 7)
    assert drawn == [(world.world, 200, 7, "valid")]
    assert usual == {GENERAL: (3.0, 1.0), STORY: (4.5, pytest.approx(0.75 ** 0.5))}
    assert story.asked == [(text, (("in", text),)) for text in STORY_QUESTIONS]
    # Scores that are all alike are divided by 1.
    assert dialogue._usual(judge_of(("what is tea", True)), general, story, world, 7)[GENERAL] == (
        3.0, 1.0)


def test_questions_that_cannot_be_answered_are_one_line(both):
    for text, complaint in (("", "the question is empty"), (" ? ", "the question is empty"),
                            ("xyzzy plugh?", "no word of 'xyzzy plugh\\?' is known")):
        with pytest.raises(UserError, match=complaint) as error:
            both.replies(text)
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="no word of this statement is known"):
        both.story.read(("xyzzy",))


def test_smoke(tmp_path):
    assert memnn_figure4_dialogue.main(["--smoke", "--restarts", "1",
                                        "--results", str(tmp_path)]) == 0
    path, = tmp_path.rglob("*.json")
    restart, = json.loads(path.read_text())["restarts"]
    assert list(restart["rules"]) == list(RULES)
    assert restart["right_model"] == restart["rules"]["higher score"]["right_model"]
    assert [line["question"] for line in restart["dialogue"]] == list(dialogue.QUESTIONS)
    for figures in restart["rules"].values():
        kinds = figures["story_by_story"], figures["general_by_general"]
        assert figures["right_model"] == pytest.approx(sum(kinds) / 2)


def test_interactive(monkeypatch, capsys):
    said = "Joe got the apple.\nWhere is the apple?\nqwertz?\n"
    monkeypatch.setattr(sys, "stdin", StringIO(said))
    assert memnn_figure4_dialogue.main(["--smoke", "--interactive"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ". ".join(dialogue.STATEMENTS) + "."
    assert any(line.startswith("  Where is the apple? A: ") for line in lines)
    assert lines[-1].startswith("no word of 'qwertz?' is known")
