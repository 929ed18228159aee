"""The files of one judged table: Markdown, LaTeX and CSV, and the pages beside it."""

from paper_tables import columns, layout, reasons
from paper_tables.judge import OUTSIDE

ERRORS = """\
Errors are test errors in %. *ours*: of seeds 0 to 9, the restart with the lowest training error;
of MemNN and LSTM the mean over seeds. *interval*: where the published figure should lie 95 times
in 100 if the authors' code and ours draw from the same distribution. *median* and *range*: over
all n restarts. *place*: the share of our draws that lie below the published figure. *status*:
`match` is inside the interval, and `fitted` too, where the published figure took part in choosing
what the paper leaves open; `better` and `worse` say that our error is lower or higher than it would
have to be; `partial` has too few restarts. Tasks marked * have other data than the paper's (release
v1.2 of the tasks, where the paper used v1.1): `substitute data`, with which nothing is compared;
the mean error allows for the published run's own 1,000 questions there. More:
[how a cell is read](how_to_read.md)."""

ACCURACIES = """\
Test accuracies in %. *ours*: the mean over the seeds, each with a world, test questions, weights
and an order of its own; *median* and *range* over them. The paper gives one run a cell.
*interval*: where one more run should lie 95 times in 100 if the authors' world and code and ours
draw from the same distribution. *place*: the share of our runs below the published figure.
*status*: `match` is inside the interval, and `fitted` too, where the published figure took part in
choosing what the paper leaves open; `better` and `worse` say that our accuracy is higher or lower
than it would have to be; `partial` lacks some of seeds 0 to 9, or asked fewer questions than the
paper, or has a diverged run, which counts as 0. The authors' world was not released, and ours is a
reconstruction from their text: what that leaves open is listed in replication/DEVIATIONS.md. More:
[how a cell is read](how_to_read.md)."""

MEASURED = """\
Means over the seeds, in %. *segments right*: memories that hold exactly one statement, where a
segmenter cuts the stream. *first hop*: questions whose first support is found; *second hop given
the first*: whose second is found when the true first one is given; *R given true supports*:
answered right when both are given. *where ...*: the accuracy over each kind of question. *always
the room named last*: that of a rule which reads no question, on the same test questions. *room
right*: the written sentence names the right room and no other; *each word the most probable*: no
word is drawn; *another question's answer*: each question is given the true sentence of another."""

TIES = """\
The paper picks the restart with the lowest training error and names no tie-break. Mean test error
of the picked restart over the draws of 10, by how ties are broken; the last column is how many of
the 10 share the lowest training error."""

STANDS_IN = """\
Task {row} has the training questions of our simulators here, and the official test questions: its
official training file was not at hand. Joint columns that learnt from these stand apart, on
[a page of their own]({name}@{mark}.md)."""

OTHER_DATA = """\
These records were made from other data than the paper's ({folder}), so that nothing is compared:
published figures stand beside ours for orientation only."""


def how_to_read(table):
    return ERRORS if table.lower_is_better else ACCURACIES


def build(judged):
    """{file name: text} of one table."""
    return _table(judged) | _ties(judged) | _parts(judged) | columns.build(judged)


def name_of(judged, cell):
    """A cell in a list of cells."""
    row = judged.paper.row_name(cell.row)
    return f"{cell.column}, {row}" if judged.table.by_column else f"{row}, {cell.column}"


def _table(judged):
    table, name = judged.table, judged.folder.name
    glance = layout.glance(judged)
    run = layout.run_series(judged)
    full = {series: layout.series_table(judged, series) for series in run}
    page = [f"# {table.title}"]
    if name != table.script:
        page.append(OTHER_DATA.format(folder=name))
    page += [how_to_read(table), *_fitted(judged), *_stands_in(judged), "## At one glance", "published / ours, status",
             layout.as_markdown(*glance)]
    if any(judged.tests.values()):
        page.append(f"Whole {columns._word(judged)}s are tested on [a page of their own]"
                    f"({name}_columns.md).")
    for series, lines in full.items():
        p = columns.p_of(judged, series)
        page += [f"## {layout.series_name(judged, series)}", layout.as_markdown(*lines)]
        if p is not None:
            page.append(f"The whole {columns._word(judged)}: p = {layout.probability(p)}.")
    if judged.texts:
        page += ["## Why cells differ", *_note(table), "\n".join(
            f"- {name_of(judged, judged.cells[key])}: {text}"
            for key, text in judged.texts.items())]
    short = [text.removeprefix("MemN2N ") for text in glance[0]], glance[1]
    latex = [layout.as_latex(*part, f"{table.title}: published / ours, status")
             for part in layout.narrow(short, 3)]
    latex += [layout.as_latex(*lines, f"{table.title}: {layout.series_name(judged, series)}")
              for series, lines in full.items()]
    return {f"{name}.md": "\n\n".join(page) + "\n",
            f"{name}.tex": "\n".join(["% needs \\usepackage{booktabs}", *latex]),
            f"{name}.csv": layout.as_csv(*layout.tidy(judged))}


