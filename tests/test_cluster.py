"""Cells on a Dask cluster of processes: the records of a local run, whatever happens to workers."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from replication.records import files as stored_files, provenance, record as results
from replication.records.cells import Cell
from replication.records.record import Trained
from replication.training.babi_task import Task
from replication.training.memn2n_several_tests import Sources
from replication.running import cluster as on_cluster
from replication.running import command_line
from replication.running.command_line import Table
from replication.running.cluster import Cluster
from replication.running.run_cells import Run, run_cells
from tasks.errors import UserError

dask = pytest.importorskip("dask", reason=f"the extra is not installed: {on_cluster.EXTRA}")
distributed = pytest.importorskip(
    "distributed", reason=f"the extra is not installed: {on_cluster.EXTRA}")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None,
                                  processes=True) as started:
        yield started


def train(file, log, seconds, seeds, device):
    """Restarts whose figures are those of their seed and file; each block leaves a line behind."""
    import numpy as np
    time.sleep(seconds)
    with open(log, "a") as lines:
        lines.write(f"{os.getpid()} {seeds[0]}\n")
    size = len(file.read_text())
    rows = [np.random.default_rng([seed, size]).random(4) for seed in seeds]
    return Trained([{"seed": seed, "status": "ok", "train_error": float(row[0]),
                     "train_loss": float(row[1]), "test_error": float(row[2])}
                    for seed, row in zip(seeds, rows)],
                   {"train_loss": np.array([row[:2] for row in rows])},
                   [{"w": row} for row in rows], {"kind": "fake"})


def cells(folder, count=3, seconds=0.0):
    file = folder / "data" / "words.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("some words\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return [Cell(experiment="fake", column=f"c{i}", task=1, protocol={}, trainer="none",
                 train=partial(train, file, folder / "log", seconds),
                 data={"source": "own", "files": {"data/words.txt": digest}})
            for i in range(count)]


def figures(folder):
    """Everything of the records but when and where."""
    changing = ("made", "started", "seconds", "peak_memory_mb")
    return {path.relative_to(folder): (
        {key: value for key, value in results.read(path).items() if key not in changing},
        stored_files.sha256(path.with_suffix(".npz"))) for path in folder.rglob("task-*.json")}


def test_the_records_are_those_of_a_local_run(cluster, tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    assert run_cells(cells(tmp_path), Run(range(6), there, Cluster(cluster.scheduler_address)),
                     stack=2) == 0
    workers = {line.split()[0] for line in (tmp_path / "log").read_text().splitlines()}
    assert workers <= {str(pid) for pid in pids(cluster)} and str(os.getpid()) not in workers
    assert run_cells(cells(tmp_path), Run(range(6), here), stack=2) == 0
    assert figures(there) == figures(here) and len(figures(here)) == 3
    for path in there.rglob("task-*.json"):
        [group] = results.read(path)["made"]
        assert group["seeds"] == list(range(6)) and group["environment"]["threads"] == 1


def pids(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_a_run_goes_on_where_a_worker_is_killed(cluster, tmp_path):
    """Its block is trained again, by another worker; the records are as if nothing had been."""
    work = cells(tmp_path, count=4, seconds=0.3)
    doomed = partial(train_after, partial(_kill_once, tmp_path / "killed"),
                     work[0].train)
    work[0] = Cell(**{**vars(work[0]), "train": doomed})
    assert run_cells(work, Run(range(4), tmp_path / "there", Cluster(cluster.scheduler_address)),
                     stack=2) == 0
    assert (tmp_path / "killed").exists()
    assert run_cells(cells(tmp_path, count=4), Run(range(4), tmp_path / "here"), stack=2) == 0
    assert figures(tmp_path / "there") == figures(tmp_path / "here")


def train_after(before, then, seeds, device):
    before()
    return then(seeds, device)


def _kill_once(mark):
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def _kill_always():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_block_that_kills_every_worker_ends_the_run_with_a_word(tmp_path):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True) as started:
        [work] = cells(tmp_path, count=1)
        work = Cell(**{**vars(work), "train": partial(train_after, _kill_always, work.train)})
        with pytest.raises(UserError, match="run the same command again") as error:
            run_cells([work], Run(range(2), tmp_path / "out", Cluster(started.scheduler_address)))
    assert "\n" not in str(error.value)


def test_workers_whose_data_differs_are_refused_by_name(cluster, tmp_path, capsys):
    work = cells(tmp_path)
    (tmp_path / "data" / "words.txt").write_text("other words\n")
    with pytest.raises(UserError, match="no worker can be taken; tcp://127.0.0.1"):
        run_cells(work, Run(range(2), tmp_path / "out", Cluster(cluster.scheduler_address)))
    said = capsys.readouterr().err
    assert "words.txt: not the run's file (another SHA-256)" in said
    assert said.count(" is refused: ") == 2
    assert not (tmp_path / "log").exists()      # nothing was trained
    assert not list((tmp_path / "out").rglob("task-*.json"))


def test_one_worker_of_other_data_leaves_its_share_to_the_other(cluster, tmp_path, capsys):
    """It is refused by name; what the other one trains is all that was asked: status 0."""
    work = cells(tmp_path, count=4)
    with distributed.Client(cluster, set_as_default=False) as client:
        first = list(client.scheduler_info()["workers"])[0]
        other = tmp_path / "elsewhere" / "data" / "words.txt"
        other.parent.mkdir(parents=True)
        other.write_text("some words\n")
        (tmp_path / "data" / "words.txt").unlink()
        client.run(_own_data, str(tmp_path / "elsewhere"), workers=[first])
        try:
            assert run_cells(work, Run(range(2), tmp_path / "out", Cluster(cluster.scheduler_address))) == 0
        finally:
            client.run(_own_data, None)
    said = capsys.readouterr().err
    [line] = [line for line in said.splitlines() if " is refused: " in line]
    assert first not in line and "words.txt: not there" in line and "not complete" not in said
    for path in (tmp_path / "out").rglob("task-*.json"):
        assert [restart["seed"] for restart in results.read(path)["restarts"]] == [0, 1]
    assert len(list((tmp_path / "out").rglob("task-*.json"))) == 4
    assert len((tmp_path / "log").read_text().splitlines()) == 4      # no block twice


def _own_data(folder):
    if folder is None:
        os.environ.pop("MEMNN_DATA", None)
    else:
        os.environ["MEMNN_DATA"] = folder


def test_workers_of_another_version_are_refused(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(on_cluster, "code_digest", lambda: "0" * 64)
    with pytest.raises(UserError, match="its code is another version"):
        run_cells(cells(tmp_path), Run([0], tmp_path / "out", Cluster(cluster.scheduler_address)))


def test_an_address_where_nobody_listens_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(on_cluster, "SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    for asked in (address, "nonsense://here"):
        with pytest.raises(UserError, match="no scheduler answers there") as error:
            run_cells(cells(tmp_path), Run([0], tmp_path / "out", Cluster(asked)))
        assert "\n" not in str(error.value)


def test_no_address_at_all_leaves_no_traceback_behind_its_line(small_babi):
    done = subprocess.run(
        [sys.executable, "-m", "replication.memn2n_table1_babi_1k", "--smoke", "--tasks", "3",
         "--columns", "PE", "--data", small_babi, "--cluster", "nonsense"],
        cwd=provenance.ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.count("no scheduler answers there (missing port number") == 1


def test_a_cluster_without_workers_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(on_cluster, "SECONDS", 1)
    with distributed.LocalCluster(n_workers=0, dashboard_address=None) as started:
        with pytest.raises(UserError, match="no worker has come"):
            run_cells(cells(tmp_path), Run([0], tmp_path / "out", Cluster(started.scheduler_address)))


def test_a_failing_cell_is_named_and_the_others_go_on(cluster, tmp_path, capsys):
    work = cells(tmp_path)
    work[1] = Cell(**{**vars(work[1]), "train": partial(train_after, _fail, work[1].train)})
    assert run_cells(work, Run([0], tmp_path / "out", Cluster(cluster.scheduler_address))) == 1
    assert "failed: c1, task 1" in capsys.readouterr().err
    assert len(list((tmp_path / "out").rglob("task-*.json"))) == 2


def _fail():
    raise ValueError("not today")


def test_the_flag_gives_a_cluster():
    options = command_line.parse("x", Table(("a",)), ["--cluster", "tcp://host:8786"])
    assert (options.run.jobs, options.run.device) == (Cluster("tcp://host:8786"), "cpu")


def test_paths_are_found_and_changed_however_deep():
    one, two = Path("a/x.txt"), Path("a/y.txt")
    value = partial(train, {1: (one, two)}, [partial(print, one)], key=two)
    assert on_cluster.paths_in(value) == [one, two, one, two]
    changed = on_cluster.with_paths(value, {one: Path("b/x.txt")})
    assert on_cluster.paths_in(changed) == [Path("b/x.txt"), two, Path("b/x.txt"), two]


def test_the_files_of_a_task_are_found():
    """Those of a cell that trains on one task, whatever it is tested on beside."""
    one, two, other = Path("a/train.txt"), Path("a/test.txt"), Path("b/test.txt")
    task = Task(1, one, two)
    for value, paths in ((task, [one, two]), (Sources(task, other), [one, two, other])):
        assert on_cluster.paths_in(partial(len, value)) == paths
