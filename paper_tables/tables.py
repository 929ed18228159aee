"""Builds every generated file from the committed records, then writes them, all or none."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from paper_tables import (
    ask_page,
    attention,
    babi_variants,
    catalogue,
    claims,
    deviation_parts,
    language_model,
    large_scale_qa,
    manifest,
    pages,
    picture,
    published,
    readme,
    reading,
    reasons,
    report,
    scale,
    sections,
    simulators_page,
    world_pages,
    world_variants,
)
from paper_tables.catalogue import IN_PART
from paper_tables.judge import judge
from paper_tables.records import folders, gaps, read_table
from tasks.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def build(root=ROOT):
    """Every generated file from results/reference alone: ({path: text}, remarks).

    Reads nothing that a user's run writes. remarks: lines for people, such as
    records that are missing from a column that has been begun.
    """
    root = Path(root)
    reference, place = root / "results" / "reference", root / "paper_tables"
    judged, remarks = [], []
    for table in catalogue.TABLES:
        for folder in folders(reference, table.script):
            item, lines = judged_with_reasons(table, folder)
            if item.own or any(item.records.values()):
                judged.append(item)
            remarks += lines
    own = [item for item in judged if item.own]
    babi, world = ([item for item in own if item.table in group]
                   for group in (catalogue.BABI, catalogue.SIMULATED_WORLD))
    in_report = reported_pages(reference)
    simulators, lines = simulators_page.build(
        reference, reasons.read(simulators_page.EXPERIMENT))
    named = others(reference) | sections.files(in_report | simulators)
    for item in judged:
        named |= pages.build(item)
    named |= (scale.build(reference) | reading.build() | pages.mismatches(own)
              | claims.build(own, reference) | picture.build([babi, world]))
    answers, lacking = ask_page.build(root)
    files = {place / name: text for name, text in named.items()} | answers
    files[place / "report.html"] = report.build(
        judged, attention.read(reference / attention.SCRIPT), bool(answers),
        {name: section for name, (section, *_) in in_report.items()}, root)
    states = {language_model.SCRIPT: language_model.states(reference),
              **large_scale_qa.states(reference)}
    files |= _filled(root / "README.md", {
        "reproduced": readme.reproduced(own, named, states), "headline": readme.headline(own[0]),
        "solved": readme.solved(world, world_variants.readings(reference))})
    if (root / "replication").is_dir():
        files |= _filled(root / "replication" / "DEVIATIONS.md", deviation_parts.build(reference))
    return files | manifest.build(root, files), remarks + lines + lacking


def _filled(path, parts):
    try:
        return {path: readme.fill(path.read_text(encoding="utf-8"), parts, path)}
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None


def strays(root, files):
    """Files that look generated and are not: those of paper_tables that no record makes."""
    return [path for path in sorted((Path(root) / "paper_tables").iterdir())
            if path.suffix in (".md", ".tex", ".csv", ".html", ".svg")
            and path not in files and path.name != reasons.FILE.name]


def judged_table(table, folder):
    """A table from the records of one folder: Judged, without reasons."""
    paper, own = published.read(table.script), folder.name == table.script
    # Worlds of the first paper are simulated and its own; of bAbI only the official files are.
    source = "official" if own and paper.names else None
    records = read_table(folder, paper.columns, paper.rows, source)
    if own and table.stand_in:
        table, records = _with_stand_ins(table, folder, records)
    elif table.stand_in and folder.name.endswith(f"@{table.stand_in[1]}"):
        # Of the other columns the one row stands in the table itself.
        paper = replace(paper, columns=tuple(filter(table.joint, paper.columns)))
        records = {column: records[column] for column in paper.columns}
        table = replace(table, title=table.title.replace(" (", ", joint columns (", 1))
    elif folder.name.endswith(f"@{IN_PART}"):
        paper = replace(paper, columns=tuple(filter(records.get, paper.columns)))
        table = replace(table, title=table.title.replace(" (", ", task 3 in part (", 1))
    return judge(table, folder, paper, records, substitute=not own)


def _with_stand_ins(table, folder, records):
    """The table and its records with a row of other data in the place of one that has none.

    The whole row, or nothing: its cells are then all of the same other data. Joint columns are
    left out, since all of their cells come from a model that learnt from it.
    """
    row, mark = table.stand_in
    columns = [column for column in records if not table.joint(column)]
    beside = read_table(folder.with_name(f"{folder.name}@{mark}"), columns, [row])
    if not any(beside.values()) or any(row in records[column] for column in columns):
        return table, records
    return (replace(table, other_data=table.other_data | {row}),
            {column: rows | beside.get(column, {}) for column, rows in records.items()})


def judged_with_reasons(table, folder):
    """The same with its reasons, and lines for people."""
    judged = judged_table(table, folder)
    rows = (*judged.paper.rows, *judged.paper.summary)
    texts = reasons.read(table.script, rows=rows) if judged.own else {}
    remarks = gaps(folder, judged.records, judged.paper.rows)
    remarks += map(reasons.idle_line, reasons.idle(judged, texts))
    return replace(judged, texts=reasons.explain(judged, texts)), remarks


def others(folder):
    """Pages of a results folder that are of no published table: {file name: text}."""
    return sections.files(babi_variants.pages(folder) | world_pages.pages(folder)
                          | world_variants.pages(folder) | attention.pages(folder))


def reported_pages(folder):
    """Pages that stand in the report too, as of sections.files."""
    return language_model.pages(folder) | large_scale_qa.pages(folder)


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
