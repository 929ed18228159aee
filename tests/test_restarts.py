"""Training many restarts at once: what each draws, and that none depends on the others."""

import itertools
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from replication.training import memn2n as restarts, memn2n_batches as batches
from replication.memn2n_table1_babi_1k import VARIANTS
from replication.training.protocols import MemN2N
from tasks import babi
from replication.training.memn2n_inputs import encode
from tests.helpers.initial_weights import normal_about_0
from tests.helpers.small_babi import questions

SHORT = {"epochs": 3, "linear_start_epochs": 1}


@pytest.fixture(scope="module")
def encoded():
    return encode({3: questions(3, "train")}, {3: questions(3, "test")})


def trained(encoded, seeds, **changes):
    protocol = replace(VARIANTS["MemN2N PE LS RN"], **SHORT | changes)
    return restarts.train(encoded, protocol, 3, seeds)


def test_a_restart_is_the_same_bit_for_bit_in_any_stack(encoded):
    everything = trained(encoded, list(range(7)))
    for seeds in ([0], [5, 2], [6]):
        some = trained(encoded, seeds)
        for i, seed in enumerate(seeds):
            assert some.restarts[i] == everything.restarts[seed]
            for name, tensor in some.weights[i].items():
                assert torch.equal(tensor, everything.weights[seed][name])
            for name, curve in some.curves.items():
                assert np.array_equal(curve[i], everything.curves[name][seed])


def test_no_result_depends_on_encoding_only_what_occurs(encoded, monkeypatch):
    sparse = trained(encoded, [0, 1])
    assert batches.room_for_a_batch(encoded, 2) is not None
    monkeypatch.setattr(batches, "room_for_a_batch", lambda encoded, batch: 5)   # must grow
    grown = trained(encoded, [0, 1])
    for a, b in zip(sparse.restarts, grown.restarts):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-3)


@pytest.mark.parametrize("tying", ["adjacent", "layer-wise"])
def test_initial_weights_are_normal_with_mean_0_and_deviation_a_tenth(encoded, tying):
    """Section 4.2: of each matrix, and of the time words as of the words."""
    protocol = replace(VARIANTS["MemN2N PE LS RN"], tying=tying)
    model = restarts.new_model(encoded, protocol, list(range(200)), 3, "cpu")
    assert len(model.E) == 4                    # E_0 to E_3, or A, C, B and W
    for table in model.E:                                                       # (R, V, d)
        assert normal_about_0(table[:, :encoded.N], 0.1)
        assert normal_about_0(table[:, encoded.N:], 0.1)
    if tying == "layer-wise":
        assert normal_about_0(model.H, 0.1)
    wider = restarts.new_model(encoded, replace(protocol, init=0.3), [0], 3, "cpu")
    assert torch.allclose(wider.E[:, 0], 3 * model.E[:, 0])


def test_seeds_and_tasks_differ(encoded):
    a, b = trained(encoded, [0, 1]).weights
    assert not torch.equal(a["E0"], b["E0"])
    other = restarts.train(encoded, replace(VARIANTS["MemN2N PE LS RN"], **SHORT), 4, [0])
    assert not torch.equal(a["E0"], other.weights[0]["E0"])


def test_switching_noise_off_leaves_weights_and_order_as_they_were(encoded, monkeypatch):
    picked = []
    original = batches.Batches.take

    def take(self, split, rows, *noise):
        picked.append(rows.clone())
        return original(self, split, rows, *noise)
    monkeypatch.setattr(batches.Batches, "take", take)
    trained(encoded, [0], noise=0.1)
    with_noise, picked[:] = list(picked), []
    trained(encoded, [0], noise=0.0)
    assert len(with_noise) == len(picked) > 3
    assert all(torch.equal(a, b) for a, b in zip(with_noise, picked))


def test_validation_is_the_last_tenth_or_each_restarts_own():
    last = restarts.split_rows(50, MemN2N(), [3, 4], task=1)
    assert last[0].tolist() == [list(range(45))] * 2
    assert last[1].tolist() == [list(range(45, 50))] * 2
    own = restarts.split_rows(50, replace(MemN2N(), validation="random"), [3, 4], task=1)
    for rows, held_out in zip(*own):
        assert sorted([*rows.tolist(), *held_out.tolist()]) == list(range(50))
    assert own[1][0].tolist() != own[1][1].tolist()


