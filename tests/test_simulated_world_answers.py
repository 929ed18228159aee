"""Sentence answers: how they are written, and which are right."""

import pytest

from tasks.simulated_world import Question, World, generate
from tasks.simulated_world_answers import answer_vocabulary, is_right, variants, written_answers

BILL = Question(9, 0, "actor", "bill", ("where", "is", "bill"), "kitchen", (3,))
MILK = Question(9, 0, "object", "milk", ("where", "is", "the", "milk"), "office", (3, 1))


@pytest.mark.parametrize("question, answer, right", [
    # the right and the wrong answers that appendix F lists
    (BILL, "kitchen", True), (BILL, "in the kitchen", True), (BILL, "bill is in the kitchen", True),
    (BILL, "he is in the kitchen", True), (BILL, "i think bill is in the kitchen", True),
    (BILL, "joe is in the kitchen", False), (BILL, "it is in the kitchen", False),
    (BILL, "bill is in the bathroom i believe", False),
    (BILL, "he is in the kitchen garden", False), (BILL, "he is", False), (BILL, "", False),
    (MILK, "it is in the office", True), (MILK, "the milk is in the office", True),
    (MILK, "he is in the office", False), (MILK, "the apple is in the office", False),
])
def test_which_answers_are_right(question, answer, right):
    assert is_right(question, answer.split()) is right


def test_every_written_answer_is_right_and_in_the_vocabulary():
    stories = generate(World(statements=500, questions=200), 0, "train")
    answers = written_answers(stories, 0, "train")
    assert len(answers) == 200 and len(set(answers)) > 60
    vocabulary = set(answer_vocabulary())
    for question, answer in zip(stories.questions, answers):
        assert answer in variants(question)
        assert is_right(question, answer)
        assert vocabulary.issuperset(answer)
        assert ("was" in answer) <= (question.kind == "before")
    assert answers == written_answers(stories, 0, "train") != written_answers(stories, 1, "train")


def test_the_variants_of_the_paper():
    ways = {" ".join(words) for words in variants(BILL)}
    assert {"kitchen", "in the kitchen", "bill is in the kitchen", "he is in the kitchen",
            "i think bill is in the kitchen", "kitchen i believe",
            "he is in the kitchen i believe"} <= ways
    assert len(ways) == len(variants(BILL))
