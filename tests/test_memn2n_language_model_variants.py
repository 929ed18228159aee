"""Variants of the language model and its recurrent baselines: what changes, and that they learn."""

import math
from dataclasses import asdict, replace

import pytest
import torch

from replication.ablations import memn2n_language_model_variants as variants
from replication.records import record as results
from replication.running import command_line
from replication.training import language_model
from replication.training.protocols import PENN_TREEBANK, TextRNN
from replication.training.recurrent_language_model import RecurrentLearner
from replication.tuning import text_rnn as tuning
from tests.helpers.small_text import V, corpus, stand_in


@pytest.fixture(autouse=True)
def small(monkeypatch):
    stand_in(monkeypatch)


def test_a_variant_changes_one_choice_of_a_row_of_table_2():
    row = asdict(replace(PENN_TREEBANK, hops=6, memory=25))
    for name, (kind, protocol) in variants.ROWS.items():
        if kind is not RecurrentLearner:
            changed = {key for key, value in asdict(protocol).items() if value != row[key]}
            assert len(changed) == 1, name


def test_a_smoke_run_completes_every_row(tmp_path):
    assert command_line.run(variants.main, ["--smoke", "--source", "simulated", "--restarts", "1",
                                            "--results", str(tmp_path)]) == 0
    made = [results.read(path) for path in tmp_path.glob(f"{variants.EXPERIMENT}@simulated/*/*")
            if path.suffix == ".json"]
    assert {record["row"] for record in made} == set(variants.ROWS)
    assert {group["code"]["trainer"] for record in made for group in record["made"]} == {
        "memn2n_language_model", "recurrent_language_model"}


def learner(kind="LSTM", seed=0, **more):
    return RecurrentLearner(corpus(), TextRNN(kind, d=24, bptt=10, lanes=4, **more), seed, "cpu")


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_a_baseline_is_scored_as_torch_s_layers_say(kind):
    """Read in one piece; the first word is not predicted."""
    one = learner(kind)
    text = torch.from_numpy(corpus().valid)
    with torch.no_grad():
        hidden, _ = one.model.read(text[:-1, None])
        expected = torch.nn.functional.cross_entropy(one.model.next_word(hidden[:, 0]), text[1:])
        assert one.costs("valid")["as released"] == pytest.approx(expected.item(), rel=1e-5)


def test_only_the_word_vectors_start_as_far_apart_as_the_protocol_says():
    near, far = learner(init=0.1).weights(), learner(init=1.0).weights()
    assert near["embedding.weight"].std() == pytest.approx(0.1, rel=0.1)
    assert torch.allclose(10 * near["embedding.weight"], far["embedding.weight"])
    assert all(torch.equal(near[name], far[name]) for name in near if name != "embedding.weight")


def test_a_baseline_reads_every_word_once():
    one = learner()
    flat = one.words.T.flatten()
    assert torch.equal(flat, torch.from_numpy(corpus().train)[:len(flat)])
    assert torch.equal(one.targets.T.flatten(),
                       torch.from_numpy(corpus().train)[1:len(flat) + 1])
    assert len(flat) > len(corpus().train) - 1 - one.protocol.lanes


def test_a_baseline_learns_and_goes_on_bit_for_bit():
    more = {"epochs": 4, "rate": 0.3}
    whole, half, other = (learner(seed=seed, **more) for seed in (0, 0, 1))
    p = whole.protocol
    curves = language_model.fit(whole, p, None, "small")
    assert curves["train_cost"][-1] < curves["train_cost"][0] < math.log(V) + 0.1
    language_model.fit(half, replace(p, epochs=2), None, "small")

    class Kept:
        def load(self, new):
            new.update({name: values[:2] for name, values in curves.items()})
            return half.weights()

        def store(self, weights, new):
            pass
    assert language_model.fit(other, p, Kept(), "small")["valid_cost"] == curves["valid_cost"]
    for name, weight in whole.weights().items():
        assert torch.equal(weight, other.weights()[name])


# --- tuning


def test_a_tuning_run_is_one_row_of_training_and_validation_text(monkeypatch):
    split = []
    monkeypatch.setattr(RecurrentLearner, "costs", lambda self, name: (
        split.append(name), {"every word": 3.0 - len(split)})[1])
    row = tuning.run(corpus(), ("RNN", 5, 0.1, 0.3, tuning.SEED), epochs=2)
    assert tuple(row) == tuning.RUNS.columns and split == ["valid", "valid"]
    assert row["epoch"] == 2 and row["valid_loss"] == 1.0 and 0 < row["train_loss"] < 5


def test_a_diverged_point_is_not_chosen():
    rows = {}
    for number, point in enumerate(tuning.GRID):
        loss = {"valid_loss": float(number), "train_loss": 1.0} if number else {}
        tuning.RUNS.add(rows, tuning.RUNS.row_of((*point, tuning.SEED), **loss))
    found = tuning.choices(rows)
    assert found["LSTM"][0][-1] == tuning.GRID[1] and len(found["LSTM"]) == 3
    assert found["RNN"][0][-1] == tuning.GRID[4]


def test_the_baselines_are_the_points_that_tuning_chose():
    rows = tuning.RUNS.read(tuning.REFERENCE)
    assert set(rows) == {tuple(map(str, settings)) for settings in tuning.all_settings()}
    chosen = [points[0][-1] for points in tuning.choices(rows).values()]
    assert chosen == [(protocol.kind, protocol.d, protocol.init, protocol.rate)
                      for kind, protocol in variants.ROWS.values() if kind is RecurrentLearner]
