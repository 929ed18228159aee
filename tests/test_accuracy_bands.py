"""Bands on the committed records of MemNN's simulated world, without training."""

import pytest

from paper_tables import reasons, tables, world_pages
from paper_tables.catalogue import SIMULATED_WORLD, TABLE3, TABLE4
from paper_tables.records import read_table

REFERENCE = tables.ROOT / "results" / "reference"
SEEDS = 10


@pytest.fixture(scope="module")
def judged():
    """{script: (the table with its reasons, remarks)}."""
    return {table.script: tables.judged_with_reasons(table, REFERENCE / table.script)
            for table in SIMULATED_WORLD}


def test_the_memory_networks_cells_are_there_with_all_seeds(judged):
    for table, _ in judged.values():
        assert table.cells
        for (column, row), cell in table.cells.items():
            assert cell.n is not None, f"no record of {row}, {column}"
            assert cell.n >= SEEDS and cell.status != "partial", f"{row}, {column} is not whole"


def test_every_cell_that_needs_a_reason_has_a_text_and_no_other(judged):
    for table, remarks in judged.values():
        assert set(table.texts) == {key for key, cell in table.cells.items()
                                    if reasons.needed(table.table, cell)}
        assert not remarks


def test_the_row_that_two_tables_share_is_the_same_runs(judged):
    """What catalogue.py says of Table 4, so that it may be counted once."""
    (row, (script, other)), = TABLE4.repeats.items()
    theirs, ours = judged[TABLE4.script][0].records, judged[script][0].records
    assert script == TABLE3.script
    for column, records in theirs.items():
        assert records[row].figures.tolist() == ours[column][other].figures.tolist()


def runs(script, rows, column):
    """{row: the runs of its record}, each of which must be there with all seeds."""
    records = read_table(REFERENCE / script, [column], rows)[column]
    assert records.keys() == set(rows)
    assert not any(record.content["partial"] for record in records.values())
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
