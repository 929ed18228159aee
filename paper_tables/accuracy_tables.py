"""Builds Tables 3 to 6 of Memory Networks and the pages beside them: texts from records."""

from dataclasses import dataclass, field

from paper_tables import accuracy_layout, layout, published, reasons, world_pages, world_variants
from paper_tables.accuracies import AccuracyTable, explain, idle, judge
from paper_tables.accuracy_records import path_of, read_rows
from paper_tables.cells import Judged

TABLES = (
    AccuracyTable("memnn_table3_simulated_world", "Table 3 (word sequences)",
                  solves=("MemNN k=2 (+time)",)),
    AccuracyTable("memnn_table4_learning_curve", "Table 4 (fewer training questions)",
                  solves=("3000",)),
    AccuracyTable("memnn_table5_sentence_level", "Table 5 (statements apart)",
                  solves=("MemNN k=2 (+time)",)),
    AccuracyTable("memnn_table6_sentence_answers", "Table 6 (answers in sentences)"),
)

HOW_TO_READ = """\
Test accuracies in %. *ours*: the mean over the seeds, each with a world, test questions, weights
and an order of its own; *lowest* and *highest* among them. The paper gives one run a cell.
*interval*: where one more run should lie 95 times in 100 if the authors' world and code and ours
draw from the same distribution: the prediction interval by Student's t, whose variance is that over
the seeds and at least that of sampling 3,000 test questions; and the rounding of the printed
figure, half a percent where it has no decimals. *status*: `match` is inside the interval;
`better` and `worse` say that our accuracy is higher or lower than it would have to be; `partial`
lacks some of seeds 0 to 9, or asked fewer questions than the paper, or has a diverged run,
which counts as 0. The authors' world was not released, and ours is a reconstruction from their
text: what that leaves open is listed in replication/DEVIATIONS.md."""

MEASURED = """\
Means over the seeds, in %. *segments right*: memories that hold exactly one statement, where a
segmenter cuts the stream. *first hop*: questions whose first support is found; *second hop given
the first*: whose second is found when the true first one is given; *R given true supports*:
answered right when both are given. *where ...*: the accuracy over each kind of question. *always
the room named last*: that of a rule which reads no question, on the same test questions. *room
right*: the written sentence names the right room and no other; *each word the most probable*: no
word is drawn; *another question's answer*: each question is given the true sentence of another."""

LOCAL = """\
Accuracies, this run: the mean over its seeds. as reference: whether it lies in the reference's
interval, where one more run should lie 95 times in 100 (yes, no, or – where the reference has
none). status: this run's own comparison with the published figure, by an interval of its own
seeds."""


@dataclass
class Built:
    """files {name: text}, shown: texts for the terminal, remarks: lines for people.

    judged: [Judged], one a table; headline: README's part.
    """
    files: dict = field(default_factory=dict)
    shown: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    judged: list = field(default_factory=list)
    headline: str = ""


def build(reference, root):
    """The tables of the committed records, and README's part."""
    made = Built()
    for table in TABLES:
        paper = published.by_row(table.script)
        folder = reference / table.script
        cells, found, remarks = _judged(table, paper, folder)
        given = reasons.read(table.script, rows=paper.rows)
        made.remarks += remarks + [
            f"{reasons.FILE.name}: {column}, {row} has a reason and needs none"
            for column, row in given
            if (column, row) not in cells
            or cells[column, row].ours is not None and idle(table, cells[column, row])]
        texts = explain(table, cells, given)
        made.files |= _files(table, paper, cells, texts)
        made.judged.append(Judged(table, folder, paper, cells, found, texts))
    made.headline = accuracy_layout.headline(made.judged)
    made.files |= world_pages.build(reference) | world_variants.build(reference)
    return made


