"""The report: every table as one self-contained page, each number beside the record behind it.

The page needs no network, and a script only to filter; it is a pure function of the records in
results/reference, the published figures and the reasons. Its look is in templates/report.html.
"""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from paper_tables import drawings, layout, pages, readme, report_parts
from paper_tables.judge import OUTSIDE, STATUSES
from paper_tables.records import slug
from paper_tables.rendering import render
from paper_tables.report_cells import figures_of, key, line, paper_of
from paper_tables.report_overview import plot

# What a line shows of layout.DETAILS; what is read first stands first, for narrow screens.
KINDS = ("published", "ours", "status", *(
    kind for kind in layout.DETAILS if kind not in ("published", "ours", "status")))
PAPERS = {"memnn": "Memory Networks", "memn2n": "End-To-End Memory Networks"}


def build(judged, attention, asked, sections, root):
    """The page as text.

    judged     [judge.Judged], in the order of the papers' experiments
    attention  {task: record} of paper_tables.attention
    asked      whether there is a page that answers, to lead to
    sections   {name: sections.Section} of pages that are no judged table
    root       links are written from root/paper_tables
    """
    here = Path(root) / "paper_tables"
    own = [item for item in judged if item.folder.name == item.table.script]
    contents = [record.content for item in judged for records in item.found.values()
                for record in records.values()]
    return render(
        "report.html", slug=slug, dash=layout.NONE, known=STATUSES, papers=PAPERS, asked=asked,
        statuses=[(slug(name), name, count) for name, count in _count(judged).items()],
        plots=[drawn for drawn in map(plot, judged) if drawn], counts=_counts(own),
        headlines=[_headline(item) for item in own if item.paper.summary],
        tables=[_table(item, here) for item in judged],
        about_mismatches=report_parts.html(pages.ABOUT_MISMATCHES),
        attention=report_parts.attention(attention, here),
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


def _table(item, here):
    """One table for the page: at one glance, then a table of lines for each series."""
    table, paper, own = item.table, item.paper, item.folder.name == item.table.script
    scale = drawings.scale_of(table, figures_of(item))
    lines = {place: line(item, cell, here, scale) for place, cell in item.cells.items()}
    series = [SimpleNamespace(
        id=key(item, name), name=layout.series_name(item, name), p=_p(item, name),
        fitted=table.fitted.get(name, ""),
        lines=[lines[cell.column, cell.row] for cell in item.of_series(name)])
        for name in layout.run_series(item)]
    rows = [(layout.row_name(item, row) if paper.names else row,
             [lines.get((column, row)) for column in paper.columns])
            for row in (*paper.rows, *paper.summary)]
    about = report_parts.html(pages.how_to_read(table) if own else
                              pages.OTHER_DATA.format(folder=item.folder.name))
    return SimpleNamespace(
        key=key(item), paper=paper_of(item), other="" if own else item.folder.name,
        title=table.title + ("" if own else f", {item.folder.name}"), about=about,
        heading=paper.heading, series=series, rows=rows, axis=drawings.strip_axis(scale),
        percents=table.top == 100, word="column" if table.by_column else "row",
        columns=[(key(item, column), column) for column in paper.columns],
        kinds=KINDS,
        first=paper.heading if table.by_column else "column",
        mismatches=[(pages.name_of(item, cell), lines[place])
                    for place, cell in item.cells.items()
                    if cell.status in OUTSIDE or place in item.texts],
        run=any(cell.n for cell in item.cells.values()))


def _p(item, series):
    """p of the test of a whole series as text, "" without one."""
    test = item.tests.get(series)
    return "" if test is None else layout.probability(test.p)
