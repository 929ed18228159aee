"""How judged tables look: rows of text, and those as Markdown, LaTeX and CSV.

Our figures have one decimal, or as many as the paper's; ends of intervals have two, so that
the side on which a figure lies can be read off.
"""

import csv
import io

from tabulate import tabulate

from paper_tables.table import MEASURED
from paper_tables.published import MEAN

NONE = "–"
DETAILS = ("published", "ours", "interval", "median", "range", "n", "place", "status")
TIE_RULES = ("at random", "by training loss", "by online training error")


def figure(value, digits=1):
    """A number as text; counts (int) without decimals."""
    if value is None:
        return NONE
    return str(value) if isinstance(value, int) else f"{value:.{digits}f}"


def probability(p):
    """A p-value as text."""
    return NONE if p is None else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def span(low, high, digits=2):
    return NONE if low is None else f"{low:.{digits}f}–{high:.{digits}f}"


def mean_of(values):
    """Figures of several seeds, (n,), as their mean and (lowest to highest)."""
    return f"{values.mean():.1f} ({span(values.min(), values.max(), 1)})"


def interval(cell, compared=True):
    """A cell's interval; none where the published figure is not to be compared with it."""
    if cell.interval is None or (compared and cell.status == "substitute data"):
        return NONE
    return span(*cell.interval)


def ours(cell):
    return figure(cell.ours, cell.decimals)


def details(cell):
    """The texts of DETAILS for one cell."""
    n = NONE if cell.n is None else f"{cell.n}"
    if cell.diverged:
        n += f" ({cell.diverged} diverged)"
    ends = [end for end in (cell.best, cell.worst) if end is not None]
    spread = span(min(ends), max(ends), 1) if ends else NONE
    return [cell.printed, ours(cell), interval(cell), figure(cell.median), spread, n,
            figure(cell.place, 2), cell.status]


def row_name(judged, row):
    """A row's name, "*" after those whose data is not the paper's."""
    return judged.paper.row_name(row) + ("*" if row in judged.table.other_data else "")


def series_name(judged, series):
    return series if judged.table.by_column else judged.paper.row_name(series)


def glance(judged):
    """The whole table, a cell being published / ours, status: header and lines."""
    paper = judged.paper

    def short(column, row):
        cell = judged.cells.get((column, row))
        if cell is None:
            return NONE
        known = "" if cell.ours is None else f"{ours(cell)} "
        return f"{cell.printed} / {known}{cell.status}"
    return ([paper.heading, *paper.columns],
            [[row_name(judged, row) if paper.names else row]
             + [short(column, row) for column in paper.columns]
             for row in (*paper.rows, *paper.summary)])


def series_table(judged, series):
    """One series in full, a line a cell: header and lines."""
    return ([line_heading(judged), *DETAILS],
            [[line_name(judged, cell), *details(cell)] for cell in judged.of_series(series)])


def line_heading(judged):
    """What a line is in the table of one series."""
    return judged.paper.heading if judged.table.by_column else "column"


def line_name(judged, cell):
    """What a cell's line is called in the table of its series."""
    return row_name(judged, cell.row) if judged.table.by_column else cell.column


def run_series(judged):
    """The series of which a cell has been run."""
    return [series for series in judged.table.series(judged.paper)
            if any(cell.n for cell in judged.of_series(series))]


def measured_table(judged):
    """What else the runs hold, means over the seeds: header and lines, one a cell that was run."""
    cells = [(cell, {MEASURED[key]: value for key, value in cell.measured.items()})
             for cell in judged.cells.values() if cell.measured]
    names = [name for name in dict.fromkeys(MEASURED.values())
             if any(name in measured for _, measured in cells)]
    return ["cell", "accuracy", *names], [
        [f"{cell.row}, {cell.column}", figure(cell.ours, 2),
         *(figure(measured.get(name), 2) for name in names)] for cell, measured in cells]


def ties_table(judged, column):
    """What the tie-break does in one column: header and lines, the mean of the tasks last."""
    cells = [cell for cell in judged.of_series(column) if cell.ties]
    rules = [rule for rule in TIE_RULES if all(rule in cell.ties for cell in cells)]
    lines = [[row_name(judged, cell.row), cell.printed]
             + [figure(cell.ties[rule], 2) for rule in rules] + [figure(cell.tied)]
             for cell in cells]
    if len(cells) == len(judged.paper.rows):
        mean = [sum(cell.ties[rule] for cell in cells) / len(cells) for rule in rules]
        lines.append([MEAN, judged.cells[column, MEAN].printed]
                     + [figure(value, 2) for value in mean] + [NONE])
    return ["task", "published", *rules, "restarts tied, of 10"], lines


def tidy(judged):
    """One line a cell, for other programs: header and lines; empty where there is nothing."""
    names = judged.paper.names
    header = ["column", judged.paper.heading, *["name"] * bool(names), "published", "ours", "low",
              "high", "median", "best", "worst", "restarts", "diverged", "place", "status",
              "reason"]
    lines = []
    for (column, row), cell in judged.cells.items():
        low, high = cell.interval or (None, None)
        if cell.status == "substitute data":
            low = high = None
        keys = [column, row] if not names else [column, row if row in names else "",
                                                names.get(row, row)]
        lines.append(keys + [cell.printed] + [exact(value) for value in (
                         cell.ours, low, high, cell.median, cell.best, cell.worst, cell.n,
                         cell.diverged if cell.n else None, cell.place)]
                     + [cell.status, judged.texts.get((column, row), "")])
    return header, lines


def tidy_ties(judged):
    header = ["column", "task", "name", "published", *TIE_RULES, "tied"]
    lines = [[cell.column, cell.row, judged.paper.names[cell.row], cell.printed]
             + [exact(cell.ties.get(rule)) for rule in TIE_RULES] + [exact(cell.tied)]
             for cell in judged.cells.values() if cell.ties]
    return header, lines


def tidy_measured(judged):
    header = [judged.paper.heading, "column", *MEASURED]
    return header, [[row, column, *(exact(cell.measured.get(key)) for key in MEASURED)]
                    for (column, row), cell in judged.cells.items() if cell.measured]


def as_markdown(header, lines):
    return _tabulated(header, _escaped(lines, "|", r"\|"), "pipe")


def as_plain_markdown(header, lines):
    """A table of sentences: no padding, which long texts would blow up."""
    rows = [header, ["---"] * len(header), *_escaped(lines, "|", r"\|")]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def as_text(header, lines):
    return _tabulated(header, lines, "simple")


def as_latex(header, lines, caption):
    """A table environment that needs booktabs and no other package."""
    body = _tabulated(header, _escaped(lines, "–", "--"), "latex_booktabs").replace("–", "--")
    return ("\\begin{table}[p]\n\\centering\\scriptsize\\setlength{\\tabcolsep}{3pt}\n"
            f"\\caption{{{latex_text(caption)}}}\n{body}\n\\end{{table}}\n")


def _tabulated(header, lines, form):
    return tabulate(lines, header, tablefmt=form, disable_numparse=True,
                    colalign=["left"] + ["right"] * (len(header) - 1))


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


def _escaped(lines, letter, instead):
    return [[str(text).replace(letter, instead) for text in line] for line in lines]


def exact(value):
    """A number for a CSV: four decimals at most, none that are not needed."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")
