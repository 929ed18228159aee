"""Simulated against official tasks: the experiment, the two-sample rule, its table, its bands."""

import csv
import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.helpers import fake_records
from paper_tables import (
    comparison,
    local,
    reasons,
    records,
    sections,
    simulators,
    simulators_page,
    simulators_samples,
    tables,
)
from paper_tables.table import OUTSIDE
from paper_tables.comparison import Interval
from paper_tables.simulators import COLUMNS, EXPERIMENT, Difference, Side, differences
from replication.ablations import simulators_difficulty as experiment
from replication.records.record import slug
from replication.training.babi_task import Task
from replication.training.memn2n_several_tests import Sources
from tasks import archives
from tasks.errors import UserError

REFERENCE = tables.ROOT / "results" / "reference"


# --- the experiment ---------------------------------------------------------------------------

@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Simulated files are kept in the test's folder, not in the user's cache."""
    monkeypatch.setattr(archives.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    monkeypatch.setitem(archives.SIMULATED_QUESTIONS, "en", (60, 30))


def smoke(root, results, *arguments):
    return experiment.main(["--smoke", "--data", str(root), "--tasks", "1", "--device", "cpu",
                            "--results", str(results), *arguments])


def read(results, column):
    path = results / EXPERIMENT / slug(column) / "task-01.json"
    return json.loads(path.read_text())


def test_a_smoke_run_tests_each_model_on_both_test_sets(small_release, own_cache, tmp_path):
    results = tmp_path / "results"
    assert smoke(small_release.root, results) == 0
    official, simulated = (read(results, column) for column in COLUMNS.values())
    for own, other in ((official, simulated), (simulated, official)):
        assert own["data"]["other"]["n_test"] == other["data"]["n_test"]
        [(name, digest)] = own["data"]["other"]["files"].items()
        assert name.endswith("_test.txt") and other["data"]["files"][name] == digest
        for restart in own["restarts"]:
            assert restart["n_test"] == own["data"]["n_test"]
            assert restart["other_n_test"] == other["data"]["n_test"]
            for prefix in ("", "other_"):
                assert restart[f"{prefix}test_error"] == pytest.approx(
                    100 * restart[f"{prefix}n_wrong"] / restart[f"{prefix}n_test"])
    assert official["data"]["source"] == "official" and "generator" not in official["data"]
    assert simulated["data"]["source"] == "simulated"
    said = {"version": "1", "seed": 0}
    assert simulated["data"]["generator"] == official["data"]["other"]["generator"] == said

    # What it wrote is what the table reads, and too little for a verdict.
    judged = simulators.judge(simulators.read(results / EXPERIMENT))
    assert {judged[source, 1].status for source in COLUMNS} == {"partial"}
    assert simulators.agrees(judged, 1) is None
    before = [read(results, column) for column in COLUMNS.values()]
    assert smoke(small_release.root, results) == 0      # nothing is left to train
    assert [read(results, column) for column in COLUMNS.values()] == before


def test_official_data_and_both_sources_are_needed(small_babi, own_cache, tmp_path):
    for arguments, said in ((["--source", "simulated"], "leave --source away"),
                            (["--columns", "trained on air"], "the columns are")):
        with pytest.raises(UserError, match=said):
            smoke(small_babi, tmp_path / "results", *arguments)
    with pytest.raises(UserError, match="--source official"):
        experiment.main(["--data", str(small_babi), "--tasks", "1"])
    assert not (tmp_path / "results").exists()


def task_of(root):
    return Task(1, *(archives.Source("", root, "", {}).babi("en", 1, split)
                     for split in ("train", "test")))


def test_the_same_questions_give_the_same_error_twice(small_babi):
    """Held against the evaluation that Table 1 uses: the other test file is the own one."""
    task = task_of(small_babi)
    protocol = replace(experiment.VARIANTS["trained on official"], epochs=3)
    trained = experiment.train_task(Sources(task, task.test), protocol, [0, 1], "cpu")
    for restart in trained.restarts:
        assert restart["other_n_wrong"] == restart["n_wrong"]
        assert restart["other_test_loss"] == pytest.approx(restart["test_loss"], rel=1e-5)
    assert len({restart["test_loss"] for restart in trained.restarts}) == 2


def test_other_words_in_the_other_test_file_do_not_change_which_question_is_which(tmp_path):
    """Answers of words that only the other file has are wrong; the rest is tested as before."""
    def write(name, people, places):
        path = tmp_path / name
        path.write_text("".join(f"1 {who} went to the {where}.\n2 Where is {who}?\t{where}\t1\n"
                                for who in people for where in places for _ in range(8)))
        return path

    train = write("train", ("Ada", "Ben"), ("attic", "shed"))
    known = write("known", ("Ben", "Ada"), ("shed", "attic"))
    unknown = write("unknown", ("Cleo",), ("cellar", "loft"))
    protocol = replace(experiment.VARIANTS["trained on official"], epochs=60)
    [restart], [swapped] = (
        experiment.train_task(Sources(Task(1, train, test), other), protocol, [0], "cpu").restarts
        for test, other in ((known, unknown), (unknown, known)))
    assert (restart["test_error"], restart["other_n_wrong"]) == (0, restart["other_n_test"])
    assert (swapped["n_wrong"], swapped["other_test_error"]) == (swapped["n_test"], 0)


def test_a_diverged_restart_has_no_error(small_babi):
    task = task_of(small_babi)
    protocol = replace(experiment.VARIANTS["trained on official"], epochs=2,
                       linear_start_epochs=1, linear_start_rate=1e30)
    [restart] = experiment.train_task(Sources(task, task.test), protocol, [0], "cpu").restarts
    assert restart["status"] == "diverged" and restart["other_n_test"] == restart["n_test"] == 20
    assert restart["other_test_error"] is restart["other_test_loss"] is None
    assert restart["other_n_wrong"] is restart["n_wrong"] is None


# --- the rule ---------------------------------------------------------------------------------

def test_expected_selected_error_is_the_mean_of_many_draws():
    rng = np.random.default_rng(0)
    rank = rng.integers(0, 6, 12)
    error = rng.random(12) * 30
    drawn = comparison.draw(rng, 12, draws=200_000)
    assert simulators.expected_selected(rank, error)[0] == pytest.approx(
        error[comparison.select(drawn, rank)].mean(), abs=0.1)
    every = simulators.expected_selected(np.stack([rank, rank[::-1]]), np.stack([error, error]))
    assert every[0] == simulators.expected_selected(rank, error)[0] != every[1]
    # One restart is always the best; where all tie it is any of them.
    assert simulators.expected_selected(np.array([0]), np.array([7.0]))[0] == 7
    assert simulators.expected_selected(np.zeros(12, int), error)[0] == pytest.approx(error.mean())


@pytest.mark.parametrize("low, high, sign", [
    (-1, 9, 0), (-9, 1, 0), (0, 9, 0), (0.5, 2.9, 0), (-2.9, -0.5, 0), (0.5, 3.1, 1),
    (-3.1, -0.5, -1), (4, 8, 1)])
def test_an_interval_includes_0_or_stays_under_3_points(low, high, sign):
    assert Difference(0.0, 1.0, Interval(low, high)).sign == sign


def population(kind, rng, shift=0.0, R=30):
    """Restarts whose test errors are spread in ways that are seen on bAbI, %."""
    train = rng.integers(0, 20, R) / 9
    if kind == "spread":            # and nothing to do with the training error
        error = rng.normal(20, 4, R)
    elif kind == "follows":         # the training error
        error = 10 + 2 * train + rng.normal(0, 1, R)
    elif kind == "two groups":      # some restarts solve the task
        good = rng.random(R) < 0.4
        train = np.where(good, 0, 0.1 + train)
        error = np.where(good, rng.normal(3, 1, R), rng.normal(30, 5, R))
    else:                           # "solved": training errors all tie
        train[:] = 0
        error = rng.normal(2, 1, R)
    error = np.clip(error + shift, 0, 100).round(1)
    return Side(comparison.ranks(train), error)


TIMES = 150


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind, seen", [("spread", 0.9), ("follows", 0.9), ("two groups", 0.6),
                                        ("solved", 1.0)])
def test_false_alarms_are_rare_and_five_points_are_seen(kind, seen):
    """Nominally 5% each for selected and median; sides that differ by 5 points are no match."""
    rng, alarms, found = np.random.default_rng(1), 0, 0
    for _ in range(TIMES):
        own, same, harder = (population(kind, rng, shift) for shift in (0, 0, 5))
        alarms += simulators.status(*differences(own, same, rng, 400), True) != "match"
        found += simulators.status(*differences(own, harder, rng, 400), True) == "worse"
    assert alarms / TIMES <= 0.10
    assert found / TIMES >= seen


def test_easier_is_told_from_harder_and_few_restarts_from_many():
    rng = np.random.default_rng(2)
    own, harder = population("solved", rng), population("solved", rng, 8)
    assert simulators.status(*differences(own, harder, rng), True) == "worse"
    assert simulators.status(*differences(harder, own, rng), True) == "better"
    assert simulators.status(*differences(own, harder, rng), False) == "partial"
    few = Side(own.rank[:10], own.error[:10])
    selected, median = differences(few, few, rng)      # no spread of best-of-10 is known
    assert selected.interval is None and median.interval.low < median.interval.high


# --- the table --------------------------------------------------------------------------------

def write_records(root, shift=None, tasks=range(1, 21), count=30):
    """Records of both columns in results/reference; shift: {task: points} of the other side."""
    for number, (source, column) in enumerate(COLUMNS.items()):
        for task in tasks:
            rng = np.random.default_rng([number, task])
            restarts = []
            for seed in range(count):
                wrong = [int(max(0, 50 + rng.normal(0, 6) + 10 * points))
                         for points in (0, (shift or {}).get(task, 0.0))]
                restarts.append({
                    "seed": seed, "status": "ok", "train_error": float(rng.integers(0, 4)),
                    "train_loss": float(rng.random()), "n_wrong": wrong[0], "n_test": 1000,
                    "test_error": wrong[0] / 10, "other_n_wrong": wrong[1], "other_n_test": 1000,
                    "other_test_error": wrong[1] / 10})
            files = {where: {f"{task}_train.txt": f"{where} train", f"{task}_test.txt": where}
                     for where in COLUMNS}
            other = {"files": {f"{task}_test.txt": simulators.another(source)}}
            best = min(restarts[:10], key=lambda r: (r["train_error"], r["train_loss"], r["seed"]))
            content = fake_records.record(column, task, restarts, source) | {
                "experiment": EXPERIMENT, "selected": best["seed"], "value": best["test_error"],
                "data": {"source": source, "files": files[source], "other": other,
                         "n_test": 1000}}
            fake_records.write(root / "results" / "reference" / EXPERIMENT, content)
    return root


def judged(root):
    return simulators.judge(simulators.read(root / "results" / "reference" / EXPERIMENT))


def test_the_table_tells_what_agrees_from_what_does_not(tmp_path):
    shutil.copy(tables.ROOT / "README.md", write_records(tmp_path, {5: 6.0, 7: -4.0}) / "README.md")
    files, remarks = tables.build(tmp_path)
    # The committed reasons are of the committed records, not of these.
    assert not [line for line in remarks if not line.startswith(reasons.FILE.name)]
    lines = list(csv.DictReader(io.StringIO(
        files[tmp_path / "paper_tables" / f"{EXPERIMENT}.csv"])))
    assert [line["task"] for line in lines] == [str(task) for task in range(1, 21)]
    assert {line["task"]: line["official_status"] for line in lines
            if line["agrees"] != "yes"} == {"5": "worse", "7": "better"}
    page = files[tmp_path / "paper_tables" / f"{EXPERIMENT}.md"]
    assert "20 have been compared and **18 agree**" in page
    assert "- tested on official, task 5 (three-arg-relations), worse: +6" in page
    assert page.count(reasons.UNKNOWN) == 4


def test_figures_of_the_csv_are_those_of_the_records(tmp_path):
    texts = sections.files(simulators_page.page_of(judged(write_records(tmp_path)), {}))
    line = next(csv.DictReader(io.StringIO(texts[f"{EXPERIMENT}.csv"])))
    folder = tmp_path / "results" / "reference" / EXPERIMENT
    official, simulated = (json.loads(records.path_of(folder, column, 1).read_text())["restarts"]
                           for column in COLUMNS.values())
    for tested_on, own, other in (("official", official, simulated),
                                  ("simulated", simulated, official)):
        medians = (np.median([restart["test_error"] for restart in own]),
                   np.median([restart["other_test_error"] for restart in other]))
        assert [float(line[f"{tested_on}_median_{key}"]) for key in ("own", "other")] == \
            pytest.approx(medians)
        assert float(line[f"{tested_on}_median_difference"]) == pytest.approx(
            medians[1] - medians[0], abs=1e-3)


def test_a_reason_is_filled_with_the_figures(tmp_path):
    found = judged(write_records(tmp_path, {5: 6.0}, [5]))
    given = {("tested on official", 5): "{own} against {other}: {difference} ({median_low})",
             ("tested on simulated", 6): "needs none"}
    texts = simulators_page.explain(found, given)
    assert list(texts) == [("tested on official", 5)]
    assert f"against {found['official', 5].selected.other:.1f}: " in texts["tested on official", 5]
    with pytest.raises(UserError, match="no figure 'nothing'"):
        simulators_page.explain(found, {("tested on official", 5): "{nothing}"})


def change(key, value):
    return lambda content: content["restarts"][3].update({key: value})


@pytest.mark.parametrize("edit, said", [
    (change("other_test_error", None), "no other_test_error"),
    (change("other_test_error", 120.0), "no other_test_error"),
    (change("test_error", -1.0), "not within 0 to 100"),
    (lambda content: content["data"].update(source="simulated"), "in a folder of official data"),
    (lambda content: content["data"].pop("other"), "was not tested on the test file of"),
])
def test_a_record_that_is_not_what_it_must_be_is_refused(edit, said, tmp_path):
    write_records(tmp_path, tasks=[1])
    path = records.path_of(tmp_path / "results" / "reference" / EXPERIMENT, COLUMNS["official"], 1)
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=said):
        judged(tmp_path)


def test_a_users_run_has_its_own_table(tmp_path):
    write_records(tmp_path, tasks=[1, 2], count=10)
    results = tmp_path / "results" / "reference"
    files, shown = local.build(results, tmp_path)
    assert set(files) == {results / "tables" / f"{EXPERIMENT}.{kind}" for kind in ("md", "csv")}
    assert "Tested on the official test set" in shown and "partial" in shown
    assert "as reference" not in shown


# --- bands on the committed records -----------------------------------------------------------

@pytest.fixture(scope="module")
def committed():
    return simulators.judge(simulators.read(REFERENCE / EXPERIMENT))


def test_every_task_has_been_compared_with_all_restarts(committed):
    lacking = [key for key, found in committed.items()
               if found.status in ("not run", "partial") or found.n < simulators.RESTARTS]
    assert not lacking


def test_the_tasks_that_do_not_agree_are_those_with_a_reason(committed):
    outside = {(found.column, found.task) for found in committed.values()
               if found.status in OUTSIDE}
    assert any(found.status == "match" for found in committed.values()), "nothing has been run"
    texts = simulators_page.explain(committed, reasons.read(EXPERIMENT),
                                    simulators_samples.judge(REFERENCE))
    assert outside == set(texts)
    assert set(reasons.read(EXPERIMENT)) <= outside


def test_models_trained_on_official_data_are_those_of_table_1():
    """The same protocol, draws and data: errors of the same seeds differ by rounding at most."""
    pairs = [(ours, REFERENCE / "memn2n_table1_babi_1k" / "memn2n-pe-ls-rn" / ours.name)
             for ours in (REFERENCE / EXPERIMENT / "trained-on-official").glob("*.json")]
    assert pairs, "nothing has been run"
    for ours, theirs in pairs:
        table1 = {restart["seed"]: restart
                  for restart in json.loads(theirs.read_text())["restarts"]}
        for restart in json.loads(ours.read_text())["restarts"]:
            other = table1[restart["seed"]]
            assert restart["train_loss"] == pytest.approx(other["train_loss"], abs=1e-3)
            assert abs(restart["n_wrong"] - other["n_wrong"]) <= 2, ours
