"""The script of Table 2: its rows, what a record holds, and that a stopped run goes on."""

import csv
import json
from pathlib import Path

import pytest

from replication import memn2n_table2_language_model as table2
from replication.records import record as results
from replication.training.memn2n_language_model import Learner
from tests.helpers.small_text import stand_in, train
from tasks import corpora

ROOT = Path(__file__).resolve().parent.parent
ROW = "2 hops, memory 100"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    stand_in(monkeypatch, words=400)


def test_the_rows_are_those_of_the_paper():
    with open(ROOT / "paper_tables" / "published" / f"{table2.EXPERIMENT}.csv") as file:
        published = {(line["corpus"], int(line["hops"]), int(line["memory"]), int(line["hidden"]))
                     for line in csv.DictReader(file) if line["model"] == "MemN2N"}
    ours = {(column, row["hops"], row["memory"], table2.PROTOCOLS[column].d)
            for column in table2.COLUMNS for name, row in table2.ROWS.items()
            if (column, name) not in table2.LACKING and name != table2.SHORT}
    assert published == ours


def test_a_smoke_run_completes_every_row(tmp_path, capsys):
    assert train(tmp_path) == 0
    records = [json.loads(path.read_text()) for path in tmp_path.glob("*/*/*.json")]
    assert {record["row"] for record in records} == set(table2.ROWS)
    assert {record["experiment"] for record in records} == {f"{table2.EXPERIMENT}@simulated"}
    assert not list(tmp_path.rglob("*.running"))
    said = capsys.readouterr()
    assert "SIMULATED" in said.out
    assert f"Penn Treebank, {ROW}, seed 1: epoch 2 at rate 0.01: perplexity" in said.err
    for record in records:
        restart = record["restarts"][record["selected"]]
        assert record["value"] == restart["test_perplexity"] and record["partial"]
        assert restart["test_perplexity_stored"] == pytest.approx(record["value"], rel=1e-2)
        assert record["data"]["n_train"] == 400 and record["data"]["generator"]


def test_text8_has_states_of_500_and_not_the_last_row(tmp_path):
    assert train(tmp_path, "--columns", "Text8", "--rows", ROW, "7 hops, memory 200") == 0
    [path] = tmp_path.glob("*/*/*.json")
    assert results.read(path)["row"] == ROW
    assert table2.PROTOCOLS[corpora.TEXT8].d == 500


@pytest.mark.parametrize("arguments, said", [
    (["--rows", "2 hops"], "no row '2 hops'; the rows are 2 hops, memory 100; "),
    (["--columns", "Text8", "--rows", "7 hops, memory 200"], "none of these rows"),
    (["--columns", "Text9"], "no column 'Text9'")])
def test_a_mistake_is_one_line(tmp_path, capsys, arguments, said):
    assert train(tmp_path / "results", *arguments) == 2
    err = capsys.readouterr().err
    assert said in err and len(err.strip().splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_a_run_that_is_stopped_goes_on_and_ends_with_the_same_record(tmp_path, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    arguments = "--rows", ROW, "--restarts", "1"
    assert train(whole, *arguments) == 0
    costs = Learner.costs

    def interrupted(learner, split):
        if list(stopped.rglob("*.running/seed-0.json")):
            raise KeyboardInterrupt
        return costs(learner, split)
    monkeypatch.setattr(Learner, "costs", interrupted)
    assert train(stopped, *arguments) == 130
    [state] = stopped.rglob("*.running/seed-0.json")
    assert json.loads(state.read_text())["epoch"] == 1 and not list(stopped.glob("*/*/*.json"))
    monkeypatch.setattr(Learner, "costs", costs)
    other = state.with_name("seed-7.json")        # of a restart that is not asked: hours of work
    other.write_bytes(state.read_bytes())
    assert train(stopped, *arguments) == 0
    assert list(other.parent.iterdir()) == [other]
    other.unlink()
    other.parent.rmdir()
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(stopped) for path in stopped.rglob("*")
                           if path.is_file())
    for file in files:
        if file.suffix != ".json":
            assert (whole / file).read_bytes() == (stopped / file).read_bytes()
            continue
        one, other = (results.read(folder / file) for folder in (whole, stopped))
        of_the_machine = {"started", "seconds", "peak_memory_mb"}
        assert one.keys() == other.keys()
        assert all(one[key] == other[key] for key in one.keys() - of_the_machine)
