"""How the judged accuracies of MemNN's simulated world look: lines of text for layout's formats."""

from paper_tables import layout
from paper_tables.accuracies import MEASURED, far
from paper_tables.reasons import UNKNOWN

DETAILS = ("published", "ours", "interval", "lowest", "highest", "n", "status")
TIDY = ("published", "ours", "low", "high", "lowest", "highest", "seeds", "diverged")


# What the front page's counts are of.
SUBJECT = ("Memory Networks, the simulated world (our reconstruction of it): test accuracy in %, "
           "mean over seeds.")


def row_name(paper, row):
    """A row's name where its heading does not stand beside it."""
    return f"{row} {paper.heading}" if row.isdigit() else row


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


def counts(judged):
    """Matches of each table, a line each, and of all, the last line: header and lines.

    judged: [cells.Judged].
    """
    lines = []
    for item in judged:
        run = [cell for cell in item.cells.values() if cell.n is not None]
        states = [cell.status for cell in run]
        wide = sum(cell.wide for cell in run if cell.status == "match")
        lines.append([item.table.title, str(len(item.cells)), str(len(run)),
                      *(str(states.count(name)) for name in (
                          "match", "better", "worse", "partial")), str(wide),
                      str(sum(far(cell) for cell in run)),
                      str(list(item.texts.values()).count(UNKNOWN))])
    total = [str(sum(int(line[place]) for line in lines)) for place in range(1, 10)]
    return (["table", "cells", "run", "match", "better", "worse", "partial",
             "of the matches, interval wider than 5", "further than 5 points off",
             "without a known reason"], [*lines, ["all", *total]])


def headline(judged):
    """The front page's part: matches of each table, and the model that solves the world in full.

    judged: [cells.Judged].
    """
    header, lines = counts(judged)
    for line, item in zip(lines, judged):
        line[0] = f"[{line[0]}](paper_tables/{item.table.script}.md)"
    best = [[f"{item.table.title.split(' (')[0]}, {column}", *details(cell)]
            for item in judged for (column, row), cell in item.cells.items()
            if row in item.table.solves]
    return "\n\n".join([
        SUBJECT, layout.as_markdown(header, lines),
        "The model that solves it in the paper, MemNN k=2 (+time), trained on all questions:",
        layout.as_markdown(["cell", *DETAILS], best)])
