"""The files of one judged table: Markdown, LaTeX and CSV, and the pages beside it."""

from paper_tables import babi_variants, columns, comparison, layout, not_run
from paper_tables.catalogue import IN_PART
from paper_tables.records import columns_of, read_table
from paper_tables.sections import Lines, Section, markdown

ERRORS = """\
Errors are test errors in %. *ours*: of seeds 0 to 9, the restart with the lowest training error, and
of equal ones that with the lowest training loss, which is ours; of MemNN and LSTM the mean over
seeds. *interval*: where the published figure should lie 95 times
in 100 if the authors' code and ours draw from the same distribution. *median* and *range*: over
all n restarts. *place*: the share of our draws that lie below the published figure. *status*:
`match` is inside the interval, and `fitted` too, where the published figure took part in choosing
what the paper leaves open; `better` and `worse` say that our error is lower or higher than it would
have to be; `partial` has too few restarts. Tasks marked * have other data than the paper's:
`substitute data`, with which nothing is compared. Task 16's is release v1.2, where the paper used
v1.1; the mean error allows for the published run's own 1,000 questions there. More:
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
Means over the seeds, in %. *segments right*: memories with the room or object of exactly one
statement, where a segmenter cuts the stream. *first hop*: questions whose first support is found;
*second hop given the first*: whose second is found when the true first one is given; *R given true
supports*: answered right when both are given. *where ...*: the accuracy over each kind of question. *always
the room named last*: that of a rule which reads no question, on the same test questions. *room
right*: the written sentence names the right room and no other; *each word the most probable*: no
word is drawn; *another question's answer*: each question is given the true sentence of another."""

TIES = """\
The paper picks the restart with the lowest training error and names no tie-break. Mean test error
of the picked restart over the draws of 10, by how ties are broken; the last column is how many of
the 10 share the lowest training error."""

STANDS_IN = """\
Task {row}* has the training questions of our simulators here, and the official test questions: its
official training file was not at hand. So nothing is compared that rests on them: neither its own
cells nor the rows under the tasks."""
MEASURED_AT_1K = " What that changes is [measured with 1,000 questions]({page}.md)."
APART = """ Models of all tasks learnt from these too ({columns}): they stand on
[a page of their own]({page}.md), and in the table here, whose models would learn from official
questions alone, they are not run."""

FROM_A_PART = """ The {questions:,} official training questions that other files of the release hold
give {columns} ([more]({page}.md)): `partial`, and compared with nothing."""

OTHER_DATA = """\
These records were made from other data than the paper's ({folder}), so that nothing is compared:
published figures stand beside ours for orientation only."""
LEARNT_FROM = """ The training questions of task {row} are those of our
simulators, of which the joint models learnt; every test question is official. The table itself:
[{page}.md]({page}.md)."""
LEARNT_FROM_A_PART = """ The training questions of task 3 are
those of the official ones that other files of the release hold. The table itself:
[{page}.md]({page}.md)."""


def how_to_read(table):
    return ERRORS if table.lower_is_better else ACCURACIES


def build(judged):
    """{file name: text} of one table."""
    return _table(judged) | _ties(judged) | _parts(judged) | columns.build(judged)


def about_other(judged):
    """What a page of other data than the paper's says of it."""
    name, (row, mark) = judged.folder.name, judged.table.stand_in or (None, None)
    said = {mark: LEARNT_FROM, IN_PART: LEARNT_FROM_A_PART}.get(name.partition("@")[2], "")
    return OTHER_DATA.format(folder=name) + said.format(row=row, page=judged.table.script)


def name_of(judged, cell):
    """A cell in a list of cells."""
    row = judged.paper.row_name(cell.row)
    return f"{cell.column}, {row}" if judged.table.by_column else f"{row}, {cell.column}"


