"""Are simulated tasks as hard as official ones? Two samples of restarts, held against each other.

The models of replication/ablations/simulators_difficulty.py are trained on official or
on simulated data and tested on both test sets. Two comparisons a task, each on
one test set: the models trained on the other source against those trained on
the test set's own. Both sides are ours, so that this is a two-sample rule:

1. A side's figures are its selected error (the test error of the best of 10
   restarts by training error, its mean over all draws of 10 with ties broken
   at random) and its median error over all restarts.
2. Each side's restarts are drawn again with replacement, 10,000 times; the
   interval of a difference runs from its 2.5% to its 97.5% quantile.
3. The distances from the difference to these ends are stretched by Student's
   t over 1.96: R restarts hold R/10 independent draws of the best of 10, which
   leaves 2 (R/10 - 1) degrees of freedom to a difference of two sides, and
   2 (R - 1) to one of medians.
4. The comparison is a `match` where the intervals of both differences include
   0 or stay under 3 points; else `worse` or `better`, for the models trained
   on the other source. A task agrees where both its comparisons are a match.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from paper_tables import comparison, records
from paper_tables.table import OUTSIDE
from paper_tables.comparison import Interval
from paper_tables.published import read as published
from tasks.errors import UserError

EXPERIMENT = "simulators_difficulty"
COLUMNS = {"official": "trained on official", "simulated": "trained on simulated"}
RESTARTS = 30        # a side; fewer make a comparison "partial"
MARGIN = 3.0         # points
EPOCHS = 100


@dataclass(frozen=True)
class Side:
    """Restarts (R,) of one kind of models: what selects them, and their error (%) on one test set.

    rank   by training error, lower is better, equal for equal training errors
    """
    rank: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Difference:
    """The other side's figure less the own side's, in points, and its interval.

    interval   None where there are too few restarts for one
    """
    own: float
    other: float
    interval: Interval | None

    @property
    def value(self):
        return self.other - self.own

    @property
    def sign(self):
        """0 where the interval includes 0 or stays under the margin, else that of the value."""
        low, high = self.interval or (0.0, 0.0)
        return 0 if alike(low, high) else 1 if low > 0 else -1


def alike(low, high):
    """Whether the interval of a difference includes 0 or stays under the margin."""
    return low <= 0 <= high or max(abs(low), abs(high)) < MARGIN


@dataclass(frozen=True)
class TwoSamples:
    """One task on one test set. Differences are None where one side has not been run."""
    task: int
    tested_on: str
    status: str = "not run"
    n: int | None = None
    selected: Difference | None = None
    median: Difference | None = None

    @property
    def column(self):
        return f"tested on {self.tested_on}"


def expected_selected(rank, error, best_of=comparison.BEST_OF):
    """Mean error of the best of `best_of` restarts drawn with replacement, ties at random: (B,).

    rank, error: (B, R) or (R,).
    """
    rank, error = np.atleast_2d(rank, error)
    B, ranks = len(rank), int(rank.max()) + 1
    place = (rank + ranks * np.arange(B)[:, None]).ravel()
    counts = np.bincount(place, minlength=ranks * B).reshape(B, ranks)
    sums = np.bincount(place, error.ravel(), ranks * B).reshape(B, ranks)
    return (comparison.best_of_chances(counts, best_of) * sums).sum(axis=1)


def differences(own, other, rng, draws=comparison.DRAWS):
    """(of selected errors, of median errors) of two sides: Difference each."""
    figures = []
    for side in (own, other):
        again = comparison.draw(rng, len(side.error), len(side.error), draws)  # (draws, R)
        rank, error = side.rank[again], side.error[again]
        figures.append((
            (expected_selected(side.rank, side.error)[0], expected_selected(rank, error)),
            (np.median(side.error), np.median(error, axis=1))))
    R = min(len(own.error), len(other.error))
    freedoms = (2 * (R / comparison.BEST_OF - 1), 2 * (R - 1))
    return tuple(_difference(own_figure, other_figure, freedom)
                 for own_figure, other_figure, freedom in zip(*figures, freedoms))


def _difference(own, other, freedom):
    """own, other: (figure, its values over the draws)."""
    value = other[0] - own[0]
    if freedom <= 0:
        return Difference(float(own[0]), float(other[0]), None)
    low, high = np.quantile(other[1] - own[1], (0.025, 0.975))
    stretch = t.ppf(0.975, freedom) / 1.96
    return Difference(float(own[0]), float(other[0]),
                      Interval(float(value - stretch * max(0.0, value - low)),
                               float(value + stretch * max(0.0, high - value))))


def status(selected, median, whole):
    """`match` where neither difference has a sign; the selected errors' decides before medians'."""
    if not whole:
        return "partial"
    sign = selected.sign or median.sign
    return {0: "match", 1: "worse", -1: "better"}[sign]


def read(folder):
    """The records of an experiment's folder: {source: {task: Record}}. UserError as records.read.

    Also where the two records of a task do not speak of the same test files.
    """
    table = {source: records.read_table(folder, [column], task_names(), source)[column]
             for source, column in COLUMNS.items()}
    for task in table["official"].keys() & table["simulated"].keys():
        first, second = (table[source][task] for source in COLUMNS)
        for one, two in ((first, second), (second, first)):
            if _test_digests(one.content["data"].get("other", {"files": {}})) != (
                    _test_digests(two.content["data"])):
                raise UserError(f"{one.path}: was not tested on the test file of {two.path}; run "
                                "both again")
    return table


def task_names():
    """{task: name} of the 20 tasks."""
    return published("memn2n_table1_babi_1k").names


def judge(table):
    """{(tested on, task): TwoSamples} from the records that `read` gives."""
    judged = {}
    for task in task_names():
        both = [table[source][task] for source in COLUMNS if task in table[source]]
        for tested_on in COLUMNS:
            judged[tested_on, task] = (
                TwoSamples(task, tested_on) if len(both) < len(COLUMNS) else
                _judged(task, tested_on, table[tested_on][task], table[another(tested_on)][task]))
    return judged


def _judged(task, tested_on, own, other):
    selected, median = differences(
        Side(own.rank, own.figures), Side(other.rank, other_test_error(other)),
        comparison.generator(EXPERIMENT, tested_on, task))
    n = min(len(own.seeds), len(other.seeds))
    whole = n >= RESTARTS and not any(record.content["partial"] or record.epochs < EPOCHS
                                      for record in (own, other))
    return TwoSamples(task, tested_on, status(selected, median, whole), n, selected, median)


def another(source):
    """The source that is not this one."""
    return next(name for name in COLUMNS if name != source)


def other_test_error(record, key="other_test_error"):
    """The restarts' errors on the test set of the other source, (R,) in %; diverged: 100.

    key  or what names the errors on yet another test set
    """
    try:
        errors = record.per_restart(key, records.DIVERGED["test error %"])
    except (TypeError, ValueError):
        errors = None
    if errors is None or not ((errors >= 0) & (errors <= 100)).all():
        raise UserError(f"{record.path}: a restart has no {key} of 0 to 100%; restore "
                        "the record, or remove it and run the cell again")
    return errors


def _test_digests(data):
    return {name: digest for name, digest in data["files"].items() if name.endswith("_test.txt")}


def agrees(judged, task):
    """Whether both comparisons of a task are a match; None where they are not both judged."""
    both = [judged[tested_on, task].status for tested_on in COLUMNS]
    if not set(both) <= {"match", *OUTSIDE}:
        return None
    return both == ["match", "match"]