def test_learning_rates_are_the_released_codes():
    plain = restarts.learning_rates(MemN2N())
    assert [plain[e - 1] for e in (1, 24, 25, 49, 50, 75, 99, 100)] == [
        (rate, False) for rate in (0.01, 0.01, 0.005, 0.005, 0.0025, 0.00125, 0.00125, 0.000625)]
    started = restarts.learning_rates(VARIANTS["MemN2N PE LS"])
    assert started[:20] == [(0.005, True)] * 20
    assert len(started) == 120 and started[20] == (0.005, False) and started[44] == (0.0025, False)


def test_batches_are_drawn_with_replacement_or_an_epoch_is_a_permutation():
    g = np.random.default_rng(0)
    assert len(np.unique(restarts.pick(g, 900, 28, 32, replacement=False))) == 896
    assert len(np.unique(restarts.pick(g, 900, 28, 32, replacement=True))) < 700


def test_time_words_count_back_from_the_question():
    t = batches.time_indices(torch.tensor([0, 2, 3]), 3)
    assert t.tolist() == [[0, 0, 0], [1, 2, 0], [1, 2, 3]]


def released_time_indices(n, N, noise):
    """The released train.m, one memory of n statements, as it draws: {time words: probability}.

        nblank = randi([0, ceil(n * noise)]);  rt = randperm(n + nblank);
        rt(rt > sz) = sz;                      rt = sort(rt(1:n));
    """
    most = math.ceil(n * noise)
    chances = Counter()
    for nblank in range(most + 1):
        rows = list(itertools.combinations(range(1, n + nblank + 1), n))   # a sorted part of randperm
        for row in rows:
            chances[tuple(min(rt, N) for rt in row)] += Fraction(1, (most + 1) * len(rows))
    assert sum(chances.values()) == 1
    return chances


@pytest.mark.parametrize("n, N, noise", [(2, 2, 0.1), (5, 5, 0.1), (10, 10, 0.1), (3, 8, 0.1),
                                         (3, 8, 0.6), (8, 9, 0.2), (5, 5, 0.4)])
def test_random_noise_is_the_released_rule(n, N, noise):
    """Full memories have noise too: what is cut to the memory's size is the index."""
    draws = 200_000
    uniform = torch.rand(draws, 1 + math.ceil(noise * N),
                         generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    t = batches.time_indices(torch.full((draws,), n), N, uniform, noise)
    assert (t[:, n:] == 0).all()
    expected, seen = released_time_indices(n, N, noise), Counter(map(tuple, t[:, :n].tolist()))
    assert set(seen) == set(expected)
    for choice, chance in expected.items():
        assert abs(seen[choice] - draws * chance) < 5 * (draws * chance) ** 0.5


def test_random_noise_of_a_full_memory_repeats_its_oldest_index():
    """n = N = 2: of one more time word each of three pairs is as likely; the pair 1 3 becomes 1 2."""
    assert released_time_indices(2, 2, 0.1) == {(1, 2): Fraction(5, 6), (2, 2): Fraction(1, 6)}


def test_clip_is_by_the_largest_singular_value():
    G = 10 * torch.randn(3, 2, 30, 20, generator=torch.Generator().manual_seed(0))
    G[0] *= 0.01
    before = torch.linalg.matrix_norm(G, 2)
    clipped = G.clone()
    restarts.clip(clipped, 40.0, "largest singular value")
    assert before.max() > 40 > before.min()
    torch.testing.assert_close(torch.linalg.matrix_norm(clipped, 2), before.clamp(max=40.0),
                               rtol=1e-5, atol=0)      # a float32 SVD's rounding, on any processor
    assert torch.equal(clipped[0], G[0])
    restarts.clip(G, 40.0, "Frobenius norm")
    assert torch.linalg.vector_norm(G, dim=(2, 3)).max() <= 40.001


def test_null_word_stays_at_zero_and_every_other_row_is_trained(encoded):
    weights = trained(encoded, [0]).weights[0]
    fresh = restarts.new_model(encoded, VARIANTS["MemN2N PE LS RN"], [0], 3, "cpu")
    for i, table in enumerate(weights[f"E{i}"] for i in range(4)):
        assert (table[encoded.N] == 0).all()
        assert not torch.equal(table, fresh.E[i, 0])


def test_a_restart_that_diverges_is_recorded_and_spoils_no_other(encoded):
    calm = trained(encoded, [1])
    original = restarts.new_model

    def new_model(encoded, protocol, seeds, task, device):
        model = original(encoded, protocol, seeds, task, device)
        model.E[:, seeds.index(0)] *= 1e30
        return model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restarts, "new_model", new_model)
        both = trained(encoded, [0, 1])
    lost, kept = both.restarts
    assert lost["status"] == "diverged" and lost["diverged_epoch"] == 1
    assert lost["test_error"] is None and both.weights[0] is None
    assert kept == calm.restarts[0]


