"""Bands on the committed records, without training: the front page holds."""

import pytest

from paper_tables import published, readme, reasons, tables
from paper_tables.cells import OUTSIDE, judge
from paper_tables.published import MEAN
from paper_tables.records import read_table

SCRIPT = "memn2n_table1_babi_1k"
ALONE = ("MemN2N BoW", "MemN2N PE", "MemN2N PE LS", "MemN2N PE LS RN")
JOINT = ("MemN2N 1 hop PE LS joint", "MemN2N 2 hops PE LS joint", "MemN2N 3 hops PE LS joint",
         "MemN2N PE LS RN joint", "MemN2N PE LS LW joint")
RESTARTS = dict.fromkeys(ALONE, 100) | dict.fromkeys(JOINT, 30) | {
    "MemNN strongly supervised": 10, "LSTM": 10, "MemNN-WSH": 10}
POINTS = 1.5  # how far a column's mean error may lie from the published one
BASELINE_POINTS = {"MemNN strongly supervised": 3.0, "MemNN-WSH": 6.0}


@pytest.fixture(scope="module")
def cells():
    paper = published.by_task(SCRIPT)
    records = read_table(tables.ROOT / "results" / "reference" / SCRIPT, paper.columns, paper.names,
                         source="official")
    return judge(tables.TASK_TABLES[0], records)


@pytest.mark.parametrize("column", RESTARTS)
def test_all_cells_are_there_with_all_restarts(cells, column):
    for task in range(1, 21):
        cell = cells[column, task]
        assert cell.n is not None, f"no record of {column}, task {task}"
        assert cell.n >= RESTARTS[column] and cell.status != "partial"


def test_every_column_of_the_table_is_held_here():
    assert set(RESTARTS) == set(published.by_task(SCRIPT).columns)


@pytest.mark.parametrize("column", BASELINE_POINTS)
def test_mean_error_of_a_baseline_is_near_the_published_one(cells, column):
    cell = cells[column, MEAN]
    assert abs(cell.ours - cell.published) <= BASELINE_POINTS[column]


def test_the_lstm_is_better_than_published_and_what_drives_it_is_said(cells):
    cell = cells["LSTM", MEAN]
    assert cell.status == "better"
    assert ("LSTM", MEAN) in reasons.read(SCRIPT)


@pytest.mark.parametrize("column", (*ALONE, *JOINT))
def test_mean_error_is_near_the_published_one(cells, column):
    """That of best-of-10 draws from all restarts. Seeds 0 to 9, which the tables show as ours,
    are one such draw, whose mean lies up to a point beside it: inside the column's interval."""
    cell = cells[column, MEAN]
    assert cell.ours is not None, f"{column} has cells without a record"
    assert abs(readme.expected(cells, column, range(1, 21)) - cell.published) <= POINTS
    assert cell.interval.holds(cell.ours) and cell.interval.holds(cell.published)


def test_every_cell_outside_its_interval_is_explained(cells):
    texts = reasons.explain(cells, reasons.read(SCRIPT))
    assert any(cell.status == "match" for cell in cells.values()), "no cell has been run"
    assert set(texts) == {key for key, cell in cells.items() if cell.status in OUTSIDE}
    unexplained = [key for key, text in texts.items() if text == reasons.UNKNOWN]
    assert not unexplained


def test_no_reason_is_given_for_a_cell_that_needs_none(cells):
    assert not reasons.idle(cells, reasons.read(SCRIPT))
