"""How judged cells look: rows of text, and those as Markdown, LaTeX and CSV.

Errors have one decimal like the paper's; ends of intervals have two, so that
the side on which a figure lies can be read off.
"""

import csv
import io

from tabulate import tabulate

from paper_tables.published import FAILED, MEAN

NONE = "–"
DETAILS = ("published", "ours", "interval", "median", "range", "n", "status")
TIE_RULES = ("at random", "by training loss", "by online training error")


def figure(value, digits=1):
    """A number as text; counts (int) without decimals."""
    if value is None:
        return NONE
    return str(value) if isinstance(value, int) else f"{value:.{digits}f}"


def span(low, high, digits=2):
    return NONE if low is None else f"{low:.{digits}f}–{high:.{digits}f}"


def interval(cell, compared=True):
    """A cell's interval; none where the published figure is not to be compared with it."""
    if cell.interval is None or (compared and cell.status == "substitute data"):
        return NONE
    return span(*cell.interval)


def details(cell):
    """The texts of DETAILS for one cell."""
    n = NONE if cell.n is None else f"{cell.n}"
    if cell.diverged:
        n += f" ({cell.diverged} diverged)"
    spread = span(cell.best, cell.worst, 1)
    return [figure(cell.published), figure(cell.ours), interval(cell), figure(cell.median),
            spread, n, cell.status]


def row_name(row, names, marked=()):
    """A task's number and name, "*" after those whose test questions are not the paper's."""
    if row in names:
        return f"{row} {names[row]}" + ("*" if row in marked else "")
    return row


def glance(cells, columns, rows, names, marked):
    """All columns at one glance: header and lines, a cell being published / ours, status."""
    def short(cell):
        if cell.ours is None:
            return f"{figure(cell.published)} / {cell.status}"
        return f"{figure(cell.published)} / {figure(cell.ours)} {cell.status}"
    return (["task", *columns],
            [[row_name(row, names, marked)] + [short(cells[column, row]) for column in columns]
             for row in rows])


def column_table(cells, column, rows, names, marked):
    """One column in full: header and lines."""
    return (["task", *DETAILS],
            [[row_name(row, names, marked)] + details(cells[column, row]) for row in rows])


def ties_table(cells, column, rows, names, marked):
    """What the tie-break does in one column: header and lines, the mean of the tasks last."""
    there = [cells[column, row] for row in rows if row in names and cells[column, row].ties]
    rules = [rule for rule in TIE_RULES if all(rule in cell.ties for cell in there)]
    lines = [[row_name(cell.row, names, marked), figure(cell.published)]
             + [figure(cell.ties[rule], 2) for rule in rules] + [figure(cell.tied)]
             for cell in there]
    if len(there) == len(names):
        mean = [sum(cell.ties[rule] for cell in there) / len(there) for rule in rules]
        lines.append([MEAN, figure(cells[column, MEAN].published)]
                     + [figure(value, 2) for value in mean] + [NONE])
    return ["task", "published", *rules, "restarts tied, of 10"], lines


def tidy(cells, columns, rows, names, explained):
    """One line a cell, for other programs: header and lines; empty where there is nothing.

    explained: {(column, row): text}, the reasons of cells outside their interval.
    """
    header = ["column", "task", "name", "published", "ours", "low", "high", "median", "best",
              "worst", "restarts", "diverged", "status", "reason"]
    lines = []
    for column in columns:
        for row in rows:
            cell = cells[column, row]
            low, high = cell.interval or (None, None)
            if cell.status == "substitute data":
                low = high = None
            lines.append([column, row if row in names else "", names.get(row, row)]
                         + [exact(value) for value in (
                             cell.published, cell.ours, low, high, cell.median, cell.best,
                             cell.worst, cell.n, cell.diverged if cell.n else None)]
                         + [cell.status, explained.get((column, row), "")])
    return header, lines


def tidy_ties(cells, columns, rows, names):
    header = ["column", "task", "name", "published", *TIE_RULES, "tied"]
    lines = [[column, row, names[row], exact(cell.published)]
             + [exact(cell.ties.get(rule)) for rule in TIE_RULES] + [exact(cell.tied)]
             for column in columns for row in rows if row in names
             for cell in [cells[column, row]] if cell.ties]
    return header, lines


def as_markdown(header, lines):
    align = ["left"] + ["right"] * (len(header) - 1)
    return tabulate(_escaped(lines, "|", r"\|"), header, tablefmt="pipe", colalign=align,
                    disable_numparse=True)


def as_text(header, lines):
    return tabulate(lines, header, tablefmt="simple", disable_numparse=True,
                    colalign=["left"] + ["right"] * (len(header) - 1))


def as_latex(header, lines, caption):
    """A table environment that needs booktabs and no other package."""
    body = tabulate(_escaped(lines, "–", "--"), header, tablefmt="latex_booktabs",
                    disable_numparse=True, colalign=["left"] + ["right"] * (len(header) - 1))
    return ("\\begin{table}[p]\n\\centering\\scriptsize\\setlength{\\tabcolsep}{3pt}\n"
            f"\\caption{{{latex_text(caption)}}}\n{_dashes(body)}\n\\end{{table}}\n")


def latex_text(text):
    """Plain text for LaTeX: its special characters escaped."""
    special = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
               "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
               "^": r"\textasciicircum{}", "–": "--", "<": r"\textless{}", ">": r"\textgreater{}"}
    return "".join(special.get(letter, letter) for letter in text)


def as_csv(header, lines):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *lines])
    return text.getvalue()


def narrow(table, size):
    """A wide table as several that fit on a page: so many columns each, after the first."""
    header, lines = table
    for start in range(1, len(header), size):
        yield ([header[0], *header[start:start + size]],
               [[line[0], *line[start:start + size]] for line in lines])


def rows_of(names):
    return [*names, MEAN, FAILED]


def _dashes(text):
    return text.replace("–", "--")


def _escaped(lines, letter, instead):
    return [[str(text).replace(letter, instead) for text in line] for line in lines]


def exact(value):
    """A number for a CSV: four decimals at most, none that are not needed."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")