def build_local(results, reference, root):
    """A user's run beside the reference; empty where it holds none of these tables."""
    made = Built()
    for table in TABLES:
        paper = published.by_row(table.script)
        if not (results / table.script).is_dir():
            continue
        mine, _, remarks = _judged(table, paper, results / table.script)
        theirs, _, _ = _judged(table, paper, reference / table.script)
        made.remarks += remarks
        header, lines = _beside(paper, mine, theirs)
        title = f"Memory Networks, {table.title}"
        made.files[f"{table.script}.md"] = "\n\n".join(
            [f"# {title}", LOCAL, layout.as_markdown(header, lines)]) + "\n"
        made.files[f"{table.script}.csv"] = layout.as_csv(header, lines)
        made.shown.append(f"{title}\n{layout.as_text(header, lines)}")
    if made.shown:
        made.shown.append(LOCAL)
    pages = world_pages.build(results) | world_variants.build(results)
    made.files |= pages
    made.shown += [text for name, text in pages.items() if name.endswith(".md")]
    return made


def _judged(table, paper, folder):
    """The cells of the records in one folder, the records, and what is to be said of these."""
    records = read_rows(folder, paper.rows, paper.columns)
    lacking = [path_of(folder, column, row) for column in paper.columns for row in paper.rows
               if row not in records[column]]
    remarks = []
    if any(records.values()) and lacking:
        more = f" (and {len(lacking) - 1} more of its table)" if len(lacking) > 1 else ""
        remarks.append(f"{lacking[0]}: no such record{more}; run the experiment again, until then "
                       "the table says not run")
    return judge(table, records), records, remarks


def _files(table, paper, cells, texts):
    """The files of one table: {file name: text}."""
    title, script = f"Memory Networks, {table.title}", table.script
    glance = accuracy_layout.glance(paper, cells)
    run = [row for row in paper.rows if any(cells[column, row].n for column in paper.columns)]
    full = {row: accuracy_layout.row_table(paper, cells, row) for row in run}
    page = [f"# {title}", HOW_TO_READ, "## At one glance", "published / ours, status",
            layout.as_markdown(*glance)]
    for row, lines in full.items():
        page += [f"## {accuracy_layout.row_name(paper, row)}", layout.as_markdown(*lines)]
    if texts:
        page += ["## Why cells differ",
                 "Every cell further than 5 points from the published figure, every one below 99% "
                 "in the row that solves the world, and others whose cause is known.",
                 "\n".join(f"- {accuracy_layout.row_name(paper, row)}, {column}: {text}"
                           for (column, row), text in texts.items())]
    latex = [layout.as_latex(*part, f"{title}: published / ours, status")
             for part in layout.narrow(glance, 3)]
    latex += [layout.as_latex(*lines, f"{title}: {accuracy_layout.row_name(paper, row)}")
              for row, lines in full.items()]
    files = {f"{script}.md": "\n\n".join(page) + "\n",
             f"{script}.tex": "\n".join(["% needs \\usepackage{booktabs}", *latex]),
             f"{script}.csv": layout.as_csv(*accuracy_layout.tidy(paper, cells, texts))}
    measured = accuracy_layout.measured_table(cells)
    if measured[1]:
        about = f"{title}: where answers go wrong"
        files |= {
            f"{script}_parts.md": "\n\n".join([f"# {about}", MEASURED,
                                               layout.as_markdown(*measured)]) + "\n",
            f"{script}_parts.tex": "\n".join(
                ["% needs \\usepackage{booktabs}",
                 *(layout.as_latex(*part, about) for part in layout.narrow(measured, 5))]),
            f"{script}_parts.csv": layout.as_csv(*accuracy_layout.tidy_measured(paper, cells))}
    return files


def _beside(paper, mine, theirs):
    """Published, reference and this run of every cell that was run: header and lines."""
    lines = []
    for key, cell in mine.items():
        if cell.n is None:
            continue
        reference, inside = theirs[key], layout.NONE
        if reference.interval is not None and cell.ours is not None:
            inside = "yes" if reference.interval.holds(cell.ours) else "no"
        lines.append([accuracy_layout.row_name(paper, cell.row), cell.column, cell.printed,
                      layout.figure(reference.ours, cell.decimals), layout.interval(reference),
                      layout.figure(cell.ours, cell.decimals), str(cell.n), inside, cell.status])
    return [paper.heading, "column", "published", "reference", "reference interval", "this run",
            "n", "as reference", "status"], lines
