"""What each choice between paper and released code does, beside Table 1's own "PE LS".

The records are those of replication/ablations/memn2n_deviations.py: Table 1's cells with one
field of the protocol changed, at the same seeds.
"""

import math
from typing import NamedTuple

import numpy as np

from paper_tables import layout
from paper_tables.records import columns_of, read_table

SCRIPT = "memn2n_deviations"
BASE_SCRIPT = "memn2n_table1_babi_1k"
BASE, JOINT_BASE = "MemN2N PE LS", "MemN2N PE LS LW joint"
MOVED = 3.0    # a task is named where its mean moves by this many standard errors ..
POINTS = 2.0   # .. and points

ABOUT = """\
One field of the protocol of "MemN2N PE LS" changed at a time (of "MemN2N PE LS LW joint" where a
choice is of a joint model), at the same seeds, all 20 tasks.
*selected*: mean over tasks of the restart with the lowest training error. *all restarts*: mean over
tasks and restarts; its difference from the released code's choice is given with its standard error,
the restarts being independent draws. *tasks that move*: those whose mean over restarts differs by
more than 2 points and 3 standard errors, with the difference in points."""


def table(reference):
    """Header and lines; a variant without all its tasks is left out. No lines without records."""
    names = range(1, 21)
    base = read_table(reference / BASE_SCRIPT, [BASE, JOINT_BASE], names, source="official")
    found = read_table(reference / SCRIPT, columns_of(reference / SCRIPT), names,
                       source="official")
    header = ["choice", "restarts", "selected", "all restarts", "difference", "standard error",
              "tasks that move"]
    lines = []
    for joint, name in ((False, BASE), (True, JOINT_BASE)):
        own, changed = base[name], {
            variant: records for variant, records in found.items()
            if len(records) == len(names) and (" joint" in variant) == joint}
        if len(own) < len(names) or not changed:
            continue
        seeds = next(iter(changed.values()))[1].seeds
        lines.append([f"{name}: the released code's", str(len(seeds)),
                      layout.figure(float(np.mean([own[t].value for t in names]))),
                      layout.figure(float(np.mean([_errors(own[t], seeds).mean()
                                                   for t in names]))),
                      layout.NONE, layout.NONE, layout.NONE])
        lines += [[variant, *_row(records, own, names, joint)]
                  for variant, records in changed.items()]
    return header, lines


def build(reference):
    """{file name: text} of the table; empty without records."""
    header, lines = table(reference)
    if not lines:
        return {}
    return {f"{SCRIPT}.md": "\n\n".join(["# What the choices do", ABOUT,
                                         layout.as_markdown(header, lines)]) + "\n",
            f"{SCRIPT}.csv": layout.as_csv(header, lines)}


def _errors(record, seeds):
    """Test errors of the restarts with these seeds."""
    return record.figures[np.isin(record.seeds, seeds)]


class Comparison(NamedTuple):
    """A variant beside its base, at the same seeds, over some tasks; errors in %.

    selected, base_selected  means over the tasks; None where a task has no selected restart
    mean, base_mean          over tasks and restarts
    error                    standard error of their difference
    moves                    the tasks that move, as words
    """
    seeds: int
    selected: float | None
    base_selected: float | None
    mean: float
    base_mean: float
    error: float
    moves: str

    @property
    def difference(self):
        return self.mean - self.base_mean


def compare(records, base, tasks, joint):
    """The Comparison of {task: Record} with those of a base; joint: one model a restart."""
    moves, here, there = [], [], []
    for task in tasks:
        here.append(records[task].figures)
        there.append(_errors(base[task], records[task].seeds))
        moved = here[-1].mean() - there[-1].mean()
        if abs(moved) > max(POINTS, MOVED * _standard_error([(here[-1], there[-1])])):
            moves.append(f"{task} ({moved:+.1f})")
    pairs = list(zip(here, there))
    if joint:  # one model a restart for all tasks, whose errors are not independent
        pairs = [(np.mean(here, axis=0), np.mean(there, axis=0))]
    ours, theirs = (float(np.mean([runs.mean() for runs in side])) for side in (here, there))
    return Comparison(len(records[tasks[0]].seeds), mean_of_values(records, tasks),
                      mean_of_values(base, tasks), ours, theirs, _standard_error(pairs),
                      ", ".join(moves) or "none")


def mean_of_values(records, tasks):
    """Mean over tasks of what is selected; None where one has nothing selected."""
    values = [records[task].value for task in tasks]
    return None if None in values else float(np.mean(values))


def _row(records, base, tasks, joint):
    one = compare(records, base, tasks, joint)
    return [str(one.seeds), layout.figure(one.selected), layout.figure(one.mean),
            f"{one.difference:+.2f}", f"{one.error:.2f}", one.moves]


def _standard_error(pairs):
    """Of the mean difference of several pairs of independent samples."""
    variance = sum(runs.var(ddof=1) / len(runs) for pair in pairs for runs in pair)
    return math.sqrt(variance) / len(pairs)
