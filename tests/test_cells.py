"""Runs of cells: resumed, merged, refused, and the same files whatever happens on the way."""

import errno
import json
import os
import threading

import numpy as np
import pytest
from tests.helpers.fake_experiment import cell, train
from safetensors import safe_open

from replication.records import files as stored_files, provenance, record as results
from replication.running.run_cells import Run, run_cells
from tasks.errors import UserError
from tests.helpers.results_folder import contents

FOLDER = "fake_table/memn2n-pe-ls"


def record_of(folder, task=1):
    with open(folder / FOLDER / f"task-{task:02d}.json") as file:
        return json.load(file)


def seeds_of(folder, task=1):
    return [restart["seed"] for restart in record_of(folder, task)["restarts"]]


@pytest.fixture
def trained(monkeypatch):
    """The (task, seeds) that were trained, in order."""
    calls = []

    def counted(seeds, device, task=1, **more):
        calls.append((task, seeds))
        return train(seeds, device, task=task, **more)
    monkeypatch.setattr("tests.helpers.fake_experiment.train", counted)
    return calls


def run(folder, *cells, seeds=range(10), stack=4, whole_blocks=False, **options):
    return run_cells(list(cells) or [cell()], Run(seeds, folder, **options), stack, whole_blocks)


@pytest.fixture
def in_one_go(tmp_path):
    assert run(tmp_path / "whole", cell(1), cell(3), seeds=range(12)) == 0
    return contents(tmp_path / "whole")


# --- what a run leaves

def test_the_three_files_of_a_cell(tmp_path):
    assert run(tmp_path) == 0
    record = record_of(tmp_path)
    chosen = record["restarts"][record["selected"]]
    assert sorted(contents(tmp_path)) == [
        f"{FOLDER}/task-01.json", f"{FOLDER}/task-01.npz",
        f"{FOLDER}/task-01.seed-{chosen['seed']}.safetensors"]
    assert list(record)[:5] == ["schema", "experiment", "column", "row", "task"]
    assert record["value"] == chosen["test_error"] and record["partial"] is False
    [made] = record["made"]
    assert made["seeds"] == list(range(10))
    assert made["environment"]["threads"] == 1 and made["environment"]["device"] == "cpu"
    assert made["environment"]["instruction_set"] and made["environment"]["processor"]
    assert made["code"]["trainer"] == "fake"

    expected = train(range(10), "cpu", task=1)
    curves = stored_files.read_curves(tmp_path / FOLDER / record["curves"], range(10))
    np.testing.assert_array_equal(curves["train_loss"],
                                  expected.curves["train_loss"].astype(np.float16))
    with safe_open(tmp_path / FOLDER / record["checkpoint"]["file"], "numpy") as stored:
        metadata = stored.metadata()
        np.testing.assert_array_equal(stored.get_tensor("A"),
                                      expected.weights[chosen["seed"]]["A"])
    assert metadata["seed"] == str(chosen["seed"]) and metadata["J"] == "7"
    assert json.loads(metadata["protocol"]) == record["protocol"]


def test_torch_weights_are_stored_alike(tmp_path, monkeypatch):
    import torch
    run(tmp_path / "numpy", seeds=[0])

    def in_torch(seeds, device, **more):
        trained = train(seeds, device, **more)
        trained.weights = [{name: torch.nn.Parameter(torch.from_numpy(weights))
                            for name, weights in one.items()} for one in trained.weights]
        return trained
    monkeypatch.setattr("tests.helpers.fake_experiment.train", in_torch)
    run(tmp_path / "torch", seeds=[0])
    assert contents(tmp_path / "numpy") == contents(tmp_path / "torch")


