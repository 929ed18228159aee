"""Judging: from records and published figures to cells with a status, and their reasons."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.helpers import fake_records
from tests.helpers.fake_records import BOW, JOINT, PE, TABLE1, judged
from paper_tables import comparison, layout, published, reasons, records
from paper_tables.table import PASSES, STATUSES
from paper_tables.published import FAILED, MEAN
from tasks.errors import UserError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fake_records.write_root(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def table(root):
    return judged(root / "results" / "reference")


@pytest.fixture(scope="module")
def cells(table):
    return table.cells


def test_statuses_of_a_column(cells):
    statuses = {row: cells[PE, row].status for row in range(1, 21)}
    assert statuses.pop(5) == "worse"
    assert list(statuses.values()).count("match") >= 16
    assert cells[BOW, 1].status in STATUSES and cells[BOW, 3].status == "not run"
    assert cells[BOW, MEAN].ours is None and cells[BOW, MEAN].interval is None
    assert cells["LSTM", MEAN].status == "not run"
    assert {cell.status for cell in cells.values()} <= set(STATUSES)


def test_better_is_a_lower_error_than_the_published_one(tmp_path):
    fake_records.write_column(tmp_path, PE, tasks=[2], shift={2: -15.0})
    assert judged(tmp_path).cells[PE, 2].status == "better"


def test_figures_of_a_cell_are_those_of_its_restarts(root, cells):
    cell = cells[PE, 7]
    path = records.path_of(root / "results" / "reference" / TABLE1, PE, 7)
    entries = json.loads(path.read_text(encoding="utf-8"))["restarts"]
    errors = [entry["test_error"] for entry in entries]
    assert (cell.best, cell.worst, cell.n) == (min(errors), max(errors), 100)
    assert cell.median == np.median(errors)
    assert cell.ours == entries[fake_records.selected(entries)]["test_error"]
    good = [entry["test_error"] for entry in entries if entry["train_error"] == 0]
    # Nearly every draw of ten has a restart at 0 training error, and one of those is picked.
    assert cell.ties["at random"] == pytest.approx(np.mean(good), abs=0.1)


def test_mean_and_failed_rows(cells):
    ours = [cells[PE, task].ours for task in range(1, 21)]
    assert cells[PE, MEAN].ours == pytest.approx(sum(ours) / 20)
    assert cells[PE, FAILED].ours == sum(error > 5 for error in ours)
    for row in (MEAN, FAILED):
        low, high = cells[PE, row].interval
        assert low <= cells[PE, row].ours <= high
    widths = [np.ptp(cells[PE, task].interval) for task in range(1, 21)]
    assert np.ptp(cells[PE, MEAN].interval) < np.mean(widths) / 2


def test_a_joint_column_draws_whole_models(cells):
    """Its tasks err together, so that its mean is as unsure as a single task."""
    widths = [np.ptp(cells[JOINT, task].interval) for task in (2, 3, 7, 17, 19)]
    assert np.ptp(cells[JOINT, MEAN].interval) > 0.6 * np.mean(widths)
    assert cells[JOINT, MEAN].n == 30


def test_joint_records_of_different_models_are_refused(tmp_path):
    fake_records.write_joint(tmp_path, JOINT)
    path = records.path_of(tmp_path / TABLE1, JOINT, 9)
    content = json.loads(path.read_text(encoding="utf-8"))
    for entry in content["restarts"]:
        entry["train_error"] += 0.5
    fake_records.write(tmp_path / TABLE1, content)
    with pytest.raises(UserError, match="task-09.json: its train error differ"):
        judged(tmp_path)


def test_too_few_restarts_are_partial(tmp_path):
    fake_records.write_column(tmp_path, PE, count=10, tasks=[1])
    fake_records.write_column(tmp_path, BOW, count=40, tasks=[1])
    cells = judged(tmp_path).cells
    assert cells[PE, 1].status == "partial" and cells[PE, 1].interval is None
    assert cells[BOW, 1].status == "partial" and cells[BOW, 1].interval is not None
    assert cells[PE, MEAN].ours is None


def test_a_shorter_run_is_partial(tmp_path):
    entries = fake_records.restarts(0.1, 100, np.random.default_rng(0))
    for task, epochs in ((1, 100), (2, 99)):
        content = fake_records.record(PE, task, entries)
        fake_records.write(tmp_path / TABLE1, content | {"protocol": {"epochs": epochs}})
    cells = judged(tmp_path).cells
    assert cells[PE, 1].status == "match" and cells[PE, 2].status == "partial"


def test_a_record_without_seeds_0_to_9_is_partial(tmp_path):
    entries = fake_records.restarts(10.0, 130, np.random.default_rng(0))[5:]
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    assert judged(tmp_path).cells[PE, 1].status == "partial"


def test_diverged_restarts_count_as_100_and_are_not_selected(tmp_path):
    entries = fake_records.restarts(10.0, 100, np.random.default_rng(0), diverged=4)
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    cell = judged(tmp_path).cells[PE, 1]
    assert cell.worst == 100 and cell.diverged == 4 and cell.ours < 30
    assert "100 (4 diverged)" in layout.details(cell)
    assert cell.interval.high < 40


def test_all_candidates_diverged(tmp_path):
    entries = fake_records.restarts(10.0, 100, np.random.default_rng(0), diverged=10)
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    assert judged(tmp_path).cells[PE, 1].ours is None


def test_data_of_another_release_is_not_compared_and_widens_the_mean(tmp_path):
    """Task 16 is in no count and no test; the mean allows for the published run's questions."""
    for task in range(1, 21):
        entries = [entry | {"test_error": 50.0, "n_wrong": 500}
                   for entry in fake_records.restarts(50.0, 100, np.random.default_rng(0))]
        fake_records.write(tmp_path / TABLE1, fake_records.record(PE, task, entries))
    table = judged(tmp_path)
    assert table.cells[PE, 16].status == "substitute data"
    assert layout.interval(table.cells[PE, 16]) == layout.NONE
    assert table.tests[PE].own.shape[1] == 19 and table.apart[PE].own.shape[1] == 1
    sampling = 1.96 * np.sqrt(comparison.question_variance(50.0)) * comparison.widening(100) / 20
    assert np.ptp(table.cells[PE, MEAN].interval) == pytest.approx(2 * sampling + 0.1, rel=0.05)


