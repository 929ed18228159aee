"""One command a cell: it can be pasted as it stands, and no column of a profile is left out."""

import importlib
import shlex
import subprocess

import pytest

from replication import run_all
from replication.records import record
from replication.records.provenance import module_of
from replication.running import cell_list, command_line, costs
from tasks import corpora
from tests.helpers import fake_records

SCRIPT = fake_records.TABLE1
PE, BOW = fake_records.PE, fake_records.BOW


def cost(*evidence, short=None):
    return costs.Cost(smoke=1, default=None if short is None else 10, full=100,
                        evidence=evidence, short=short or ())


def listed(runs, folder="results/local", profile="full"):
    """[(words behind `python`, minutes)] of the lines of one script."""
    made = []
    for line in cell_list.lines([SCRIPT], profile, {SCRIPT: runs}, folder):
        words = shlex.split(line, comments=True)
        assert words[0] == "python"
        made.append((words[1:], float(line.rpartition("# ")[2].removesuffix(" min"))))
    return made


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """Records of PE, of tasks 1 and 2, and of BoW with a stand-in for the official data."""
    folder = tmp_path / "reference"
    monkeypatch.setattr(cell_list, "REFERENCE", folder)
    fake_records.write_column(folder, PE, count=10, tasks=[1, 2])
    fake_records.write_column(folder, BOW, count=10, tasks=[1], variant="@simulated-third")
    return folder


def arguments_of(cells):
    start = ["-m", module_of(SCRIPT), "--results", "results/local"]
    assert all(words[:4] == start for words, _ in cells)
    return [words[4:] for words, _ in cells]


def test_columns_and_tasks_without_records_are_listed_too(reference):
    """Each run's; their share of the minutes is what the recorded cells leave."""
    runs = cost(("--restarts", "20", "--columns", "PE", "PE LS", "BoW", "RN"),
                ("--restarts", "3", "--columns", "LSTM"))
    cells = listed(runs)
    assert arguments_of(cells) == [
        ["--columns", PE, "--tasks", "1", "--restarts", "20"],
        ["--columns", PE, "--tasks", "2", "--restarts", "20"],
        ["--columns", BOW, "--tasks", "1", "--restarts", "20"],
        ["--restarts", "20", "--columns", "PE LS", "RN"],
        ["--columns", BOW, "--tasks", "2", "--restarts", "20"],
        ["--restarts", "3", "--columns", "LSTM"]]
    assert sum(minutes for _, minutes in cells) == pytest.approx(100, abs=0.3)


def test_a_run_of_some_tasks_lists_these_alone(reference):
    runs = cost(short=(("--restarts", "5", "--columns", "PE", "PE LS", "--tasks", "2", "9"),))
    assert arguments_of(listed(runs, profile="default")) == [
        ["--columns", PE, "--tasks", "2", "--restarts", "5"],
        ["--restarts", "5", "--columns", "PE LS", "--tasks", "2", "9"],
        ["--columns", PE, "--tasks", "9", "--restarts", "5"]]


def test_every_run_of_a_script_without_records_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_list, "REFERENCE", tmp_path)
    runs = [("--restarts", "2", "--columns", "a b"), ("--restarts", "3")]
    assert listed(cost(*runs)) == [
        (["-m", module_of(SCRIPT), "--results", "results/local", *run], 50.0) for run in runs]
    [(_, minutes)] = listed(cost(short=(runs[0],)), profile="default")
    assert minutes == 10


def test_a_line_can_be_pasted_whatever_is_in_its_paths(reference):
    """The shell gives `python` the very words, and the minutes are a comment to it."""
    folder = "my own's results/$HOME & more"
    lines = list(cell_list.lines([SCRIPT], "full", {SCRIPT: cost(("--restarts", "10"))}, folder))
    for line in lines:
        shown = subprocess.run(
            ["bash", "-c", 'python() { printf "%s\\n" "$@"; }; eval "$1"', "bash", line],
            capture_output=True, text=True, check=True).stdout.splitlines()
        assert shown[:4] == ["-m", module_of(SCRIPT), "--results", folder]
        assert shown[4] == "--columns" and shown[-2:] == ["--restarts", "10"]
    assert len(lines) == 4


class Parsed(Exception):
    pass


@pytest.mark.parametrize("profile", ["default", "full"])
def test_every_command_of_the_profiles_is_taken_by_its_script(profile, monkeypatch):
    real = command_line.parse

    def parse(*arguments, **more):
        raise Parsed(real(*arguments, **more))
    monkeypatch.setattr(command_line, "parse", parse)
    monkeypatch.setattr(command_line, "chosen_device", lambda asked: "cpu")
    scripts, _ = run_all.choose(profile, None, run_all.scripts())
    folder = "results/of my own"
    lines = list(cell_list.lines(scripts, profile, costs.COSTS, folder))
    assert {shlex.split(line)[2] for line in lines} == {module_of(script) for script in scripts}
    for line in lines:
        python, flag, module, *words = shlex.split(line, comments=True)
        with pytest.raises(Parsed) as taken:
            importlib.import_module(module).main(words)
        options = taken.value.args[0]
        assert (python, flag, str(options.run.results)) == ("python", "-m", folder)
        if "--columns" in words:
            assert options.columns


def short(column):
    return record.slug(column.removeprefix("MemN2N ").removeprefix("MemNN-WSH, "))


def test_no_column_of_the_evidence_is_left_out():
    """With the committed records, whichever columns and tasks have some."""
    for script in run_all.scripts():
        lines = [cell_list._flags(shlex.split(line, comments=True)[3:]) for line in cell_list.lines(
            [script], "full", costs.COSTS, "results/local")]
        named = {short(column) for flags in lines for column in flags.get("--columns", ())}
        columns = getattr(importlib.import_module(module_of(script)), "COLUMNS", ())
        wanted = {short(column) for run in costs.COSTS[script].evidence
                  for column in cell_list._flags(run).get("--columns", columns)}
        whole = any("--columns" not in flags for flags in lines)
        assert whole or wanted - {short(corpora.TEXT8)} <= named, (script, wanted - named)


def test_of_a_column_that_is_begun_the_other_tasks_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_list, "REFERENCE", tmp_path)
    fake_records.write_column(tmp_path, PE, count=10, tasks=range(1, 21))
    fake_records.write_column(tmp_path, BOW, count=10, tasks=[2, 5])
    for run in (("--restarts", "10"), ("--restarts", "10", "--columns", "PE", "BoW")):
        words = arguments_of(listed(cost(run)))
        assert len(words) == 23
        assert words[-1] == ["--columns", BOW, "--tasks", "1", "3", "4", *map(str, range(6, 21)),
                             "--restarts", "10"]
