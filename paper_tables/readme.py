"""The generated parts of README.md, each between <!-- begin NAME --> and <!-- end NAME -->."""

import re

from paper_tables import columns, layout, reasons
from paper_tables.catalogue import OTHERS
from paper_tables.published import FAILED, MEAN
from paper_tables.table import PASSES
from tasks.errors import UserError

MARKERS = re.compile(r"<!-- begin (?P<name>[a-z0-9-]+) -->\n.*?<!-- end (?P=name) -->", re.DOTALL)


def fill(text, parts, where="README.md"):
    """The text with each marked part replaced. UserError if the markers and parts do not agree."""
    names = [match["name"] for match in MARKERS.finditer(text)]
    if sorted(names) != sorted(parts) or not (
            text.count("<!-- begin ") == text.count("<!-- end ") == len(names)):
        raise UserError(f"{where}: its markers are {', '.join(names) or 'none'} where "
                        f"{', '.join(parts)} are expected, each begun and ended once")

    def part(match):
        name = match["name"]
        return f"<!-- begin {name} -->\n{parts[name].strip()}\n<!-- end {name} -->"
    return MARKERS.sub(part, text)


WORDS = (
    "Mean test errors in %. *ours*: of seeds 0 to 9 the restart with the lowest training error (ties: "
    "the lowest training loss, which is ours), of MemNN and LSTM the mean over seeds; *expected*: the "
    "mean of such selections over draws of ten of all restarts, ties at random; *interval*: of the published figure; *p*: of the test of the whole column, "
    "small where our restarts and the published figures differ.")
PARTS_OF_COUNT = ("match", "fitted", "better", "worse", "partial")


def reproduced(tables, pages, apart=None):
    """What is there, a line a published table, and of all; then tables that are not of its form.

    pages: names of the files that there are; what has none is not reproduced yet
    apart: {script: {status: cells}} of those whose cells are counted on their page
    """
    header, lines = counts(tables)
    for line, judged in zip(lines, filter(begun, tables)):
        line[0] = f"[{line[0]}](paper_tables/{judged.table.script}.md)"
    lines += [[judged.table.title, "not reproduced yet", *[""] * (len(header) - 2)]
              for judged in tables if not begun(judged)]
    for script, title in OTHERS.items():
        link, states = f"[{title}](paper_tables/{script}.md)", (apart or {}).get(script)
        if f"{script}.md" not in pages:
            cells = [title, "not reproduced yet"]
        elif states:
            run = [states.get(name, 0) for name in PARTS_OF_COUNT]
            cells = [link, sum(states.values()), sum(run), *run, 0, 0]
        else:
            cells = [link, "a page of its own"]
        lines.append([*cells, *[""] * (len(header) - len(cells))])
    return layout.as_markdown(header, lines)


def begun(judged):
    """Whether any cell of a table has been run."""
    return any(cell.n is not None for cell in judged.counted())


def counts(tables):
    """Cells of each table that is begun, a line each, and of all, the last line: header and lines.

    A run that stands in two tables is counted in the first; rows under the tasks are not counted.
    """
    lines = []
    for judged in filter(begun, tables):
        counted = judged.counted()
        run = [cell for cell in counted if cell.n is not None]
        states = [cell.status for cell in run]
        texts = [judged.texts.get((cell.column, cell.row), "") for cell in counted]
        lines.append([judged.table.title, len(counted), len(run) - states.count("substitute data"),
                      *(states.count(name) for name in PARTS_OF_COUNT),
                      sum(cell.wide for cell in run if cell.status == "match"),
                      sum(bool(text) and not reasons.explained(text) for text in texts),
                      len(columns.failing(judged))])
    total = [sum(line[place] for line in lines) for place in range(1, 11)]
    lines = [[str(part) for part in line] for line in [*lines, ["all", *total]]]
    return (["table", "cells", "run", *PARTS_OF_COUNT,
             "of the matches, interval wider than 5", "not explained",
             f"whole columns or rows with p up to {PASSES:g}"], lines)


def headline(judged):
    """One line a column: mean error, failed tasks, matches, p; and what the counts mean."""
    header, lines, sentence = headline_parts(judged)
    return f"{judged.table.title}. {WORDS}\n\n{layout.as_markdown(header, lines)}\n\n{sentence}"


def headline_parts(judged):
    """The front table's header and lines, and the sentence below it."""
    paper, header = judged.paper, [
        "column", "published", "ours", "expected", "interval", "status", "tasks that match",
        "failed tasks, published / ours", "p"]
    lines = []
    for column in paper.columns:
        mean, failed = judged.cells[column, MEAN], judged.cells[column, FAILED]
        tasks = [cell for cell in judged.of_series(column)
                 if cell.row in paper.rows and cell.row not in judged.table.other_data]
        run = [cell for cell in tasks if cell.n is not None]
        inside = sum(cell.status in ("match", "fitted") for cell in tasks)
        lines.append([
            column, mean.printed, layout.ours(mean), layout.figure(expected(judged, column)),
            layout.interval(mean), mean.status,
            (f"{inside}/{len(tasks)}" + " (fitted)" * (column in judged.table.fitted)
             if run else layout.NONE),
            f"{failed.printed} / {layout.figure(failed.ours)}",
            columns.p_of(judged, column)])
    return header, lines, _sentence(judged)


def _sentence(judged):
    total, names = columns.of_all(judged, True)
    counted = [cell for cell in judged.counted() if cell.row not in judged.table.other_data]
    states = [cell.status for cell in counted]
    wide = sum(cell.wide for cell in counted if cell.status == "match")
    text = (f"Of {len(counted)} cells with the paper's data, {states.count('match')} match and "
            f"{states.count('fitted')} fit that took part in choosing what the paper leaves open; "
            f"of those that match, {wide} have an interval wider than 5 points, so that their "
            "match says little.")
    if total is None:
        return text
    return (f"{text} The {len(names)} columns of best-of-ten draws together: "
            f"**p = {layout.probability(total)}**. What the test can tell apart: "
            f"[paper_tables/{judged.table.script}_columns.md]"
            f"(paper_tables/{judged.table.script}_columns.md).")


def expected(judged, column):
    """A column's mean error over draws of ten of all restarts, ties at random; None if not known.

    Less a matter of luck than `ours`, seeds 0 to 9, whose ties the training loss breaks.
    """
    drawn = [judged.cells[column, task].ties.get("at random") for task in judged.paper.rows]
    return None if None in drawn else sum(drawn) / len(drawn)


def solved(tables, readings):
    """The model that solves the simulated world, and beside it readings that were not chosen.

    readings: [(name, accuracies)] of difficulty 5, actor + object, the chosen one first.
    """
    cells = [cell for judged in tables for cell in judged.counted()
             if cell.row in judged.table.solves and cell.ours is not None]
    if not cells:
        return "The simulated world has not been run yet."
    lowest = min(cells, key=lambda cell: cell.ours)
    inside = sum(cell.status in ("match", "fitted") for cell in cells)
    text = (f"MemNN k=2 (+time), which solves the simulated world in the paper, has "
            f"{layout.figure(lowest.ours)}% or more in its {len(cells)} cells of Tables 3 and 5 "
            f"({inside} inside their interval). These cells took part in choosing what the paper "
            "leaves open, and in four places what it prints was not what was chosen. With one of "
            "these as printed, at difficulty 5, actor + object, development seeds:")
    if not readings:
        return text
    return "\n\n".join([text, layout.as_markdown(
        ["reading", "accuracy, mean (lowest to highest)"],
        [[name, layout.mean_of(values)] for name, values in readings])])
