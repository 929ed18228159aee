"""The plain implementation that the speed is measured against is the same model."""

import pytest
import torch

from replication import benchmark
from replication.benchmark import PlainMemN2N, plain_tensors
from replication.running import command_line
from replication.training.protocols import MemN2N
from replication.training.memn2n_batches import Batches
from replication.training.memn2n import new_model
from replication.training.memn2n_inputs import encode
from tests.helpers.small_babi import questions


def test_plain_and_stacked_give_the_same_scores_and_gradients():
    encoded = encode({3: questions(3, "train")}, {3: questions(3, "test")})
    stacked = new_model(encoded, MemN2N(), [0, 1], 3, "cpu")
    plain = PlainMemN2N(encoded.N + len(encoded.words), encoded.N, encoded.J, 20, 3)
    with torch.no_grad():
        for i, table in enumerate(plain.tables):
            table.weight.copy_(stacked.E[i, 1])
    memories, asked, answers = (x[:8] for x in plain_tensors(encoded))
    scores = plain(memories, asked)
    torch.nn.functional.cross_entropy(scores, answers, reduction="sum").backward()

    first = torch.arange(8).expand(1, 2, 8)
    batch = Batches(encoded, stacked.form, "cpu").take(encoded.train, first)
    X, x_q, where, rows = (x[0] for x in batch)
    torch.testing.assert_close(stacked.answer(X, x_q, where)[0][1], scores.detach())
    dE = stacked.gradients(X, x_q, where, rows)[0]
    for i, table in enumerate(plain.tables):
        torch.testing.assert_close(dE[i, 1], table.weight.grad, rtol=1e-4, atol=1e-5)


def test_a_step_of_the_language_model_is_measured_three_ways(monkeypatch):
    """Every way does what it says on few words; the times themselves are the machine's."""
    monkeypatch.setattr(benchmark, "V", 30)
    monkeypatch.setattr(benchmark, "SIZES", ((2, 20),))
    with torch.enable_grad():
        [row] = benchmark.compare_steps(rounds=1, steps=1)
    assert all(row[name] > 0 for name in ("plain_ms", "ours_ms", "floor_ms"))
    assert row["plain / ours"] == row["plain_ms"] / row["ours_ms"]


@pytest.mark.parametrize("flag", ["--restarts", "--rounds", "--epochs"])
@pytest.mark.parametrize("value, said", [
    ("0", "0 is too small; the least is 1"), ("-1", "-1 is too small"),
    ("1.5", "not a whole number"), ("9" * 12, "too large")])
def test_numbers_that_cannot_be_measured_with_are_one_line(capsys, flag, value, said):
    assert command_line.run(benchmark.main, [flag, value, "--no-projection"]) == 2
    shown = capsys.readouterr().err
    assert f"{flag}: " in shown and said in shown and shown.count("\n") == 1


def test_a_mistyped_flag_is_one_line(capsys):
    assert command_line.run(benchmark.main, ["--restart", "3"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
