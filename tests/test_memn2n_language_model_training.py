"""The training of the language model: its protocol, its scores, and what a stop leaves."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from replication.records import files as stored_files, provenance
from replication.running import language_model_state
from replication.running.language_model_state import Kept
from replication.training import language_model
from replication.training import memn2n_language_model as training
from replication.training import memn2n_language_model_cuda as on_gpu
from replication.training.protocols import MemN2NText, PENN_TREEBANK
from tests.helpers.small_text import V, corpus
from tasks.errors import UserError
from tests.helpers import memn2n_language_model_by_the_paper as paper

SMALL = MemN2NText(hops=2, memory=8, d=6, batch=8, window=4, epochs=4, rate=0.05)


def fit(protocol=SMALL, seed=0, kept=None):
    learner = training.Learner(corpus(), protocol, seed, "cpu")
    curves = language_model.fit(learner, protocol, kept, "small")
    return learner.model, curves


def same(one, other):
    """Whether two (model, curves) are the same bit for bit, the seconds apart."""
    (a, x), (b, y) = one, other
    return (all(torch.equal(w, b.weights()[name]) for name, w in a.weights().items())
            and all(x[name] == y[name] for name in x if name != "seconds"))


def test_weights_start_as_section_5_1_has_them():
    weights = training.new_model(400, PENN_TREEBANK, seed=0).weights()
    assert set(weights) == {"A", "C", "T_A", "T_C", "H", "W"}
    for weight in weights.values():
        assert weight.std() == pytest.approx(0.05, rel=0.03)
        assert weight.mean() == pytest.approx(0.0, abs=0.002)


@pytest.mark.parametrize("window", [1, 4])
def test_a_step_is_that_of_the_paper(window):
    """Summed loss, the whole gradient's norm cut, plain SGD; held to autograd on the equations."""
    p = replace(SMALL, window=window, clip=0.05)
    text = torch.from_numpy(corpus().train)
    model = training.new_model(V, p, seed=3)
    weights = {name: w.double().requires_grad_() for name, w in model.weights().items()}
    start = training.starts(len(text), p, seed=3, epoch=1)[0]
    total = 0
    for first in (start[:, None] + torch.arange(window)).flatten().tolist():
        context = text[first:first + p.memory].tolist()
        z, _ = paper.scores(weights, p.hops, context)
        total = total + paper.loss(z, int(text[first + p.memory]))
    total.backward()
    norm = math.sqrt(sum(float((w.grad ** 2).sum()) for w in weights.values()))
    assert norm > p.clip
    seen = training.windows(text, p.memory, window)[start]
    with torch.no_grad():
        g, loss = model.gradients(seen[:, :-1], seen[:, p.memory:])
        training.step(model, g, p.rate, p.clip)
    torch.testing.assert_close(loss.double(), total.detach(), rtol=1e-4, atol=1e-4)
    for name, w in model.weights().items():
        expected = weights[name] - p.rate * p.clip / norm * weights[name].grad
        torch.testing.assert_close(w.double(), expected.detach(), rtol=1e-4, atol=1e-6)


def test_a_small_gradient_is_not_cut():
    p = replace(SMALL, clip=1e9)
    model = training.new_model(V, p, seed=0)
    before = model.H.clone()
    seen = training.windows(torch.from_numpy(corpus().train), p.memory, p.window)[:2]
    g, _ = model.gradients(seen[:, :-1], seen[:, p.memory:])
    training.step(model, g, p.rate, p.clip)
    torch.testing.assert_close(model.H, before - p.rate * g.H)


