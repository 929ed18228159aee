"""Records: where they lie, which restart is selected, what is refused as not whole."""

import errno
import hashlib
import itertools
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from replication.records import files as stored_files, provenance, record as results
from tasks.errors import UserError

RULE, METRIC = "lowest training error", "test error %"


def restart(seed, train_error=1.0, train_loss=0.5, test_error=10.0, **more):
    return {"seed": seed, "status": "ok", "train_error": train_error, "train_loss": train_loss,
            "test_error": test_error, **more}


def diverged(seed):
    return {"seed": seed, "status": "diverged", "diverged_epoch": 2, "train_error": None,
            "train_loss": None, "test_error": None}


def whole_record():
    restarts = [restart(seed, test_error=float(seed)) for seed in range(10)]
    made = {"seeds": list(range(10)), "code": {}, "environment": {}}
    return {"schema": results.SCHEMA, "experiment": "fake_table", "column": "MemN2N PE", "row": None,
            "task": 7, "selection": RULE, "selected": 0, "metric": METRIC, "value": 0.0,
            "partial": False, "restarts": restarts, "protocol": {"batch": 32},
            "data": {"source": "official"}, "made": [made], "started": "",
            "seconds": 1.0, "peak_memory_mb": 1.0, "scope": "cell", "curves": "task-07.npz",
            "checkpoint": {"file": "task-07.seed-0.safetensors", "sha256": "0" * 64}}


# --- places

def test_slugs_and_paths():
    assert results.slug(" MemN2N  PE LS RN* ") == "memn2n-pe-ls-rn"
    assert results.record_path("r", "t@shuffled", "MemN2N PE", task=7) == Path(
        "r/t@shuffled/memn2n-pe/task-07.json")
    assert results.record_path("r", "t", "difficulty 5 / actor + object", row="MemNN k=1") == Path(
        "r/t/memnn-k-1/difficulty-5-actor-object.json")


def test_slugs_of_the_columns_are_unique():
    hops = [f"MemN2N {n} PE LS joint" for n in ("1 hop", "2 hops", "3 hops")]
    columns = ["MemNN strongly supervised", "LSTM", "MemNN-WSH", "MemN2N BoW", "MemN2N PE",
               "MemN2N PE LS", "MemN2N PE LS RN", *hops, "MemN2N PE LS RN joint",
               "MemN2N PE LS LW joint", "MemN2N PE LS LW RN*"]
    assert len({results.slug(column) for column in columns}) == len(columns)


# --- selection

def ten(**special):
    """Ten equal restarts, some replaced: ten(s3={"train_error": 0.0})."""
    restarts = [restart(seed, test_error=float(seed)) for seed in range(10)]
    for name, values in special.items():
        restarts[int(name[1:])].update(values)
    return restarts


@pytest.mark.parametrize("restarts, selected", [
    (ten(s3={"train_error": 0.0}), 3),
    (ten(s3={"train_error": 0.0, "train_loss": 0.9}, s5={"train_loss": 0.1}), 3),
    (ten(s3={"train_error": 0.0}, s5={"train_error": 0.0, "train_loss": 0.1}), 5),
    (ten(), 0),
    (ten(s3={"train_loss": 0.1}, s4={"train_loss": 0.1}), 3),
    (ten() + [restart(10, train_error=0.0)], 0),
], ids=["lowest error", "whatever its loss", "then loss", "then seed", "lower seed of two",
        "seed 10 does not compete"])
def test_selection(restarts, selected):
    assert results.outcome(restarts, RULE, METRIC) == (selected, float(selected), False)


def test_a_diverged_restart_is_there_but_never_selected():
    restarts = ten()
    restarts[0] = diverged(0)
    assert results.outcome(restarts, RULE, METRIC) == (1, 1.0, False)
    assert results.outcome([diverged(s) for s in range(10)], RULE, METRIC) == (None, None, False)


def test_partial_without_all_of_seeds_0_to_9():
    assert results.outcome(ten()[:9], RULE, METRIC) == (0, 0.0, True)
    late = [restart(12, 1.0, test_error=3.0), restart(13, 0.0, test_error=4.0)]
    assert results.outcome(late, RULE, METRIC) == (1, 4.0, True)
    assert results.outcome([restart(9, 5.0), *late], RULE, METRIC)[0] == 0


def test_mean_over_seeds():
    restarts = [restart(seed, test_error=float(seed)) for seed in range(10)]
    assert results.outcome(restarts, "mean over seeds", METRIC) == (None, 4.5, False)
    restarts[0] = diverged(0)
    assert results.outcome(restarts, "mean over seeds", METRIC) == (None, 14.5, False)
    perplexities = [{"seed": 0, "status": "ok", "test_perplexity": 111.0},
                    {"seed": 1, "status": "diverged", "test_perplexity": None}]
    assert results.outcome(perplexities, "mean over seeds", "test perplexity") == (
        None, None, True)


