"""run_all.sh in a copy of its own, with stub experiments, in a folder with spaces."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from replication import memn2n_table1_babi_1k, run_all
from replication.records.provenance import module_of
from replication.running import calibration, command_line, environment
from tasks import archives, babi
from tasks.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("run_all.sh", ".gitignore", "replication/__init__.py", "replication/run_all.py",
         "replication/running/__init__.py", "replication/running/environment.py",
         "replication/running/cell_list.py", "replication/records/record.py",
         "replication/records/__init__.py", "replication/records/portable.py",
         "replication/records/provenance.py",
         "tasks/__init__.py", "tasks/errors.py")
STUB = """
import os, sys
from pathlib import Path
with open(Path("results/local"), "a") as log:
    log.write(" ".join([Path(__file__).stem, *sys.argv[1:], "DATA=" + os.environ.get(
        "MEMNN_DATA", ""), sys.prefix]) + "\\n")
sys.exit({status})
"""
ASKS_FOR_DOWNLOADS = """
import os
from pathlib import Path
folder = Path(os.environ["MEMNN_DOWNLOADS"])
with open(Path("results/downloads"), "a") as log:
    log.write(f"{folder} {folder.is_dir()}\\n")
"""
ENDLESS = """
import subprocess, sys, time
from pathlib import Path
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(6000)"])
Path("results/workers").write_text(str(worker.pid))
try:
    time.sleep(6000)
except KeyboardInterrupt:
    Path("results/interrupted").write_text("yes")
    raise
"""


PATIENCE = 1800   # seconds, against a test that hangs; ENDLESS lasts longer


class Checkout:
    """A small checkout whose pins are this Python's own pytest alone."""

    def __init__(self, root):
        self.root = root
        for name in PARTS:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "results").mkdir()
        self.pin(f"pytest=={pytest.__version__}")
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(root.parent), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "MEMNN_SLOWER": "1"}

    def pin(self, *pins):
        lines = "".join(f'  "{pin}",\n' for pin in pins)
        (self.root / "pyproject.toml").write_text(
            f'[project]\nname = "stub"\nversion = "1"\ndependencies = [\n{lines}]\n')

    def stub(self, name, status=0, text=STUB):
        (self.root / "replication" / f"{name}.py").write_text(text.replace("{status}", str(status)))

    def start(self, *arguments, cwd=None, **environment):
        return subprocess.Popen(
            [self.root / "run_all.sh", *arguments], cwd=cwd or self.root, text=True,
            env=self.environment | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **options):
        process = self.start(*arguments, **options)
        process.out, process.err = process.communicate(timeout=PATIENCE)
        return process

    def log(self):
        path = self.root / "results" / "local"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "a folder with  spaces"
    root.mkdir()
    return Checkout(root)


TABLE, FIGURE = "memnn_table4_learning_curve", "memnn_figure9_stub"
TABLE1 = "memn2n_table1_babi_1k"


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
    cost = run_all.COSTS[TABLE1]
    assert [line.partition(" DATA=")[0] for line in checkout.log()] == [
        f"{TABLE1} --jobs 1 --results results/local {' '.join(run)}"
        for run in (*cost.short, *cost.evidence)]
    assert len(cost.short) > 1 and len(cost.evidence) > 1


@pytest.mark.parametrize("runs", [run_all.COSTS[TABLE1].short, run_all.COSTS[TABLE1].evidence])
def test_the_runs_of_a_table_are_of_every_column_once(runs):
    asked = [command_line.parse("", memn2n_table1_babi_1k.COLUMNS, babi.TASK_NAMES, argv=run)
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
    tables = checkout.root / "paper_tables"
    tables.mkdir()
    (tables / "__main__.py").write_text(STUB.replace("{status}", "4"))
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
    assert f"about {2 * run_all.COSTS[TABLE].default} min on two cores of this machine (2.0" in (
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
    (["--only", "table9"], f"--only table9: not one of {TABLE}"),
    (["verify"], "'verify' is not in this version"), (["tables"], "'tables' is not in this")])
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


def test_help_needs_nothing(checkout):
    done = checkout.run("--help")
    assert done.returncode == 0 and done.out.startswith("usage: ./run_all.sh")


def test_test_passes_arguments_and_status_on(checkout):
    tests = checkout.root / "tests"
    tests.mkdir()
    (tests / "test_stub.py").write_text("def test_a():\n    pass\n\ndef test_b():\n    assert 0\n")
    assert checkout.run("test", "-q", "-k", "test_a", "tests").returncode == 0
    done = checkout.run("test", "-q", "tests")
    assert done.returncode == 1 and "1 failed, 1 passed" in done.out


def wait_for(path):
    end = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


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


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_stops_everything_at_once(checkout, number, status):
    checkout.stub(TABLE, text=ENDLESS)
    checkout.stub(FIGURE)
    process = checkout.start()
    wait_for(checkout.root / "results" / "workers")
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert err.splitlines()[-1] == "run_all.sh: stopped; run it again to go on"
    assert (checkout.root / "results" / "interrupted").exists()  # it could tidy up
    assert checkout.log() == []  # the next script did not start
    worker = int((checkout.root / "results" / "workers").read_text())
    end = time.monotonic() + PATIENCE
    while alive(worker) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(worker)


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


