"""Bands on the committed records, without training: the front page holds."""

import pytest

from paper_tables import catalogue, published, readme, reasons, tables
from paper_tables.whole_series import power
from paper_tables.table import OUTSIDE
from paper_tables.published import MEAN

SCRIPT = "memn2n_table1_babi_1k"
ALONE = ("MemN2N BoW", "MemN2N PE", "MemN2N PE LS", "MemN2N PE LS RN")
JOINT = ("MemN2N 1 hop PE LS joint", "MemN2N 2 hops PE LS joint", "MemN2N 3 hops PE LS joint",
         "MemN2N PE LS RN joint", "MemN2N PE LS LW joint")
RESTARTS = dict.fromkeys(ALONE, 100) | dict.fromkeys(JOINT, 30) | {
    "MemNN strongly supervised": 10, "LSTM": 10, "MemNN-WSH": 10}
POINTS = 1.5  # how far a column's mean error may lie from the published one
BASELINE_POINTS = {"MemNN strongly supervised": 3.0, "MemNN-WSH": 6.0}


@pytest.fixture(scope="module")
def table():
    """Table 1 with its reasons."""
    return tables.judged_with_reasons(
        catalogue.BABI_1K, tables.ROOT / "results" / "reference" / SCRIPT)[0]


@pytest.fixture(scope="module")
def cells(table):
    return table.cells


@pytest.mark.parametrize("column", RESTARTS)
def test_all_cells_are_there_with_all_restarts(cells, column):
    for task in range(1, 21):
        cell = cells[column, task]
        assert cell.n is not None, f"no record of {column}, task {task}"
        assert cell.n >= RESTARTS[column] and cell.status != "partial"


def test_every_column_of_the_table_is_held_here():
    assert set(RESTARTS) == set(published.read(SCRIPT).columns)


@pytest.mark.parametrize("column", BASELINE_POINTS)
def test_mean_error_of_a_baseline_is_near_the_published_one(cells, column):
    cell = cells[column, MEAN]
    assert abs(cell.ours - cell.published) <= BASELINE_POINTS[column]


def test_the_lstm_is_better_than_published_and_what_drives_it_is_said(cells):
    cell = cells["LSTM", MEAN]
    assert cell.status == "better"
    assert ("LSTM", MEAN) in reasons.read(SCRIPT)


@pytest.mark.parametrize("column", (*ALONE, *JOINT))
def test_mean_error_is_near_the_published_one(table, cells, column):
    """That of best-of-10 draws from all restarts. Seeds 0 to 9, which the tables show as ours,
    are one such draw, whose mean lies up to a point beside it: inside the column's interval."""
    cell = cells[column, MEAN]
    assert cell.ours is not None, f"{column} has cells without a record"
    assert abs(readme.expected(table, column) - cell.published) <= POINTS
    assert cell.interval.holds(cell.ours) and cell.interval.holds(cell.published)


def test_every_cell_outside_its_interval_is_explained_or_said_not_to_be(table):
    assert any(cell.status == "match" for cell in table.cells.values()), "no cell has been run"
    assert set(table.texts) == {key for key, cell in table.cells.items() if cell.status in OUTSIDE}
    assert all(table.texts.values())


def test_no_reason_is_given_for_a_cell_that_needs_none(table):
    assert not reasons.idle(table, reasons.read(SCRIPT))


@pytest.mark.parametrize("column", (*ALONE, *JOINT))
def test_published_figures_lie_evenly_among_our_draws(table, column):
    """Each column passes the test of whole columns; that of all nine stands on the front page."""
    assert table.tests[column].p > 0.01


def test_columns_are_told_apart(table):
    """Published figures against another column's restarts: single-task columns never pass."""
    p = power(table, ALONE)
    assert len(p) == 16
    assert max(value for (one, other), value in p.items() if one != other) < 0.05
