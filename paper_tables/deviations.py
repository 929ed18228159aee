"""What each choice between paper and released code does, beside Table 1's own "PE LS".

The records are those of replication/ablations/memn2n_deviations.py: Table 1's cells with one
field of the protocol changed, at the same seeds.
"""

import math

import numpy as np

from paper_tables import layout
from paper_tables.records import columns_of, read_table

SCRIPT = "memn2n_deviations"
BASE_SCRIPT, BASE = "memn2n_table1_babi_1k", "MemN2N PE LS"
MOVED = 3.0    # a task is named where its mean moves by this many standard errors ..
POINTS = 2.0   # .. and points

ABOUT = """\
One field of the protocol of "MemN2N PE LS" changed at a time, at the same seeds, all 20 tasks.
*selected*: mean over tasks of the restart with the lowest training error. *all restarts*: mean over
tasks and restarts; its difference from the released code's choice is given with its standard error,
the restarts being independent draws. *tasks that move*: those whose mean over restarts differs by
more than 2 points and 3 standard errors, with the difference in points."""


def table(reference):
    """Header and lines; a variant without all its tasks is left out. No lines without records."""
    names = range(1, 21)
    base = read_table(reference / BASE_SCRIPT, [BASE], names, source="official")[BASE]
    found = read_table(reference / SCRIPT, columns_of(reference / SCRIPT), names,
                       source="official")
    found = {variant: records for variant, records in found.items() if len(records) == len(names)}
    header = ["choice", "restarts", "selected", "all restarts", "difference", "standard error",
              "tasks that move"]
    if len(base) < len(names) or not found:
        return header, []
    seeds = next(iter(found.values()))[1].seeds
    lines = [["the released code's", str(len(seeds)),
              layout.figure(float(np.mean([base[t].value for t in names]))),
              layout.figure(float(np.mean([_errors(base[t], seeds).mean() for t in names]))),
              layout.NONE, layout.NONE, layout.NONE]]
    for variant, records in found.items():
        lines.append([variant, *_row(records, base, names)])
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


def _row(records, base, tasks):
    moves, means, variance = [], [], 0.0
    for task in tasks:
        here = records[task].figures
        there = _errors(base[task], records[task].seeds)
        means.append((here.mean(), there.mean()))
        error = here.var(ddof=1) / len(here) + there.var(ddof=1) / len(there)
        variance += error
        moved = here.mean() - there.mean()
        if abs(moved) > max(POINTS, MOVED * math.sqrt(error)):
            moves.append(f"{task} ({moved:+.1f})")
    means, n = np.array(means), len(records[tasks[0]].seeds)
    return [str(n), layout.figure(float(np.mean([records[t].value for t in tasks]))),
            layout.figure(float(means[:, 0].mean())),
            f"{means[:, 0].mean() - means[:, 1].mean():+.2f}",
            f"{math.sqrt(variance) / len(tasks):.2f}", ", ".join(moves) or "none"]
