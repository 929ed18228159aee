"""On a GPU the same code gives the same figures but for rounding: skipped where there is none."""

from dataclasses import replace

import pytest
import torch

from replication.training import language_model, memn2n, recurrent_babi
from replication.training.babi_task import Task
from replication.training.memn2n_language_model import Learner, average_attention
from replication.training.protocols import (LSTM, NON_LINEAR, RANDOM_NOISE, MemN2NText,
                                            TextRNN)
from replication.training.recurrent_language_model import RecurrentLearner
from tasks import babi
from tasks.archives import BABI
from tests.helpers.small_text import corpus

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

SMALL = MemN2NText(hops=3, memory=8, d=10, batch=8, window=4, epochs=3, rate=0.05)


def both(kind, protocol):
    """(learner, curves) on the processor and on the GPU."""
    for device in ("cpu", "cuda"):
        learner = kind(corpus(), protocol, 0, device)
        yield learner, language_model.fit(learner, protocol, None, device)


@pytest.mark.parametrize("kind, protocol", [
    (Learner, SMALL), (Learner, replace(SMALL, window=1)), (Learner, replace(SMALL, clip=0.5)),
    (RecurrentLearner, TextRNN("LSTM", 10, epochs=3)),
    (RecurrentLearner, TextRNN("RNN", 10, rate=0.1, least_rate=1e-4, epochs=3))])
def test_a_language_model_learns_the_same(kind, protocol):
    (here, curves), (there, on_gpu) = both(kind, protocol)
    for name in set(curves) - {"seconds"}:
        assert on_gpu[name] == pytest.approx(curves[name], rel=1e-4), name
    weights = there.weights()
    assert all(w.is_cuda for w in weights.values())
    for name, w in here.weights().items():
        torch.testing.assert_close(weights[name].cpu(), w, rtol=1e-3, atol=1e-4)


def test_attention_is_the_same():
    here, there = (learner for learner, _ in both(Learner, SMALL))
    torch.testing.assert_close(*(average_attention(one.model, one.texts["test"])
                                 for one in (here, there)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("train_task, protocol", [
    (memn2n.train_task, replace(RANDOM_NOISE, linear_start_epochs=2, epochs=4)),
    (memn2n.train_task, replace(NON_LINEAR, linear_start_epochs=2, epochs=4)),
    (recurrent_babi.train_task, replace(LSTM, epochs=2))])
def test_a_bAbI_model_learns_the_same(small_babi, train_task, protocol):
    task = Task(3, *(small_babi / BABI / "en" / babi.file_name(3, split)
                     for split in ("train", "test")))
    here, there = (train_task(task, protocol, [0, 1], device)
                   for device in ("cpu", "cuda"))
    losses = [name for name in here.curves if name.endswith("loss")]
    assert losses
    for name in losses:
        assert there.curves[name] == pytest.approx(here.curves[name], rel=1e-3, nan_ok=True), name