def _table(judged):
    table, name, word = judged.table, judged.folder.name, columns.word(judged)
    header, lines = layout.glance(judged)
    full = {series: layout.series_table(judged, series) for series in layout.run_series(judged)}
    glance = Section("At one glance", ["published / ours, status", Lines(header, lines)])
    if any(judged.tests.values()):
        glance.parts.append(
            f"Whole {word}s are tested on [a page of their own]({name}_columns.md).")
    parts = [how_to_read(table), *_fitted(judged), *_stands_in(judged), glance,
             *_not_run(judged)]
    if not judged.own:
        parts.insert(0, about_other(judged))
    for series, cells in full.items():
        p = columns.p_of(judged, series)
        parts.append(Section(layout.series_name(judged, series), [
            Lines(*cells), *[f"The whole {word}: p = {p}."] * (p != layout.NONE)]))
    if judged.texts:
        parts.append(Section("Why cells differ", [*_note(table), "\n".join(
            f"- {name_of(judged, judged.cells[key])}: {text}"
            for key, text in judged.texts.items())]))
    short = [text.removeprefix("MemN2N ") for text in header]
    latex = [(part, "published / ours, status") for part in layout.narrow((short, lines), 3)]
    latex += [(cells, layout.series_name(judged, series)) for series, cells in full.items()]
    return _files(name, Section(table.title, parts),
                  [(part, f"{table.title}: {about}") for part, about in latex], layout.tidy(judged))


def _fitted(judged):
    """What took part in choosing, said once."""
    if not judged.table.fitted or not judged.own:
        return []
    listed = "; ".join(f"{layout.series_name(judged, series)} ({entry})"
                       for series, entry in judged.table.fitted.items())
    return [f"Took part in choosing, with the entries of replication/DEVIATIONS.md: {listed}."]


def _stands_in(judged):
    """What another row's data stands in for, where it does."""
    row, _ = judged.table.stand_in or (None, None)
    if not judged.own or row not in judged.table.other_data:
        return []
    apart, page = _apart(judged), _stand_ins(judged).name
    at_1k = judged.folder.with_name(f"{babi_variants.THIRD}@{judged.table.stand_in[1]}")
    return [STANDS_IN.format(row=row)
            + (MEASURED_AT_1K.format(page=babi_variants.THIRD) if at_1k.exists() else "")
            + (APART.format(page=page, columns=", ".join(apart)) if apart else "")
            + _from_a_part(judged, row),
            *_means_without(judged)]


def _from_a_part(judged, row):
    """What was learnt from the official questions that are at hand, or ""."""
    folder = judged.folder.with_name(f"{judged.folder.name}@{IN_PART}")
    records = {column: rows[row] for column, rows in read_table(
        folder, judged.paper.columns, [row]).items() if row in rows}
    if not records:
        return ""
    data = next(iter(records.values())).content["data"]
    return FROM_A_PART.format(
        questions=data["n_train"] + data["n_valid"], page=folder.name,
        columns=", ".join(f"{column} an error of {layout.figure(record.value)}"
                          for column, record in records.items()))


def _means_without(judged):
    """The mean errors over the tasks that have the paper's data, of columns that have them all."""
    paper, others = judged.paper, sorted(judged.table.other_data)
    lines = []
    for column in paper.columns:
        cells = [judged.cells[column, row] for row in paper.rows if row not in others]
        if all(cell.ours is not None for cell in cells):
            lines.append([column, *(layout.figure(sum(figures) / len(cells)) for figures in (
                [cell.published for cell in cells], [cell.ours for cell in cells]))])
    name = f"mean error without tasks {', '.join(map(str, others))}"
    return [Lines([name, "published", "ours"], lines)] if lines else []


def _stand_ins(judged):
    """The folder of the records that learnt from what stands in."""
    return judged.folder.with_name(f"{judged.folder.name}@{judged.table.stand_in[1]}")


def _apart(judged):
    """The joint columns that learnt from what stands in, and so have a page of their own."""
    if not judged.table.stand_in:
        return []
    return [column for column in columns_of(_stand_ins(judged)) if judged.table.joint(column)]


