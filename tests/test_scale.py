"""The page of scale: schedules from measured seconds."""

import json
import re

import pytest

from paper_tables import scale


@pytest.mark.parametrize("workers, expected", [(1, 10), (2, 5), (3, 4), (4, 4), (9, 4)])
def test_the_longest_piece_goes_first_to_whoever_is_free(workers, expected):
    assert scale.hours([3600.0 * n for n in (1, 2, 3, 4)], workers) == pytest.approx(expected)


def test_where_more_workers_only_wait():
    assert scale.enough([10.0] + [1.0] * 30) == 4          # 10 beside three that take 10 each
    assert scale.enough([5.0] * 7) == 7 and scale.enough([5.0]) == 1


def test_the_committed_page_is_of_all_records_and_more_workers_are_never_slower(built):
    [text] = [text for path, text in built.items() if path.name == scale.PAGE]
    cells, total = re.search(r"The (\d+) cells .* took (\d+\.\d) hours", text).groups()
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| \d", line)]
    assert int(cells) > 100 and [int(row[0]) for row in rows] == list(scale.WORKERS)
    for column in (1, 3):
        hours = [float(row[column]) for row in rows]
        assert hours == sorted(hours, reverse=True) and hours[0] == pytest.approx(float(total),
                                                                                  abs=0.06)


def test_what_a_gpu_trained_counts_no_hours(tmp_path):
    figures = {}
    for name, device, more in (("a", "cpu", {}), ("b", "cuda (a GPU)", {}),
                               ("c", "cpu", {"kinds": [{"device": "cuda (a GPU)"}]})):
        fake_record(tmp_path / f"{name}.json", name, device, more)
        figures[name] = [cell[0] for cell in scale.measured(tmp_path)]
    assert figures == {name: ["table, a, task 1"] for name in "abc"}


def fake_record(path, column, device, more):
    """A record of one restart; more: what the restart has besides."""
    path.write_text(json.dumps({
        "schema": 2, "experiment": "table", "column": column, "row": None, "task": 1,
        "selection": "lowest training error", "selected": 0, "metric": "test error %", "value": 1,
        "partial": True, "protocol": {}, "restarts": [{"seed": 0, "status": "ok", "test_error": 1,
                                                       "train_error": 1, "train_loss": 1} | more],
        "data": {}, "started": "", "seconds": 1, "scope": "cell", "curves": "x.npz",
        "made": [{"seeds": [0], "code": {}, "environment": {"device": device}}],
        "peak_memory_mb": 1, "checkpoint": {"file": "x", "sha256": "0" * 64}}))
