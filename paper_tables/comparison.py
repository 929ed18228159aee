"""The comparison of a published number with restarts of our own.

A published bAbI error is one draw of "the test error of the best of 10
restarts by training error"; the papers name no tie-break. Of R restarts of
ours each has an exact chance to be that one, which gives the distribution that
the published figure should come from; where figures of several cells are added,
draws stand for it. Two things are then added: the R
restarts are themselves only a sample, so the spread is widened by Student's
t; and the published figure is rounded.

Everything here is arithmetic on arrays. Errors are in percent. Draws come
from generators that are keyed by (column, task), so that a cell's interval is
the same whichever other cells are there, and tables are the same byte for byte.
"""

from typing import NamedTuple
from zlib import crc32

import numpy as np
from scipy.stats import binom, t

# Parts of this module, shared with the rule that gives cells more restarts.
from replication.records.best_of import BEST_OF, best_of_chances, chances, ranks  # noqa: F401

DRAWS = 10_000
SEED = 0
LEVEL = (0.025, 0.5, 0.975)


class Interval(NamedTuple):
    """Where a published figure should lie, in the unit of the figure."""
    low: float
    high: float

    def holds(self, figure):
        # An end of the interval is a sum of floats: 5.6 + 0.05 must still hold 5.65.
        return self.low - 1e-9 <= figure <= self.high + 1e-9

    def verdict(self, figure, lower_is_better=True):
        """What ours is beside a published figure: `match`, `better` or `worse`."""
        if self.holds(figure):
            return "match"
        # An error that is published above the interval means that ours is lower.
        return "better" if (figure > self.high) == lower_is_better else "worse"


class Range(NamedTuple):
    """A difference and where it lies 95 times in 100."""
    value: float
    low: float
    high: float

    def __str__(self):
        text = f"{self.value:+.1f} ({self.low:+.1f} to {self.high:+.1f})"
        return text.replace("-", "−")


def middle(values):
    """The Range of draws (draws,): their mean, and the middle 95% of them."""
    return Range(float(values.mean()), *map(float, np.quantile(values, (LEVEL[0], LEVEL[2]))))


def generator(*key):
    """The random stream of a cell, keyed by names and numbers: a column, a task, a purpose."""
    return np.random.default_rng([SEED] + [part if isinstance(part, int) else crc32(part.encode())
                                           for part in key])


def draw(rng, restarts, best_of=BEST_OF, draws=DRAWS):
    """Draws best_of of R restarts with replacement, again and again: (draws, best_of) indices."""
    return rng.integers(0, restarts, size=(draws, best_of))


def select(drawn, rank):
    """The best restart of each draw: (draws,) indices.

    drawn: (draws, best_of). rank: (R,), lower is better. Ties are broken at
    random: the places of a draw are exchangeable, so that the first of the
    tied ones is any of them with the same chance.
    """
    return drawn[np.arange(len(drawn)), np.argmin(rank[drawn], axis=1)]


def quantiles(values, chance):
    """Quantiles LEVEL of values (R,) that have these chances (R,).

    Where the chances of the lower values are a level exactly, the middle to the next value.
    """
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(chance[order])
    ends = [np.searchsorted(reached / reached[-1], np.array(LEVEL) + slack)
            for slack in (-1e-9, 1e-9)]
    return ordered[np.minimum(ends, len(values) - 1)].mean(axis=0)


def tied(drawn, rank):
    """Mean number of restarts of a draw that share its lowest rank."""
    places = rank[drawn]
    return float((places == places.min(axis=1, keepdims=True)).sum(axis=1).mean())


def as_published_run(rng, errors, questions=1000):
    """Errors that the same models would show on as many other test questions.

    For cells whose test questions are not the paper's. errors: (draws,) in %;
    each is replaced by a binomial draw with that rate over `questions`.
    """
    return 100.0 * rng.binomial(questions, np.asarray(errors) / 100.0) / questions


def question_variance(error, questions=1000):
    """Variance (in %^2) of an error measured on so many other questions of the same kind."""
    return error * (100.0 - error) / questions


def widening(restarts, best_of=BEST_OF, freedom=None):
    """The factor f by which the spread of the draws is stretched, or None where undefined.

    R restarts hold only R/10 independent draws of "best of 10", so the next
    draw is predicted from a sample of R/10:
    f = t_0.975(R/10 - 1) / 1.96 x sqrt(1 + 10/R), 1.21 at R = 100 and 2.53 at 30.
    With R <= 10 no spread can be estimated and there is no interval.
    freedom: degrees of freedom in place of R/10 - 1 (see pooled_freedom).
    """
    independent = restarts / best_of
    if independent <= 1:
        return None
    freedom = independent - 1 if freedom is None else freedom
    return float(t.ppf(0.975, freedom) / 1.96 * np.sqrt(1 + 1 / independent))