def _fitted(judged):
    """What took part in choosing, said once."""
    if not judged.table.fitted or judged.folder.name != judged.table.script:
        return []
    listed = "; ".join(f"{layout.series_name(judged, series)} ({entry})"
                       for series, entry in judged.table.fitted.items())
    return [f"Took part in choosing, with the entries of replication/DEVIATIONS.md: {listed}."]


def _stands_in(judged):
    """What another row's data stands in for, where it does."""
    table, name = judged.table, judged.folder.name
    if name != table.script or not table.stand_in or table.stand_in[0] not in table.other_data:
        return []
    return [STANDS_IN.format(row=table.stand_in[0], mark=table.stand_in[1], name=name)]


def _note(table):
    if table.far is None:
        return []
    return [f"Every cell outside its interval, further than {table.far:g} points from the "
            "published figure, or below 99% in a row that solves the world."]


def _ties(judged):
    tied = [series for series in layout.run_series(judged)
            if any(cell.ties for cell in judged.of_series(series))]
    if not tied:
        return {}
    title = f"{judged.table.title}: what the tie-break does"
    tables = {column: layout.ties_table(judged, column) for column in tied}
    page = [f"# {title}", TIES]
    for column, lines in tables.items():
        page += [f"## {column}", layout.as_markdown(*lines)]
    latex = [layout.as_latex(*lines, f"{title}, {column}") for column, lines in tables.items()]
    return _three(f"{judged.folder.name}_ties", page, latex, layout.tidy_ties(judged))


def _parts(judged):
    measured = layout.measured_table(judged)
    if judged.paper.summary or not measured[1]:
        return {}
    about = f"{judged.table.title}: where answers go wrong"
    latex = [layout.as_latex(*part, about) for part in layout.narrow(measured, 5)]
    return _three(f"{judged.folder.name}_parts",
                  [f"# {about}", MEASURED, layout.as_markdown(*measured)], latex,
                  layout.tidy_measured(judged))


def _three(name, page, latex, tidy):
    return {f"{name}.md": "\n\n".join(page) + "\n",
            f"{name}.tex": "\n".join(["% needs \\usepackage{booktabs}", *latex]),
            f"{name}.csv": layout.as_csv(*tidy)}


# --- what does not match ------------------------------------------------------------------------

ABOUT_MISMATCHES = """\
Every cell whose published figure lies outside the interval of our restarts, and those that need a
reason for being far off, with the reason. *By chance* is written only where no cause is known and
the whole column (of the simulated world: row) is not told from the published one by its test; where
that is not so, a cell is *not explained*. Choices that the papers leave open are listed in
[replication/DEVIATIONS.md](../replication/DEVIATIONS.md)."""


def mismatches(tables):
    """The page of all cells that differ: {file name: text}. tables: [Judged] of the paper's data."""
    page = ["# What does not match, and why", ABOUT_MISMATCHES]
    for judged in tables:
        page.append(f"## {judged.table.title}")
        if not any(cell.n for cell in judged.cells.values()):
            page.append("No cell has been run yet.")
        elif not judged.texts:
            page.append("Every cell that has been run lies inside its interval.")
        for series in judged.table.series(judged.paper):
            cells = [cell for cell in judged.of_series(series)
                     if (cell.column, cell.row) in judged.texts]
            if cells:
                page += [f"**{layout.series_name(judged, series)}**",
                         "\n".join(_line(judged, cell) for cell in cells)]
    return {"mismatches.md": "\n\n".join(page) + "\n"}


def _line(judged, cell):
    row = layout.row_name(judged, cell.row) if judged.table.by_column else cell.column
    where = f"task {row}" if cell.row in judged.paper.names else row
    return (f"- {where}, {cell.status}: published {cell.printed}, ours {layout.ours(cell)}, "
            f"interval {layout.interval(cell)}: {judged.texts[cell.column, cell.row]}.")


def unexplained(tables):
    """How many cells outside their interval, or far off, have no reason."""
    return sum(not reasons.explained(text) for judged in tables for text in judged.texts.values())


def outside(judged):
    return [cell for cell in judged.counted() if cell.status in OUTSIDE]
