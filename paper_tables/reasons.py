"""Why a cell lies outside its interval: from evidence, by chance, or not known yet.

reasons.csv (table, column, task, reason) is written by hand, one line a cell
whose cause has been looked into. task is a number, or the name of one of the
two rows under the tasks; in tables whose rows are not tasks, the row's name.
A reason holds no figure of its own: it names them in braces, {published} {ours} {low} {high}
{median} {best} {worst} {restarts} {diverged} {tie_random} {tie_loss} {tie_online} {tied}, and they
are filled from the records.
"""

import csv
from pathlib import Path

from paper_tables import comparison
from paper_tables.cells import OUTSIDE
from paper_tables.layout import figure
from paper_tables.published import FAILED, MEAN
from tasks.errors import UserError

FILE = Path(__file__).parent / "reasons.csv"
UNKNOWN = "no reason found yet"


def read(table, path=FILE, rows=None):
    """{(column, row): text with placeholders} of one table. UserError for a line that is none.

    rows: the names of the table's rows where they are not tasks.
    """
    reasons = {}
    try:
        with open(path, encoding="utf-8", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), start=2):
                row, own = line["task"], line["table"] == table
                if None in line.values() or None in line or (own and not _known(row, rows)):
                    raise UserError(f"{path}, line {number}: a line is table, column, task, reason"
                                    + (f"; the table's rows are {', '.join(rows)}" if rows else ""))
                if own:
                    key = line["column"], row if rows else int(row) if row.isdigit() else row
                    if key in reasons:
                        raise UserError(f"{path}, line {number}: a second reason for {key}")
                    reasons[key] = line["reason"]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None
    return reasons


def _known(row, rows):
    return row in rows if rows else row.isdigit() or row in (MEAN, FAILED)


def idle(cells, reasons):
    """Reasons without a cell that needs one: keys, in order. There should be none."""
    return [key for key in reasons if key not in cells or cells[key].status not in OUTSIDE]


def explain(cells, reasons):
    """{(column, row): text} for every cell outside its interval, in the order of the cells.

    Chance explains a cell only while its column has no more unexplained cells
    than the 97.5% bound of Binomial(tasks, 0.05), and its mean error is inside.
    """
    texts = {}
    for column in dict.fromkeys(column for column, _ in cells):
        rows = [row for name, row in cells if name == column]
        outside = [row for row in rows if cells[column, row].status in OUTSIDE]
        tasks = [row for row in rows if row not in (MEAN, FAILED)]
        open_tasks = [row for row in outside if row in tasks and (column, row) not in reasons]
        bound = comparison.chance_bound(len(tasks))
        by_chance = len(open_tasks) <= bound and cells[column, MEAN].status == "match"
        for row in outside:
            if (column, row) in reasons:
                texts[column, row] = of_cell(reasons[column, row], cells[column, row])
            elif by_chance and row in open_tasks:
                texts[column, row] = (
                    f"by chance: the column's mean error is inside its interval, and of "
                    f"{len(tasks)} cells up to {bound} may lie outside theirs "
                    f"({len(open_tasks)} here)")
            else:
                texts[column, row] = UNKNOWN
    return texts


def of_cell(text, cell, more=None):
    """A reason with the figures of its cell filled in; more: {name: text} of further ones."""
    low, high = cell.interval or (None, None)
    figures = {
        "published": figure(cell.published), "ours": figure(cell.ours),
        "low": figure(low, 2), "high": figure(high, 2), "median": figure(cell.median),
        "best": figure(cell.best), "worst": figure(cell.worst), "restarts": figure(cell.n),
        "diverged": figure(cell.diverged), "tie_random": figure(cell.ties.get("at random")),
        "tie_loss": figure(cell.ties.get("by training loss")),
        "tie_online": figure(cell.ties.get("by online training error")),
        "tied": figure(cell.tied)}
    where = f"task {cell.row}" if more is None else str(cell.row)
    return filled(text, figures | (more or {}), f"{cell.column}, {where}")


def filled(text, figures, where):
    """A reason with its figures, {name: text}, filled in. UserError for one that is not there."""
    try:
        return text.format_map(figures)
    except (KeyError, ValueError, IndexError) as error:
        raise UserError(f"{FILE}: {where}: no figure {error} to fill in; there are "
                        f"{', '.join(figures)}") from None