def test_lowest_validation_perplexity():
    restarts = [{"seed": seed, "status": "ok", "valid_perplexity": 120.0 - (seed == 4),
                 "test_perplexity": 110.0 + seed} for seed in range(10)]
    assert results.outcome(restarts, "lowest validation perplexity", "test perplexity") == (
        4, 114.0, False)


# --- reading

def test_a_record_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "task-07.json"
    text = results.to_text(whole_record())
    file.write_text(text)
    assert results.read(file) == whole_record()
    assert sum(line.startswith('  {"seed"') for line in text.splitlines()) == 10


def broken(**changes):
    return {**whole_record(), **changes}


def without(key):
    return {name: value for name, value in whole_record().items() if name != key}


@pytest.mark.parametrize("record, problem", [
    (broken(schema=3), "schema 3"),
    (without("protocol"), "no 'protocol'"),
    (broken(task="7"), "'task' is str"),
    (broken(selected=1), "its restarts give 0, 0.0, false"),
    (broken(value=0.5), "its restarts give 0, 0.0, false"),
    (broken(partial=True), "its restarts give 0, 0.0, false"),
    (broken(restarts=[]), "sorted list"),
    (broken(restarts=[restart(1), restart(1)]), "sorted list"),
    (broken(restarts=[{"seed": 0}]), "a restart is incomplete"),
    (broken(restarts=[restart(0) | {"status": "well"}]), "'well'"),
    (broken(checkpoint=None), "checkpoint"),
    (broken(selection="the nicest"), "'the nicest'"),
    ([], "not a JSON object"),
])
def test_a_record_that_is_not_whole_is_refused(tmp_path, record, problem):
    file = tmp_path / "task-07.json"
    file.write_text(json.dumps(record))
    with pytest.raises(UserError) as caught:
        results.read(file)
    line = str(caught.value)
    assert str(file) in line and problem in line and "--force" in line and "\n" not in line


@pytest.mark.parametrize("spoil", [
    lambda text: text[:len(text) // 2], lambda text: "",
    lambda text: text.replace("0.5", "NaN", 1), lambda text: "\x00" * len(text)])
def test_a_truncated_file_or_nan_is_refused(tmp_path, spoil):
    file = tmp_path / "task-07.json"
    file.write_text(spoil(results.to_text(whole_record())))
    with pytest.raises(UserError, match="not a whole record"):
        results.read(file)


def test_nan_is_not_written():
    with pytest.raises(ValueError):
        results.to_text(broken(value=float("nan")))


def test_differences_name_key_recorded_and_asked():
    recorded = {"batch": 32, "lr": {"start": 0.01, "halved": [25, 50]}, "old": 1}
    asked = {"batch": 64, "lr": {"start": 0.01, "halved": [25, 60]}, "new": True}
    assert results.differences(recorded, asked, "protocol") == [
        "protocol.batch: recorded 32, asked 64",
        "protocol.lr.halved: recorded [25, 50], asked [25, 60]",
        "protocol.old: recorded 1, asked nothing",
        "protocol.new: recorded nothing, asked true"]
    assert results.differences(recorded, recorded, "protocol") == []


# --- files

@pytest.mark.parametrize("broken_call", ["fsync", "replace"])
def test_a_full_disk_loses_nothing(tmp_path, monkeypatch, broken_call):
    file = tmp_path / "task-07.json"
    stored_files.write(file, b"before")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, broken_call, full)
    with pytest.raises(OSError) as caught:
        stored_files.write(file, b"after")
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(file)
    assert file.read_bytes() == b"before" and os.listdir(tmp_path) == [file.name]


def test_curves_come_back_by_seed(tmp_path):
    file = tmp_path / "curves.npz"
    losses, counts = np.array([[1.5, 0.25], [70000.0, np.nan]]), np.array([[9, 3], [900, 7]])
    file.write_bytes(stored_files.curves_to_bytes([4, 7], {"loss": losses, "wrong": counts}))
    read = stored_files.read_curves(file, [7, 4])
    assert read["loss"].dtype == np.float16 and read["wrong"].dtype == np.uint16
    np.testing.assert_array_equal(read["loss"], [[np.inf, np.nan], [1.5, 0.25]])
    np.testing.assert_array_equal(read["wrong"], counts[::-1])
    with pytest.raises(KeyError):
        stored_files.read_curves(file, [5])


CHECKPOINT = """
import sys, numpy as np
from replication.records.files import checkpoint_to_bytes
weights = {"C": np.arange(6, dtype=np.float32).reshape(2, 3), "A": np.ones((3, 1), np.float32)}
metadata = {"vocabulary": '["caf\\u00e9"]', "J": "7", "seed": "3", "protocol": "{}"}
sys.stdout.buffer.write(checkpoint_to_bytes(weights, metadata))
"""


