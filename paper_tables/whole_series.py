"""Whole series of a judged table tested: where do their published figures fall among our draws?"""

from dataclasses import replace

from paper_tables import column_test, comparison
from paper_tables.published import half_width


def tested(judged):
    """A judged table with the tests of its series, and of its rows over all columns."""
    series = judged.table.series(judged.paper)
    judged = replace(judged, tests={name: _test(judged, name, False) for name in series},
                     apart={name: _test(judged, name, True) for name in series})
    drawn = [test for test in judged.tests.values() if test and not test.single]
    if not judged.table.by_column or len(drawn) < 2:
        return judged
    rows = [row for row in judged.paper.rows if row not in judged.table.other_data]
    return replace(judged, sides={row: column_test.of_one_cell(drawn, i)[0]
                                  for i, row in enumerate(rows)})


def _restarts(judged, series, other_data=False):
    """(cells of a series, their restarts as column_test.Cells); None where one has no record.

    The cells of rows of other data, or of the rest.
    """
    cells = [cell for cell in judged.of_series(series) if cell.row not in judged.paper.summary
             and (cell.row in judged.table.other_data) == other_data]
    records = [judged.record(cell) for cell in cells]
    if not cells or None in records:
        return None
    return cells, column_test.Cells(
        [record.figures for record in records], [record.rank for record in records],
        records[0].best_of, records[0].joint)


def _test(judged, series, other_data):
    """Where the published figures of a series fall among our draws; None if that is not known."""
    cells, restarts = _restarts(judged, series, other_data) or ([], None)
    if restarts is None or any(cell.status == "partial" for cell in cells):
        return None
    return column_test.test(_stream(judged.table, series), restarts,
                            [cell.published for cell in cells], _half_widths(judged, cells))


def _stream(table, series):
    """Rows of one table are of the same worlds, seed by seed: the same seeds play in each."""
    return comparison.generator(series if table.by_column else table.script, "column test")


def _half_widths(judged, cells):
    return [half_width(judged.table.script, cell.column, cell.printed) for cell in cells]


def power(judged, names):
    """p of each published series against each series' restarts: {(published, ours): p}.

    What the test can tell apart, and what it cannot. names: series of best-of-10 draws.
    """
    known = {name: _restarts(judged, name) for name in names if judged.tests.get(name)}
    figures, p = [[cell.published for cell in cells] for cells, _ in known.values()], {}
    for ours, (cells, restarts) in known.items():
        tests = column_test.many(_stream(judged.table, ours), restarts, figures,
                                 _half_widths(judged, cells))
        p |= {(name, ours): test.p for name, test in zip(known, tests)}
    return p
