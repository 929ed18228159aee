"""The page of scale: schedules from measured seconds."""

import json
import re

import pytest

from paper_tables import language_model, not_run, scale


@pytest.mark.parametrize("workers, expected", [(1, 10), (2, 5), (3, 4), (4, 4), (9, 4)])
def test_the_longest_piece_goes_first_to_whoever_is_free(workers, expected):
    assert scale.hours([3600.0 * n for n in (1, 2, 3, 4)], workers) == pytest.approx(expected)


def test_where_more_workers_only_wait():
    assert scale.enough([10.0] + [1.0] * 30) == 4          # 10 beside three that take 10 each
    assert scale.enough([5.0] * 7) == 7 and scale.enough([5.0]) == 1


def test_the_committed_page_is_of_all_records_and_more_workers_are_never_slower(built):
    [text] = [text for path, text in built.items() if path.name == scale.PAGE]
    cells, total = re.search(r"The (\d+) cells .* take (\d+\.\d) hours", text).groups()
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| \d", line)]
    assert int(cells) > 100 and [int(row[0]) for row in rows] == list(scale.WORKERS)
    for column in (1, 3):
        hours = [float(row[column]) for row in rows]
        assert hours == sorted(hours, reverse=True) and hours[0] == pytest.approx(float(total),
                                                                                  abs=0.06)


def test_what_a_gpu_trained_takes_the_hours_that_it_is_expected_to_without_one(tmp_path):
    """Each device, and what makes a cell other than one whole row: its seconds are the record's."""
    row = "2 hops, memory 100"
    gpu = {"kinds": [{"device": "cuda (a GPU)"}, {"device": "cpu"}]}
    fake_record(tmp_path / "a.json", row, "cpu", {})
    fake_record(tmp_path / "b.json", row, "cuda (a GPU)", {})
    fake_record(tmp_path / "c.json", f"{row}: changed", "cpu", gpu)
    fake_record(tmp_path / "d.json", row, "cpu", gpu | {
        "status": "diverged", "diverged_epoch": 1}, selected=None)
    fake_record(tmp_path / "e.json", "an RNN", "cpu", gpu)
    records = scale.records_of(tmp_path)
    assert scale.measured(records) == [(f"table, a, {row}", 1, 1)]
    hours = not_run.HOURS[language_model.SCRIPT][row]
    assert scale.expected_of(records) == [
        (f"table, b, {row} (expected)", hours * 3600, 1),
        (f"table, c, {row}: changed (expected)", hours * 3600, 1),
        (f"table, d, {row}", 1, 1), ("table, e, an RNN", 1, 1)]
    text = scale.build(tmp_path)[scale.PAGE]
    assert "of the 4\nthat a GPU trained" in text and f"{2 * hours:.1f} hours" in text


def fake_record(path, row, device, more, selected=0):
    """A record of one restart of a row; more: what the restart has besides."""
    path.write_text(json.dumps({
        "schema": 2, "experiment": "table", "column": path.stem, "row": row, "task": None,
        "selection": "lowest training error", "selected": selected, "metric": "test error %",
        "value": 1 if selected == 0 else None,
        "partial": True, "protocol": {}, "restarts": [{"seed": 0, "status": "ok", "test_error": 1,
                                                       "train_error": 1, "train_loss": 1} | more],
        "data": {}, "started": "", "seconds": 1, "scope": "cell", "curves": "x.npz",
        "made": [{"seeds": [0], "code": {}, "environment": {"device": device}}],
        "peak_memory_mb": 1, "checkpoint": {"file": "x", "sha256": "0" * 64} if selected == 0 else None}))