def test_a_checkpoint_has_the_same_bytes_each_time_and_can_be_read(tmp_path):
    contents = {subprocess.run([sys.executable, "-c", CHECKPOINT], capture_output=True, check=True,
                               cwd=provenance.ROOT).stdout for _ in range(3)}
    assert len(contents) == 1
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(contents.pop())
    with safe_open(file, framework="numpy") as stored:
        assert stored.metadata() == {"vocabulary": '["caf\u00e9"]', "J": "7", "seed": "3",
                                     "protocol": "{}"}
        np.testing.assert_array_equal(stored.get_tensor("C"), [[0, 1, 2], [3, 4, 5]])
        np.testing.assert_array_equal(stored.get_tensor("A"), np.ones((3, 1)))


# --- provenance

def test_code_names_the_golden_figures_of_its_trainer(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "GOLDEN", tmp_path)
    (tmp_path / "memn2n.json").write_text("figures")
    code = provenance.code("memn2n")
    assert code["trainer"] == "memn2n"
    assert code["golden"] == hashlib.sha256(b"figures").hexdigest()
    assert provenance.code("another")["golden"] is None


def test_an_environment_names_the_processor_and_its_instruction_set():
    environment = provenance.environment("cpu")
    assert environment["instruction_set"] == torch.backends.cpu.get_cpu_capability()
    assert environment["processor"].startswith(platform.machine())
    assert None not in provenance.kind(environment).values()


# --- what restarts were made with

def group(seeds, host, commit="a"):
    return {"seeds": seeds, "code": {"commit": commit}, "environment": {"platform": host}}


def test_groups_do_not_depend_on_the_order_of_arrival():
    """Blocks of two machines, A B A B: a group each, whoever came first."""
    parts = [group([2 * i, 2 * i + 1], "AB"[i % 2]) for i in range(5)]
    expected = [group([0, 1, 4, 5, 8, 9], "A"), group([2, 3, 6, 7], "B")]
    for order in itertools.permutations(parts):
        grown = []
        for part in order:
            grown = results.grouped([*grown, part])
        assert grown == expected
    assert results.grouped([group([], "A"), group([1], "B")]) == [group([1], "B")]


def test_the_older_form_is_read_as_groups():
    record = whole_record()
    del record["made"]
    record |= {"schema": results.OLDER, "code": {"commit": "b"}, "environment": {"platform": "A"},
               "earlier": [group([0, 3], "A")]}
    assert results.problem_of(record) is None
    assert results.groups(record) == [group([0, 3], "A"),
                                      group([1, 2, 4, 5, 6, 7, 8, 9], "A", "b")]


def test_groups_hold_every_restart_once():
    record = whole_record()
    record["made"] = [group([0, 1], "A"), group([1, 2, 3, 4, 5, 6, 7, 8, 9], "B")]
    assert "groups" in results.problem_of(record)
    record["made"] = [group(list(range(9)), "A")]
    assert "groups" in results.problem_of(record)


def test_a_diverged_restart_has_every_key_of_the_others():
    ok = {"seed": 1, "status": "ok", "test_error": 1.0, "first_hop": 90.0, "n_test": 10}
    lost = results.diverged(0, 3, n_test=10)
    complete = results.completed([lost, ok])
    assert complete[1] == ok
    assert complete[0] == {"seed": 0, "status": "diverged", "test_error": None, "first_hop": None,
                           "n_test": 10, "diverged_epoch": 3}
    assert results.completed([lost]) == [lost]


def test_dirty_is_about_replication_and_tasks_alone(tmp_path, monkeypatch):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for folder in ("replication", "tasks", "results"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.code("none") == {"commit": None, "dirty": None, "trainer": "none",
                                       "golden": None}
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    (tmp_path / "results" / "a.py").write_text("x = 2\n")
    assert len(provenance.code("none")["commit"]) == 40
    assert provenance.code("none")["dirty"] is False
    (tmp_path / "tasks" / "a.py").write_text("x = 2\n")
    assert provenance.code("none")["dirty"] is True


def test_looking_at_git_leaves_its_index_alone(tmp_path, monkeypatch):
    """`git status` would refresh the index, under a lock that a killed run leaves behind."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "tasks").mkdir()
    file = tmp_path / "tasks" / "a.py"
    file.write_text("x = 1\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    os.utime(file, (1, 1))  # touched, not changed: what makes git refresh its index
    index = (tmp_path / ".git" / "index").read_bytes()
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance.code("none")["dirty"] is False
    assert (tmp_path / ".git" / "index").read_bytes() == index


def test_inside_another_repository_no_commit_is_named(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run(["git", "-C", tmp_path, *identity, "commit", "-q", "--allow-empty", "-m", "m"],
                   check=True)
    (tmp_path / "unpacked").mkdir()
    for root, known in ((tmp_path, True), (tmp_path / "unpacked", False)):
        monkeypatch.setattr(provenance, "ROOT", root.resolve())
        assert (provenance.code("none")["commit"] is not None) == known
