"""What is said of files of one's own that can be read and may not be what was meant."""

import pytest

from tasks import babi, own_data

PLAIN = [["Ann walked to the shed.", "Where is Ann?\tshed"],
         ["Ben walked to the porch.", "Where is Ben?\tporch"]] * 5
OTHERS = [["Ann walked to the porch.", "Where is Ann?\tporch"],
          ["Ben walked to the shed.", "Where is Ben?\tshed"]] * 5


def questions(path, stories):
    """tasks.babi.Question of stories, each a list of lines without ids."""
    path.write_text("".join(f"{i} {line}\n" for story in stories
                            for i, line in enumerate(story, start=1)), encoding="utf-8")
    return babi.read(path)


def notes(tmp_path, train, test=(), capacity=50):
    return list(own_data.notes(questions(tmp_path / "train.txt", PLAIN + list(train)),
                               questions(tmp_path / "test.txt", OTHERS + list(test)), capacity))


def test_plain_files_have_no_note(tmp_path):
    assert notes(tmp_path, []) == []


def asks(statement, question="Where is Ann?", answer="shed"):
    return [statement, f"{question}\t{answer}"]


@pytest.mark.parametrize("train, test, said", [
    ([], [asks("Ann walked to the shed.", answer="moon")],
     ["1 of 11 test questions have an answer that no training question has, e.g. 'moon'"]),
    ([asks("Ann is here.", answer="the shed")], [asks("Ann is here.", answer="the-shed")],
     ["1 of 11 test questions have an answer",
      "2 answers differ from another only in marks or blanks, e.g. 'the shed' and 'the-shed'"]),
    ([], [asks("Cleo walked to the barn.", "Where is Cleo?")],
     ["2 words of the test set are in no training sentence, e.g. 'barn'"]),
    ([], [asks("Ann walked to the shed" + " and Ann walked" * 12 + ".")],
     ["words of the test set are in no",
      "the longest sentence, of the test set, has 41 words, 95% have at most 5: 'Ann walked"]),
    ([asks("Ann walked to the shed" + " Ann walked to" * 12 + ".")], [],
     ["the longest sentence has 41 words, 95% have at most 5"]),
    ([asks("安走进了棚子。", "安在哪里？", "棚子")] * 30, [],
     ["sentences are one word, e.g. '安走进了棚子。'"]),
    ([["good evening\tat your service"], ["Ann\tshed"]], [["good evening\tat your service"]],
     ["no statement stands before 2 of 12 training questions, e.g. 'good evening'",
      "no statement stands before 1 of 11 test questions"]),
    ([], [["Ann walked\tto the shed."]],
     ["1 of 11 test questions have an answer that no", "no statement stands before 1 of 11",
      "1 of 21 questions have no question mark at their end, as the others have, e.g. 'Ann walked'"]),
    ([], [["Ann walked to the shed."] * 12 + ["Where is Ann?\tshed"]],
     ["1 of 11 test questions have up to 12 statements before them; the memory holds the last 1, "
      "as many as the longest training story has"]),
    ([["Ann walked to the shed."] * 60 + ["Where is Ann?\tshed"]], [],
     ["1 of 11 training questions have up to 60 statements before them; the memory holds the last "
      "50"]),
    ([["Ann is in the XXXXX    shed", "Ben is in the XXXXX\tporch"]], [["Ann is in the XXXXX.",
                                                                       "Where is Ann?\tshed"]],
     ["1 of 22 statements have several blanks in a row, e.g. 'Ann is in the XXXXX shed'",
      "2 of 22 statements have the mark of a blank"]),
    ([["Ann walked to the shed.", "Ann likes the shed 1", "Where is Ann?\tshed"]], [],
     ["1 of 22 statements end in an answer and a number, e.g. 'Ann likes the shed 1'"]),
    ([asks("Ann ran.", answer="shed 1")], [],
     ["1 of 21 answers are another one with a number behind it, e.g. 'shed 1'"]),
    ([asks("Ann is here.", answer="shed\t1"), asks("Ann is here.", "Ann is in the XXXXX shed", "1")],
     [], ["1 of 22 questions have a number for an answer and no supporting fact, e.g. 'Ann is in"]),
    ([], [asks("Ann walked to the shed."), asks("Ann walked to the porch."),
          ["Ben walked to the porch.", *asks("Ann walked to the shed.")]],
     ["1 of 13 test questions stand in the training set with the same story, e.g. 'Where is Ann?'"]),
    ],
    ids=["answer", "answers alike", "words", "odd sentence", "odd training sentence", "no blanks",
         "dialogue", "a tab in a statement", "longer than training", "longer than the memory", "lost tabs", "lost supports",
         "lost second tab", "lost first tab", "known by heart"])
def test_each_kind_has_its_note(tmp_path, train, test, said):
    lines = notes(tmp_path, train, test)
    for part in said:
        assert any(part in line for line in lines), lines
    assert all("\n" not in line and len(line) < 300 for line in lines)


@pytest.mark.parametrize("lines, said", [
    (["1 Ann ran.", "2 Who?\tann", "1 Ben ran.", "2 XXXXX did ben 1", "", "1 Cleo ran.",
      "2 Who?\tcleo"],
     "line 4: a statement that no question of its story follows, as in 1 of 3 stories, e.g. 'XXXXX"),
    (["1 Ann ran.", "2 Who?\tann", "3 Ann sat."], "line 3: a statement that no question of its"),
    (["1 Ann ran.", "2 Who?\tann", "1 Ben ran.", "1 Ann ran.", "2 Who?\tann"], "in 1 of 3 stories"),
    (["1 Ann ran.", "2 Who?\tann", "1 Who?\tann"], None)])
def test_statements_that_no_question_follows_are_said(tmp_path, lines, said):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    notes = list(own_data.of_file(path))
    assert [said in note and str(path) in note for note in notes] == [True] * bool(said)


def test_every_note_is_one_of_those_expected(tmp_path):
    """Nothing else is said of the odd sentence's file, whose words are all known."""
    [line] = notes(tmp_path, [asks("Ann walked to the shed" + " Ann walked to" * 12 + ".")], [])
    assert "longest sentence" in line


def test_notes_need_time_in_proportion_to_the_file(tmp_path):
    """One story of 6,000 questions: a step for each statement, not for each pair."""
    story = ["Ann walked to the shed.", "Where is Ann?\tshed"] * 6000
    told = questions(tmp_path / "long.txt", [story])
    steps = 0

    class Counted(tuple):
        def __iter__(self):
            nonlocal steps
            steps += 1
            return super().__iter__()
    for statement in told[-1].statements:
        object.__setattr__(statement, "words", Counted(statement.words))
    list(own_data.notes(told, told[:10], 50))
    assert 0 < steps < 20 * len(story)
