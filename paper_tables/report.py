"""The report: every table as one self-contained page, each number beside the record behind it.

The page needs no network and no script, and is a pure function of the records
in results/reference, the published figures and the reasons. Its look is in report_template.html.
"""

import io
import json
import os
from collections import Counter
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from paper_tables import drawings, layout, readme
from paper_tables.cells import OUTSIDE, STATUSES
from paper_tables.records import slug
from paper_tables.report_parts import attention_section, environment_section, table
from tasks.errors import UserError

TEMPLATE = Path(__file__).with_name("report_template.html")
HEADER = ("task", "published", "ours", "status", "interval", "median", "range", "n")

INTRODUCTION = """\
<p>Every number on this page is from a record in <code>results/reference</code>, or is a figure
printed in a paper. Errors are in %. <b>ours</b>: of seeds 0 to 9, the restart with the lowest
training error; of MemNN and LSTM the mean over seeds. <b>interval</b>: where the published figure
should lie 95 times in 100 if the authors' code and ours draw from the same distribution.
<b>median</b>, <b>range</b> and <b>restarts</b>: over all n restarts, selected or not. Tasks marked
* have other test questions than the paper's. How a cell is judged:
<a href="../README.md">README.md</a>.</p>
<p>Statuses: <span class="status match">match</span>, the published figure lies in the interval;
<span class="status better">better</span> and <span class="status worse">worse</span>, our error is
lower or higher than it would have to be; <span class="status partial">partial</span>, too few
restarts or a shorter run; <span class="status not-run">not run</span>. A cell of the tables at one
glance leads to its line, and each line opens to its record, protocol, command and learning
curves.</p>"""
STRIP_KEY = """\
<p class="key"><b>restarts</b>: a dot each, by test error, on a square-root scale from 0 to 100%, a
diverged one at 100; the band is the interval, the vertical line the published figure, the diamond
ours. Learning curves: median (line) and range (area) of all restarts, of the error met while
training and of the validation error, by epoch; linear start comes first.</p>"""


def build(judged, attention, root):
    """The page as text.

    judged     [cells.Judged], in the order of the papers
    attention  {task: record} of paper_tables.attention
    root       links are written from root/paper_tables
    """
    here, contents = Path(root) / "paper_tables", {}
    sections = ['<section id="headline"><h2>What matches</h2>'] + [
        _headline(item) for item in judged if item.folder.name == item.table.script]
    sections.append("</section>")
    for item in judged:
        sections.append(_table(item, here, contents))
    sections.append(_mismatches(judged))
    sections += [attention_section(attention, here), environment_section(contents)]
    titles = [(slug(item.folder.name), _title(item)) for item in judged]
    links = [*titles, ("mismatches", "What does not match, and why"),
             *([("attention", "Attention of each hop")] if attention else []),
             ("environment", "Environment and provenance")]
    body = ["<h1>Memory Networks and End-To-End Memory Networks, reproduced: the evidence</h1>",
            "<nav><ul>" + "".join(f'<li><a href="#{key}">{escape(title)}</a></li>'
                                  for key, title in links) + "</ul></nav>",
            INTRODUCTION, *(section for section in sections if section)]
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(body="\n".join(body))


def _title(item):
    other = "" if item.folder.name == item.table.script else f", {item.folder.name}"
    return item.table.title + other


def _headline(item):
    """The counts and means of README, as they stand there."""
    header, lines, sentence = readme.headline_parts(item.table, item.cells, item.paper.columns,
                                                    item.paper.names)
    return (table(header, [[_status(text) if text in STATUSES else escape(text)
                            for text in line] for line in lines], "headline")
            + f"<p>{escape(item.table.title)}. {escape(sentence).replace('**', '')}</p>")


def _table(item, here, contents):
    """One table: at one glance, then every column that has been run, a line a cell."""
    rows, names = layout.rows_of(item.paper.names), item.paper.names
    run = [column for column in item.paper.columns
           if any(item.cells[column, row].n for row in rows)]
    glance = [[escape(layout.row_name(row, names, item.table.other_questions))]
              + [_glance(item, column, row) for column in item.paper.columns] for row in rows]
    parts = [f'<section id="{slug(item.folder.name)}"><h2>{escape(_title(item))}</h2>']
    if item.folder.name != item.table.script:
        parts.append(f"<p>Made from other data than the paper's ({escape(item.folder.name)}): "
                     "nothing is compared.</p>")
    counts = Counter(cell.status for (_, row), cell in item.cells.items() if row in names)
    parts.append("<p>Cells with a task: " + ", ".join(
        f'<span class="status {slug(status)}">{counts[status]} {status}</span>'
        for status in STATUSES if counts[status]) + ".</p>")
    parts += ["<h3>At one glance: published / ours, status</h3>",
              table(["task", *map(escape, item.paper.columns)], glance, "glance"), STRIP_KEY]
    for column in run:
        lines = [_line(item, column, row, here, contents) for row in rows]
        heads = "".join(f'<th scope="col">{name}</th>' for name in HEADER)
        parts.append(
            f'<h3 id="{_key(item, column)}">{escape(column)}</h3><div class="wide" tabindex="0">'
            f'<table class="judged"><thead><tr>{heads}<th scope="col">restarts'
            f"{drawings.strip_axis()}</th></tr></thead><tbody>"
            + "".join(lines) + "</tbody></table></div>")
    return "\n".join([*parts, "</section>"])


def _key(item, *parts):
    return "-".join(slug(str(part)) for part in (item.folder.name, *parts))


def _status(status):
    return f'<span class="status {slug(status)}">{status}</span>'


