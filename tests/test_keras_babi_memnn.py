"""The memory network of the Keras example: equal to its description, learns, and depends on its
seed alone."""

from dataclasses import replace

import pytest
import torch

from replication.models.babi_memnn import BabiMemNN
from replication.training import keras_babi_memnn as training
from replication.training.babi_task import Task
from replication.training.protocols import KERAS_BABI_MEMNN
from tasks import archives, babi
from tests.helpers.small_babi import questions

V, S, Q, n, h = 11, 7, 4, 5, 3


def model_of(over="question", dropped=0.0):
    draws, drop = (torch.Generator().manual_seed(seed) for seed in (1, 2))
    return BabiMemNN((V, S, Q, n, h), dropped, over, draws, drop).double()


@pytest.mark.parametrize("over", ["question", "story"])
def test_scores_are_those_of_the_description(over):
    model, rng = model_of(over), torch.Generator().manual_seed(0)
    story, question = (torch.randint(V, (1, size), generator=rng) for size in (S, Q))
    A, B, C = (table.weight for table in (model.A, model.B, model.C))
    match = torch.stack([torch.stack([A[x] @ B[y] for y in question[0]]) for x in story[0]])
    p = match.exp()
    p = p / (p.sum(1, keepdim=True) if over == "question" else p.sum(0, keepdim=True))
    W, U, b = model.lstm.weight_ih_l0, model.lstm.weight_hh_l0, model.lstm.bias_ih_l0
    state = memory = torch.zeros(h, dtype=torch.float64)
    for j in range(Q):
        r = torch.cat([torch.stack([p[i, j] + C[story[0, i], j] for i in range(S)]),
                       B[question[0, j]]])
        into, forget, fresh, out = (W @ r + U @ state + b).chunk(4)
        memory = forget.sigmoid() * memory + into.sigmoid() * fresh.tanh()
        state = out.sigmoid() * memory.tanh()
    expected = model.W.weight @ state + model.W.bias
    assert torch.allclose(model(story, question)[0], expected)


def test_words_are_dropped_in_training_alone():
    model = model_of(dropped=0.5)
    story, question = torch.ones(1, S, dtype=torch.int64), torch.ones(1, Q, dtype=torch.int64)
    assert not torch.equal(model(story, question), model(story, question))
    model.eval()
    assert torch.equal(model(story, question), model(story, question))


def test_a_story_is_the_row_of_its_words_padded_at_the_begin():
    words, (data, _) = training.encode(questions(1, "train", 8), questions(1, "test", 8))
    first = questions(1, "train", 8)[0]
    text = [words[i] for i in data.stories[0].tolist()]
    told = " ".join(word for statement in first.statements for word in (*statement.words, "."))
    assert " ".join(text).replace("<padding> ", "") == told
    assert words[0] == "<padding>" and text[-1] == "."
    assert [words[i] for i in data.questions[0].tolist()][-1] == "?"
    assert words[data.answers[0]] == first.answer


@pytest.fixture(scope="module")
def task(small_babi):
    return Task(1, *(small_babi / archives.BABI / "en" / babi.file_name(1, split)
                     for split in ("train", "test")))


def test_a_restart_depends_on_its_seed_alone(task):
    short = replace(KERAS_BABI_MEMNN, epochs=2)
    both, one = (training.train_task(task, short, seeds) for seeds in ([0, 4], [4]))
    assert both.restarts[1] == one.restarts[0]
    assert (both.curves["train_loss"][1] == one.curves["train_loss"][0]).all()
    assert all(torch.equal(a, b) for a, b in zip(both.weights[1].values(),
                                                 one.weights[0].values()))
    assert both.curves["train_loss"][0, 0] != both.curves["train_loss"][1, 0]


def test_it_learns_what_it_is_shown(task):
    long = replace(KERAS_BABI_MEMNN, epochs=60, rate=0.01, dropped=0.0)
    [restart] = training.train_task(task, long, [0]).restarts
    assert restart["train_error"] < 20
    assert restart["test_error"] == 100 * restart["n_wrong"] / restart["n_test"]


def test_one_that_loses_its_numbers_is_diverged(task):
    wild = replace(KERAS_BABI_MEMNN, epochs=3, rate=float("inf"))
    trained = training.train_task(task, wild, [0])
    assert trained.restarts[0]["status"] == "diverged" and trained.weights == [None]
