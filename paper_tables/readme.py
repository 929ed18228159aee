"""The generated parts of README.md, each between <!-- begin NAME --> and <!-- end NAME -->."""

import re

from paper_tables import comparison, layout
from paper_tables.cells import OUTSIDE
from paper_tables.published import FAILED, MEAN
from tasks.errors import UserError

MARKERS = re.compile(r"<!-- begin (?P<name>[a-z0-9-]+) -->\n.*?<!-- end (?P=name) -->", re.DOTALL)


def fill(text, parts, where="README.md"):
    """The text with each marked part replaced. UserError if the markers and parts do not agree."""
    found = [match["name"] for match in MARKERS.finditer(text)]
    begun = text.count("<!-- begin ")
    if sorted(found) != sorted(parts) or begun != len(found) or text.count("<!-- end ") != begun:
        raise UserError(f"{where}: its markers are {', '.join(found) or 'none'} where "
                        f"{', '.join(parts)} are expected, each begun and ended once")

    def part(match):
        name = match["name"]
        return f"<!-- begin {name} -->\n{parts[name].strip()}\n<!-- end {name} -->"
    return MARKERS.sub(part, text)


def headline(table, cells, columns, names):
    """One line a column: mean error, failed tasks, matches; and what the counts mean."""
    header, lines, sentence = headline_parts(table, cells, columns, names)
    return (f"{table.title}: test error in %. {WORDS}\n\n"
            f"{layout.as_markdown(header, lines)}\n\n{sentence}")


WORDS = ("*ours*: the restart selected among seeds 0 to 9, of MemNN and LSTM the mean over seeds; "
         "*expected*: the mean of such selections over draws of ten of all restarts; *interval*: "
         "of the published figure.")


def headline_parts(table, cells, columns, names):
    """The front table's header and lines, and the sentence below it."""
    header = ["column", "published mean", "ours", "expected", "interval", "status",
              "tasks that match",
              "of these, interval wider than 5", "failed tasks, published / ours", "status"]
    lines, matches, wide, judged = [], 0, 0, 0
    for column in columns:
        mean, failed = cells[column, MEAN], cells[column, FAILED]
        tasks = [cells[column, task] for task in names]
        run = [cell for cell in tasks if cell.n is not None]
        matching = [cell for cell in tasks if cell.status == "match"]
        matches += len(matching)
        wide += sum(cell.wide for cell in matching)
        judged += len(run)
        lines.append([
            column, layout.figure(mean.published), layout.figure(mean.ours),
            layout.figure(expected(cells, column, names)), layout.interval(mean), mean.status,
            f"{len(matching)}/{len(tasks)}" if run else layout.NONE,
            f"{sum(cell.wide for cell in matching)}" if run else layout.NONE,
            f"{failed.published} / {layout.figure(failed.ours)}", failed.status])
    total = len(columns) * len(names)
    return header, lines, (
        f"Of {total} cells with a task, {judged} have been run and **{matches} match**; "
        f"of those that match, {wide} have an interval wider than 5 points, so that "
        f"their match says little.")


def expected(cells, column, names):
    """A column's mean error over draws of ten of all restarts, ties at random; None if not known.

    Less a matter of luck than `ours`, which is one such draw, seeds 0 to 9.
    """
    drawn = [cells[column, task].ties.get("at random") for task in names]
    return None if None in drawn else sum(drawn) / len(drawn)


def mismatches(cells, texts, names):
    """The cells outside their interval, each with its reason."""
    outside = [cell for cell in cells.values() if cell.status in OUTSIDE]
    if not any(cell.n is not None for cell in cells.values()):
        return "No cell has been run yet."
    if not outside:
        return "Every cell that has been run lies inside its interval."
    lines = []
    for column in dict.fromkeys(cell.column for cell in outside):
        lines.append(f"\n**{column}**\n")
        for cell in outside:
            if cell.column == column:
                name = f"task {cell.row} ({names[cell.row]})" if cell.row in names else cell.row
                lines.append(
                    f"- {name}, {cell.status}: published {layout.figure(cell.published)}, ours "
                    f"{layout.figure(cell.ours)}, interval {layout.interval(cell)}: "
                    f"{texts[column, cell.row]}.")
    bound = comparison.chance_bound(len(names))
    lines.append(f"\nA published figure lies outside a 95% interval by chance once in twenty "
                 f"times. That is taken as the reason only while no more than {bound} cells of a "
                 f"column are otherwise unexplained and the column's mean error is inside.")
    return "\n".join(lines)
