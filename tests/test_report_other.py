"""The report of other records than the committed ones: begun, missing, diverged, damaged."""

import re
import shutil

import numpy as np
import pytest

from tests.helpers import fake_accuracies
from tests.helpers import fake_records
from tests.helpers.fake_accuracies import K1_TIME, TABLE3, TABLE4, TABLE6
from paper_tables import catalogue, drawings, tables
from replication.records.record import slug
from tasks.errors import UserError
from tests.helpers.report_page import Page

HARD = "difficulty 5 / actor + object"


def built_page(root):
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    text = tables.build(root)[0][root / "paper_tables" / "report.html"]
    return text, Page(text)


def key_of(*parts):
    return "-".join(map(slug, parts))


def test_the_page_of_other_errors(tmp_path):
    """Joint, begun and missing columns; a cell outside its interval; no curves, no attention."""
    text, page = built_page(fake_records.write_root(tmp_path / "root with a space"))
    assert 'id="attention"' not in text and "ask.html" not in text
    [why] = [row for row in page.texts("mismatches") if row[0].startswith(f"{fake_records.PE}, 5 ")]
    assert why[4] == "worse" and why[5]
    assert len(page.cells()) == len(page.marks) == 42
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    cell = dict(page.rows[page.row_of(key_of(fake_records.TABLE1, fake_records.BOW, "3"))][3])
    assert cell["of-status"] == "not run" and cell["of-ours"] == "–"


def test_no_records_at_all_are_a_page_too(tmp_path):
    text, page = built_page(tmp_path)
    assert not page.marks and not page.cells() and "No records yet" in text
    assert text.count("No cell has been run yet.") == len(catalogue.TABLES)


def test_other_data_has_sections_and_commands_of_its_own(tmp_path):
    root = fake_records.write_root(tmp_path)
    for mark, source in (("@simulated", "simulated"), ("@hn", "official")):
        fake_records.write_column(root / "results" / "reference", fake_records.PE, 12, tasks=[1],
                                  source=source, variant=mark)
    text, page = built_page(root)
    assert text.count("--source simulated --results results/local</code>") == 1
    assert text.count("--folder hn --results results/local</code>") == 1
    assert len(page.ids) == len(set(page.ids))
    for mark in ("@simulated", "@hn"):
        row = page.row_of(key_of(fake_records.TABLE1 + mark, fake_records.PE, "1"))
        assert dict(page.rows[row][3])["of-status"] == "substitute data"
        [bar] = [bar for named, _, bar, _ in page.marks
                 if named["href"] == f"#{page.rows[row][2]['id']}"]
        assert bar == ""  # nothing is compared


def test_damaged_curves_are_one_line(tmp_path):
    root = fake_records.write_root(tmp_path)
    path = next((root / "results" / "reference" / fake_records.TABLE1).glob("*/task-01.json"))
    path.with_name("task.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match="task.npz: not the curves of its record"):
        built_page(root)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A root with Table 3 (a cell far off, one diverged run), a row of Table 4, and Table 6."""
    root = tmp_path_factory.mktemp("root with a space")
    reference = root / "results" / "reference"
    fake_accuracies.write_table(reference, TABLE3, shift={(HARD, "LSTM"): -20.0})
    entries = fake_accuracies.runs(44.4, 10, np.random.default_rng(1), diverged=1)
    fake_accuracies.write(reference, fake_accuracies.record(TABLE3, HARD, K1_TIME, entries))
    fake_accuracies.write_table(reference, TABLE4, only=["3000"])
    fake_accuracies.write_table(reference, TABLE6)
    return root


@pytest.fixture(scope="module")
def world_page(world):
    return built_page(world)


def test_building_twice_gives_the_same_page(world, world_page):
    assert built_page(world)[0] == world_page[0]


def test_a_table_gets_its_lines_with_its_records(world_page):
    page = world_page[1]
    assert len(page.cells()) == 25 + 4 + 4
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link[0] == "#"} <= set(page.ids)
    assert any(cells[:2] == ["100", "73.8 / not run"] for cells in page.texts("glance"))


def test_a_diverged_run_is_a_dot_at_0_and_leaves_no_figure(world_page):
    page = world_page[1]
    row = page.row_of(key_of(TABLE3, HARD, K1_TIME))
    shown = dict(page.rows[row][3])
    assert (shown["of-ours"], shown["of-status"]) == ("–", "partial")
    assert shown["of-n"] == "10 (1 diverged)" and shown["of-range"].startswith("0.0–")
    assert re.search(rf"M{drawings.MARGIN}(\.0)? ", page.drawn[row]["dots"])
    assert "ours" not in page.drawn[row]
    assert not [named for named, *_ in page.marks
                if named["href"] == f"#{key_of(TABLE3, HARD, K1_TIME)}"]


def test_a_cell_far_off_is_named_with_its_status(world_page):
    [why] = [row for row in world_page[1].texts("mismatches") if row[0] == f"LSTM, {HARD}"]
    assert why[4] == "worse" and why[5] != "–"
