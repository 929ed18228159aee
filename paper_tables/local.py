"""A user's run beside the reference: tables of their own, and texts for the terminal."""

from pathlib import Path

from paper_tables import attention, catalogue, layout, sections, simulators_page
from paper_tables.records import folders
from paper_tables.sections import Lines, Section
from paper_tables.tables import ROOT, judged_table, others, reported_pages
from tasks.errors import UserError

ERRORS = """\
this run: of seeds 0 to 9, the restart with the lowest training error; of MemNN and LSTM, and of
accuracies, the mean over its seeds. as reference: whether it lies in the interval of the
reference's restarts, which is where one more such figure should lie 95 times in 100 (yes, no, or –
where the reference has none). status: this run's own comparison with the published figure, by an
interval of its own restarts; a run of 10 restarts shows no spread of best-of-10 draws, so that it
has no such interval and its status is `partial`."""


def build(results, root=ROOT):
    """({path: text}, text for the terminal). UserError if there is no record.

    results: the folder of the run (results/local).
    """
    results, root = Path(results), Path(root)
    named, shown = {}, []
    for paper_table in catalogue.TABLES:
        for folder in folders(results, paper_table.script):
            if not folder.is_dir():
                continue
            mine = judged_table(paper_table, folder)
            reference = judged_table(paper_table, root / "results" / "reference" / folder.name)
            run = {series: _beside(mine, reference, series) for series in layout.run_series(mine)}
            title = f"{paper_table.title}, {folder.name}"
            named |= sections.files(sections.page(
                folder.name, Section(title, [ERRORS, *(
                    Section(series, [table]) for series, table in run.items())]),
                ["series", *_header(mine)],
                [[series, *line] for series, table in run.items() for line in table.lines]))
            shown += [title] + [
                f"{series}\n{layout.as_text(table.header, table.lines)}\n{_agreement(table.lines)}"
                for series, table in run.items()]
    if shown:
        shown.append(ERRORS)
    more = others(results) | sections.files(
        reported_pages(results) | simulators_page.build(results, {})[0])
    shown += [text.strip() for name, text in more.items()
              if name.endswith(".md") and not name.startswith(attention.SCRIPT)]
    named |= more
    shown += [f"{attention.TITLE}: {results / 'tables' / name}" for name in named
              if name.startswith(attention.SCRIPT)]
    if not shown and any(results.glob("*/*/*.json")):
        shown.append("No table is complete yet.")
    if not shown:
        raise UserError(f"{results}: holds no records of a table; run an experiment first "
                        "(./run_all.sh), or name the folder of a run after --local")
    files = {results / "tables" / name: text for name, text in named.items()}
    return files, "\n\n".join(shown)


def _beside(mine, reference, series):
    """Published, reference and this run of the cells of one series that were run."""
    lines = []
    for cell in mine.of_series(series):
        if cell.n is None:
            continue
        theirs, inside = reference.cells[cell.column, cell.row], layout.NONE
        if theirs.interval is not None and cell.ours is not None:
            inside = "yes" if theirs.interval.holds(cell.ours) else "no"
        lines.append([layout.line_name(mine, cell), cell.printed, layout.ours(theirs),
                      layout.interval(theirs, compared=False), layout.ours(cell), str(cell.n),
                      inside, cell.status])
    return Lines(_header(mine), lines)


def _header(judged):
    return [layout.line_heading(judged), "published", "reference", "reference interval",
            "this run", "n", "as reference", "status"]


def _agreement(lines):
    inside = [line[6] for line in lines if line[6] != layout.NONE]
    if not inside:
        return "The reference has no figures to hold these against."
    return f"{inside.count('yes')} of {len(inside)} figures lie in the reference's interval."
