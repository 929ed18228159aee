"""Why a cell lies outside its interval: from evidence, by chance, or not explained.

reasons.csv (table, column, task, reason) is written by hand, one line a cell
whose cause has been looked into. task is a number, or the name of one of the
two rows under the tasks; in tables whose rows are not tasks, the row's name.
A reason holds no figure of its own: it names them in braces, {published} {ours} {low} {high}
{median} {best} {worst} {restarts} {diverged} {tie_random} {tie_loss} {tie_online} {tied}, and in
tables of runs what these measure, such as {first_hop}; they are filled from the records.
A text that begins with "not explained" says what was tried, and counts as no reason.
"""

import csv
from pathlib import Path

from paper_tables import comparison
from paper_tables.table import APART, OUTSIDE, PASSES
from paper_tables.layout import figure, probability
from paper_tables.published import FAILED, MEAN
from tasks.errors import UserError

FILE = Path(__file__).parent / "reasons.csv"
UNKNOWN = "not explained"


def read(table, path=FILE, rows=None):
    """{(column, row): text with placeholders} of one table. UserError for a line that is none.

    rows: the table's rows, summary rows among them; by default those of the bAbI tasks.
    """
    rows = {str(row): row for row in rows or (*range(1, 21), MEAN, FAILED)}
    reasons = {}
    try:
        with open(path, encoding="utf-8", newline="") as file:
            for number, line in enumerate(csv.DictReader(file), start=2):
                own = line["table"] == table
                if None in line.values() or None in line or (own and line["task"] not in rows):
                    raise UserError(f"{path}, line {number}: a line is table, column, task, "
                                    f"reason; the table's rows are {', '.join(rows)}")
                if own:
                    key = line["column"], rows[line["task"]]
                    if key in reasons:
                        raise UserError(f"{path}, line {number}: a second reason for {key}")
                    reasons[key] = line["reason"]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None
    return reasons


def needed(table, cell):
    """Whether a cell must have a reason: outside its interval, or far from what solves a task."""
    return cell.ours is not None and cell.status not in ("partial", "substitute data") and (
        cell.status in OUTSIDE or far(table, cell) or unsolved(table, cell))


def far(table, cell):
    """Whether a cell is further from the published figure than may stand without a reason."""
    return (table.far is not None and cell.ours is not None
            and abs(cell.ours - cell.published) > table.far)


def unsolved(table, cell):
    """Whether a cell of a row that solves its task in the paper does not in ours: below 99%."""
    return cell.row in table.solves and cell.ours is not None and cell.ours < 99.0


def idle(judged, reasons):
    """Reasons without a cell that needs one: keys, in order. There should be none."""
    return [key for key in reasons
            if key not in judged.cells or judged.cells[key].ours is not None
            and not needed(judged.table, judged.cells[key])]


def idle_line(key):
    """What is said of such a reason; key: its column and row, or task."""
    return f"{FILE.name}: {key[0]}, {key[1]} has a reason and needs none"


def explain(judged, reasons):
    """{(column, row): text} for every cell that needs a reason, in the order of the cells.

    Chance explains a cell only where no cause is known and its series' test passes, and only
    while the series has no more such cells than the 97.5% bound of Binomial(cells, 0.05), and its
    mean, where it has one, is inside.
    """
    table, texts = judged.table, {}
    for series in table.series(judged.paper):
        cells = judged.of_series(series)
        keys = [(cell.column, cell.row) for cell in cells if needed(table, cell)]
        chance = _chance(judged, series, [key for key in keys if key not in reasons])
        for key in keys:
            cell = judged.cells[key]
            texts[key] = (of_cell(reasons[key], cell) if key in reasons
                          else _aside(judged, cell) or chance)
    return texts


def _aside(judged, cell):
    """Why chance is no explanation of a cell, whatever its series' test says; or None."""
    if cell.row in judged.paper.summary or unsolved(judged.table, cell) or far(judged.table, cell):
        return UNKNOWN
    test = judged.tests.get(judged.table.series_of(cell))
    p = judged.sides.get(cell.row, 1.0)
    if p > APART or test is None or test.single:
        return None
    return (f"{UNKNOWN}: over all columns of best-of-ten draws the published figures of this task "
            f"lie to one side of ours (p = {probability(p)})")


def _chance(judged, series, unexplained):
    """What is said of a series' cells without a reason: by chance, or not explained."""
    test, paper = judged.tests.get(series), judged.paper
    cells = [cell for cell in judged.of_series(series)
             if cell.row not in paper.summary and cell.row not in judged.table.other_data]
    bound = comparison.chance_bound(len(cells))
    count = sum(key[1] not in paper.summary for key in unexplained)
    inside = MEAN not in paper.summary or judged.cells[series, MEAN].status not in OUTSIDE
    if test is None or test.p <= PASSES or count > bound or not inside:
        return UNKNOWN
    return (f"by chance: no cause is known, and the whole of {series} is not told from the "
            f"published one (p = {probability(test.p)}); of {len(cells)} cells up to {bound} may "
            f"lie outside their interval ({count} here)")


def explained(text):
    """Whether a text is a reason."""
    return not text.startswith(UNKNOWN)


def of_cell(text, cell):
    """A reason with the figures of its cell filled in."""
    low, high = cell.interval or (None, None)
    figures = {
        "published": figure(cell.published), "ours": figure(cell.ours),
        "low": figure(low, 2), "high": figure(high, 2), "median": figure(cell.median),
        "best": figure(cell.best), "worst": figure(cell.worst), "restarts": figure(cell.n),
        "diverged": figure(cell.diverged), "tie_random": figure(cell.ties.get("at random")),
        "tie_loss": figure(cell.ties.get("by training loss")),
        "tie_online": figure(cell.ties.get("by online training error")),
        "tied": figure(cell.tied)}
    figures |= {name: figure(value) for name, value in cell.measured.items()}
    where = f"task {cell.row}" if isinstance(cell.row, int) else cell.row
    return filled(text, figures, f"{cell.column}, {where}")


def filled(text, figures, where):
    """A reason with its figures, {name: text}, filled in. UserError for one that is not there."""
    try:
        return text.format_map(figures)
    except (KeyError, ValueError, IndexError) as error:
        raise UserError(f"{FILE}: {where}: no figure {error} to fill in; there are "
                        f"{', '.join(figures)}") from None
