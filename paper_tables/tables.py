"""Builds every generated file from the committed records, then writes them, all or none."""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from paper_tables import (
    ablations_10k,
    ask_page,
    attention,
    baseline_variants,
    catalogue,
    claims,
    deviation_parts,
    deviations,
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
from paper_tables.judge import judge
from paper_tables.records import gaps, read_table
from tasks.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def build(root=ROOT):
    """Every generated file from results/reference alone: ({path: text}, remarks).

    Reads nothing that a user's run writes. remarks: lines for people, such as
    records that are missing from a column that has been begun.
    """
    root = Path(root)
    reference, here = root / "results" / "reference", root / "paper_tables"
    named, remarks, judged = {}, [], []
    for table in catalogue.TABLES:
        for folder in folders(reference, table.script):
            item, said = judged_with_reasons(table, folder)
            judged.append(item)
            remarks += said
            named |= pages.build(item)
    own = [item for item in judged if item.folder.name == item.table.script]
    babi, world = ([item for item in own if item.table in group]
                   for group in (catalogue.BABI, catalogue.SIMULATED_WORLD))
    named |= (scale.build(reference) | reading.build() | pages.mismatches(own)
              | claims.build(own, reference) | picture.build([babi, world]) | others(reference))
    worded = worded_pages(reference)
    named |= sections.files(worded)
    more, said = simulators_page.build(root)
    files = {here / name: text for name, text in named.items()} | more
    asked, lacking = ask_page.build(root)
    files |= asked
    files[here / "report.html"] = report.build(
        judged, attention.read(reference / attention.SCRIPT), bool(asked),
        {name: section for name, (section, *_) in worded.items()}, root)
    states = {language_model.SCRIPT: language_model.states(reference),
              **large_scale_qa.states(reference)}
    parts = {"reproduced": readme.reproduced(own, named, states),
             "headline": readme.headline(own[0]),
             "solved": readme.solved(world, world_variants.readings(reference))}
    files |= _filled(root / "README.md", parts)
    if (root / "replication").is_dir():
        files |= _filled(root / "replication" / "DEVIATIONS.md", deviation_parts.build(reference))
    return files | manifest.build(root, files), remarks + said + lacking


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
    found = read_table(folder, paper.columns, paper.rows, source)
    if own:
        table, found = _with_stand_ins(table, folder, found)
    return judge(table, folder, paper, found, substitute=not own)


def _with_stand_ins(table, folder, found):
    """The table and its records with a row of other data in the place of one that has none.

    The whole row, or nothing: its cells are then all of the same other data. Joint columns are
    left out, since all of their cells come from a model that learnt from it.
    """
    if not table.stand_in:
        return table, found
    row, mark = table.stand_in
    columns = [column for column in found if not table.joint(column)]
    beside = read_table(folder.with_name(f"{folder.name}@{mark}"), columns, [row])
    if not any(beside.values()) or any(row in found[column] for column in columns):
        return table, found
    found = {column: records | beside.get(column, {}) for column, records in found.items()}
    return replace(table, other_data=table.other_data | {row}), found


def judged_with_reasons(table, folder):
    """The same with its reasons, and lines for people."""
    judged = judged_table(table, folder)
    own, rows = folder.name == table.script, (*judged.paper.rows, *judged.paper.summary)
    given = reasons.read(table.script, rows=rows) if own else {}
    remarks = gaps(folder, judged.found, judged.paper.rows)
    remarks += [f"{reasons.FILE.name}: {column}, {row} has a reason and needs none"
                for column, row in reasons.idle(judged, given)]
    return replace(judged, texts=reasons.explain(judged, given)), remarks


def others(folder):
    """Pages of a results folder that are not of a published table: {file name: text}."""
    small = attention.read(folder / attention.SCRIPT)
    large = sorted(folder.glob(f"{attention.SCRIPT}@{attention.AT_10K}*/"))
    at_10k = {name: text for place in large for name, text in attention.build(place, small).items()}
    return {**at_10k, **ablations_10k.build(folder), **deviations.build(folder),
            **baseline_variants.build(folder), **world_pages.build(folder),
            **world_variants.build(folder), **attention.build(folder / attention.SCRIPT)}


def worded_pages(folder):
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


def folders(results, script):
    """The folder of a table's records, and after it those of other data (script@simulated)."""
    return [results / script, *sorted(results.glob(f"{script}@*/"))]


def say(lines):
    for line in lines:
        print(line, file=sys.stderr)