def test_diverged_restarts_are_recorded_and_not_drawn_again(tmp_path, trained):
    doubtful = cell(diverging=(0, 5))
    assert run(tmp_path, doubtful, seeds=range(6)) == 0
    assert run(tmp_path, doubtful, seeds=range(6)) == 0
    assert trained == [(1, [0, 1, 2, 3]), (1, [4, 5])]
    record = record_of(tmp_path)
    assert [r["status"] for r in record["restarts"]] == ["diverged", *["ok"] * 4, "diverged"]
    assert record["restarts"][0]["diverged_epoch"] == 3 and record["selected"] not in (0, 5)

    assert run(tmp_path / "all", doubtful, seeds=[0, 5]) == 0
    lost = record_of(tmp_path / "all")
    assert (lost["selected"], lost["value"], lost["checkpoint"]) == (None, None, None)


def test_a_table_without_tasks(tmp_path):
    from dataclasses import replace
    assert run(tmp_path, replace(cell(), task=None, row="Penn Treebank",
                                 selection="mean over seeds")) == 0
    with open(tmp_path / "fake_table" / "penn-treebank" / "memn2n-pe-ls.json") as file:
        record = json.load(file)
    errors = [restart["test_error"] for restart in record["restarts"]]
    assert record["value"] == pytest.approx(np.mean(errors)) and record["selected"] is None


# --- going on

def test_only_missing_seeds_are_trained_in_aligned_blocks(tmp_path, trained):
    run(tmp_path, seeds=[1, 2, 5])
    run(tmp_path, seeds=range(10))
    run(tmp_path, seeds=range(3, 9))
    assert trained == [(1, [1, 2]), (1, [5]), (1, [0, 3]), (1, [4, 6, 7]), (1, [8, 9])]
    assert seeds_of(tmp_path) == list(range(10))


def test_whole_blocks_train_all_and_keep_what_is_asked(tmp_path, trained):
    run(tmp_path, seeds=[1, 9], whole_blocks=True)
    assert trained == [(1, [0, 1, 2, 3]), (1, [8, 9, 10, 11])]
    assert seeds_of(tmp_path) == [1, 9] and record_of(tmp_path)["partial"] is True


@pytest.mark.parametrize("parts", [
    [range(12)], [[11], [3, 4, 5], range(12)], [range(10, 12), range(10), range(12)],
    [[seed] for seed in (7, 0, 11, 3, 1, 2, 9, 10, 4, 8, 6, 5)]])
def test_in_parts_as_in_one_go(tmp_path, in_one_go, parts):
    for seeds in parts:
        assert run(tmp_path / "parts", cell(1), cell(3), seeds=seeds, stack=3) == 0
    assert contents(tmp_path / "parts") == in_one_go


def test_in_parallel_as_alone(tmp_path):
    cells = [cell(task) for task in (1, 2, 3)]
    assert run(tmp_path / "one", *cells) == run(tmp_path / "two", *cells, jobs=2) == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_version_of_the_code_does_not_block_and_is_told(tmp_path, monkeypatch):
    run(tmp_path, seeds=range(4))
    [old] = record_of(tmp_path)["made"]
    new = {"commit": "1" * 40, "dirty": True, "trainer": "fake", "golden": "2" * 64}
    monkeypatch.setattr(provenance, "code", lambda trainer: new)
    assert run(tmp_path, seeds=range(8)) == 0
    later = {**old, "seeds": [4, 5, 6, 7], "code": new}
    assert record_of(tmp_path)["made"] == [old, later]
    assert run(tmp_path, seeds=range(10)) == 0
    assert record_of(tmp_path)["made"] == [old, {**later, "seeds": [4, 5, 6, 7, 8, 9]}]


def test_a_record_of_the_older_form_goes_on_in_the_present_one(tmp_path):
    run(tmp_path, seeds=range(4))
    path = cell().path(tmp_path)
    record = record_of(tmp_path)
    [made] = record.pop("made")
    older = record | {"schema": results.OLDER, "code": {"commit": "b", "dirty": False,
                                                        "sources": {"a.py": "0" * 64}},
                      "environment": made["environment"]}
    path.write_text(results.to_text(older))
    assert run(tmp_path, seeds=range(4)) == 0 and record_of(tmp_path) == older
    assert run(tmp_path, seeds=range(10)) == 0
    assert record_of(tmp_path)["made"] == [
        {**made, "seeds": [0, 1, 2, 3], "code": older["code"]},
        {**made, "seeds": [4, 5, 6, 7, 8, 9]}]


