"""Builds the tables: texts of files from records, then the files, all or none."""

import os
import sys
import tempfile
from pathlib import Path

from paper_tables import (
    accuracy_tables,
    ask_page,
    attention,
    baseline_variants,
    deviations,
    layout,
    published,
    readme,
    reasons,
    report,
    simulators_page,
)
from paper_tables.cells import Judged, TaskTable, judge
from paper_tables.records import gaps, read_table
from tasks.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
TASK_TABLES = (
    TaskTable("memn2n_table1_babi_1k", "MemN2N, Table 1 (bAbI, 1k training questions a task)"),
    TaskTable("memnn_babi_tasks", "MemNN of 2014, Table 3 of arXiv:1502.05698 (bAbI, 1k)"),
)

HOW_TO_READ = """\
Errors are test errors in %. *ours*: of seeds 0 to 9, the restart with the lowest training error;
of MemNN and LSTM the mean over seeds. *interval*: where the published figure should lie 95 times
in 100 if the authors' code and ours draw from the same distribution. *median* and *range*: over
all n restarts. *status*: `match` is
inside the interval; `better` and `worse` say that our error is lower or higher than it would have
to be; `partial` has too few restarts. Tasks marked * have other test questions than the paper's
(release v1.2 of the tasks, where the paper used v1.1): there the interval allows for the published
run's own 1,000 questions."""

TIES = """\
The paper picks the restart with the lowest training error and names no tie-break. Mean test error
of the picked restart over the draws of 10, by how ties are broken; the last column is how many of
the 10 share the lowest training error."""

OTHER_DATA = """\
These records were made from other data than the paper's ({folder}), so that nothing is compared:
published figures stand beside ours for orientation only."""


