"""Whether simulated and official training sets differ more than official ones do among themselves.

The records are those of replication/ablations/simulators_samples.py: five disjoint
thousands of official questions and five simulated ones, ten restarts on each.
A training set counts once: what is compared are the medians over its restarts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paper_tables import records
from paper_tables.comparison import Range, welch
from paper_tables.sections import Lines, Section, page
from paper_tables.simulators import COLUMNS, MARGIN, alike, other_test_error, task_names

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
    """One task and test set: medians of the official and of the simulated training sets.

    difference  comparison.Range of their means, simulated less official
    """
    official: np.ndarray
    simulated: np.ndarray
    difference: Range

    @property
    def agrees(self):
        return alike(self.difference.low, self.difference.high)


def compare(official, simulated):
    """Samples of two lists of medians: Welch's interval of the difference of their means."""
    official, simulated = np.sort(official), np.sort(simulated)
    return Samples(official, simulated, welch(simulated, official))


def judge(results):
    """{(test set's source, task): Samples} of the tasks whose records are all there."""
    names = [name for columns in TRAINED.values() for name in columns]
    table, judged = records.read_table(Path(results) / SCRIPT, names, task_names()), {}
    for task in task_names():
        if all(task in table[name] for name in names):
            for tested in COLUMNS:
                judged[tested, task] = compare(*(
                    [float(np.median(_errors(table[name][task], source, tested)))
                     for name in columns] for source, columns in TRAINED.items()))
    return judged


def _errors(record, source, tested):
    """On the official test set, or on the simulated one of seed 0."""
    if source != tested:
        return other_test_error(record)
    return record.figures if source == "official" else other_test_error(
        record, "shared_test_error")


def reason(samples):
    """Why a model trained on one set of each source may differ, where the sources agree."""
    ranges = [f"{medians[0]:.1f} to {medians[-1]:.1f}"
              for medians in (samples.official, samples.simulated)]
    return (f"the training set matters more than its source: medians over restarts are {ranges[0]} "
            f"for five official thousands and {ranges[1]} for five simulated ones, difference "
            f"{samples.difference}")


def pages(judged):
    """{name: (Section, its CSV)} of the table; empty without records."""
    header = ["task", "tested on", "official thousands", "simulated seeds", "difference",
              "interval", "agrees"]
    lines = [[f"{task} {task_names()[task]}", tested,
              *(", ".join(f"{median:.1f}" for median in medians)
                for medians in (samples.official, samples.simulated)),
              f"{samples.difference.value:+.1f}",
              f"{samples.difference.low:+.1f} to {samples.difference.high:+.1f}",
              "yes" if samples.agrees else "no"]
             for (tested, task), samples in judged.items()]
    return page(SCRIPT, Section("Several training sets of either source", [
        INTRO, Lines(header, lines)]), header, lines)
