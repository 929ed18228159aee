"""Bands on the committed records, without training: the front page holds."""

import pytest

from paper_tables import published, reasons, tables
from paper_tables.cells import OUTSIDE, judge
from paper_tables.published import MEAN
from paper_tables.records import read_table

SCRIPT = "memn2n_table1_babi_1k"
COLUMNS = ("MemN2N BoW", "MemN2N PE", "MemN2N PE LS", "MemN2N PE LS RN")
POINTS = 1.5  # how far a column's mean error may lie from the published one


@pytest.fixture(scope="module")
def cells():
    paper = published.by_task(SCRIPT)
    records = read_table(tables.ROOT / "results" / "reference" / SCRIPT, paper.columns, paper.names,
                         source="official")
    return judge(tables.TASK_TABLES[0], records)


@pytest.mark.parametrize("column", COLUMNS)
def test_all_cells_are_there_with_all_restarts(cells, column):
    for task in range(1, 21):
        cell = cells[column, task]
        assert cell.n is not None, f"no record of {column}, task {task}"
        assert cell.n >= 100 and cell.status != "partial"


@pytest.mark.parametrize("column", COLUMNS)
def test_mean_error_is_near_the_published_one(cells, column):
    cell = cells[column, MEAN]
    assert cell.ours is not None, f"{column} has cells without a record"
    assert abs(cell.ours - cell.published) <= POINTS


def test_every_cell_outside_its_interval_is_explained(cells):
    texts = reasons.explain(cells, reasons.read(SCRIPT))
    assert any(cell.status == "match" for cell in cells.values()), "no cell has been run"
    assert set(texts) == {key for key, cell in cells.items() if cell.status in OUTSIDE}
    unexplained = [key for key, text in texts.items() if text == reasons.UNKNOWN]
    assert not unexplained


def test_no_reason_is_given_for_a_cell_that_needs_none(cells):
    assert not reasons.idle(cells, reasons.read(SCRIPT))
