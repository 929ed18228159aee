"""Trains cells again and holds them against their committed records: -m retrain."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from replication import memn2n_table1_babi_1k as table1
from replication.records import provenance, record as results
from replication.running import workers
from replication.running.babi_table import BabiTable
from tasks import archives, babi

REFERENCE = Path(__file__).resolve().parent.parent / "results" / "reference"
JOINT = "MemN2N 1 hop PE LS joint"


def record_of(cell, task):
    """The committed record of one task of a cell."""
    return json.loads(cell.parts[task].path(REFERENCE).read_text())


def joint_cell(root):
    """The cell of JOINT on the files of all tasks under a data root."""
    source = archives.locate(root, needs=archives.babi_files("en", babi.TASK_NAMES))
    table = BabiTable(table1.EXPERIMENT, source, "en", (1,))
    [joint] = table.joint_cells({JOINT: table1.JOINT_VARIANTS[JOINT]})
    return joint


def test_a_joint_cell_finds_a_committed_record_for_each_task(small_babi_all):
    """Quick, so that what retraining compares with is found before someone waits for it."""
    # The place does not depend on the data but for the mark of simulated files.
    joint = replace(joint_cell(small_babi_all), experiment=table1.EXPERIMENT)
    for task in babi.TASK_NAMES:
        record = record_of(joint, task)
        assert (record["column"], record["task"], record["scope"]) == (JOINT, task, "column")
        assert 3 in [restart["seed"] for restart in record["restarts"]]


@pytest.mark.retrain
@pytest.mark.parametrize("column, task", [("MemN2N BoW", 1), ("MemN2N PE", 15),
                                          ("MemN2N PE LS", 16), ("MemN2N PE LS RN", 6)])
def test_a_cell_trained_again_is_its_record(official_data, column, task):
    source = archives.locate(official_data, needs=archives.babi_files("en", [task]))
    table = BabiTable(table1.EXPERIMENT, source, "en", (task,))
    [cell] = table.memn2n_cells({column: table1.VARIANTS[column]})
    record = record_of(cell, task)
    workers.use_one_thread()      # as in a run: more would divide sums otherwise
    again = cell.train([0, 1, 2], "cpu").restarts
    committed = [r for r in record["restarts"] if r["seed"] in (0, 1, 2)]
    compare(again, committed, record)


@pytest.mark.retrain
def test_a_joint_restart_trained_again_is_in_its_records(official_data):
    joint = joint_cell(official_data)
    workers.use_one_thread()
    [restart] = joint.train([3], "cpu").restarts
    for task, figures in restart.pop("by_task").items():
        record = record_of(joint, task)
        committed = [r for r in record["restarts"] if r["seed"] == 3]
        compare([restart | figures], committed, record)


def compare(again, committed, record):
    """Bit for bit on the kind of processor that made them; elsewhere no worse than another draw."""
    here = provenance.kind(provenance.environment("cpu"))
    errors = [r["test_error"] for r in record["restarts"] if r["status"] == "ok"]
    for new, old in zip(again, committed):
        [group] = [g for g in results.groups(record) if old["seed"] in g["seeds"]]
        if provenance.kind(group["environment"]) == here:
            assert new == old
        # Rounding may lead a restart elsewhere, and never outside of where restarts end.
        assert min(errors) - 3 <= new["test_error"] <= max(errors) + 3
