"""A table of the paper judged cell by cell: published, ours, interval, spread, status."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from paper_tables import comparison, published
from paper_tables.published import FAILED, FAILS_ABOVE, MEAN
from paper_tables.records import MEAN_OVER_SEEDS, same_restarts

STATUSES = ("match", "better", "worse", "partial", "not run", "quoted", "substitute data",
            "unavailable")
OUTSIDE = ("better", "worse")


@dataclass(frozen=True)
class TaskTable:
    """What is known of a published table with one row a task, before anything is run.

    script     the experiment, and the name of its folder of records
    title      for people
    restarts   needed of a per-task column; fewer make a cell "partial"
    restarts_joint, restarts_averaged   needed of joint columns, and of means over seeds
    epochs, epochs_joint   of the paper's MemN2N; records of shorter runs are "partial"
    other_questions   tasks whose test questions are not the paper's
    absent     {column: status} where a column without records is not merely "not run"
    """
    script: str
    title: str
    restarts: int = 100
    restarts_joint: int = 30
    restarts_averaged: int = 10
    epochs: int = 100
    epochs_joint: int = 60
    other_questions: frozenset = frozenset({16})
    absent: dict = field(default_factory=dict)

    @staticmethod
    def joint(column):
        return column.endswith(" joint")

    def whole(self, column, record):
        """Whether a record has all the restarts and epochs that its cell needs."""
        joint, ours = self.joint(column), column.startswith("MemN2N")
        needed = self.restarts_joint if joint else self.restarts
        if record.selection == MEAN_OVER_SEEDS:
            needed = self.restarts_averaged
        epochs = (self.epochs_joint if joint else self.epochs) if ours else 0
        return (len(record.seeds) >= needed and record.has_candidates
                and (record.epochs is None or record.epochs >= epochs))


@dataclass(frozen=True)
class Cell:
    """One cell of a table. Figures in the unit of the table; None where there is none.

    row       a task's number, or published.MEAN or published.FAILED
    interval  where the published figure should lie, by our restarts
    median, best, worst, n, diverged    over all restarts of the record
    ties      {rule: mean selected error over the draws}, by how ties are broken
    tied      mean number of the 10 drawn restarts that share the lowest training error
    """
    column: str
    row: object
    published: float
    ours: float | None = None
    interval: comparison.Interval | None = None
    median: float | None = None
    best: float | None = None
    worst: float | None = None
    n: int | None = None
    diverged: int = 0
    status: str = "not run"
    ties: dict = field(default_factory=dict)
    tied: float | None = None

    @property
    def wide(self):
        """Whether the interval is wider than 5 points, so that a match says little."""
        return self.interval is not None and self.interval.high - self.interval.low > 5.0


@dataclass(frozen=True)
class Judged:
    """A table as it was judged, of errors (TaskTable) or of accuracies (AccuracyTable).

    table, folder, paper   the table, the folder of its records, the published figures
    cells, found, texts    {(column, row): Cell}, {column: {row: record}}, {(column, row): reason}
    """
    table: object
    folder: Path
    paper: object
    cells: dict
    found: dict
    texts: dict


def judge(table, records, substitute=False):
    """All cells of a table: {(column, row): Cell}, tasks first, then the mean and failed rows.

    records: {column: {task: Record}}. substitute: the records are of other data
    than the paper's, so that nothing is compared.
    """
    paper = published.by_task(table.script)
    cells = {}
    for column in paper.columns:
        judged = _column(table, paper, column, records.get(column, {}))
        for row, cell in judged.items():
            if substitute and cell.n is not None:
                cell = replace(cell, status="substitute data")
            cells[column, row] = cell
    return cells


def _column(table, paper, column, records):
    """The cells of one column: {row: Cell}."""
    cells, draws = {}, {}
    absent = table.absent.get(column, "not run")
    if records and table.joint(column):
        same_restarts(records)
    for task, printed in paper.errors[column].items():
        width = published.half_width(table.script, column, f"{printed:.1f}")
        if task in records:
            cells[task], draws[task] = _task(table, column, printed, width, records[task])
        else:
            cells[task] = Cell(column, task, printed, status=absent)
    whole = len(draws) == len(paper.errors[column])
    for row, printed in ((MEAN, paper.mean[column]), (FAILED, paper.failed[column])):
        cells[row] = (_over_tasks(table, column, row, printed, cells, draws, records) if whole
                      else Cell(column, row, printed, status="partial" if draws else absent))
    return cells


def _task(table, column, printed, width, record):
    """One cell and its draws of the published figure, (draws,)."""
    n = len(record.seeds)
    averaged = record.selection == MEAN_OVER_SEEDS
    # One stream for a joint column: draw d takes the same whole restarts for every task.
    stream = (column,) if table.joint(column) else (column, record.task)
    drawn = comparison.draw(comparison.generator(*stream), n,
                            best_of=1 if averaged else comparison.BEST_OF)
    rank = comparison.ranks(record.train_error)
    draws = record.test_error[comparison.select(drawn, rank)]
    ties = {} if averaged else _ties(record, drawn)
    other = record.task in table.other_questions
    if averaged:
        noise = comparison.question_variance(record.value) if other else 0.0
        interval = comparison.next_run_interval(record.test_error[None], width, noise)
    if other:
        rng = comparison.generator(column, record.task, "questions")
        draws = comparison.as_published_run(rng, draws)
    if not averaged:
        interval = comparison.interval(draws, comparison.widening(n), width)
    cell = Cell(
        column, record.task, printed, ours=record.value, interval=interval,
        median=float(np.median(record.test_error)), best=float(record.test_error.min()),
        worst=float(record.test_error.max()), n=n, diverged=int((~record.ok).sum()),
        status=status(printed, interval, table.whole(column, record)),
        ties=ties, tied=None if averaged else comparison.tied(drawn, rank))
    return cell, draws


def _ties(record, drawn):
    """{rule: mean selected test error}: the same draws for each, only the tie-break differs."""
    keys = {"at random": (), "by training loss": (record.train_loss,),
            "by online training error": (record.online_train_error,)}
    return {rule: float(record.test_error[
                comparison.select(drawn, comparison.ranks(record.train_error, *key))].mean())
            for rule, key in keys.items() if all(part is not None for part in key)}


def _over_tasks(table, column, row, printed, cells, draws, records):
    """The mean error or the number of failed tasks: its own interval, from draws combined."""
    ours = [cells[task].ours for task in draws]
    n = min(cells[task].n for task in draws)
    averaged = any(record.selection == MEAN_OVER_SEEDS for record in records.values())
    values = np.stack([draws[task] for task in draws])  # (T, draws)
    if row == FAILED:
        values = values > FAILS_ABOVE
    # A mean of figures that were rounded to whole percents is off by as much, at worst.
    width = max(published.half_width(table.script, column, f"{cells[task].published:.1f}")
                for task in draws)
    if row == MEAN and averaged:
        noise = np.array([comparison.question_variance(cells[task].ours)
                          if task in table.other_questions else 0.0 for task in draws])
        runs = np.stack([records[task].test_error[:n] for task in draws])  # (T, R)
        interval = comparison.next_run_interval(runs, width, noise)
    else:
        best_of = 1 if averaged else comparison.BEST_OF
        # A joint column's draw is one model: a single quantity. Tasks apart are independent.
        freedom = None if table.joint(column) else comparison.pooled_freedom(values, n, best_of)
        factor = comparison.widening(n, best_of, freedom)
        interval = (comparison.interval(values.mean(axis=0), factor, width) if row == MEAN else
                    comparison.interval(values.sum(axis=0), factor, 0.0, top=float(len(ours))))
    figure = None
    if None not in ours:
        figure = (float(np.mean(ours)) if row == MEAN else
                  sum(error > FAILS_ABOVE for error in ours))
    complete = all(cells[task].status != "partial" for task in draws)
    return Cell(column, row, printed, ours=figure, interval=interval, n=n,
                status=status(printed, interval, complete))


def status(printed, interval, complete, lower_is_better=True):
    """match, better, worse or partial: a published figure against the interval of our runs."""
    if interval is None or not complete:
        return "partial"
    if interval.holds(printed):
        return "match"
    # An error that is published above the interval means that ours is lower.
    return "better" if (printed > interval.high) == lower_is_better else "worse"