def test_leftovers_of_a_killed_run_are_removed(tmp_path):
    run(tmp_path)
    before = contents(tmp_path)
    for name in (".task-01.json.abc.tmp", "task-01.seed-77.safetensors"):
        (tmp_path / FOLDER / name).write_bytes(b"half")
    run(tmp_path)
    assert contents(tmp_path) == before


# --- refusing

def refusal(folder, *cells, **options):
    before = contents(folder)
    with pytest.raises(UserError) as caught:
        run(folder, *cells, **options)
    assert contents(folder) == before and "\n" not in str(caught.value)
    return str(caught.value)


OTHER_PROTOCOL = {"batch": 64, "learning_rate": 0.01}


def test_another_protocol_or_other_data_is_refused_before_anything_is_trained(tmp_path, trained):
    run(tmp_path)
    trained.clear()
    line = refusal(tmp_path, cell(2), cell(protocol=OTHER_PROTOCOL))
    assert f"{FOLDER}/task-01.json" in line and "--force" in line
    assert "protocol.batch: recorded 32, asked 64" in line and "learning_rate" not in line
    other_data = {**cell().data, "files": {"qa1_train.txt": "cd" * 32}}
    line = refusal(tmp_path, cell(data=other_data))
    assert "data.files.qa1_train.txt: recorded abababababababab..., asked cdcdcdcdcdcdcdcd" in line
    assert trained == []


def test_force_replaces_what_is_of_another_run_and_nothing_else(tmp_path, trained):
    run(tmp_path, cell(1), cell(2))
    trained.clear()
    assert run(tmp_path, cell(1, protocol=OTHER_PROTOCOL), cell(2), seeds=[0, 1], force=True) == 0
    assert trained == [(1, [0, 1])]
    assert record_of(tmp_path)["protocol"] == OTHER_PROTOCOL and seeds_of(tmp_path) == [0, 1]
    assert seeds_of(tmp_path, task=2) == list(range(10))


def spoil_record(folder):
    file = folder / "task-01.json"
    file.write_text(file.read_text()[:200])


def spoil_checkpoint(folder):
    next(folder.glob("*.safetensors")).write_bytes(b"other weights")


def remove_checkpoint(folder):
    next(folder.glob("*.safetensors")).unlink()


def spoil_curves(folder):
    (folder / "task-01.npz").write_bytes((folder / "task-01.npz").read_bytes()[:100])


@pytest.mark.parametrize("spoil, named", [
    (spoil_record, "task-01.json: not a whole record"),
    (spoil_checkpoint, "the checkpoint is not the one its record names"),
    (remove_checkpoint, "the checkpoint is missing"),
    (spoil_curves, "task-01.npz: the curves cannot be read")])
def test_damaged_files_are_refused_and_made_again_with_force(tmp_path, spoil, named):
    run(tmp_path)
    before = contents(tmp_path)
    spoil(tmp_path / FOLDER)
    damaged = {name: (tmp_path / FOLDER / name).read_bytes()
               for name in os.listdir(tmp_path / FOLDER)}
    with pytest.raises(UserError) as caught:
        run(tmp_path)
    line = str(caught.value)
    assert named in line and "delete" in line and "--force" in line and "\n" not in line
    assert damaged == {name: (tmp_path / FOLDER / name).read_bytes()
                       for name in os.listdir(tmp_path / FOLDER)}
    assert run(tmp_path, force=True) == 0
    assert contents(tmp_path) == before


def test_two_cells_with_one_record_are_a_defect(tmp_path):
    with pytest.raises(ValueError, match="same record"):
        run(tmp_path, cell(1), cell(1))


