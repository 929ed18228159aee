"""Bands on the committed records of MemNN's simulated world, without training."""

import pytest

from paper_tables import accuracies, accuracy_records, published, reasons, tables, world_pages
from paper_tables.accuracy_tables import TABLES

REFERENCE = tables.ROOT / "results" / "reference"
SCRIPTS = [table.script for table in TABLES]
SEEDS = 10


def judged(script):
    """The table, its cells and the reasons given for them."""
    table = TABLES[SCRIPTS.index(script)]
    paper = published.by_row(script)
    records = accuracy_records.read_rows(REFERENCE / script, paper.rows, paper.columns)
    return table, accuracies.judge(table, records), reasons.read(script, rows=paper.rows)


@pytest.mark.parametrize("script", SCRIPTS)
def test_all_cells_are_there_with_all_seeds(script):
    _, cells, _ = judged(script)
    for (column, row), cell in cells.items():
        assert cell.n is not None, f"no record of {row}, {column}"
        assert cell.n >= SEEDS and cell.status != "partial", f"{row}, {column} is not whole"


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_cell_far_from_the_published_one_has_a_reason(script):
    """And where the paper's model solves the world, every cell of ours below 99%."""
    table, cells, given = judged(script)
    assert all(cell.ours is not None for cell in cells.values()), "a cell has no figure of ours"
    texts = accuracies.explain(table, cells, given)
    assert not [key for key, text in texts.items() if text == reasons.UNKNOWN]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_reason_is_given_for_a_cell_that_needs_none(script):
    table, cells, given = judged(script)
    assert cells.keys() >= given.keys()
    assert not [key for key in given if accuracies.idle(table, cells[key])]


def test_new_words_are_read_with_their_modelling_and_not_without():
    """Figure 3: most seeds answer its three questions, and none of these without."""
    records = accuracy_records.read_rows(REFERENCE / world_pages.FIGURE3, world_pages.VARIANTS,
                                         [world_pages.NEW_NAMES])[world_pages.NEW_NAMES]
    assert set(records) == set(world_pages.VARIANTS)
    right = {row: [run["figure3_right"] for run in record.whole] for row, record in records.items()}
    assert len(right["neither"]) >= SEEDS
    assert right["unseen words and matches"].count(3) > SEEDS / 2
    assert right["neither"].count(0) > SEEDS / 2


def test_memories_of_few_slots_have_all_seeds():
    records = accuracy_records.read_rows(REFERENCE / world_pages.MEMORY, world_pages.WRITING,
                                         [world_pages.SLOTS])[world_pages.SLOTS]
    assert set(records) == set(world_pages.WRITING)
    assert all(len(record.whole) >= SEEDS for record in records.values())
