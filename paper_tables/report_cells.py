"""Pieces of the report page that tables of errors and of accuracies share: a cell and its lines.

Texts that are given are plain where a function says so, and HTML otherwise.
"""

import json
import os
from collections import Counter
from html import escape
from pathlib import Path

from paper_tables import drawings, layout
from paper_tables.cells import STATUSES
from paper_tables.records import slug
from paper_tables.report_parts import table
from replication.records import provenance

MISMATCH = ("cell", "published", "ours", "interval", "status", "why")


def key(item, *parts):
    """The id of a part of a table's section: of its folder, a column and a row."""
    return "-".join(slug(str(part)) for part in (item.folder.name, *parts))


def heading(item, title):
    """A section's start with its plain title; </section> is to follow."""
    return f'<section id="{key(item)}"><h2>{escape(title)}</h2>'


def status(name):
    return f'<span class="status {slug(name)}">{name}</span>'


def count(cells, what):
    """How many of these cells have each status."""
    counts = Counter(cell.status for cell in cells)
    return f"<p>{what}: " + ", ".join(
        f'<span class="status {slug(name)}">{counts[name]} {name}</span>'
        for name in STATUSES if counts[name]) + ".</p>"


def glance(item, cell, published, ours):
    """A cell at one glance: both figures, plain, lead to its line."""
    if cell.n is None:
        return f"{published} / {status(cell.status)}"
    return (f'<a href="#{key(item, cell.column, cell.row)}">{published} / {ours}</a> '
            f"{status(cell.status)}")


def cell_table(kind, header, scale, lines):
    """A table of cells, a strip being the last of its columns; lines: see cell_lines."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in header)
    return (f'<div class="wide" tabindex="0"><table class="{kind}"><thead><tr>{heads}'
            f'<th scope="col">{scale.runs}{drawings.strip_axis(scale)}</th></tr></thead><tbody>'
            + "".join(lines) + "</tbody></table></div>")


def cell_lines(item, cell, name, figures, strip, below, here):
    """The lines of one cell: its figures and its strip, and below them what opens.

    name     plain, of the line
    figures  {kind: text} with a "status", in the order of the table's header
    """
    record = item.found[cell.column].get(cell.row)
    source = "" if record is None else f' data-record="{link(record.path, here)}"'
    shown = figures | {"status": status(cell.status)}
    tds = "".join(f'<td class="of-{kind}">{text}</td>' for kind, text in shown.items())
    return (f'<tr class="cell" id="{key(item, cell.column, cell.row)}"{source}>'
            f'<th scope="row">{escape(name)}</th>{tds}<td>{strip}</td></tr>'
            f'<tr><td class="detail" colspan="{len(shown) + 2}">{below}</td></tr>')


def why(item, cell):
    """The reason of a cell, where it has one."""
    reason = item.texts.get((cell.column, cell.row))
    return f"<p>{escape(reason)}.</p>" if reason else ""


def content_of(record, contents):
    """A record as its file has it; remembered in contents, {path: record}."""
    contents[record.path] = json.loads(record.path.read_text(encoding="utf-8"))
    return contents[record.path]


def opening(summary, facts, more=""):
    """What a reader opens: facts [(name, text)], and what stands under them."""
    shown = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts)
    return f"<details><summary>{summary}</summary><dl>{shown}</dl>{more}</details>"


def command(script, column, content, cells="", data=""):
    """The command that runs a record's column again, plain.

    content: the record. cells, data: flags that choose cells of the column, and the data.
    """
    seeds = [restart["seed"] for restart in content["restarts"]]
    return (f'python -m {provenance.module_of(script)} --columns "{column}"{cells} --restarts {len(seeds)}'
            + (f" --seed {seeds[0]}" if seeds[0] else "") + data + " --results results/local")


def settings(protocol):
    """A protocol as plain text, protocols within it in brackets."""
    return ", ".join(f"{name} ({settings(value)})" if isinstance(value, dict)
                     else f"{name} {value}" for name, value in protocol.items())


def mismatches(item, title, cells, line):
    """Cells with figures and reason, each leading to its line.

    title   plain, of the table
    cells   those to be shown
    line    cell -> (its name, published, ours), plain
    """
    lines = []
    for cell in cells:
        name, published, ours = line(cell)
        lines.append([f'<a href="#{key(item, cell.column, cell.row)}">{escape(name)}</a>',
                      published, ours, layout.interval(cell), status(cell.status),
                      escape(item.texts.get((cell.column, cell.row), layout.NONE))])
    if lines:
        shown = table(MISMATCH, lines, "mismatches", text_columns=(5,))
    elif any(cell.n is not None for cell in item.cells.values()):
        shown = "<p>No cell with enough restarts lies outside its interval.</p>"
    else:
        shown = "<p>No cell has been run yet.</p>"
    return f"<h3>{escape(title)}</h3>{shown}"


def link(path, here):
    return escape(Path(os.path.relpath(path, here)).as_posix())


def anchor(path, here):
    where = link(path, here)
    return f'<a href="{where}"><code>{where.removeprefix("../")}</code></a>'
