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
def test_the_memory_networks_cells_are_there_with_all_seeds(script):
    _, cells, _ = judged(script)
    assert cells
    for (column, row), cell in cells.items():
        assert cell.n is not None, f"no record of {row}, {column}"
        assert cell.n >= SEEDS and cell.status != "partial", f"{row}, {column} is not whole"


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_cell_far_from_the_published_one_has_a_reason(script):
    """And where the paper's model solves the world, every cell of ours below 99%."""
    table, cells, given = judged(script)
    texts = accuracies.explain(table, cells, given)
    assert not [key for key, text in texts.items() if text == reasons.UNKNOWN]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_reason_is_given_for_a_cell_that_needs_none(script):
    table, cells, given = judged(script)
    assert cells.keys() >= given.keys()
    assert not [key for key in given if accuracies.idle(table, cells[key])]


def runs(script, rows, column):
    """{row: the runs of its record}, each of which must be there with all seeds."""
    records = accuracy_records.read_rows(REFERENCE / script, rows, [column])[column]
    assert records.keys() == set(rows)
    assert not any(record.partial for record in records.values())
    return {row: record.restarts for row, record in records.items()}


def test_memories_of_few_slots():
    """Groups lose least, then the oldest slot, a random one, and the one found least often."""
    found = runs(world_pages.MEMORY, world_pages.WRITING, world_pages.SLOTS)
    for seed, (oldest, least, random, groups) in enumerate(
            zip(*(found[row] for row in world_pages.WRITING), strict=True)):
        for slots in (5, 10, 20, 40):
            accuracy = [run[f"accuracy_{slots}"] for run in (least, random, oldest, groups)]
            assert accuracy == sorted(accuracy), f"seed {seed}, {slots} slots"
        assert 20 < least["accuracy_40"] < 40 and 80 < random["accuracy_40"] < 95
        assert oldest["accuracy_40"] > 99 and groups["accuracy_10"] > 99
        assert oldest["accuracy_10"] < 90 and groups["searched_10"] < 15


def test_words_never_seen_are_answered_with_both_features_and_not_without():
    """Figure 3: the paper has 3 of 3 and complete failure; ours, whose world is a reconstruction,
    has all three answers for some seeds, and none ever without the matching features."""
    found = runs(world_pages.FIGURE3, world_pages.VARIANTS, world_pages.NEW_NAMES)
    right = {row: [run["figure3_right"] for run in seeds] for row, seeds in found.items()}
    both, alone = right["unseen words and matches"], right["unseen words alone"]
    assert both.count(3) >= 3 and min(both) >= 2
    assert max(right["neither"]) < 3 and max(alone) == 0
    accuracy = {row: [run["test_accuracy"] for run in seeds] for row, seeds in found.items()}
    assert min(accuracy["unseen words and matches"]) > 70
    assert max(accuracy["neither"]) < min(accuracy["unseen words and matches"])
