"""The report: every table as one self-contained page, each number beside the record behind it.

The page needs no network, and a script only to filter; it is a pure function of the records in
results/reference, the published figures and the reasons. Its look is in templates/report.html.
"""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from paper_tables import columns, drawings, layout, pages, readme, report_parts
from paper_tables.table import OUTSIDE, STATUSES
from paper_tables.rendering import render
from paper_tables.report_cells import key, line, paper_of
from paper_tables.report_overview import plot
from replication.records.record import slug

# What a line shows of layout.DETAILS; what is read first stands first, for narrow screens.
KINDS = ("published", "ours", "status", *(
    kind for kind in layout.DETAILS if kind not in ("published", "ours", "status")))
PAPERS = {"memnn": "Memory Networks", "memn2n": "End-To-End Memory Networks"}


def build(judged, attention, answers, sections, root):
    """The page as text.

    judged     [table.Judged], in the order of the papers' experiments
    attention  {task: record} of paper_tables.attention
    answers    whether there is a page that answers, to lead to
    sections   {name: sections.Section} of pages that are no judged table
    root       links are written from root/paper_tables
    """
    folder = Path(root) / "paper_tables"
    own = [item for item in judged if item.own]
    shown = [_table(item, folder) for item in judged]
    contents = [record.content for item in judged for record in item.all_records()]
    return render(
        "report.html", slug=slug, dash=layout.NONE, known=STATUSES, papers=PAPERS, answers=answers,
        statuses=[(slug(name), name, count) for name, count in _count(judged).items()],
        plots=[drawn for drawn in map(plot, judged) if drawn], counts=_counts(own),
        headlines=[_headline(item) for item in own if item.paper.summary],
        tables=shown, axes=[axes.drawn() for axes in sorted(
            {line.axes for table in shown for part in table.series for line in part.lines
             if line.axes})],
        about_mismatches=report_parts.html(pages.ABOUT_MISMATCHES),
        attention=report_parts.attention(attention, folder),
        sections=[report_parts.section(name, part) for name, part in sections.items()],
        environment=report_parts.environment(contents))


def _count(judged):
    """{status: how many cells}, of all tables, without those of summary rows."""
    counts = Counter(cell.status for item in judged for cell in item.cells.values()
                     if cell.row not in item.paper.summary)
    return {name: counts[name] for name in STATUSES if counts[name]}


def _counts(own):
    """README's count of cells; each table's line leads to its section."""
    header, lines = readme.counts(own)
    return SimpleNamespace(header=header, lines=[
        (key(item) if item else "", parts) for item, parts in zip([*own, None], lines)])


def _headline(item):
    """README's line of each column, and what is said below."""
    header, lines, sentence = readme.headline_parts(item)
    sentence = sentence.replace("](paper_tables/", "](")  # the page is in that folder
    return SimpleNamespace(title=item.table.title, header=header, lines=lines,
                           about=report_parts.html(readme.WORDS),
                           sentence=report_parts.html(sentence))


def _table(item, folder):
    """One table for the page: at one glance, then a table of lines for each series."""
    table, paper = item.table, item.paper
    scale = drawings.scale_of(table)
    lines = {place: line(item, cell, folder, scale) for place, cell in item.cells.items()}
    series = [SimpleNamespace(
        id=key(item, name), name=layout.series_name(item, name), p=columns.p_of(item, name),
        fitted=table.fitted.get(name, ""),
        lines=[lines[cell.column, cell.row] for cell in item.of_series(name)])
        for name in layout.run_series(item)]
    rows = [(layout.row_name(item, row) if paper.names else row,
             [lines.get((column, row)) for column in paper.columns])
            for row in (*paper.rows, *paper.summary)]
    other = "" if item.own else item.folder.name
    about = report_parts.html(pages.about_other(item) if other else pages.how_to_read(table))
    return SimpleNamespace(
        key=key(item), paper=paper_of(item), other=other,
        title=f"{table.title}, {other}" if other else table.title, about=about,
        heading=paper.heading, series=series, rows=rows, axis=drawings.strip_axis(scale),
        word=columns.word(item), kinds=KINDS, first=layout.line_heading(item),
        columns=[(key(item, column), column) for column in paper.columns],
        mismatches=[(pages.name_of(item, cell), lines[place])
                    for place, cell in item.cells.items()
                    if cell.status in OUTSIDE or place in item.texts],
        run=item.run)