def test_training_learns():
    """On task 1 the error falls to a few per cent within a few epochs' training questions."""
    encoded = encode({1: questions(1, "train", 200)}, {1: questions(1, "test", 100)})
    result = restarts.train(encoded, VARIANTS["MemN2N PE LS"], 1, [0, 1])
    assert all(restart["train_error"] < 5 for restart in result.restarts)
    assert all(restart["train_loss"] < 0.2 for restart in result.restarts)


@pytest.mark.parametrize("by", ["largest singular value", "Frobenius norm"])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0, 1e10, 1e13, 1e20, 1e25, 1e36])
def test_clipping_brings_every_matrix_to_the_limit_and_leaves_small_ones(by, scale):
    g = torch.Generator().manual_seed(0)
    gradient = scale * torch.randn(3, 2, 30, 8, generator=g)
    gradient[0, 0] *= min(1e-15, 1e-2 / scale)              # small whatever the scale
    before = gradient.clone()
    restarts.clip(gradient, 40.0, by)
    norm = {"largest singular value": lambda G: torch.linalg.matrix_norm(G, 2),
            "Frobenius norm": torch.linalg.matrix_norm}[by]
    large = norm(before.double()) > 40
    torch.testing.assert_close(norm(gradient[large].double()),
                               torch.full((int(large.sum()),), 40.0, dtype=torch.float64),
                               rtol=1e-4, atol=0)
    assert torch.equal(gradient[~large], before[~large]) and not large[0, 0]
    assert large.any() == (scale >= 10)


@pytest.mark.parametrize("by", ["largest singular value", "Frobenius norm"])
def test_a_gradient_that_is_no_number_spoils_no_other(by):
    g = torch.Generator().manual_seed(0)
    calm = 100 * torch.randn(3, 1, 30, 8, generator=g)
    both = torch.cat([calm, calm], 1)
    both[0, 0, 3, 2], both[1, 0, 0, 0], both[2, 0, 5, 5] = torch.nan, torch.inf, 1e30
    alone = calm.clone()
    restarts.clip(alone, 40.0, by)
    restarts.clip(both, 40.0, by)
    assert torch.equal(both[:, 1:], alone)
    assert not both[:2, 0].isfinite().all() and both[2, 0].isfinite().all()


def test_one_long_sentence_of_the_test_file_does_not_end_the_run():
    """A sentence of 500 words makes every position's weight large: a gradient of 1e25."""
    train, test = (questions(1, split) for split in ("train", "test"))
    odd = " ".join(f"word{i}" for i in range(500))
    told = babi.Statement(odd, tuple(odd.split()))
    test[0] = replace(test[0], statements=(told, *test[0].statements[1:]))
    encoded = encode({1: train}, {1: test})
    result = restarts.train(encoded, replace(VARIANTS["MemN2N PE LS RN"], epochs=4,
                                             linear_start_epochs=2), 1, [0, 1])
    assert encoded.J == 501
    for restart in result.restarts:
        assert restart["status"] in ("ok", "diverged")
        assert (restart["test_error"] is None) == (restart["status"] == "diverged")


def test_a_restart_whose_last_step_is_no_number_has_diverged(encoded, monkeypatch):
    original = restarts.finish

    def finish(model, *more):
        model.E[0, 1, 5, 5] = torch.inf
        return original(model, *more)
    monkeypatch.setattr(restarts, "finish", finish)
    kept, lost = trained(encoded, [0, 1]).restarts
    assert kept["status"] == "ok"
    assert (lost["status"], lost["diverged_epoch"], lost["test_error"]) == ("diverged", 4, None)


def test_a_matrix_whose_eigenvalues_are_not_found_is_taken_by_itself_in_double_precision(
        monkeypatch):
    """And the others keep their bits."""
    G = torch.randn(4, 30, 5, generator=torch.Generator().manual_seed(0))
    G[2] *= 3
    matrices, solve = G.mT @ G, torch.linalg.eigvalsh
    expected = solve(matrices)[:, -1]

    def failing(some):
        if some.dtype == torch.float32 and any(torch.equal(one, matrices[2]) for one in some):
            raise torch.linalg.LinAlgError("not converged")
        return solve(some)

    monkeypatch.setattr(torch.linalg, "eigvalsh", failing)
    found = restarts.largest_eigenvalues(matrices)
    others = [0, 1, 3]
    assert torch.equal(found[others], expected[others])
    assert found[2] == pytest.approx(float(expected[2]), rel=1e-5)
    assert found.dtype == torch.float32