def wheel(folder, name, version):
    """The smallest wheel that pip installs."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\n"
                                             f"Version: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
                                          "Tag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def test_venv_is_made_once_and_again_when_broken(checkout, tmp_path):
    wheel(tmp_path / "wheels", "smallpackage", "1.0")
    checkout.pin("smallpackage==1.0")
    checkout.stub(TABLE)
    offer = {"PIP_FIND_LINKS": str(tmp_path / "wheels")}
    venv = checkout.root / ".venv"

    first = checkout.run(**offer)
    assert first.returncode == 0, first.err
    assert "making .venv" in first.out and (venv / "complete").exists()
    assert checkout.log()[-1].endswith(f" {venv}")  # the experiment ran in it
    second = checkout.run()  # without any package at hand
    assert second.returncode == 0 and "making" not in second.out

    (venv / "complete").unlink()
    broken = checkout.run()
    assert broken.returncode == 2 and "could not be installed" in broken.err
    assert not (venv / "complete").exists() and len(checkout.log()) == 2
    again = checkout.run(**offer)
    assert again.returncode == 0 and "making anew .venv" in again.out


def test_no_network_is_one_line(checkout):
    checkout.pin("smallpackage==1.0")
    checkout.stub(TABLE)
    done = checkout.run()
    assert done.returncode == 2 and checkout.log() == []
    assert len(done.err.splitlines()) == 1 and "is there a network?" in done.err


def test_torch_index_url_chooses_torch_alone(checkout, tmp_path):
    for name, package in (("torch index", "torch"), ("plain index", "smallpackage")):
        folder = tmp_path / name / package
        wheel(folder, package, "2.0")
        (folder / "index.html").write_text(
            f'<a href="{package}-2.0-py3-none-any.whl">{package}-2.0-py3-none-any.whl</a>')
    checkout.pin("torch==2.0", "smallpackage==2.0")
    checkout.stub(TABLE)
    del checkout.environment["PIP_NO_INDEX"]
    done = checkout.run(PIP_INDEX_URL=(tmp_path / "plain index").as_uri(),
                        TORCH_INDEX_URL=(tmp_path / "torch index").as_uri())
    assert done.returncode == 0, done.err
    assert len(checkout.log()) == 1


def test_local_versions_of_torch_satisfy_the_pin(monkeypatch, tmp_path):
    wheel(tmp_path, "smallpackage", "1.0+cpu")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "smallpackage-1.0+cpu-py3-none-any.whl"))
    assert environment.satisfied(sys.executable, ["smallpackage==1.0"])
    assert not environment.satisfied(sys.executable, ["smallpackage==1.1"])
    assert not environment.satisfied(sys.executable, ["otherpackage==1.0"])
    assert not environment.satisfied(tmp_path / "no python", ["smallpackage==1.0"])


def test_python_without_venv_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["not-there==1.0"]\n')
    with pytest.raises(UserError, match="has no venv module"):
        environment.ensure(tmp_path, lambda *_: pytest.fail("ran something"))
    assert not (tmp_path / ".venv").exists()


def test_without_a_python_it_says_so(checkout, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "env"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "python3").write_text("#!/bin/sh\nexit 1\n")  # an older one says no
    (folder / "python3").chmod(0o755)
    done = checkout.run(PATH=str(folder))
    assert done.returncode == 1 and done.out == ""
    assert done.err == ("run_all.sh: no Python 3.11 or later was found on PATH; install one and "
                        "run this again\n")


# --- the plan


def test_long_scripts_are_left_out_by_name(monkeypatch):
    monkeypatch.setitem(run_all.COSTS, "memnn_table1_long", run_all.Cost(1, None, 600))
    available = ["memn2n_table1_babi_1k", "memnn_table1_long"]
    assert run_all.choose("default", None, available) == (available[:1], available[1:])
    assert run_all.choose("full", None, available) == (available, [])
    assert run_all.choose("default", "memnn_table1_long", available) == (available[1:], [])
    lines = list(run_all.announce("default", *run_all.choose("default", None, available)))
    assert "1 of 2 scripts" in lines[0]
    assert lines[-1].startswith("  memnn_table1_long: left out, it takes about 10.0 h")


def test_costs_belong_to_scripts_and_the_default_fits_an_hour():
    assert set(run_all.COSTS) >= set(run_all.scripts())
    assert sum(cost.default or 0 for cost in run_all.COSTS.values()) <= 60
    assert all(cost.smoke < 2 for cost in run_all.COSTS.values())


def test_the_time_of_this_machine_is_measured(monkeypatch):
    assert 0 < calibration.seconds()
    monkeypatch.delenv(run_all.SLOWER, raising=False)
    assert run_all.slowness(None) is None
    short, long = (list(run_all.announce("default", [TABLE], [], slower))
                   for slower in (None, 3.0))
    cost = run_all.COSTS[TABLE].default
    assert f"{run_all.spoken(cost)} on two cores where it was measured" in short[0]
    assert f"{run_all.spoken(3 * cost)} on two cores of this machine (3.0 times" in long[0]
    assert long[1] == f"  {TABLE}: {run_all.spoken(3 * cost)}"


def test_expected_minutes_are_written_in_one_place():
    scripts = [Path(importlib.util.find_spec(module_of(name)).origin) for name in run_all.COSTS]
    written = {path.stem for path in scripts
               if re.search(r"\d+ (minutes?|hours?|min)\b", path.read_text(encoding="utf-8"))}
    assert written == set()


def test_spoken_times():
    assert [run_all.spoken(value) for value in (0, 0.2, 1, 10.4, 119, 150)] == [
        "about 1 s", "about 12 s", "about 1 min", "about 10 min", "about 119 min", "about 2.5 h"]
