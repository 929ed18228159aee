"""The comparison: closed forms, ties, and how often its intervals hold."""

import numpy as np
import pytest

from paper_tables import comparison
from tests.helpers.populations import (SHAPES, best_of, bimodal, normal, population, skewed,
                                       tied_bimodal)


def test_the_factor_of_the_spread():
    assert comparison.widening(100) == pytest.approx(1.21, abs=0.005)
    assert comparison.widening(30) == pytest.approx(2.535, abs=0.005)
    assert comparison.widening(10) is None and comparison.widening(3) is None
    assert comparison.widening(10 ** 6) == pytest.approx(1.0, abs=1e-3)


def test_draws_follow_the_exact_distribution():
    """P(best of 10 has level l) = P(all >= l) - P(all > l), and ties share it evenly."""
    rank = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 5] * 3)
    values = np.arange(30.0)
    drawn = comparison.draw(comparison.generator("exact"), 30, draws=200_000)
    picked = values[comparison.select(drawn, rank)]
    for value, chance in best_of(rank.tolist(), values.tolist()).items():
        # 5 standard deviations of a share of 200,000 draws
        room = 5 * np.sqrt(chance * (1 - chance) / 200_000) + 1e-9
        assert np.mean(picked == value) == pytest.approx(chance, abs=room)


def test_all_tied_is_a_plain_draw():
    drawn = comparison.draw(comparison.generator("tied"), 50, draws=100_000)
    picked = comparison.select(drawn, np.zeros(50, int))
    assert np.bincount(picked, minlength=50) / 100_000 == pytest.approx(1 / 50, abs=0.003)
    assert comparison.tied(drawn, np.zeros(50, int)) == 10
    assert comparison.tied(drawn, np.arange(50)) == pytest.approx(1 + 9 / 50, abs=0.1)


def test_ranks_tie_equal_counts_however_divided_and_order_by_later_keys():
    assert comparison.ranks(np.array([0.1 + 0.2, 0.3, 0.0])).tolist() == [1, 1, 0]
    first, second = np.array([1.0, 0.0, 1.0, 0.0]), np.array([5.0, 7.0, 4.0, 7.0])
    assert comparison.ranks(first, second).tolist() == [2, 0, 1, 0]
    assert comparison.ranks(np.array([np.inf, 3.0, np.inf])).tolist() == [1, 0, 1]


def test_diverged_restarts_are_selected_only_among_themselves():
    errors = np.array([np.inf] * 5 + [50.0] * 5)
    drawn = comparison.draw(comparison.generator("diverged"), 10)
    picked = comparison.select(drawn, comparison.ranks(errors))
    whole = (drawn < 5).all(axis=1)
    assert whole.any() and (picked[whole] < 5).all() and (picked[~whole] >= 5).all()


def test_the_interval_is_the_stretched_quantiles_and_the_rounding():
    values = np.arange(0, 100.1, 0.1)
    low, middle, high = np.quantile(values, (0.025, 0.5, 0.975))
    interval = comparison.interval(values, 1.0, 0.05)
    assert interval == pytest.approx((low - 0.05, high + 0.05))
    narrow = comparison.interval(40 + values / 10, 2.0, 0.5)
    assert narrow == pytest.approx((45 - 2 * 4.75 - 0.5, 45 + 2 * 4.75 + 0.5))
    assert comparison.interval(values, 3.0, 0.05) == (0.0, 100.0)
    assert comparison.interval(values, None, 0.05) is None