def _glance(item, column, row):
    cell = item.cells[column, row]
    text = f"{layout.figure(cell.published)} / "
    if cell.n is None:
        return text + _status(cell.status)
    return (f'<a href="#{_key(item, column, row)}">{text}{layout.figure(cell.ours)}</a> '
            f"{_status(cell.status)}")


def _line(item, column, row, here, contents):
    """The lines of one cell: its figures, and below them what opens."""
    cell, record = item.cells[column, row], item.found[column].get(row)
    name = escape(layout.row_name(row, item.paper.names, item.table.other_questions))
    strip = "" if record is None else drawings.strip(cell, record.test_error.tolist())
    shown = dict(zip(layout.DETAILS, layout.details(cell))) | {"status": _status(cell.status)}
    tds = "".join(f'<td class="of-{kind}">{shown[kind]}</td>' for kind in HEADER[1:])
    source = "" if record is None else f' data-record="{_link(record.path, here)}"'
    lines = (f'<tr class="cell" id="{_key(item, column, row)}"{source}>'
             f'<th scope="row">{name}</th>{tds}<td>{strip}</td>'
             f'<td class="judgement">{_status(cell.status)}</td></tr>')
    return lines + ('<tr><td class="detail" colspan="9">'
                    + _detail(item, column, row, record, here, contents) + "</td></tr>")


def _detail(item, column, row, record, here, contents):
    reason = item.texts.get((column, row))
    why = f"<p>{escape(reason)}.</p>" if reason else ""
    if record is None:
        return why
    content = json.loads(record.path.read_text(encoding="utf-8"))
    contents[record.path] = content
    seeds = [restart["seed"] for restart in content["restarts"]]
    command = (f"python -m replication.{item.table.script} --columns "
               f'"{column.removeprefix("MemN2N ")}" --tasks {row} --restarts {len(seeds)}'
               + (f" --seed {seeds[0]}" if seeds[0] else "") + _data_flag(item)
               + " --results results/local")
    protocol = ", ".join(f"{key} {value}" for key, value in content["protocol"].items())
    chosen = ("none" if content["selected"] is None
              else f"seed {seeds[content['selected']]}")
    checkpoint = content["checkpoint"]
    stored = ("none" if checkpoint is None else
              _anchor(record.path.with_name(checkpoint["file"]), here))
    facts = [("record", _anchor(record.path, here)), ("checkpoint", stored),
             ("selected", f"{chosen}, by {escape(content['selection'])}"),
             ("protocol", escape(protocol)), ("command", f"<code>{escape(command)}</code>")]
    shown = "".join(f"<dt>{key}</dt><dd>{text}</dd>" for key, text in facts)
    curves = _curves(record.path.with_name(content["curves"]), seeds)
    return (f"{why}<details><summary>record, protocol, command, curves</summary>"
            f"<dl>{shown}</dl>{curves}</details>")


def _data_flag(item):
    """The flag that asks for a folder's data: nothing for the official English files."""
    mark = item.folder.name.partition("@")[2]
    return {"": "", "simulated": " --source simulated"}.get(mark, f" --folder {mark}")


def _curves(path, seeds):
    """Learning curves of all restarts of one record, from its .npz; the baselines have others."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            if not {"train_error", "valid_error"} <= set(stored.files):
                return ""
            index = {int(seed): i for i, seed in enumerate(stored["seed"])}
            rows = [index[seed] for seed in seeds]
            train, valid = (drawings.spread(stored[name][rows])
                            for name in ("train_error", "valid_error"))
    except FileNotFoundError:
        return ""
    except Exception as error:  # a damaged zip file fails in many ways
        raise UserError(f"{path}: not the curves of its record ({type(error).__name__}); restore "
                        "the file with git, or run the cell again") from None
    return (f'{drawings.curves(train, valid)}<p class="key">After the last of {train.shape[1]} '
            f'epochs, median of restarts: <b class="train-end">{train[1, -1]:.1f}</b>% while '
            f'training (blue), <b class="valid-end">{valid[1, -1]:.1f}</b>% in validation '
            "(orange).</p>")


def _mismatches(judged):
    parts = ['<section id="mismatches"><h2>What does not match, and why</h2>']
    for item in judged:
        outside = [cell for cell in item.cells.values() if cell.status in OUTSIDE]
        lines = [[f'<a href="#{_key(item, cell.column, cell.row)}">'
                  f"{escape(cell.column)}, "
                  f"{escape(layout.row_name(cell.row, item.paper.names))}</a>",
                  layout.figure(cell.published), layout.figure(cell.ours), layout.interval(cell),
                  _status(cell.status), escape(item.texts[cell.column, cell.row])]
                 for cell in outside]
        parts.append(f"<h3>{escape(_title(item))}</h3>")
        if lines:
            parts.append(table(["cell", "published", "ours", "interval", "status", "why"], lines,
                               "mismatches", text_columns=(5,)))
        else:
            run = any(cell.n is not None for cell in item.cells.values())
            parts.append("<p>" + ("No cell with enough restarts lies outside its interval."
                                  if run else "No cell has been run yet.") + "</p>")
    parts.append('<p>Choices that the papers leave open, with their measured effects: '
                 '<a href="../replication/DEVIATIONS.md">replication/DEVIATIONS.md</a>.</p>')
    return "\n".join([*parts, "</section>"])


def _link(path, here):
    return Path(os.path.relpath(path, here)).as_posix()


def _anchor(path, here):
    link = _link(path, here)
    return f'<a href="{escape(link)}"><code>{escape(link.removeprefix("../"))}</code></a>'
