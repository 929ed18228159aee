"""Memories and questions by their few words: the same model, and memory that grows with the file."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from replication.memn2n_table1_babi_1k import VARIANTS
from replication.models.memn2n import Form, bags
from replication.training import few_words, memory_need
from replication.training import memn2n as restarts, memn2n_batches as batches
from replication.training.memn2n_inputs import encode
from tasks.errors import UserError
from tests.helpers.small_babi import questions

SHORT = {"epochs": 2, "linear_start_epochs": 1}


@pytest.fixture(scope="module")
def encoded():
    return encode({3: questions(3, "train")}, {3: questions(3, "test")})


@pytest.mark.parametrize("column", ["MemN2N BoW", "MemN2N PE LS RN"])
def test_the_model_is_the_same_but_for_rounding(encoded, column, monkeypatch):
    protocol = replace(VARIANTS[column], epochs=2)
    dense = restarts.train(encoded, protocol, 3, [0, 1])
    monkeypatch.setattr(few_words, "MOST_DENSE", 0)
    sparse = restarts.train(encoded, protocol, 3, [0, 1])
    for a, b in zip(dense.weights, sparse.weights):
        for name in a:
            torch.testing.assert_close(a[name], b[name], rtol=1e-3, atol=1e-4)


def test_a_restart_is_the_same_bit_for_bit_in_any_stack(encoded, monkeypatch):
    monkeypatch.setattr(few_words, "MOST_DENSE", 0)
    monkeypatch.setattr(few_words, "ENTRIES", 1)     # one batch laid out at a time
    protocol = replace(VARIANTS["MemN2N PE LS RN"], **SHORT)
    alone = restarts.train(encoded, protocol, 3, [2])
    monkeypatch.undo()
    monkeypatch.setattr(few_words, "MOST_DENSE", 0)
    stacked = restarts.train(encoded, protocol, 3, [0, 2, 5])
    assert alone.restarts[0] == stacked.restarts[1]
    for name, tensor in alone.weights[0].items():
        assert torch.equal(tensor, stacked.weights[1][name])


@pytest.mark.parametrize("form", [Form(encoding="BoW"), Form(), Form(encoding="PE as printed")])
@pytest.mark.parametrize("J", [4, 7])
def test_sparse_bags_are_the_dense_ones(form, J):
    """Bit for bit: the joint models' evidence was made with the dense ones."""
    draw = np.random.default_rng(0)
    sentences = np.where(np.arange(J - 1) < draw.integers(0, J, size=(50, 1)),
                         draw.integers(1, 9, size=(50, J - 1)), 0)
    sparse = few_words.bags(sentences, 9, J, form)
    dense = bags(torch.from_numpy(sentences), 9, J, form).float().numpy()
    assert np.array_equal(sparse.toarray(), dense)
    assert sparse.nnz == np.count_nonzero(dense)


def test_questions_multiply_like_their_dense_bags(encoded):
    form, rows = Form(), torch.arange(6).view(1, 2, 3)
    table = few_words.QuestionTable(encoded, form, "cpu")
    x_q = bags(torch.from_numpy(encoded.questions), len(encoded.words), encoded.J, form).float()[rows]
    weights, du = torch.randn(2, x_q.shape[-1], 4), torch.randn(2, 3, 4)
    [sparse] = table.take(rows)
    torch.testing.assert_close(sparse @ weights, x_q[0] @ weights)
    torch.testing.assert_close(sparse.mT @ du, x_q[0].mT @ du)


def wide(words, count):
    """`count` questions of 5 statements of 6 drawn words each."""
    draw = np.random.default_rng(0)
    template = questions(1, "train", 1)[0]
    made = []
    for row in draw.integers(words, size=(count, 5, 6)):
        told = tuple(type(template.statements[0])(" ".join(line), tuple(line))
                     for line in ([f"w{i}" for i in sentence] for sentence in row))
        made.append(replace(template, statements=told, answer=told[0].words[0]))
    return made


def test_only_data_of_many_words_is_sparse_and_its_need_grows_with_the_file(encoded):
    protocol, form = VARIANTS["MemN2N PE LS RN"], Form()
    assert batches.encodings(encoded, form, 32) == (False, False)
    needs = []
    for count in (400, 800):
        many = encode({0: wide(20_000, count)}, {0: wide(20_000, 20)})
        assert batches.encodings(many, form, 32) == (True, True)
        needs.append(memory_need.need(many, protocol, 1))
    assert needs[0].few_words and needs[1].bytes < 2 * needs[0].bytes < 2 * 2**30
    assert not memory_need.need(encoded, protocol, 10).few_words


def test_together_tasks_keep_their_dense_questions_unless_these_are_many():
    two = encode({t: questions(t, "train") for t in (1, 3)}, {t: questions(t, "test") for t in (1, 3)})
    assert batches.encodings(two, Form(), 32) == (True, False)
    many = encode({1: wide(20_000, 400), 2: wide(20_000, 400)}, {1: wide(20_000, 9)})
    assert batches.encodings(many, Form(), 32) == (True, True)


def test_what_does_not_fit_is_refused_in_one_line(encoded, monkeypatch):
    one = memory_need.need(encoded, VARIANTS["MemN2N PE"], 2)
    monkeypatch.setattr(memory_need, "available", lambda: 2**20)
    with pytest.raises(UserError, match=r"GB.* in 3, and this machine has 0.0 GB: do less") as error:
        memory_need.refuse_too_much(one, 3, "do less")
    assert "\n" not in str(error.value)
    monkeypatch.setattr(memory_need, "available", lambda: None)
    memory_need.refuse_too_much(one, 3, "do less")


def test_this_machine_says_what_it_has():
    assert 2**25 < memory_need.available() < 2**50


@pytest.mark.official
def test_every_official_task_of_1k_is_as_the_evidence_was_made(official_data):
    from tasks import babi
    root = official_data / "tasks_1-20_v1-2" / "en"
    for task in babi.TASK_NAMES:
        train, test = (babi.read(root / babi.file_name(task, split)) for split in ("train", "test"))
        assert batches.encodings(encode({task: train}, {task: test}), Form(), 32) == (False, False)
