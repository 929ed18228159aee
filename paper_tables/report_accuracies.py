"""The report's parts on MemNN's simulated world: Tables 3 to 6, whose figures are accuracies.

Each function takes a cells.Judged of accuracies, or a list of them, and gives HTML.
"""

from html import escape

from paper_tables import drawings, layout, readme
from paper_tables import report_cells as page
from paper_tables.judge import MEASURED, OUTSIDE
from paper_tables.pages import MEASURED as WHAT_IS_MEASURED
from paper_tables.report_parts import emphasis, table

HEADER = ("column", "published", "ours", "status", "interval", "median", "range", "n")
SUBJECT = ("Memory Networks, the simulated world (our reconstruction of it): test accuracy in %, "
           "mean over seeds.")

HOW_JUDGED = """\
<p>Test accuracies in %: a higher one is better. <b>ours</b>: the mean over the seeds, each with a
world, test questions, weights and an order of its own; <b>median</b> and <b>range</b> over them.
The paper gives one run a cell. <b>interval</b>: where one more run should lie 95 times in 100 if
the authors' world and code and ours draw from the same distribution. The authors' world was not
released, and ours is a reconstruction from their text: what that leaves open is listed in
<a href="../replication/DEVIATIONS.md">replication/DEVIATIONS.md</a>. In full:
<a href="{script}.md">paper_tables/{script}.md</a>.</p>"""
STRIP_KEY = """\
<p class="key"><b>seeds</b>: a dot each, by test accuracy, on a square-root scale of the error, 100%
less the accuracy, so that it is widest near 100%, at the right; a diverged run is at 0. The band is
the interval, the vertical line the published figure, the diamond ours.</p>"""
PARTS_KEY = '<p class="key">Parts measured, where a line is opened. {text}</p>'
MORE_MISMATCHES = """\
<p>Of the simulated world's tables, in which figures are accuracies, also the cells that are further
than 5 points from the published figure, and those below 99% in a row that solves the world in the
paper, whatever their status.</p>"""


def title(item):
    """A table's name, plain."""
    return item.table.title


def headline(judged):
    """The counts of README, as they stand there; each table leads to its section."""
    header, lines = readme.counts(judged)
    for line, item in zip(lines, judged):
        line[0] = f'<a href="#{page.key(item)}">{escape(line[0])}</a>'
    return table(header, lines, "counts") + f"<p>{escape(SUBJECT)}</p>"


def section(item, here, contents):
    """One table: at one glance, then every row that has been run, a line a column.

    here      the folder of the page, which links start from
    contents  {path: record}, to which the records that are shown are added
    """
    paper = item.paper
    lines = [[escape(row)] + [_glance(item, item.cells[column, row]) for column in paper.columns]
             for row in paper.rows]
    parts = [page.heading(item, title(item)), HOW_JUDGED.format(script=item.table.script),
             page.count(item.cells.values(), "Cells"),
             "<h3>At one glance: published / ours, status</h3>",
             table([*map(escape, (paper.heading, *paper.columns))], lines, "glance")]
    run = [row for row in paper.rows if any(item.cells[column, row].n for column in paper.columns)]
    if run:
        parts += [STRIP_KEY, PARTS_KEY.format(text=emphasis(WHAT_IS_MEASURED))]
    for row in run:
        lines = [_line(item, item.cells[column, row], here, contents) for column in paper.columns]
        parts.append(f'<h3 id="{page.key(item, row)}">'
                     f"{escape(paper.row_name(row))}</h3>"
                     + page.cell_table("accuracies", HEADER, drawings.ACCURACIES, lines))
    return "\n".join([*parts, "</section>"])


def _glance(item, cell):
    return page.glance(item, cell, *_figures(cell))


def _figures(cell):
    """Published and ours as text."""
    return cell.printed, layout.ours(cell)


def _line(item, cell, here, contents):
    """The lines of one cell: its figures, and below them what opens."""
    record = item.found[cell.column].get(cell.row)
    shown = dict(zip(layout.DETAILS, layout.details(cell)))
    strip, below = "", page.why(item, cell)
    if record is not None:
        strip = drawings.strip(cell, record.figures.tolist(), drawings.ACCURACIES)
        below += page.opening("record, protocol, command, parts measured",
                              _facts(item, cell, record, here, contents))
    return page.cell_lines(item, cell, cell.column, {kind: shown[kind] for kind in HEADER[1:]},
                           strip, below, here)


def _facts(item, cell, record, here, contents):
    """What a line opens to: [(name, HTML)]."""
    content = page.content_of(record, contents)
    command = page.command(item.table.script, cell.column, content)
    facts = [("record", page.anchor(record.path, here)),
             ("protocol", escape(page.settings(content["protocol"]))),
             ("command", f"<code>{escape(command)}</code> (runs this column in every row)")]
    measured = {MEASURED[name]: value for name, value in cell.measured.items()}
    if measured:
        facts.append(("parts measured", escape(", ".join(
            f"{name} {layout.figure(value, 2)}" for name, value in measured.items()))))
    return facts


def mismatches(judged):
    """Every cell outside its interval or with a reason, a table each."""
    parts = [MORE_MISMATCHES]
    for item in judged:
        cells = [cell for key, cell in item.cells.items()
                 if cell.status in OUTSIDE or key in item.texts]
        parts.append(page.mismatches(item, title(item), cells, lambda cell, paper=item.paper: (
            f"{paper.row_name(cell.row)}, {cell.column}", *_figures(cell))))
    return "\n".join(parts)