def test_a_results_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file/results: results cannot be written there .*another"):
        run(tmp_path / "file" / "results")


# --- failing

def out_of_memory(seeds, device):
    raise MemoryError("two lines\nof text")


def wrong_seeds(seeds, device):
    return train([seed + 1 for seed in seeds], device)


def not_a_number(seeds, device):
    trained = train(seeds, device)
    trained.restarts[0]["test_error"] = float("nan")
    return trained


@pytest.mark.parametrize("failing, said", [
    (out_of_memory, "MemoryError: two lines of text (test_cells.py:"),
    (wrong_seeds, "training gave seeds [1, 2] where [0, 1] were asked"),
    (not_a_number, "ValueError")])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_cell_is_named_and_the_others_go_on(tmp_path, capsys, failing, said, jobs):
    from dataclasses import replace
    assert run(tmp_path, replace(cell(1), train=failing), cell(2), seeds=[0, 1], jobs=jobs) == 1
    err = capsys.readouterr().err
    failed = [line for line in err.splitlines() if line.startswith("failed")]
    assert len(failed) == 1 and said in failed[0]
    assert failed[0].startswith("failed: MemN2N PE LS, task 1, seeds 0 to 1: ")
    assert "1 of 2 cells are not complete" in err and "\r" not in err
    assert seeds_of(tmp_path, task=2) == [0, 1]
    assert not (tmp_path / FOLDER / "task-01.json").exists()


def test_a_log_has_one_line_a_cell(tmp_path, capsys):
    run(tmp_path, cell(1), seeds=range(10))
    capsys.readouterr()
    run(tmp_path, cell(1), cell(2))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "2 cells: 1 already there, 1 to train" and len(lines) == 2
    assert lines[1].startswith("[2/2] MemN2N PE LS, task 2: test error %: ")


def test_one_is_one(tmp_path, capsys):
    run(tmp_path, cell(1), seeds=[0])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1 cell: 0 already there, 1 to train" and "(1 restart, partial, " in lines[1]


def full_after(writes):
    """An os.replace that finds the disk full after some of the cells' files."""
    replace, written = os.replace, []

    def fills_up(source, target):
        if ".running" not in str(target):
            written.append(target)
            if len(written) > writes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)
    return fills_up


@pytest.mark.parametrize("fatal", range(3))
def test_a_forced_run_that_stops_is_continued_without_force(tmp_path, monkeypatch, fatal):
    other = cell(protocol=OTHER_PROTOCOL)
    run(tmp_path / "whole", other)
    run(tmp_path / "results")
    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(os, "replace", full_after(fatal))
        run(tmp_path / "results", other, force=True)
    assert run(tmp_path / "results", other) == 0
    assert contents(tmp_path / "results") == contents(tmp_path / "whole")


@pytest.mark.parametrize("fatal", range(8))
def test_a_full_disk_at_any_write_keeps_what_is_complete(tmp_path, monkeypatch, fatal):
    """Of three blocks the first two write checkpoint, curves and record, the last no checkpoint:
    seed 0 is selected first, then seed 7."""
    run(tmp_path / "whole", cell(3))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_after(fatal))
        with pytest.raises(OSError) as caught:
            run(tmp_path / "results", cell(3))
    assert caught.value.errno == errno.ENOSPC
    left = contents(tmp_path / "results")
    assert not any(name.endswith(".tmp") or "running" in name for name in left)
    assert (f"{FOLDER}/task-03.json" in left) == (fatal > 2)
    assert run(tmp_path / "results", cell(3)) == 0
    assert contents(tmp_path / "results") == contents(tmp_path / "whole")


def test_processes_can_be_started_from_any_thread(tmp_path):
    """A notebook's, say: signals can be held back in the main thread alone."""
    done = []
    thread = threading.Thread(target=lambda: done.append(
        run(tmp_path, cell(1), cell(2), seeds=[0, 1], jobs=2)))
    thread.start()
    thread.join()
    assert done == [0]
