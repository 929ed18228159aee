"""run_all.sh in a copy of its own, with stub experiments, in a folder with spaces."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from replication import memn2n_table1_babi_1k, run_all
from replication.running import command_line, costs
from replication.running.command_line import Table
from tasks import archives, babi
from tests.helpers.checkout import (
    ASKS_FOR_DOWNLOADS,
    ENDLESS,
    FIGURE,
    STUB,
    TABLE,
    TABLE1,
)
from tests.helpers.patience import PATIENCE, wait_until


def test_default_profile_runs_every_script_from_any_folder(checkout, tmp_path):
    checkout.stub(TABLE)
    checkout.stub(FIGURE)
    checkout.stub("memn2n_helpers")  # no experiment: it must not run
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = checkout.run("--jobs", "3", cwd=elsewhere, MEMNN_DATA="my data")
    assert (done.returncode, done.err) == (0, "")
    assert done.out.splitlines()[0].startswith("profile default: 2 of 2 scripts, expected time")
    rest = ("--jobs 3 --results results/local --restarts 10 "
            f"DATA={elsewhere / 'my data'} {sys.prefix}")
    assert checkout.log() == [f"{TABLE} {rest}", f"{FIGURE} {rest}"]


def test_all_scripts_of_a_run_share_what_could_not_be_downloaded(checkout):
    assert run_all.DOWNLOADS == archives.DOWNLOADS
    for name in (TABLE, FIGURE):
        checkout.stub(name, text=ASKS_FOR_DOWNLOADS)
    assert checkout.run().returncode == 0
    first, second = (checkout.root / "results" / "downloads").read_text().splitlines()
    assert first == second and first.endswith(" True")
    assert not Path(first.removesuffix(" True")).exists()   # the next run tries again


def test_a_reader_that_has_ended_is_no_error(checkout):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = subprocess.run([str(checkout.root / "run_all.sh"), "--help"], stdout=pipe,
                              stderr=subprocess.PIPE, env=checkout.environment, text=True)
    assert (done.returncode, done.stderr) == (141, "")


def test_other_profiles_and_only(checkout):
    checkout.stub(TABLE)
    checkout.stub(FIGURE)
    for arguments in (["--profile", "smoke", "--only", TABLE], ["--profile", "full"],
                      ["--only", f"replication/{FIGURE}.py"]):
        assert checkout.run("--jobs", "1", *arguments).returncode == 0
    assert [line.partition(" DATA=")[0] for line in checkout.log()] == [
        f"{TABLE} --jobs 1 --smoke",
        f"{TABLE} --jobs 1 --results results/local --restarts 10",
        f"{FIGURE} --jobs 1 --results results/local --restarts 10",
        f"{FIGURE} --jobs 1 --results results/local --restarts 10"]


def test_a_script_may_have_several_runs(checkout):
    checkout.stub(TABLE1)
    for profile in ("default", "full"):
        assert checkout.run("--jobs", "1", "--profile", profile).returncode == 0
    cost = costs.COSTS[TABLE1]
    assert [line.partition(" DATA=")[0] for line in checkout.log()] == [
        f"{TABLE1} --jobs 1 --results results/local {' '.join(run)}"
        for run in (*cost.short, *cost.evidence)]
    assert len(cost.short) > 1 and len(cost.evidence) > 1


@pytest.mark.parametrize("runs", [costs.COSTS[TABLE1].short, costs.COSTS[TABLE1].evidence])
def test_the_runs_of_a_table_are_of_every_column_once(runs):
    asked = [command_line.parse("", Table(memn2n_table1_babi_1k.COLUMNS, babi.TASK_NAMES,
                                       prefix="MemN2N"), run)
             for run in runs]
    columns = [column for options in asked for column in options.columns]
    assert sorted(columns) == sorted(memn2n_table1_babi_1k.COLUMNS)


def test_continues_past_a_failure_and_lists_it(checkout):
    checkout.stub(TABLE, status=3)
    checkout.stub(FIGURE)
    done = checkout.run()
    assert done.returncode == 1
    assert len(checkout.log()) == 2
    assert done.err.splitlines()[-1] == f"failed: {TABLE} (exit status 3)"


def test_tables_of_the_run_come_last(checkout):
    checkout.stub(TABLE)
    (checkout.root / "paper_tables" / "__main__.py").write_text(STUB.replace("{status}", "4"))
    done = checkout.run()
    assert done.returncode == 1 and "failed: the tables of this run (exit status 4)" in done.err
    assert [line.split()[:2] for line in checkout.log()] == [
        [TABLE, "--jobs"], ["__main__", "--local"]]
    assert checkout.run("--profile", "smoke").returncode == 0
    assert checkout.run("tables").returncode == 4
    assert [line.split()[0] for line in checkout.log()[2:]] == [TABLE, "__main__"]
    assert "--local" not in checkout.log()[3]


def test_dry_run_runs_nothing_and_needs_no_packages(checkout):
    checkout.stub(TABLE)
    checkout.pin("not-there==1.0")
    done = checkout.run("--dry-run", "--jobs", "2", MEMNN_SLOWER="2")
    assert done.returncode == 0 and checkout.log() == []
    assert f"would run: python -m replication.{TABLE} --jobs 2" in done.out
    assert f"about {2 * costs.COSTS[TABLE].default} min on two cores of this machine (2.0" in (
        done.out)
    done = checkout.run("--dry-run", MEMNN_SLOWER="fast")
    assert (done.returncode, done.out) == (2, "")
    assert done.err == ("run_all.sh: MEMNN_SLOWER=fast: not a number above 0; leave it away to "
                        "have it measured\n")
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize("arguments, said", [
    (["--bogus"], "unrecognized arguments: --bogus"),
    (["tabels"], "unrecognized arguments: tabels"),
    (["tables", "more"], "after tables: more"), (["--profile", "huge"], "huge"),
    (["--jobs", "0"], "'0' is not a whole number from 1"), (["--jobs", "²"], "whole number"),
    (["--jobs"], "expected one argument"), (["--prof", "smoke"], "unrecognized"),
    (["--only", "table9"], f"--only table9: not one of {TABLE}")])
def test_mistakes_are_one_line_before_anything_runs(checkout, arguments, said):
    checkout.stub(TABLE)
    checkout.pin("not-there==1.0")
    done = checkout.run(*arguments)
    first, *usage = done.err.splitlines()
    assert done.returncode == 2 and said in first and first.startswith("run_all.sh: ")
    assert usage == [] or usage == run_all.USAGE.splitlines()
    assert checkout.log() == [] and not (checkout.root / ".venv").exists()


def test_verify_appears_with_its_module(checkout):
    checkout.stub("verify", status=5)
    assert checkout.run("verify").returncode == 5
    assert checkout.log()[0].startswith("verify DATA=")


def test_the_smoke_profile_goes_on_past_a_script_that_fails(checkout):
    """All in forks of one process; each has its own arguments, and its end is its own."""
    checkout.stub(TABLE, status=3)
    checkout.stub(FIGURE)
    done = checkout.run("--profile", "smoke")
    assert done.returncode == 1
    assert done.err.splitlines() == [f"failed: {TABLE} (exit status 3)"]
    assert [line for line in done.out.splitlines() if line.startswith("==")] == [
        f"== {TABLE}", f"== {FIGURE}"]
    assert [line.partition(" DATA=")[0] for line in checkout.log()] == [
        f"{TABLE} --jobs 1 --smoke", f"{FIGURE} --jobs 1 --smoke"]


def test_help_needs_nothing(checkout):
    done = checkout.run("--help")
    assert done.returncode == 0 and done.out.startswith("usage: ./run_all.sh")


def test_a_link_to_it_leads_to_its_folder(checkout, tmp_path):
    (tmp_path / "run").symlink_to(checkout.root / "run_all.sh")
    done = subprocess.run([str(tmp_path / "run"), "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: ./run_all.sh")


def test_test_passes_arguments_and_status_on(checkout):
    tests = checkout.root / "tests"
    tests.mkdir()
    (tests / "test_stub.py").write_text("def test_a():\n    pass\n\ndef test_b():\n    assert 0\n")
    assert checkout.run("test", "-q", "-n0", "-k", "test_a", "tests").returncode == 0
    done = checkout.run("test", "-q", "tests")
    assert done.returncode == 1 and "1 failed, 1 passed" in done.out


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process whose parent is gone may wait for the system to collect it.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number, status, profile", [
    (signal.SIGINT, 130, "default"), (signal.SIGTERM, 143, "default"), (signal.SIGINT, 130, "smoke")])
def test_ctrl_c_stops_everything_at_once(checkout, number, status, profile):
    checkout.stub(TABLE, text=ENDLESS)
    checkout.stub(FIGURE)
    process = checkout.start("--profile", profile)
    workers = checkout.root / "results" / "workers"
    wait_until(lambda: workers.exists() and workers.read_text())
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert err.splitlines()[-1] == "run_all.sh: stopped; run it again to go on"
    assert (checkout.root / "results" / "interrupted").exists()  # it could tidy up
    assert checkout.log() == []  # the next script did not start
    worker = int(workers.read_text())
    wait_until(lambda: not alive(worker))


def test_running_leaves_git_status_clean(checkout):
    def git(*words):
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words],
                              cwd=checkout.root, check=True, capture_output=True, text=True).stdout
    checkout.stub(TABLE, text="from pathlib import Path\n"
                              "Path('results/local').mkdir()\nPath('results/local/a').touch()\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "all")
    assert checkout.run().returncode == 0
    assert git("status", "--porcelain") == ""
    assert (checkout.root / "results" / "local" / "a").exists()


# --- the environment
