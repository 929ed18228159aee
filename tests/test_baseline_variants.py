"""Variants of the baselines: each changes what it says it does."""

import pytest
from tests.helpers import small_babi

from replication.ablations import memn2n_baseline_variants as script
from replication.training.babi_task import Task
from tasks import babi
from tasks.archives import BABI


def test_every_variant_changes_its_baseline():
    for column, (name, changes) in script.CHANGES.items():
        protocol = script.variant(column).protocol
        own = script.babi_table.baseline(name).protocol
        assert protocol != own
        assert {key: getattr(protocol, key) for key in changes} == changes


def test_the_most_frequent_answer_is_that_of_the_training_questions(tmp_path):
    data = small_babi.write(tmp_path, tasks=[1])
    train, test = (data / BABI / "en" / babi.file_name(1, split) for split in ("train", "test"))
    trained = script.most_frequent(Task(1, train, test), script.MostFrequent(), [0, 1], "cpu")
    answers = [question.answer for question in babi.read(train)[:36]]
    best = max(sorted(set(answers), key=answers.index), key=answers.count)
    wrong = sum(question.answer != best for question in babi.read(test))
    assert [restart["n_wrong"] for restart in trained.restarts] == [wrong, wrong]
    assert trained.restarts[0]["test_error"] == pytest.approx(100 * wrong / 20)