@pytest.mark.parametrize("clip", [0.05, 1e9])
@pytest.mark.parametrize("hops", [1, 3])
def test_a_step_for_a_gpu_is_the_same(clip, hops):
    """What a CUDA graph holds needs no GPU to be checked."""
    p, text = replace(SMALL, clip=clip, hops=hops), torch.from_numpy(corpus().train)

    def fresh():
        weights = training.new_model(V, p, seed=3).weights()
        return training.model_of({name: 4 * w for name, w in weights.items()}, hops)
    one, two, before = fresh(), fresh(), fresh().weights()
    take, places = training.steps_with(one, text, p, p.rate), torch.tensor([[5, 70], [6, 1]])
    steps = on_gpu.Steps(two, text, p.batch // p.window, p.window, p.clip)
    steps.rate.fill_(p.rate)
    for where in places:
        steps.gradient.fill_(float("nan"))
        steps.dX.fill_(float("nan"))
        steps.places.copy_(where)
        torch.testing.assert_close(steps.take(), take(where))
    for name, w in one.weights().items():
        assert not torch.equal(w, before[name])
        torch.testing.assert_close(two.weights()[name], w)


@pytest.mark.parametrize("G", [1, 3, 128])
def test_no_loss_depends_on_how_many_windows_are_evaluated_together(monkeypatch, G):
    model, text = training.new_model(V, SMALL, seed=0), torch.from_numpy(corpus().test)
    expected = training.losses(model, text)
    monkeypatch.setattr(training, "EVALUATED", {"cpu": (G, 32)})
    torch.testing.assert_close(training.losses(model, text), expected, rtol=1e-5, atol=1e-6)


def test_it_learns():
    _, curves = fit(replace(SMALL, epochs=12, d=16))
    assert curves["valid_cost"][-1] < 0.8 * math.log(V)


def test_a_run_goes_on_bit_for_bit(tmp_path):
    whole = fit()
    kept = Kept(tmp_path, 0, {"protocol": {"d": 6}})
    fit(replace(SMALL, epochs=1), kept=kept)
    fit(replace(SMALL, epochs=3), kept=kept)
    assert same(fit(kept=kept), whole)
    assert len(list(tmp_path.iterdir())) == 2
    assert not same(fit(seed=1), whole)


def test_a_restart_of_two_kinds_of_machine_names_both(tmp_path, monkeypatch):
    row = language_model.Row("small", training.Learner, SMALL, partial(Kept, tmp_path, run={}))
    here = provenance.environment("cpu")
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "environment", lambda device: here | {"processor": "another"})
        fit(replace(SMALL, epochs=2), kept=row.kept(0))
    one = language_model.train_corpus(replace(row, kept=None), corpus, [0], "cpu").restarts[0]
    two = language_model.train_corpus(row, corpus, [0], "cpu").restarts[0]
    assert two.pop("kinds") == [provenance.kind(here) | {"processor": "another"},
                                provenance.kind(here)]
    assert two == one and "kinds" not in one


