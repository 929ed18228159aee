"""Real runs, as processes, that are killed, interrupted or meet another run."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tests.helpers import fake_experiment
from tests.helpers.fake_experiment import cell, train
from tests.helpers.patience import PATIENCE, wait_until
from tests.helpers.results_folder import contents

from replication.records import provenance
from replication.running import command_line
from replication.running.run_cells import Run, run_cells

SCRIPT = Path(fake_experiment.__file__)
LIGHT = SCRIPT.parent / "light"
INTERRUPTED = re.compile(r"interrupted: (\d+ blocks of restarts of this run are complete, and kept|"
                         r"no block of restarts of this run is complete yet|what is complete is "
                         r"kept); the same command goes on")


def heed_interrupts():
    """As at a terminal, also where the tests themselves run with interrupts ignored (nohup)."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(folder, jobs=2, seconds=0.02, light=False):
    """3 cells of 10 restarts; a process group of its own, as a terminal gives it.

    light: without the seconds that torch takes to load, in which nothing of a run happens
    """
    places = [LIGHT] * light + [provenance.ROOT]
    run = subprocess.Popen([sys.executable, SCRIPT, folder, str(jobs), str(seconds)],
                           stderr=subprocess.PIPE, text=True, start_new_session=True,
                           preexec_fn=heed_interrupts,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places)),
                                "CPU_CAPABILITY": torch.backends.cpu.get_cpu_capability()})
    STARTED.append(run)
    return run


STARTED = []


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    yield
    for run in STARTED:
        try:
            os.killpg(run.pid, signal.SIGKILL)   # its workers too
        except ProcessLookupError:
            pass
        run.wait()
    STARTED.clear()


def members(group):
    """Processes of a group that still run."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat=,pid="], capture_output=True, text=True,
                            check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [pid for pgid, state, pid in rows if pgid == str(group) and "Z" not in state]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert start(folder, jobs=1, seconds=0).wait(timeout=PATIENCE) == 0
    return contents(folder)


@pytest.mark.exhaustive
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_any_moment_the_next_run_goes_on(tmp_path, undisturbed, jobs):
    """SIGKILL, which nothing can handle, after each first file change and a random while."""
    draw, killed, partial, rounds = random.Random(jobs), 0, 0, 0
    while rounds < 8 or killed < 2 or partial < 1:
        rounds += 1
        assert rounds < 100, "no run was killed in its midst"
        if len(list(tmp_path.rglob("task-*.json"))) == 3 and rounds > 8:
            shutil.rmtree(tmp_path)          # too fast for us: all is there, so begin anew
            tmp_path.mkdir()
        before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("task-*")}
        run = start(tmp_path, jobs, light=True)

        def changed():
            now = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("task-*.npz")}
            return run.poll() is not None or any(before.get(f) != t for f, t in now.items())
        wait_until(changed)
        time.sleep(draw.uniform(0, 0.1))
        run.kill()
        run.wait()   # not for its stderr: a worker that had not begun yet keeps that open a while
        killed += run.returncode == -signal.SIGKILL
        for task in (1, 2, 3):  # raises for a record that is not whole with its files
            record = cell(task).recorded(tmp_path)
            partial += record is not None and len(record.seeds) < 10
    last = start(tmp_path, jobs, light=True)
    assert last.wait(timeout=PATIENCE) == 0
    assert contents(tmp_path) == undisturbed


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("moment", ["workers start", "first record"])
def test_interrupted_from_the_terminal(tmp_path, undisturbed, jobs, moment):
    run = start(tmp_path, jobs, seconds=1)   # much longer than we need to see its first record
    if moment == "workers start":
        assert run.stderr.readline() == "3 cells: 0 already there, 3 to train\n"
        time.sleep(0.12)  # Ctrl-C while they are loading their libraries
    else:
        wait_until(lambda: list(tmp_path.rglob("task-*.json")))
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == 130
    assert INTERRUPTED.fullmatch(said.splitlines()[-1]) and "Traceback" not in said, said
    wait_until(lambda: not members(run.pid))
    assert not list(tmp_path.glob(".*.running"))
    assert start(tmp_path, jobs, seconds=0, light=True).wait(timeout=PATIENCE) == 0
    assert contents(tmp_path) == undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_falls_into_a_destructor_ends_the_run_after_the_block(
        tmp_path, monkeypatch, number):
    class Dropping:
        def __del__(self):
            signal.raise_signal(number)  # Python prints what this raises, and goes on

    trained = []

    def losing(seeds, device, **more):
        trained.append(seeds)
        if len(trained) == 2:
            Dropping()
        return train(seeds, device, **more)
    monkeypatch.setattr("tests.helpers.fake_experiment.train", losing)
    monkeypatch.setattr("sys.unraisablehook", lambda unraisable: None)

    def main(argv):
        return run_cells([cell()], Run(range(10), tmp_path), stack=3)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # nohup ignores it
    try:
        status = command_line.run(main, [])
    finally:
        signal.signal(signal.SIGINT, before)
    assert status == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert trained == [[0, 1, 2], [3, 4, 5]]
    assert len(cell().recorded(tmp_path).seeds) == 6


def test_terminated(tmp_path):
    run = start(tmp_path, seconds=0.3)
    wait_until(lambda: list(tmp_path.rglob("task-*.json")))
    run.terminate()
    said = run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == 143
    assert said.splitlines()[-1].startswith("terminated: ") and "Traceback" not in said, said
    wait_until(lambda: not members(run.pid))


def workers_of(group):
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pgid=,pid=,args="], capture_output=True,
                            text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [int(pid) for pgid, pid, command in rows
            if pgid == str(group) and "LokyProcess" in command]


def test_workers_end_with_a_killed_run(tmp_path):
    run = start(tmp_path, seconds=2 * PATIENCE)   # they do not end by themselves
    wait_until(lambda: len(workers_of(run.pid)) == 2)
    time.sleep(0.5)                               # into their training; before it they end too
    run.kill()
    run.communicate(timeout=PATIENCE)
    wait_until(lambda: not workers_of(run.pid))


def test_a_killed_worker_ends_the_run_with_one_line(tmp_path, undisturbed):
    run = start(tmp_path, seconds=0.3)
    wait_until(lambda: list(tmp_path.rglob("task-*.json")))
    os.kill(workers_of(run.pid)[0], signal.SIGKILL)
    said = run.communicate(timeout=PATIENCE)[1]
    assert run.returncode == 1 and "Traceback" not in said
    assert said.splitlines()[-1].startswith("a training process was killed")
    assert start(tmp_path, seconds=0, light=True).wait(timeout=PATIENCE) == 0
    assert contents(tmp_path) == undisturbed


def test_two_runs_at_once_on_one_folder(tmp_path, undisturbed):
    """The second says who holds the folder, waits, and finds everything there."""
    first = start(tmp_path, seconds=0.1)
    assert first.stderr.readline() == "3 cells: 0 already there, 3 to train\n"
    os.killpg(first.pid, signal.SIGSTOP)     # it stays in its midst while the second starts
    second = start(tmp_path, seconds=0.1)
    line = second.stderr.readline()
    assert f"in use by process {first.pid} on " in line and "fake_experiment.py" in line
    os.killpg(first.pid, signal.SIGCONT)
    said = [run.communicate(timeout=PATIENCE)[1] for run in (first, second)]
    assert first.returncode == second.returncode == 0
    assert said[1].splitlines() == ["3 cells: 3 already there, 0 to train"]
    assert contents(tmp_path) == undisturbed
