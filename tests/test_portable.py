"""--portable: two processors, as far as one can pass for another, give the same bits."""

import json
import os
import subprocess
import sys

import pytest
import torch

import conftest
from replication import memn2n_table1_babi_1k as table1
from replication.records import portable, provenance
from replication.running.run_cells import Run, run_cells
from tasks.errors import UserError
from tests.helpers import fake_experiment

PROCESSORS = {"with AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
              "without": {"ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}}
COLUMN = "MemN2N PE LS RN"


def trained(small_babi, results, processor, *flags):
    """(restarts, bytes of the weights, group) of a tiny run as a command of its own."""
    inherited = {name: value for name, value in os.environ.items()
                 if name not in portable.VARIABLES}
    done = subprocess.run(
        [sys.executable, "-m", "replication.memn2n_table1_babi_1k", "--smoke", "--device", "cpu",
         "--data", small_babi, "--tasks", "3", "--columns", COLUMN, "--results", results, *flags],
        cwd=provenance.ROOT, env=inherited | PROCESSORS[processor], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [path] = results.rglob("task-03.json")
    record = json.loads(path.read_text())
    weights = (path.parent / record["checkpoint"]["file"]).read_bytes()
    return record["restarts"], weights, record["made"][0]["environment"]


@pytest.mark.skipif(not portable.possible(), reason="--portable is for x86-64 processors")
def test_two_processors_give_the_same_bits_and_the_record_says_why(small_babi, tmp_path):
    *one, environment = trained(small_babi, tmp_path / "1", "with AVX2", "--portable")
    *other, elsewhere = trained(small_babi, tmp_path / "2", "without", "--portable")
    assert one == other
    assert environment["instruction_set"] == elsewhere["instruction_set"] == portable.NAME
    if torch.backends.cpu.get_cpu_capability() != "DEFAULT":    # it has AVX2 to be told apart by
        *plain, environment = trained(small_babi, tmp_path / "3", "with AVX2")
        assert plain != one and environment["instruction_set"] == "AVX2"


def test_restarts_of_another_mode_that_stay_are_named(monkeypatch, tmp_path, capsys):
    """Who asks for a processor's own bits no more is not left to think that these are others."""
    mkldnn = torch.backends.mkldnn        # what training in the mode turns off, for other tests too
    monkeypatch.setattr(mkldnn, "enabled", mkldnn.enabled)
    monkeypatch.setattr(portable, "active", lambda: False)
    work = [fake_experiment.cell(task) for task in (1, 2, 3)]
    run_cells(work[:2], Run([0], tmp_path / "out"))
    monkeypatch.setattr(portable, "active", lambda: True)
    capsys.readouterr()
    run_cells(work, Run([0], tmp_path / "out"))
    assert f"restarts of {work[0].name} and 1 more are there already" in capsys.readouterr().err
    run_cells(work[2:], Run([0], tmp_path / "out"))
    assert "already, trained" not in capsys.readouterr().err


def test_two_processors_are_of_one_kind_in_this_mode_alone():
    here = provenance.environment("cpu")
    elsewhere = here | {"processor": "x86_64 another"}
    assert provenance.kind(here) != provenance.kind(elsewhere)
    both = [{**one, "instruction_set": portable.NAME, "platform": f"Linux-{n}-with-glibc2.36"}
            for n, one in enumerate((here, elsewhere))]
    assert provenance.kind(both[0]) == provenance.kind(both[1])
    both[1]["platform"] = "Linux-1-with-glibc2.41"
    assert provenance.kind(both[0]) != provenance.kind(both[1])


@pytest.mark.parametrize("flags", [[], ["--device", "cuda"], ["--cluster", "tcp://127.0.0.1:1"]])
def test_it_is_refused_where_it_cannot_be_kept(flags, monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    with pytest.raises(UserError, match="--portable: "):
        table1.main(["--portable", "--smoke", *flags])


def test_the_numerical_files_are_tests_of_ours():
    names = {path.stem for path in (provenance.ROOT / "tests").glob("test_*.py")}
    assert set(conftest.NUMERICAL) <= names
