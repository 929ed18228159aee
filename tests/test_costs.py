"""What the profiles run, and how long that takes."""

import importlib.util
import re
from pathlib import Path

from paper_tables import language_model
from replication import run_all
from replication.records.provenance import module_of
from replication.running import calibration, cell_list, costs
from replication.running.cell_list import REFERENCE
from tests.helpers.checkout import TABLE


def test_long_scripts_are_left_out_by_name(monkeypatch):
    monkeypatch.setitem(costs.COSTS, "memnn_table1_long", costs.Cost(1, None, 600))
    available = ["memn2n_table1_babi_1k", "memnn_table1_long"]
    assert run_all.choose("default", None, available) == (available[:1], available[1:])
    assert run_all.choose("full", None, available) == (available, [])
    assert run_all.choose("default", "memnn_table1_long", available) == (available[1:], [])
    lines = list(costs.announce("default", *run_all.choose("default", None, available)))
    assert "1 of 2 scripts" in lines[0]
    assert lines[-1].startswith("  memnn_table1_long: left out, it takes about 10.0 h")


def test_costs_belong_to_scripts_and_the_default_fits_an_hour():
    assert set(costs.COSTS) >= set(run_all.scripts())
    assert sum(cost.default or 0 for cost in costs.COSTS.values()) <= 60
    assert all(cost.smoke < 2 for cost in costs.COSTS.values())


def test_the_full_profile_trains_every_language_model_of_the_evidence_as_often():
    asked = {}
    for run in costs.COSTS[language_model.SCRIPT].evidence:
        flags = cell_list._flags(run)
        asked |= dict.fromkeys(flags["--rows"], int(flags["--restarts"][0]))
    records = language_model.records_of(REFERENCE / language_model.SCRIPT)
    assert asked == {row: len(record.restarts) for (row, _), record in records.items()}


def test_the_time_of_this_machine_is_measured(monkeypatch):
    assert 0 < calibration.seconds()
    monkeypatch.delenv(costs.SLOWER, raising=False)
    assert costs.slowness(None) is None
    short, long = (list(costs.announce("default", [TABLE], [], slower))
                   for slower in (None, 3.0))
    cost = costs.COSTS[TABLE].default
    assert f"{costs.spoken(cost)} on two cores where it was measured" in short[0]
    assert f"{costs.spoken(3 * cost)} on two cores of this machine (3.0 times" in long[0]
    assert long[1] == f"  {TABLE}: {costs.spoken(3 * cost)}"


def test_expected_minutes_are_written_in_one_place():
    scripts = [Path(importlib.util.find_spec(module_of(name)).origin) for name in costs.COSTS]
    written = {path.stem for path in scripts
               if re.search(r"\d+ (minutes?|hours?|min)\b", path.read_text(encoding="utf-8"))}
    assert written == set()


def test_spoken_times():
    assert [costs.spoken(value) for value in (0, 0.2, 1, 10.4, 119, 150)] == [
        "about 1 s", "about 12 s", "about 1 min", "about 10 min", "about 119 min", "about 2.5 h"]