def test_exact_quantiles_are_those_of_many_draws():
    """Of restarts in two groups too, where a quantile by draws may fall into either."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        train, test = population(shape, 30, rng)
        rank = comparison.ranks(train)
        drawn = np.sort(test[comparison.select(comparison.draw(rng, 30, draws=200_000), rank)])
        for level, exact in zip(comparison.LEVEL, comparison.quantiles(
                test, comparison.chances(rank))):
            places = np.searchsorted(drawn, exact, "left"), np.searchsorted(drawn, exact, "right")
            assert places[0] / 200_000 - 0.005 <= level <= places[1] / 200_000 + 0.005


def test_a_level_between_two_values_is_their_middle():
    half = comparison.quantiles(np.array([4.0, 1.0, 2.0, 3.0]), np.full(4, 0.25))
    assert half.tolist() == [1.0, 2.5, 4.0]


def test_a_point_population_leaves_only_the_rounding():
    interval = comparison.interval(np.full(100, 5.6), comparison.widening(100), 0.05)
    assert interval == pytest.approx((5.55, 5.65))
    assert interval.holds(5.6) and interval.holds(5.65) and not interval.holds(5.7)


def test_next_run_is_students_prediction_interval():
    runs = np.array([[10.0, 12.0, 14.0]])  # s = 2, t_0.975(2) = 4.303
    reach = 4.30265 * 2 * np.sqrt(4 / 3)
    assert comparison.next_run_interval(runs, 0.5) == pytest.approx(
        (max(0, 12 - reach - 0.5), 12 + reach + 0.5), abs=1e-3)
    assert comparison.next_run_interval(runs[:, :1], 0.5) is None


def test_other_questions_add_binomial_noise():
    draws = comparison.as_published_run(comparison.generator("noise"), np.full(50_000, 50.0))
    assert draws.std() == pytest.approx(np.sqrt(comparison.question_variance(50.0)), rel=0.02)
    assert draws.mean() == pytest.approx(50.0, abs=0.05)
    assert (comparison.as_published_run(comparison.generator("noise"), np.zeros(10)) == 0).all()


def test_pooled_freedom_lies_between_one_task_and_all():
    rng = np.random.default_rng(0)
    even, one = rng.normal(0, 1, (20, 4000)), np.zeros((20, 4000))
    one[3] = even[3]
    assert comparison.pooled_freedom(even, 100) == pytest.approx(20 * 9, rel=0.02)
    assert comparison.pooled_freedom(one, 100) == pytest.approx(9)
    assert comparison.pooled_freedom(np.ones((20, 50)), 100) == 9


def test_chance_bound():
    assert comparison.chance_bound(20) == 3


def test_streams_are_keyed_and_repeat():
    def draw(*key):
        return comparison.generator(*key).integers(0, 10 ** 9, 4).tolist()
    assert draw("MemN2N PE", 3) == draw("MemN2N PE", 3)
    assert len({tuple(draw(*key)) for key in (
        ("MemN2N PE", 3), ("MemN2N PE", 4), ("MemN2N BoW", 3), ("MemN2N PE",),
        ("MemN2N PE", 3, "questions"))}) == 5


# --- how often the intervals hold -------------------------------------------------------------

def published_figure(shape, rng):
    train, test = population(shape, 10, rng)
    return test[train.argmin()]  # independent restarts: the first of the tied is a random one


# Upper ends: one hump is near 95%. With two humps that each hold more than 2.5% of the draws, the
# interval must span both, and covers what lies between and around them too.
@pytest.mark.parametrize("restarts", [100, 30])
@pytest.mark.parametrize("shape, most", [
    (normal, 0.97), (bimodal, 0.985), (tied_bimodal, 1.0), (skewed, 0.995)])
def test_coverage_of_a_cell(shape, most, restarts):
    """2,000 simulated published figures: at least 93% inside, and at most as said above.

    A coverage of 95% shows 94.0% to 96.0% in 2,000 trials 95 times in 100.
    """
    rng, trials, held = np.random.default_rng([restarts, SHAPES.index(shape)]), 2000, 0
    factor = comparison.widening(restarts)
    for _ in range(trials):
        train, test = population(shape, restarts, rng)
        chance = comparison.chances(comparison.ranks(train))
        held += comparison.interval(test, factor, 0.05, chance=chance).holds(
            published_figure(shape, rng))
    assert 0.93 <= held / trials <= most


@pytest.mark.exhaustive
@pytest.mark.parametrize("restarts", [100, 30])
def test_coverage_of_the_mean_and_of_the_failed_tasks(restarts):
    """20 tasks of the four shapes, 250 trials. Asserted: 92.5% to 99% inside for both rows.

    And that f is not applied as if tasks erred together: the interval of the mean is no wider
    than 60% of the mean width of the tasks' intervals.
    """
    rng, trials = np.random.default_rng([restarts, 99]), 250
    held, widths = np.zeros(2), []
    for _ in range(trials):
        draws, figures, own = [], [], []
        for task in range(20):
            shape = SHAPES[task % 4]
            train, test = population(shape, restarts, rng)
            drawn = comparison.draw(rng, restarts, draws=500)
            draws.append(test[comparison.select(drawn, comparison.ranks(train))])
            figures.append(published_figure(shape, rng))
            own.append(np.ptp(comparison.interval(draws[-1], comparison.widening(restarts), 0.05)))
        draws, figures = np.stack(draws), np.array(figures)
        for place, (values, figure) in enumerate((
                (draws, figures.mean()), (draws > 5, (figures > 5).sum()))):
            freedom = comparison.pooled_freedom(values, restarts)
            factor = comparison.widening(restarts, freedom=freedom)
            combined = values.mean(axis=0) if place == 0 else values.sum(axis=0)
            interval = comparison.interval(combined, factor, 0.05 if place == 0 else 0.0)
            held[place] += interval.holds(figure)
            if place == 0:
                widths.append(np.ptp(interval) / np.mean(own))
    assert (held / trials >= 0.925).all() and (held / trials <= 0.99).all()
    assert np.mean(widths) <= 0.6


# Truths of single runs that are not normal: what one run may be.
TRUTHS = {
    "normal": lambda rng, n: rng.normal(50, 4, n),
    "half and half": lambda rng, n: np.where(rng.random(n) < 0.5, 50.0, 0.0),
    "one in five fails": lambda rng, n: np.where(rng.random(n) < 0.2, 50.0, 0.0),
    "one in twenty fails": lambda rng, n: np.where(rng.random(n) < 0.05, 50.0, 0.0),
    "one in five fails, with noise":
        lambda rng, n: np.where(rng.random(n) < 0.2, rng.normal(50, 3, n), rng.normal(5, 1, n)),
    "exponential": lambda rng, n: rng.exponential(8, n),
}


# The least share inside, of 1,000 trials: a coverage of 95% shows 93.6% and more.
@pytest.mark.parametrize("runs, least", [(3, 0.84), (10, 0.91), (30, 0.936), (100, 0.936)])
@pytest.mark.parametrize("truth", TRUTHS)
def test_coverage_of_one_more_run(truth, runs, least):
    rng, held = np.random.default_rng([runs, len(truth)]), 0
    for _ in range(1000):
        *sample, figure = TRUTHS[truth](rng, runs + 1)
        held += comparison.next_run_interval(np.array([sample]), 0.0).holds(figure)
    assert held / 1000 >= least
    if truth == "normal":  # Student's interval is exact there: no wider than it must be
        assert held / 1000 <= 0.975


def test_one_more_run_may_be_like_any_that_was_seen():
    """One run in 30 fails: t reaches to 47, the interval to the failed run."""
    runs = np.array([[0.0] * 29 + [90.0]])
    assert comparison.next_run_interval(runs, 0.5) == (0.0, 90.5)
    many = np.array([[0.0] * 99 + [90.0]])  # of 100 the second highest is enough
    assert comparison.next_run_interval(many, 0.5).high < 90