def test_mean_over_seeds(tmp_path):
    for task in range(1, 21):
        entries = fake_records.restarts(40.0, 30, np.random.default_rng(task))
        fake_records.write(tmp_path / TABLE1, fake_records.averaged("LSTM", task, entries))
    cells = judged(tmp_path).cells
    errors = [entry["test_error"] for entry in
              fake_records.restarts(40.0, 30, np.random.default_rng(3))]
    assert cells["LSTM", 3].ours == pytest.approx(np.mean(errors))
    reach = 2.045 * np.std(errors, ddof=1) * np.sqrt(1 + 1 / 30) + 0.5
    assert cells["LSTM", 3].interval.high == pytest.approx(np.mean(errors) + reach, abs=0.05)
    assert not cells["LSTM", 3].ties
    assert np.ptp(cells["LSTM", MEAN].interval) < np.ptp(cells["LSTM", 3].interval) / 2


# --- reasons ----------------------------------------------------------------------------------

def test_chance_is_a_reason_for_few_cells_of_a_column_whose_mean_is_inside(table, cells):
    outside = [row for row in range(1, 21) if cells[PE, row].status in ("better", "worse")]
    texts = reasons.explain(table, {})
    expected = (cells[PE, MEAN].status == "match" and len(outside) <= 3
                and table.tests[PE].p > PASSES)
    assert texts[PE, 5].startswith("by chance") == expected


