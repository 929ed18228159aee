"""A table of the papers judged cell by cell, and series by series: published, ours, status."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from paper_tables import column_test, comparison, whole_series
from paper_tables.published import FAILED, FAILS_ABOVE, MEAN, half_width
from paper_tables.records import same_restarts
from paper_tables.table import MEASURED, Cell, Judged


def judge(table, folder, paper, records, substitute=False):
    """A table from its records, {column: {row: Record}}: Judged, still without reasons.

    Cells come column by column where a series is a column, else row by row. substitute: the
    records are of other data than the paper's, so that nothing is compared.
    """
    cells = {}
    for series in table.series(paper):
        keys = [table.key(series, other) for other in table.others(paper)]
        own = {(column, row): _cell(table, (column, row), paper.printed[column, row],
                                    records.get(column, {}).get(row))
               for column, row in keys if (column, row) in paper.printed}
        if paper.summary:
            own |= _summary(table, paper, series, records.get(series, {}))
        cells |= own
    judged = Judged(table, Path(folder), paper, cells, records)
    if substitute:
        return replace(judged, cells={
            key: replace(cell, status="substitute data") if cell.n else cell
            for key, cell in cells.items()})
    return whole_series.tested(judged)


def _cell(table, key, printed, record):
    """One cell, key being its column and row; record: None where it has not been run."""
    if record is None:
        return Cell(*key, printed, status="not run")
    figures, width = record.figures, half_width(table.script, key[0], printed)
    chance = comparison.chances(record.rank, record.best_of)
    if record.averaged:
        interval, ties, tied = next_run(figures, width, table), {}, None
    else:
        drawn = record.draw()
        interval = comparison.interval(figures, comparison.widening(len(figures)), width,
                                       chance=chance)
        ties, tied = _ties(record, drawn), comparison.tied(drawn, record.rank)
    ends = [float(figures.min()), float(figures.max())]
    best, worst = ends if table.lower_is_better else reversed(ends)
    below = column_test.below(figures, np.array([float(printed)]), width)
    measured = {name: record.mean_of(name) for name in MEASURED}
    return with_status(table, Cell(
        *key, printed, ours=record.value, interval=interval, median=float(np.median(figures)),
        best=best, worst=worst, n=len(figures), diverged=int((~record.ok).sum()),
        place=float((chance @ below).item()), ties=ties, tied=tied,
        measured={name: value for name, value in measured.items() if value is not None},
        wide=interval is not None and interval.high - interval.low > table.wide),
        table.whole(record))


def next_run(figures, width, table):
    """The interval for one more run, from those of all seeds (R,); None where R < 2.

    Its variance is that over the seeds, and at least that of the table's number of test questions.
    """
    lacking = 0.0
    if table.questions and len(figures) > 1:
        lacking = max(0.0, comparison.question_variance(figures.mean(), table.questions)
                      - figures.var(ddof=1))
    return comparison.next_run_interval(figures[None], width, lacking)


def _ties(record, drawn):
    """{rule: mean selected error}: the same draws for each, only the tie-break differs."""
    first = record.per_restart("train_error")
    if first is None:
        return {}
    keys = {"at random": (), "by training loss": (record.per_restart("train_loss"),),
            "by online training error": (record.per_restart("online_train_error"),)}
    return {rule: float(record.figures[
                comparison.select(drawn, comparison.ranks(first, *key))].mean())
            for rule, key in keys.items() if all(part is not None for part in key)}


def with_status(table, cell, complete):
    """The cell with a status of STATUSES: the published figure against the interval of our runs."""
    if cell.row in table.other_data:
        return replace(cell, status="substitute data")
    if cell.interval is None or not complete:
        return replace(cell, status="partial")
    verdict = cell.interval.verdict(cell.published, table.lower_is_better)
    took_part = verdict == "match" and table.series_of(cell) in table.fitted
    return replace(cell, status="fitted" if took_part else verdict)


# --- the mean error and the number of failed tasks ----------------------------------------------

def _summary(table, paper, column, rows):
    """{(column, row): Cell} of the summary rows: intervals of their own, draws combined.

    rows: {task: Record} of the column.
    """
    printed = {row: paper.printed[column, row] for row in paper.summary}
    if len(rows) < len(paper.rows):
        return {(column, row): Cell(column, row, text, status="partial" if rows else "not run")
                for row, text in printed.items()}
    records = [rows[row] for row in paper.rows]
    if records[0].joint:
        same_restarts(rows)
    # A mean of figures that were rounded to whole percents is off by as much, at worst.
    width = max(half_width(table.script, column, paper.printed[column, row]) for row in paper.rows)
    intervals, n = _summary_intervals(table, records, width)
    ours = [record.value for record in records]
    figures = {} if None in ours else {
        MEAN: float(np.mean(ours)), FAILED: sum(error > FAILS_ABOVE for error in ours)}
    complete = all(map(table.whole, records))
    cells = [with_status(table, Cell(column, row, text, ours=figures.get(row),
                                     interval=intervals[row], n=n), complete)
             for row, text in printed.items()]
    if not all(record.official for record in records):     # other training data stands in for some
        cells = [replace(cell, status="substitute data") for cell in cells]
    return {(column, cell.row): cell for cell in cells}


def _summary_intervals(table, records, width):
    """({MEAN: Interval, FAILED: Interval}, restarts of which they are) of a column's Records."""
    first, n = records[0], min(len(record.seeds) for record in records)
    errors = np.stack([_published_errors(table, record) for record in records])  # (tasks, draws)
    failed = errors > FAILS_ABOVE

    def factor(values):
        # A joint column's draw is one model: a single quantity. Tasks apart are independent.
        freedom = None if first.joint else comparison.pooled_freedom(values, n, first.best_of)
        return comparison.widening(n, first.best_of, freedom)

    if first.averaged:
        noise = [comparison.question_variance(record.figures.mean())
                 if record.row in table.other_data else 0.0 for record in records]
        mean = comparison.next_run_interval(
            np.stack([record.figures[:n] for record in records]), width, np.array(noise))
    else:
        mean = comparison.interval(errors.mean(axis=0), factor(errors), width)
    return {MEAN: mean, FAILED: comparison.interval(
        failed.sum(axis=0), factor(failed), 0.0, float(len(records)))}, n


def _published_errors(table, record):
    """Errors that might be published of a task, (draws,); on the paper's own questions where ours
    are of other data."""
    errors = record.figures[comparison.select(record.draw(), record.rank)]
    if record.row not in table.other_data:
        return errors
    return comparison.as_published_run(
        comparison.generator(record.column, record.row, "questions"), errors)
