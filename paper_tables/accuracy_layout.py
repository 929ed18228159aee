"""How the judged accuracies of MemNN's simulated world look: lines of text for layout's formats."""

from paper_tables import layout
from paper_tables.accuracies import MEASURED, far
from paper_tables.reasons import UNKNOWN

DETAILS = ("published", "ours", "interval", "lowest", "highest", "n", "status")
TIDY = ("published", "ours", "low", "high", "lowest", "highest", "seeds", "diverged")


def details(cell):
    """The texts of DETAILS for one cell."""
    _, _, interval, _, _, n, status = layout.details(cell)
    return [cell.printed, layout.figure(cell.ours, cell.decimals), interval,
            layout.figure(cell.worst), layout.figure(cell.best), n, status]


def glance(paper, cells):
    """The whole table, a cell being published / ours, status: header and lines."""
    def short(cell):
        ours = "" if cell.ours is None else f"{layout.figure(cell.ours, cell.decimals)} "
        return f"{cell.printed} / {ours}{cell.status}"
    return ([paper.heading, *paper.columns],
            [[row] + [short(cells[column, row]) for column in paper.columns]
             for row in paper.rows])


def row_table(paper, cells, row):
    """One row of the paper's table in full, a line a column: header and lines."""
    return (["column", *DETAILS],
            [[column, *details(cells[column, row])] for column in paper.columns])


def measured_table(cells):
    """What else the runs hold, means over the seeds: header and lines, one a cell that was run."""
    there = [cell for cell in cells.values() if cell.measured]
    names = dict.fromkeys(MEASURED[key] for key in MEASURED
                          if any(key in cell.measured for cell in there))
    lines = []
    for cell in there:
        known = {MEASURED[key]: value for key, value in cell.measured.items()}
        lines.append([f"{cell.row}, {cell.column}", layout.figure(cell.ours, 2)]
                     + [layout.figure(known.get(name), 2) for name in names])
    return ["cell", "accuracy", *names], lines


def tidy(paper, cells, texts):
    """One line a cell, for other programs; empty where there is nothing."""
    lines = []
    for (column, row), cell in cells.items():
        low, high = cell.interval or (None, None)
        lines.append([row, column, cell.printed]
                     + [layout.exact(value) for value in (
                         cell.ours, low, high, cell.worst, cell.best, cell.n,
                         cell.diverged if cell.n else None)]
                     + [cell.status, texts.get((column, row), "")])
    return [paper.heading, "column", *TIDY, "status", "reason"], lines


def tidy_measured(paper, cells):
    header = [paper.heading, "column", *MEASURED]
    return header, [[row, column, *(layout.exact(cell.measured.get(key)) for key in MEASURED)]
                    for (column, row), cell in cells.items() if cell.measured]


def headline(tables):
    """The front page's part: matches of each table, and the model that solves the world in full.

    tables: [(AccuracyTable, cells, texts)].
    """
    counts = []
    for table, cells, texts in tables:
        run = [cell for cell in cells.values() if cell.n is not None]
        states = [cell.status for cell in run]
        wide = sum(cell.wide for cell in run if cell.status == "match")
        counts.append([f"[{table.title}](paper_tables/{table.script}.md)", str(len(cells)),
                       str(len(run)), *(str(states.count(name)) for name in (
                           "match", "better", "worse", "partial")), str(wide),
            str(sum(far(cell) for cell in run)), str(list(texts.values()).count(UNKNOWN))])
    total = [str(sum(int(line[place]) for line in counts)) for place in range(1, 10)]
    header = ["table", "cells", "run", "match", "better", "worse", "partial",
              "of the matches, interval wider than 5", "further than 5 points off",
              "without a known reason"]
    best = [[f"{table.title.split(' (')[0]}, {column}", *details(cell)]
            for table, cells, _ in tables for (column, row), cell in cells.items()
            if row in table.solves]
    return "\n\n".join([
        "Memory Networks, the simulated world (our reconstruction of it): test accuracy in %, mean "
        "over seeds.", layout.as_markdown(header, [*counts, ["all", *total]]),
        "The model that solves it in the paper, MemNN k=2 (+time), trained on all questions:",
        layout.as_markdown(["cell", *DETAILS], best)])
