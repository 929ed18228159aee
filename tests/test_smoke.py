"""Every experiment runs, every variant of it, on a small data set in our own words."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import test_memnn_scripts
import test_sentence_answers
from replication import run_all
from replication.records.provenance import module_of
from replication.verification import record_checks

ROOT = Path(__file__).resolve().parent.parent
# Of the tables on the bAbI tasks; test_memn2n_table2_language_model.py runs that script.
SCRIPTS = [*sorted(path.stem for path in (ROOT / "replication").glob("memn2n_table*_babi_*.py")),
           "memnn_babi_tasks", "memn2n_baseline_variants", "keras_babi_memnn"]


def run(*arguments):
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], cwd=ROOT,
                          capture_output=True, text=True, timeout=600)


def cpu_seconds():
    """What the processes have computed that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_smoke_run_completes_every_variant(script, small_babi_all, tmp_path):
    before = cpu_seconds()
    ended = run(module_of(script), "--smoke", "--data", small_babi_all, "--tasks", 1,
                "--results", tmp_path)
    assert ended.returncode == 0, ended.stderr
    records = [json.loads(path.read_text()) for path in tmp_path.glob(f"{script}*/*/*.json")]
    columns = __import__(module_of(script), fromlist=["COLUMNS"]).COLUMNS
    assert {record["column"] for record in records} == set(columns)
    assert all(record["experiment"] == f"{script}@simulated" for record in records)
    assert cpu_seconds() - before < 60     # not the clock's: the machine may be busy


def test_every_script_of_the_simulated_world_has_a_smoke_run_of_its_own():
    """They take no --data: test_memnn_scripts.py and test_sentence_answers.py run them.

    Those of large-scale QA have theirs in test_memnn_large_scale.py, test_memnn_hashing.py,
    test_dialogue.py and test_memnn_scale.py.
    """
    modules = test_sentence_answers.table6, test_sentence_answers.memnn_figure2_predictions
    covered = {*test_memnn_scripts.CELLS, "memnn_world_variants", *record_checks.LARGE_SCALE,
               *(name.__name__.split(".")[-1] for name in modules)}
    scripts = {name for name in run_all.scripts() if name.startswith("memnn_")}
    assert scripts - {*SCRIPTS} == covered


def test_a_record_says_what_was_really_run(small_babi, tmp_path):
    ended = run("replication.memn2n_table1_babi_1k", "--smoke", "--data", small_babi, "--tasks", 16,
                "--columns", "pe ls rn", "--results", tmp_path)
    assert ended.returncode == 0, ended.stderr
    [path] = tmp_path.glob("*/memn2n-pe-ls-rn/task-16.json")
    record = json.loads(path.read_text())
    assert record["protocol"]["epochs"] == 2 and record["protocol"]["noise"] == 0.1
    assert record["partial"] and len(record["restarts"]) == 2
    assert record["data"]["source"] == "simulated" and record["data"]["generator"]
    for restart in record["restarts"]:
        assert restart["test_error"] == pytest.approx(100 * restart["n_wrong"] / 20)
    assert record["value"] == record["restarts"][record["selected"]]["test_error"]


@pytest.mark.parametrize("arguments, said", [
    (["--columns", "PE XX"], "the columns are"), (["--tasks", "21"], "the tasks are 1 to 20"),
    (["--data", "no/such/folder"], "the data folder is not there"), (["--restarts", "0"], "least")])
def test_a_mistake_is_one_line_and_status_2(arguments, said, small_babi, tmp_path):
    given = arguments if "--data" in arguments else [*arguments, "--data", small_babi]
    ended = run("replication.memn2n_table1_babi_1k", *given, "--results", tmp_path / "results")
    assert ended.returncode == 2
    assert said in ended.stderr and len(ended.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_a_malformed_file_is_named_with_its_line(small_babi, tmp_path):
    data = tmp_path / "data"
    for path in small_babi.rglob("*"):
        if path.is_file():
            copy = data / path.relative_to(small_babi)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    broken = next(data.rglob("qa1_*_train.txt"))
    broken.write_text(broken.read_text() + "7 This line has a wrong id.\n")
    lines = len(broken.read_text().splitlines())
    ended = run("replication.memn2n_table1_babi_1k", "--smoke", "--data", data, "--tasks", 1,
                "--columns", "PE",
                "--results", tmp_path / "results")
    assert ended.returncode == 2
    assert f"{broken}, line {lines}:" in ended.stderr and "Traceback" not in ended.stderr
