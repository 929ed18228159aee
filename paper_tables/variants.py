"""Variants of columns of bAbI tables, held against the columns that they change.

The records are those of experiments in replication/ablations: a column of a paper's table, its
base, with a field of its protocol changed, or other data, at the same seeds. Errors are in %.
"""

import math
from typing import NamedTuple

import numpy as np

from paper_tables import catalogue, layout
from paper_tables.published import MEAN
from paper_tables.records import columns_of, read_table
from paper_tables.sections import Lines

TASKS = range(1, 21)
MOVED = 3.0    # a task is named where its mean moves by this many standard errors ..
POINTS = 2.0   # .. and points
MARK = catalogue.BABI_10K.stand_in[1]   # of folders whose third task's questions are simulated


def official(reference, script, columns=None):
    """{column: {task: Record}} of an experiment on official data; by default all its columns."""
    folder = reference / script
    return read_table(folder, columns_of(folder) if columns is None else columns, TASKS, "official")


def with_third(reference, script, columns=None):
    """The same with records of a simulated third task, where there is no official one."""
    beside = reference / f"{script}@{MARK}"
    if columns is None:
        columns = sorted({*columns_of(reference / script), *columns_of(beside)})
    records, other = official(reference, script, columns), read_table(beside, columns, TASKS)
    return {column: dict(sorted((other[column] | records[column]).items())) for column in columns}


def whole(table):
    """The columns of a table, {column: {task: Record}}, that have all tasks."""
    return {column: records for column, records in table.items() if len(records) == len(TASKS)}


def printed(paper, column):
    """{task: figure} of a column of a Published table, and its printed mean."""
    return {**paper.figures(column), MEAN: paper.printed[column, MEAN]}


def variants_of(base, table):
    """The columns of a table that may change a base: joint ones where it is joint, or others."""
    return {column: records for column, records in table.items()
            if next(iter(records.values())).joint == catalogue.Table.joint(base)}


class Comparison(NamedTuple):
    """A variant beside its base, at the same seeds, over some tasks.

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
        """Of the means, with its standard error, and the tasks that move: three texts."""
        return [f"{self.mean - self.base_mean:+.2f}", f"{self.error:.2f}", self.moves]


def compare(records, base, tasks):
    """The Comparison of {task: Record} with those of a base."""
    pairs, moves = [], []
    for task in tasks:
        _, own, its = np.intersect1d(records[task].seeds, base[task].seeds, return_indices=True)
        pairs.append((records[task].figures[own], base[task].figures[its]))
        ours, theirs = (runs.mean() for runs in pairs[-1])
        if abs(ours - theirs) > max(POINTS, MOVED * _standard_error(pairs[-1:])):
            moves.append(f"{task} ({ours - theirs:+.1f})")
    ours, theirs = (float(np.mean([runs.mean() for runs in side])) for side in zip(*pairs))
    if records[tasks[0]].joint:  # a restart is one model for all tasks: no independent errors
        pairs = [[np.mean(side, axis=0) for side in zip(*pairs)]]
    return Comparison(len(pairs[0][0]), mean_of_values(records, tasks),
                      mean_of_values(base, tasks), ours, theirs, _standard_error(pairs),
                      ", ".join(moves) or "none")


def mean_of_values(records, tasks):
    """Mean over tasks of what is selected; None where one has nothing selected."""
    values = [records[task].value for task in tasks]
    return None if None in values else float(np.mean(values))


def _standard_error(pairs):
    """Of the mean difference of several pairs of samples (R,), r of both being of the same seed.

    Restarts of one seed begin with the same weights and order, and err alike.
    """
    variance = sum((own - its).var(ddof=1) / len(own) for own, its in pairs)
    return math.sqrt(variance) / len(pairs)


def by_task(paper, columns, tasks):
    """Lines, one a task, the mean over the tasks that all columns have last.

    columns  {name: {task: Record}, or what `printed` gives}; those without any are left out
    """
    columns = {name: cells for name, cells in columns.items() if cells}
    lines = [[paper.row_name(task), *(_shown(cells.get(task)) for cells in columns.values())]
             for task in tasks]
    common = [task for task in tasks if all(task in cells for cells in columns.values())]
    if len(common) > 1:
        name = MEAN if len(common) == len(TASKS) else f"mean of these {len(common)} tasks"
        if len(common) < len(tasks):
            name = "mean of tasks " + ", ".join(map(str, common))
        lines.append([name, *(_mean(cells, common) for cells in columns.values())])
    return Lines(["task", *(_head(name, cells, tasks) for name, cells in columns.items())], lines)


def _head(name, cells, tasks):
    """A column's name with the number of its restarts."""
    counts = [len(cell.seeds) for task, cell in cells.items()
              if task in tasks and MEAN not in cells]
    if not counts:
        return name
    few, many = min(counts), max(counts)
    return f"{name} ({few if few == many else layout.span(few, many, 0)})"


def _shown(cell):
    """A published figure; or what is selected and, in brackets, the mean over restarts."""
    if cell is None or isinstance(cell, float):
        return layout.figure(cell)
    text = layout.figure(cell.value)
    if not cell.averaged:
        text += f" ({layout.figure(float(cell.figures.mean()))})"
    return text + ("" if cell.official else "*")


def _mean(cells, tasks):
    if MEAN not in cells:
        return layout.figure(mean_of_values(cells, tasks))
    return (cells[MEAN] if len(tasks) == len(TASKS) else
            layout.figure(sum(cells[task] for task in tasks) / len(tasks)))
