"""Verification: checkpoints, curves and files that no record names."""

import json
import shutil

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from replication import verify
from replication.records import files as stored_files, record as results
from replication.verification import record_checks
from tests.helpers import trained_small
from tests.helpers.trained_small import (  # noqa: F401, three are fixtures
    FOLDER, PE1, change, checked, data, stored, trained)


def test_other_weights_under_a_right_digest_are_seen(stored, data):
    path = stored / f"{PE1}.json"
    file = path.parent / results.read(path)["checkpoint"]["file"]
    weights = safetensors.numpy.load_file(file)
    with safetensors.safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    weights["E1"] = weights["E1"] + np.float32(0.05)
    trained_small.replace_checkpoint(path, weights, metadata)
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    assert all(str(path) in line and "is recorded" in line or "are recorded" in line
               for line in report.differences)


@pytest.mark.parametrize("key, value", [("seed", "77"), ("vocabulary", None), ("protocol", None)])
def test_a_checkpoint_of_something_else_is_seen(stored, data, key, value):
    path = stored / f"{PE1}.json"
    file = path.parent / results.read(path)["checkpoint"]["file"]
    weights = safetensors.numpy.load_file(file)
    with safetensors.safe_open(file, framework="np") as opened:
        metadata = opened.metadata()
    if key == "vocabulary":
        value = json.dumps(json.loads(metadata[key])[::-1])
    if key == "protocol":
        value = json.dumps(json.loads(metadata[key]) | {"rate": 0.5})
    trained_small.replace_checkpoint(path, weights, metadata | {key: value})
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    assert [line for line in report.differences if f"its checkpoint's {key}" in line]


def test_damaged_and_foreign_files_are_seen(stored, data):
    folder = stored / FOLDER / "memn2n-pe"
    (folder / "task-01.json").write_text((folder / "task-01.json").read_text()[:500])
    (folder / "task-03.npz").write_bytes(b"PK not a zip")
    (stored / FOLDER / "memn2n-bow" / "task-01.npz").unlink()
    (folder / "notes.txt").write_text("mine")
    shutil.copytree(stored / FOLDER / "memn2n-bow", stored / "some_table" / "memn2n-bow")
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    said = "\n".join(report.differences)
    for words in ("task-01.json: not a whole record", "task-03.npz cannot be read",
                  "task-01.npz are not there", "notes.txt: no record names this file"):
        assert words in said
    # Of a record that cannot be read the weights are no strays: they may be all that is left.
    assert not any("memn2n-pe/task-01." in line and "remove it" in line
                   for line in report.differences)
    moved = [line for line in report.differences if "some_table" in line and "belongs at" in line]
    assert len(moved) == 2


def test_a_runs_own_tables_and_marks_are_no_strays(stored, data):
    (stored / "tables").mkdir()
    (stored / "memnn_tuning").mkdir()
    (stored / "memn2n_tuning").mkdir()
    (stored / record_checks.RUNNING).mkdir()
    for name in (f"tables/{FOLDER}.md", f"tables/{FOLDER}.csv", "tables/other.md",
                 f"{record_checks.RUNNING}/all.lock",
                 *record_checks.APART):
        (stored / name).write_text("x")
    status, report = checked(stored, data)
    assert [line for line in report.differences if "tables/other.md" in line] == report.differences
    assert len(report.differences) == 1


def test_an_experiment_without_a_script_is_seen(stored, data):
    (stored / FOLDER).rename(stored / "memn2n_table9@simulated")
    for path in stored.rglob("*.json"):
        change(path, lambda record: record.update(experiment="memn2n_table9@simulated"))
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    assert sum("is no script of this version" in line for line in report.differences) == 4


def test_a_smaller_curve_file_is_seen(stored, data):
    path = stored / f"{PE1}.json"
    record = results.read(path)
    seeds = [restart["seed"] for restart in record["restarts"]]
    curves = stored_files.read_curves(path.with_suffix(".npz"), seeds)
    stored_files.write(path.with_suffix(".npz"), stored_files.curves_to_bytes(
        seeds, {name: curve[:, :-1] for name, curve in curves.items()}))
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    assert any("(10, 99) where (10, 100)" in line for line in report.differences)
