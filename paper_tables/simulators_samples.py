"""Whether simulated and official training sets differ more than official ones do among themselves.

The records are those of replication/ablations/simulators_samples.py: five disjoint
thousands of official questions and five simulated ones, ten restarts on each.
A training set counts once: what is compared are the medians over its restarts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from paper_tables import layout, records
from paper_tables.simulators import COLUMNS, MARGIN, other_test_error, task_names

SCRIPT = "simulators_samples"
SETS = 5
TRAINED = {"official": [f"official thousand {number}" for number in range(1, SETS + 1)],
           "simulated": [f"simulated seed {seed}" for seed in range(SETS)]}

INTRO = f"""\
For the tasks on which [one simulated and one official training set](simulators_difficulty.md)
differ: MemN2N PE LS RN on five disjoint thousands of official questions (of the 10k training file;
the first is the 1k file) and on five simulated ones (generator seeds 0 to 4), ten restarts each.
Figures are medians over a set's restarts, in %, sorted. *difference*: mean of the simulated sets'
medians less that of the official sets', with its 95% interval (Welch's t, five against five).
*agrees*: the interval includes 0 or stays under {MARGIN:g} points. The simulated test set is that
of seed 0."""


@dataclass(frozen=True)
class Samples:
    """One task and test set: medians of the official and of the simulated training sets."""
    official: np.ndarray
    simulated: np.ndarray
    difference: float
    low: float
    high: float

    @property
    def agrees(self):
        return self.low <= 0 <= self.high or max(abs(self.low), abs(self.high)) < MARGIN


def compare(official, simulated):
    """Samples of two lists of medians: Welch's interval of the difference of their means."""
    official, simulated = np.sort(official), np.sort(simulated)
    found = stats.ttest_ind(simulated, official, equal_var=False)
    difference = float(simulated.mean() - official.mean())
    if np.isnan(found.statistic):      # no spread at all
        return Samples(official, simulated, difference, difference, difference)
    interval = found.confidence_interval(0.95)
    return Samples(official, simulated, difference, float(interval.low), float(interval.high))


def judge(reference):
    """{(test set's source, task): Samples} of the tasks whose records are all there."""
    folder, judged = Path(reference) / SCRIPT, {}
    names = [name for columns in TRAINED.values() for name in columns]
    found = records.read_table(folder, names, task_names())
    for task in task_names():
        if all(task in found[name] for name in names):
            for tested in COLUMNS:
                judged[tested, task] = compare(*(
                    [float(np.median(_errors(found[name][task], source, tested)))
                     for name in columns] for source, columns in TRAINED.items()))
    return judged


def _errors(record, source, tested):
    """On the official test set, or on the simulated one of seed 0."""
    if source != tested:
        return other_test_error(record)
    return record.figures if source == "official" else other_test_error(
        record, "shared_test_error")


def reason(found):
    """Why a model trained on one set of each source may differ, where the sources agree."""
    return (f"the training set matters more than its source: medians over restarts are "
            f"{_range(found.official)} for five official thousands and {_range(found.simulated)} "
            f"for five simulated ones, difference {found.difference:+.1f} ({found.low:+.1f} to "
            f"{found.high:+.1f})").replace("-", "−")


def _range(medians):
    return f"{medians[0]:.1f} to {medians[-1]:.1f}"


def files(judged):
    """{file name: text} of the table; empty without records."""
    if not judged:
        return {}
    header = ["task", "tested on", "official thousands", "simulated seeds", "difference",
              "interval", "agrees"]
    lines = [[f"{task} {task_names()[task]}", tested, _listed(found.official),
              _listed(found.simulated), f"{found.difference:+.1f}",
              f"{found.low:+.1f} to {found.high:+.1f}", "yes" if found.agrees else "no"]
             for (tested, task), found in judged.items()]
    page = ["# Several training sets of either source", INTRO, layout.as_markdown(header, lines)]
    return {f"{SCRIPT}.md": "\n\n".join(page) + "\n", f"{SCRIPT}.csv": layout.as_csv(header, lines)}


def _listed(medians):
    return ", ".join(f"{median:.1f}" for median in medians)
