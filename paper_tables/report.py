"""The report: every table as one self-contained page, each number beside the record behind it.

The page needs no network and no script, and is a pure function of the records
in results/reference, the published figures and the reasons. Its look is in report_template.html.
"""

import io
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from paper_tables import drawings, layout, readme, report_accuracies
from paper_tables import report_cells as page
from paper_tables.judge import OUTSIDE, STATUSES
from paper_tables.report_parts import attention_section, environment_section, table
from tasks.errors import UserError

TEMPLATE = Path(__file__).with_name("report_template.html")
HEADER = ("task", "published", "ours", "status", "interval", "median", "range", "n")

INTRODUCTION = """\
<p>Every number on this page is from a record in <code>results/reference</code>, or is a figure
printed in a paper. Figures are test errors in %; those of the simulated world are test accuracies,
whose tables say how they are judged. <b>ours</b>: of seeds 0 to 9, the restart with the lowest
training error; of MemNN and LSTM the mean over seeds. <b>interval</b>: where the published figure
should lie 95 times in 100 if the authors' code and ours draw from the same distribution.
<b>median</b>, <b>range</b> and <b>restarts</b>: over all n restarts, selected or not. Tasks marked
* have other test questions than the paper's. How a cell is judged:
<a href="../README.md">README.md</a>.</p>
<p>Statuses: <span class="status match">match</span>, the published figure lies in the interval;
<span class="status better">better</span> and <span class="status worse">worse</span>, our error is
lower or higher, or our accuracy higher or lower, than it would have to be;
<span class="status partial">partial</span>, too few restarts or a shorter run;
<span class="status not-run">not run</span>. A cell of the tables at one glance leads to its line,
and each line opens to its record, protocol and command, and to learning curves where it is one of
the bAbI tasks.</p>"""
STRIP_KEY = """\
<p class="key"><b>restarts</b>: a dot each, by test error, on a square-root scale from 0 to 100%, a
diverged one at 100; the band is the interval, the vertical line the published figure, the diamond
ours. Learning curves: median (line) and range (area) of all restarts, of the error met while
training and of the validation error, by epoch; linear start comes first.</p>"""


def build(judged, accuracies, attention, root):
    """The page as text.

    judged     [cells.Judged] of errors by task, in the order of the papers
    accuracies [cells.Judged] of the simulated world
    attention  {task: record} of paper_tables.attention
    root       links are written from root/paper_tables
    """
    here, contents = Path(root) / "paper_tables", {}
    sections = ['<section id="headline"><h2>What matches</h2>'] + [
        _headline(item) for item in judged if item.folder.name == item.table.script]
    sections += [report_accuracies.headline(accuracies), "</section>"]
    sections += [_table(item, here, contents) for item in judged]
    sections += [report_accuracies.section(item, here, contents) for item in accuracies]
    sections.append(_mismatches(judged, accuracies))
    sections += [attention_section(attention, here), environment_section(contents)]
    titles = [(page.key(item), _title(item)) for item in judged]
    titles += [(page.key(item), report_accuracies.title(item)) for item in accuracies]
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
    header, lines, sentence = readme.headline_parts(item)
    return (table(header, [[page.status(text) if text in STATUSES else escape(text)
                            for text in line] for line in lines], "headline")
            + f"<p>{escape(item.table.title)}. {page.plain(sentence)}</p>")


def _table(item, here, contents):
    """One table: at one glance, then every column that has been run, a line a cell."""
    rows = (*item.paper.rows, *item.paper.summary)
    run = layout.run_series(item)
    lines = [[escape(layout.row_name(item, row))]
             + [_glance(item, column, row) for column in item.paper.columns] for row in rows]
    parts = [page.heading(item, _title(item))]
    if item.folder.name != item.table.script:
        parts.append(f"<p>Made from other data than the paper's ({escape(item.folder.name)}): "
                     "nothing is compared.</p>")
    parts.append(page.count(item.counted(),
                            "Cells with a task"))
    parts += ["<h3>At one glance: published / ours, status</h3>",
              table(["task", *map(escape, item.paper.columns)], lines, "glance"), STRIP_KEY]
    for column in run:
        lines = [_line(item, column, row, here, contents) for row in rows]
        parts.append(f'<h3 id="{page.key(item, column)}">{escape(column)}</h3>'
                     + page.cell_table("judged", HEADER, drawings.ERRORS, lines))
    return "\n".join([*parts, "</section>"])


def _glance(item, column, row):
    cell = item.cells[column, row]
    return page.glance(item, cell, cell.printed, layout.ours(cell))


def _line(item, column, row, here, contents):
    """The lines of one cell: its figures, and below them what opens."""
    cell, record = item.cells[column, row], item.found[column].get(row)
    name = layout.row_name(item, row)
    shown = dict(zip(layout.DETAILS, layout.details(cell)))
    strip = "" if record is None else drawings.strip(cell, record.figures.tolist())
    return page.cell_lines(item, cell, name, {kind: shown[kind] for kind in HEADER[1:]}, strip,
                           _detail(item, cell, record, here, contents), here)


def _detail(item, cell, record, here, contents):
    if record is None:
        return page.why(item, cell)
    content = page.content_of(record, contents)
    seeds = [restart["seed"] for restart in content["restarts"]]
    command = page.command(item.table.script, cell.column.removeprefix("MemN2N "), content,
                           f" --tasks {cell.row}", _data_flag(item))
    chosen = ("none" if content["selected"] is None
              else f"seed {seeds[content['selected']]}")
    checkpoint = content["checkpoint"]
    stored = ("none" if checkpoint is None else
              page.anchor(record.path.with_name(checkpoint["file"]), here))
    facts = [("record", page.anchor(record.path, here)), ("checkpoint", stored),
             ("selected", f"{chosen}, by {escape(content['selection'])}"),
             ("protocol", escape(page.settings(content["protocol"]))),
             ("command", f"<code>{escape(command)}</code>")]
    curves = _curves(record.path.with_name(content["curves"]), seeds)
    return page.why(item, cell) + page.opening("record, protocol, command, curves", facts, curves)


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


def _mismatches(judged, accuracies):
    parts = ['<section id="mismatches"><h2>What does not match, and why</h2>']
    for item in judged:
        parts.append(page.mismatches(
            item, _title(item), [cell for cell in item.cells.values() if cell.status in OUTSIDE],
            lambda cell, paper=item.paper: (f"{cell.column}, {paper.row_name(cell.row)}",
                                            cell.printed, layout.ours(cell))))
    parts.append(report_accuracies.mismatches(accuracies))
    parts.append('<p>Choices that the papers leave open, with their measured effects: '
                 '<a href="../replication/DEVIATIONS.md">replication/DEVIATIONS.md</a>.</p>')
    return "\n".join([*parts, "</section>"])