def test_too_many_cells_are_not_chance(tmp_path):
    fake_records.write_column(tmp_path, PE, shift={2: 15, 5: -9, 7: 12, 10: -12})
    table = judged(tmp_path)
    texts = reasons.explain(table, {})
    assert table.cells[PE, MEAN].status == "match"
    assert [texts[PE, row] for row in (2, 5, 7, 10)] == [reasons.UNKNOWN] * 4
    texts = reasons.explain(table, {(PE, 2): "ours {ours}, published {published}"})
    assert texts[PE, 2] == f"ours {table.cells[PE, 2].ours:.1f}, published 21.6"


def test_a_mean_outside_rules_chance_out(tmp_path):
    fake_records.write_column(tmp_path, PE, shift={2: 40, 5: 40})
    texts = reasons.explain(judged(tmp_path), {})
    assert texts[PE, 2] == texts[PE, MEAN] == reasons.UNKNOWN


def test_chance_hangs_on_the_test_of_the_whole_column(tmp_path):
    """Two cells outside: by chance, but not where all others are at the edge of theirs."""
    fake_records.write_column(tmp_path, PE, shift={2: 8, 7: -8})
    table = judged(tmp_path)
    fair, edge = table.tests[PE], replace(table.tests[PE], theirs=2 + table.tests[PE].theirs * 0)
    assert edge.p <= PASSES < fair.p
    assert reasons.explain(table, {})[PE, 2].startswith("by chance")
    table = replace(table, tests={**table.tests, PE: edge})
    assert reasons.explain(table, {})[PE, 2] == reasons.UNKNOWN
    table = replace(table, tests={**table.tests, PE: fair}, sides={2: 0.001})
    assert reasons.explain(table, {})[PE, 2].startswith("not explained: over all columns")


def test_a_text_that_says_not_explained_is_no_reason():
    assert reasons.explained("by chance: x") and reasons.explained("because")
    assert not reasons.explained("not explained: tried this") and not reasons.explained(
        reasons.UNKNOWN)


def test_cells_that_took_part_in_choosing_are_fitted_and_not_matches(tmp_path):
    for task in range(1, 21):
        for column in ("MemNN-WSH", "LSTM"):
            centre = published.read(TABLE1).figures(column)[task] + 40 * (task == 2)
            entries = [entry | {"n_wrong": wrong, "test_error": wrong / 10} for entry, wrong in zip(
                fake_records.restarts(0, 10, np.random.default_rng(0)),
                np.clip(np.round(10 * centre + np.linspace(-9, 9, 10)), 0, 1000).tolist())]
            fake_records.write(tmp_path / TABLE1, fake_records.averaged(column, task, entries))
    cells = judged(tmp_path).cells
    assert cells["LSTM", 1].status == "match" and cells["MemNN-WSH", 1].status == "fitted"
    assert cells["LSTM", 2].status == cells["MemNN-WSH", 2].status == "worse"


def test_reasons_that_are_not_needed_are_found(table):
    assert reasons.idle(table, {(PE, 5): "x", (PE, 1): "x", ("no column", 1): "x"}) == [
        (PE, 1), ("no column", 1)]


@pytest.mark.parametrize("line, message", [
    ("memn2n_table1_babi_1k,MemN2N PE,five,why", "line 2: a line is table, column, task, reason"),
    ("memn2n_table1_babi_1k,MemN2N PE", "line 2: a line is table, column, task, reason"),
])
def test_broken_reasons(tmp_path, line, message):
    path = tmp_path / "reasons.csv"
    path.write_text(f"table,column,task,reason\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        reasons.read(TABLE1, path)


def test_an_unknown_figure_in_a_reason(table):
    with pytest.raises(UserError, match="MemN2N PE, task 5: no figure 'oops'"):
        reasons.explain(table, {(PE, 5): "because {oops}"})


def test_reasons_hold_no_figures_of_their_own():
    for text in reasons.read(TABLE1).values():
        # What stays are names: releases, tasks, files, entries of DEVIATIONS.md.
        bare = re.sub(r"\{\w+\}|\bv1\.[12]\b|\btasks? \d+\b|[\w/]+\.(md|csv)|\b[A-Z]\d+\b", "",
                      text)
        assert not re.search(r"\d", bare), text