def build(root=ROOT):
    """Every generated file from results/reference alone: ({path: text}, remarks).

    Reads nothing that a user's run writes. remarks: lines for people, such as
    records that are missing from a column that has been begun.
    """
    root = Path(root)
    files, parts, remarks, judged, headlines, mismatches = {}, {}, [], [], [], []
    for table in TASK_TABLES:
        paper = published.by_task(table.script)
        for folder in folders(root / "results" / "reference", table.script):
            cells, found = _judged(table, folder, paper)
            remarks += gaps(folder, found, paper.names)
            given = reasons.read(table.script) if folder.name == table.script else {}
            remarks += [f"{reasons.FILE.name}: {column}, task {row} has a reason and needs none"
                        for column, row in reasons.idle(cells, given)]
            texts = reasons.explain(cells, given)
            judged.append(Judged(table, folder, paper, cells, found, texts))
            for name, text in _files(table, folder.name, paper, cells, texts).items():
                files[root / "paper_tables" / name] = text
            if folder.name == table.script:
                headlines.append(readme.headline(table, cells, paper.columns, paper.names))
                mismatches.append(f"### {table.title}\n\n"
                                  + readme.mismatches(cells, texts, paper.names))
    parts["headline"], parts["mismatches"] = "\n\n".join(headlines), "\n\n".join(mismatches)
    reference = root / "results" / "reference"
    accuracies = accuracy_tables.build(reference, root)
    remarks += accuracies.remarks
    parts["memnn-headline"] = accuracies.headline
    for name, text in [*deviations.build(reference).items(),
                       *baseline_variants.build(reference).items(), *accuracies.files.items(),
                       *attention.build(reference / attention.SCRIPT).items()]:
        files[root / "paper_tables" / name] = text
    more, parts["simulated"], found = simulators_page.build(root)
    files, remarks = files | more, remarks + found
    files[root / "paper_tables" / "report.html"] = report.build(
        judged, accuracies.judged, attention.read(reference / attention.SCRIPT), root)
    files |= ask_page.build(root)
    path = root / "README.md"
    try:
        files[path] = readme.fill(path.read_text(encoding="utf-8"), parts, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None
    return files, remarks


def build_local(results, root=ROOT):
    """A user's run beside the reference: ({path: text}, text for the terminal, remarks).

    results: the folder of the run (results/local). UserError if it has no record.
    """
    results, root = Path(results), Path(root)
    files, shown, remarks = {}, [], []
    for table in TASK_TABLES:
        paper = published.by_task(table.script)
        for folder in folders(results, table.script):
            if not folder.is_dir():
                continue
            mine, _ = _judged(table, folder, paper)
            reference, _ = _judged(table, root / "results" / "reference" / folder.name, paper)
            run = [column for column in paper.columns
                   if any(mine[column, row].n for row in layout.rows_of(paper.names))]
            columns = {column: _beside(mine, reference, column, paper, table) for column in run}
            title = f"{table.title}, {folder.name}"
            files[results / "tables" / f"{folder.name}.md"] = "\n\n".join(
                [f"# {title}", LOCAL] + [f"## {column}\n\n{layout.as_markdown(*lines)}"
                                         for column, lines in columns.items()]) + "\n"
            files[results / "tables" / f"{folder.name}.csv"] = layout.as_csv(
                ["column", *next(iter(columns.values()))[0]] if columns else ["column"],
                [[column, *line] for column, lines in columns.items() for line in lines[1]])
            shown += [title] + [f"{column}\n{layout.as_text(*lines)}\n{_agreement(lines[1])}"
                                for column, lines in columns.items()]
    if shown:
        shown.append(LOCAL)
    more, text = simulators_page.build_local(results)
    files, shown = files | more, shown + text
    for folder in folders(results, attention.SCRIPT):
        for name, text in attention.build(folder).items():
            files[results / "tables" / name] = text
            shown += [f"{attention.TITLE}, {folder.name}: {results / 'tables' / name}"]
    for name, text in {**deviations.build(results), **baseline_variants.build(results)}.items():
        files[results / "tables" / name] = text
        if name.endswith(".md"):
            shown.append(text.strip())
    accuracies = accuracy_tables.build_local(results, root / "results" / "reference", root)
    files |= {results / "tables" / name: text for name, text in accuracies.files.items()}
    shown, remarks = shown + accuracies.shown, remarks + accuracies.remarks
    if not shown and any(results.glob("*/*/*.json")):
        shown.append("No table is complete yet.")
    if not shown:
        raise UserError(f"{results}: holds no records of a table; run an experiment first "
                        "(./run_all.sh), or name the folder of a run after --local")
    return files, "\n\n".join(shown), remarks


LOCAL = """\
this run: of seeds 0 to 9, the restart with the lowest training error. as reference: whether it lies
in the interval of the reference's restarts, which is where one more best-of-10 draw should lie 95
times in 100 (yes, no, or – where the reference has none). status: this run's own comparison with
the published figure, by an interval of its own restarts; a run of 10 restarts shows no spread of
best-of-10 draws, so that it has no such interval and its status is `partial`."""


def write(files):
    """Writes {path: text}: every text is there before the first file is replaced."""
    staged = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            staged.append((name, path))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
        for name, path in staged:
            os.replace(name, path)
    except OSError as error:
        raise UserError(f"{error.filename or path}: cannot be written ({error.strerror}); "
                        "check permissions and free space") from None
    finally:
        for name, _ in staged:
            Path(name).unlink(missing_ok=True)


def folders(results, script):
    """The folder of a table's records, and after it those of other data (script@simulated)."""
    return [results / script, *sorted(results.glob(f"{script}@*/"))]


def say(lines):
    for line in lines:
        print(line, file=sys.stderr)


def _judged(table, folder, paper):
    """The cells of the records in one folder, and the records."""
    own = folder.name == table.script
    records = read_table(folder, paper.columns, paper.names,
                         source="official" if own else None)
    return judge(table, records, substitute=not own), records


def _files(table, name, paper, cells, texts):
    """The files of one table: {file name: text}."""
    rows, marked = layout.rows_of(paper.names), table.other_questions
    run = [column for column in paper.columns if any(cells[column, row].n for row in rows)]
    tied = [column for column in run if any(cells[column, row].ties for row in rows)]
    intro = [f"# {table.title}"]
    if name != table.script:
        intro.append(OTHER_DATA.format(folder=name))
    glance = layout.glance(cells, paper.columns, rows, paper.names, marked)
    full = {column: layout.column_table(cells, column, rows, paper.names, marked) for column in run}
    ties = {column: layout.ties_table(cells, column, rows, paper.names, marked) for column in tied}
    page = intro + [HOW_TO_READ, "## At one glance", "published / ours, status",
                    layout.as_markdown(*glance)]
    for column, lines in full.items():
        page += [f"## {column}", layout.as_markdown(*lines)]
    notes = [f"- {column}, {layout.row_name(row, paper.names)}: {text}"
             for (column, row), text in texts.items()]
    if notes:
        page += ["## Cells outside their interval", "\n".join(notes)]
    short = [name.removeprefix("MemN2N ") for name in glance[0]], glance[1]
    latex = [layout.as_latex(*part, f"{table.title}: published / ours, status")
             for part in layout.narrow(short, 3)]
    latex += [layout.as_latex(*lines, f"{table.title}: {column}") for column, lines in full.items()]
    files = {
        f"{name}.md": "\n\n".join(page) + "\n",
        f"{name}.tex": "\n".join(["% needs \\usepackage{booktabs}", *latex]),
        f"{name}.csv": layout.as_csv(*layout.tidy(cells, paper.columns, rows, paper.names, texts))}
    if not tied:
        return files
    title = f"{table.title}: what the tie-break does"
    ties_page = [f"# {title}", TIES]
    for column, lines in ties.items():
        ties_page += [f"## {column}", layout.as_markdown(*lines)]
    ties_latex = [layout.as_latex(*lines, f"{title}, {column}") for column, lines in ties.items()]
    return files | {
        f"{name}_ties.md": "\n\n".join(ties_page) + "\n",
        f"{name}_ties.tex": "\n".join(["% needs \\usepackage{booktabs}", *ties_latex]),
        f"{name}_ties.csv": layout.as_csv(*layout.tidy_ties(cells, tied, rows, paper.names)),
    }


def _beside(mine, reference, column, paper, table):
    """Published, reference and this run of the cells of one column that were run."""
    lines = []
    for row in layout.rows_of(paper.names):
        if mine[column, row].n is None:
            continue
        cell, ours = reference[column, row], mine[column, row]
        inside = layout.NONE
        if cell.interval is not None and ours.ours is not None:
            inside = "yes" if cell.interval.holds(ours.ours) else "no"
        lines.append([layout.row_name(row, paper.names, table.other_questions),
                      layout.figure(cell.published), layout.figure(cell.ours),
                      layout.interval(cell, compared=False), layout.figure(ours.ours),
                      layout.NONE if ours.n is None else str(ours.n), inside, ours.status])
    return ["task", "published", "reference", "reference interval", "this run", "n",
            "as reference", "status"], lines


def _agreement(lines):
    inside = [line[6] for line in lines if line[6] != layout.NONE]
    if not inside:
        return "The reference has no figures to hold these against."
    return f"{inside.count('yes')} of {len(inside)} figures lie in the reference's interval."