def test_a_kill_between_weights_and_state_loses_one_epoch(tmp_path, monkeypatch):
    whole, kept = fit(), Kept(tmp_path, 0, {})
    write = stored_files.write

    def killed(path, content):
        if path == kept.file and kept.file.exists():
            raise KeyboardInterrupt
        write(path, content)
    with monkeypatch.context() as patch:
        patch.setattr(stored_files, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(kept=kept)
    curves = {name: [] for name in language_model.CURVES}
    assert kept.load(curves) and len(curves["rate"]) == 1
    assert same(fit(kept=kept), whole)


def test_the_state_of_another_run_or_a_damaged_one_is_refused(tmp_path):
    kept = Kept(tmp_path, 0, {"protocol": {"d": 6}})
    fit(replace(SMALL, epochs=1), kept=kept)
    with pytest.raises(UserError, match="protocol.d: recorded 6, asked 7"):
        fit(kept=Kept(tmp_path, 0, {"protocol": {"d": 7}}))
    [weights] = tmp_path.glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(UserError, match="not the weights that seed-0.json names"):
        fit(kept=kept)
    kept.file.write_text("{")
    with pytest.raises(UserError, match="not the state of a run"):
        fit(kept=kept)


def rates(costs, **more):
    """The rate of each epoch of a run with these validation costs, and of the one after."""
    p = replace(MemN2NText(), **more)
    return [language_model.next_rate({"rate": [0] * n, "valid_cost": costs[:n]}, p)
            for n in range(len(costs) + 1)]


def test_the_rate_is_cut_beside_the_previous_epoch():
    costs = [5.0, 4.0, 4.5, 4.4, 4.4 * 0.99995]
    assert rates(costs) == pytest.approx([0.01, 0.01, 0.01, 0.01 / 1.5, 0.01 / 1.5, 0.01 / 1.5**2])
    beside_best = rates(costs, cut_beside="best")
    assert beside_best[-1] == pytest.approx(0.01 / 1.5 ** 3)


def test_training_ends_at_the_least_rate_or_the_last_epoch_or_where_it_diverges():
    assert rates([5.0] * 18)[-1] == pytest.approx(0.01 / 1.5 ** 17)
    assert rates([5.0] * 19)[-1] is None                      # after 18 cuts, below 1e-5
    assert rates([5.0, 4.0], epochs=2)[-1] is None
    assert rates([5.0, math.nan])[-1] is None


def test_every_word_with_a_full_memory_is_scored_once():
    """Whatever the windows: the losses are those of one word at a time."""
    model = training.new_model(V, SMALL, seed=0)
    text = torch.from_numpy(corpus().valid[:79])
    each = training.losses(model, text)
    one = [model.losses(text[None, t - 8:t], text[None, t:t + 1]).item() for t in range(8, 79)]
    assert each.tolist() == pytest.approx(one, rel=1e-5)


def test_the_released_code_scores_some_words_twice():
    """T = 20 words, N = 5: of the 15 losses the first is left out, and 24 places hold 14 words."""
    each = torch.arange(15, dtype=torch.float64)
    counted = [*range(1, 15), *range(1, 11)]
    assert training.cost_as_released(each, 20, 8) == pytest.approx(sum(counted) / 24)


def test_windows_are_drawn_over_the_whole_text():
    p = replace(SMALL, batch=64, window=4)
    drawn = training.starts(100, p, seed=0, epoch=1)
    assert drawn.shape == (2, 16)
    many = torch.cat([training.starts(100, p, 0, epoch) for epoch in range(60)])
    first = many + p.memory                                   # the word that is predicted
    assert int(first.min()) == p.memory + 1 and int(first.max()) + p.window == 100
    assert not torch.equal(drawn, training.starts(100, p, 1, 1))


def test_a_record_reports_the_last_epoch_and_the_best():
    names = [name for name in language_model.CURVES if name not in ("rate", "seconds")]
    curves = {name: [math.log(x) for x in (200, 110, 120)] for name in names}
    curves |= {"rate": [1, 1, 1], "seconds": [1.0, 1.0, 1.0]}
    restart = language_model.restart_of(4, curves)
    assert restart["test_perplexity"] == pytest.approx(120)
    assert restart["test_perplexity_best_epoch"] == pytest.approx(110)
    assert (restart["status"], restart["epochs"], restart["best_epoch"]) == ("ok", 3, 2)
    curves["valid_cost"][-1] = math.nan
    diverged = language_model.restart_of(4, curves)
    assert diverged == {"seed": 4, "status": "diverged", "diverged_epoch": 3}


def test_a_run_that_diverges_is_a_record_and_its_curves():
    p = replace(SMALL, rate=1e30, clip=1e30)
    trained = language_model.train_corpus(language_model.Row("small", training.Learner, p), corpus,
                                          [0, 1], "cpu")
    assert [restart["status"] for restart in trained.restarts] == ["diverged"] * 2
    assert trained.curves["valid_cost"].shape == (2, p.epochs)
    assert np.isnan(trained.curves["valid_cost"][:, -1]).all()


def test_a_perplexity_beyond_all_numbers_is_divergence():
    curves = {name: [5.0, 800.0] for name in language_model.CURVES}
    assert language_model.next_rate(curves, SMALL) is None
    assert language_model.restart_of(0, curves)["status"] == "diverged"


def test_nothing_of_a_restart_is_left_when_its_record_is_there(tmp_path):
    """Not what a kill left half written either."""
    folder = tmp_path / "x.running"
    fit(replace(SMALL, epochs=1), kept=Kept(folder, 0, {}))
    (folder / ".seed-0.epoch-2.safetensors.abc.tmp").touch()
    language_model_state.discard(folder, [0])
    assert not folder.exists()