def interval(values, factor, half_width, top=100.0, chance=None):
    """The interval for a published figure: median, quantiles, f, rounding.

    values: (draws,) of it; or with `chance` (R,) the restarts', of which one is published.
    factor: from widening; None gives None. half_width: of the printed figure's rounding. Ends are
    kept within 0 and top, where figures live.
    """
    if factor is None:
        return None
    low, middle, high = (np.quantile(values, LEVEL) if chance is None
                         else quantiles(values, chance))
    return _within(middle - factor * (middle - low) - half_width,
                   middle + factor * (high - middle) + half_width, top)


def pooled_freedom(values, restarts, best_of=BEST_OF):
    """Degrees of freedom of a sum over tasks whose draws are independent (Satterthwaite).

    values: (T, draws). Each task's variance s_t^2 is known with R/10 - 1
    degrees; their sum with (sum s_t^2)^2 / sum(s_t^4) times as many: between
    once (one task makes all the spread) and T times (all make the same).

    So f is applied once, to the spread of the mean over tasks, and never to
    tasks before they are averaged: their errors are independent and partly
    cancel. Its factor sqrt(1 + 10/R) is the same for a mean as for one task;
    only t's degrees differ. With the degrees of a single task the interval
    would cover far more than 95%, and hide a column that is off.
    """
    variance = np.asarray(values, dtype=float).var(axis=1)
    if not variance.any():
        return restarts / best_of - 1
    return float(variance.sum() ** 2 / (variance ** 2).sum() * (restarts / best_of - 1))


def next_run_interval(values, half_width, noise=0.0, top=100.0):
    """For figures that are "mean over seeds": the prediction interval for one more run.

    values: (T, R), errors of R runs on each of T tasks; the figure is the mean
    over the tasks (T = 1: one cell). None where R < 2. Student's t, with
    the degrees of freedom pooled over the tasks as in pooled_freedom. noise: (T,) or
    a number, variance that the published run has besides (see question_variance).

    Runs that fail now and then, or fall into two groups, are not normal, and t alone then
    holds as few as 90% at any number of runs. So the interval also reaches to the runs
    themselves: from the k-th lowest to the k-th highest, k = 2.5% of R + 1 and at least 1, which
    holds 95% whatever the distribution is from R = 39 on, and (R - 1)/(R + 1) before. Measured
    for runs that are normal, exponential, bimodal, or that fail in 5 to 20% of cases: 92% and
    more from R = 10, 95% and more from R = 30, 86% at R = 3, which may show one group alone.
    """
    values = np.asarray(values, dtype=float)
    tasks, runs = values.shape
    if runs < 2:
        return None
    variance = values.var(axis=1, ddof=1)
    freedom = runs - 1
    if variance.any():
        freedom *= variance.sum() ** 2 / (variance ** 2).sum()
    reach = t.ppf(0.975, freedom) * np.sqrt((variance * (1 + 1 / runs) + noise).sum()) / tasks
    middle, each = values.mean(), np.sort(values.mean(axis=0))
    k = max(1, int(0.025 * (runs + 1)))
    return _within(min(middle - reach, each[k - 1]) - half_width,
                   max(middle + reach, each[-k]) + half_width, top)


def welch(first, second):
    """The difference of two means, and its 95% interval by Welch's t (variances may differ)."""
    difference = float(first.mean() - second.mean())
    parts = np.array([runs.var(ddof=1) / len(runs) for runs in (first, second)])
    if parts.sum() < 1e-12:  # no spread at all
        return Range(difference, difference, difference)
    freedom = parts.sum() ** 2 / sum(
        part ** 2 / (len(runs) - 1) for part, runs in zip(parts, (first, second)))
    reach = float(t.ppf(0.975, freedom) * np.sqrt(parts.sum()))
    return Range(difference, difference - reach, difference + reach)


def chance_bound(cells):
    """How many of so many 95% intervals may miss by chance: 97.5% bound of Binomial(n, 0.05)."""
    return int(binom.ppf(0.975, cells, 0.05))


def _within(low, high, top):
    return Interval(float(max(0.0, low)), float(min(top, high)))