def _not_run(judged):
    """What has no record, on this page or apart; of a table that takes hours."""
    table, paper = judged.table, judged.paper
    if table.script not in not_run.HOURS or not judged.own:
        return []
    apart = _apart(judged)
    cells = {column: [judged.cells[column, row] for row in paper.rows]
             for column in paper.columns if column not in apart}
    return not_run.section(table.script, {
        column: (sum(cell.n is None for cell in own), len(own)) for column, own in cells.items()},
        comparison.BEST_OF, "--task-3 simulated --columns" if apart else "--columns")


def _note(table):
    if table.far is None:
        return []
    return [f"Every cell outside its interval, further than {table.far:g} points from the "
            "published figure, or below 99% in a row that solves the world."]


def _ties(judged):
    title = f"{judged.table.title}: what the tie-break does"
    tables = {series: layout.ties_table(judged, series) for series in layout.run_series(judged)
              if any(cell.ties for cell in judged.of_series(series))}
    if not tables:
        return {}
    section = Section(title, [TIES, *(Section(column, [Lines(*table)])
                                      for column, table in tables.items())])
    return _files(f"{judged.folder.name}_ties", section,
                  [(table, f"{title}, {column}") for column, table in tables.items()],
                  layout.tidy_ties(judged))


def _parts(judged):
    measured = layout.measured_table(judged)
    if judged.paper.summary or not measured[1]:
        return {}
    about = f"{judged.table.title}: where answers go wrong"
    return _files(f"{judged.folder.name}_parts", Section(about, [MEASURED, Lines(*measured)]),
                  [(part, about) for part in layout.narrow(measured, 5)],
                  layout.tidy_measured(judged))


def _files(name, section, tables, tidy):
    """{file name: text} of a page, of its tables in LaTeX, [((header, lines), caption)], and of its
    CSV."""
    latex = [layout.as_latex(*table, caption) for table, caption in tables]
    return {f"{name}.md": markdown(section),
            f"{name}.tex": "\n".join(["% needs \\usepackage{booktabs}", *latex]),
            f"{name}.csv": layout.as_csv(*tidy)}


# --- what does not match ------------------------------------------------------------------------

ABOUT_MISMATCHES = """\
Every cell whose published figure lies outside the interval of our restarts, and those that need a
reason for being far off, with the reason. *By chance* is written only where no cause is known and
none shows where it would: the whole column (of the simulated world: row) is not told from the
published one by its test and has no more such cells than chance leaves, its mean is inside, and the
published figures of the task do not lie to one side of ours over all columns of best-of-ten draws.
Where that is not so, a cell is *not explained*. Choices that the papers leave open are listed in
[replication/DEVIATIONS.md](../replication/DEVIATIONS.md)."""


def mismatches(tables):
    """{file name: text} of the page of all cells that differ; tables: Judged, the paper's data."""
    return {"mismatches.md": markdown(Section("What does not match, and why", [
        ABOUT_MISMATCHES, *(Section(judged.table.title, _of_table(judged)) for judged in tables)]))}


def _of_table(judged):
    if not judged.run:
        return ["No cell has been run yet."]
    parts, failing = [], columns.failing(judged)
    for series in judged.table.series(judged.paper):
        lines = [_line(judged, cell) for cell in judged.of_series(series)
                 if (cell.column, cell.row) in judged.texts]
        if series in failing:
            lines.insert(0, f"- the whole {columns.word(judged)}: its published figures lie further "
                            f"out among our runs than chance gives (p = "
                            f"{layout.probability(judged.tests[series].p)}), those inside their "
                            "interval too.")
        if lines:
            parts += [f"**{layout.series_name(judged, series)}**", "\n".join(lines)]
    return parts or ["Every cell that has been run lies inside its interval."]


def _line(judged, cell):
    name = layout.line_name(judged, cell)
    where = f"task {name}" if cell.row in judged.paper.names else name
    return (f"- {where}, {cell.status}: published {cell.printed}, ours {layout.ours(cell)}, "
            f"interval {layout.interval(cell)}: {judged.texts[cell.column, cell.row]}.")
