"""Pages beside the bAbI tables: there where their records are, and with the records' figures."""

import csv
import io
import json
from types import SimpleNamespace
from zlib import crc32

import numpy as np
import pytest

from tasks.errors import UserError
from tests.helpers import fake_records
from paper_tables import babi_variants, published, sections, tables, variants
from paper_tables.babi_variants import (BASE, BASELINES, CHOICES, DEVIATIONS, FREQUENT, JOINT,
                                        KERAS, NOISE, NONLINEAR, SUPERVISED, TABLE1, TABLE3, THIRD,
                                        WSH)
from paper_tables.published import MEAN
from replication.ablations import (keras_babi_memnn, memn2n_10k_choices, memn2n_baseline_variants,
                                   memn2n_simulated_third)

REFERENCE = tables.ROOT / "results" / "reference"
BESIDE = f"@{variants.MARK}"
SIMULATED = "official, task 3 simulated"


def build(folder):
    return sections.files(babi_variants.pages(folder))


def write(folder, experiment, column, tasks, centre=10.0, averaged=False, count=10):
    """Records with about this error, each task's own draw; of those beside, other data."""
    source = SIMULATED if experiment.endswith(BESIDE) else "official"
    for task in tasks:
        rng = np.random.default_rng([crc32(column.encode()), task])
        entries = fake_records.restarts(centre, count, rng)
        content = (fake_records.averaged if averaged else fake_records.record)(
            column, task, entries)
        content["data"]["source"] = source
        fake_records.write(folder / experiment, content | {"experiment": experiment})


def rows(page, heading):
    """{first cell: the others} of the table behind a heading."""
    lines = [line for line in page.partition(heading)[2].partition("\n## ")[0]
             .partition("\n### ")[0].splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in (table[0], *table[2:])}


def figures(text):
    return {(line["column"], int(line["task"])): line for line in csv.DictReader(io.StringIO(text))}


def test_without_records_there_is_no_page(tmp_path):
    assert build(tmp_path) == {}
    write(tmp_path, TABLE3, NONLINEAR, range(1, 21))
    assert build(tmp_path) == {}


def test_columns_of_the_scripts_are_those_of_the_pages(tmp_path):
    """Each variant of the scripts stands on its page, beside the column that it changes."""
    for script in (memn2n_10k_choices, memn2n_simulated_third, keras_babi_memnn):
        for column in script.COLUMNS:
            write(tmp_path, script.EXPERIMENT, column, [1, 2],
                  averaged=script is keras_babi_memnn or column.startswith((WSH, SUPERVISED)))
    files = build(tmp_path)
    assert set(files) == {f"{name}.{kind}" for name in (CHOICES, THIRD, KERAS)
                          for kind in ("md", "csv")}
    page = files[f"{CHOICES}.md"]
    heads = {base: rows(page, f"### {base}")["task"]
             for base in (NONLINEAR, JOINT, WSH, SUPERVISED)}
    assert {name.rpartition(" (")[0] for head in heads.values() for name in head} - {""} == set(
        memn2n_10k_choices.COLUMNS)
    assert {" joint" in name for name in heads[JOINT][1:]} == {True}
    for base in (WSH, SUPERVISED):
        assert {name.startswith(base) for name in heads[base][1:]} == {True}
    assert {name.rpartition(" (")[0] for name in rows(
        files[f"{KERAS}.md"], "# The Keras")["task"]} >= set(keras_babi_memnn.COLUMNS)
    for column in memn2n_simulated_third.COLUMNS:
        assert f"### {column}" in files[f"{THIRD}.md"]
    assert set(tables.others(tmp_path)) >= set(files)


def test_choices_are_held_against_the_base_on_the_tasks_that_both_have(tmp_path):
    write(tmp_path, TABLE3, NONLINEAR, range(1, 21), 5.0, count=20)
    write(tmp_path, CHOICES, "RN* with d = 20", [17, 19], 45.0)
    files = build(tmp_path)
    page, tidy = files[f"{CHOICES}.md"], figures(files[f"{CHOICES}.csv"])
    paper = published.read(TABLE3).figures(NONLINEAR)
    lines = rows(page, f"### {NONLINEAR}")
    assert list(lines) == ["task", "17 positional-reasoning", "19 path-finding",
                           "mean of these 2 tasks"]
    assert lines["task"] == ["published", f"{NONLINEAR} (20)", "RN* with d = 20 (10)"]
    for task, name in ((17, "17 positional-reasoning"), (19, "19 path-finding")):
        assert lines[name][0] == f"{paper[task]:.1f}"
        one = tidy["RN* with d = 20", task]
        assert lines[name][2] == (f"{float(one['error']):.1f} "
                                  f"({float(one['mean over restarts']):.1f})")
        assert (one["restarts"], one["data"]) == ("10", "official")
    [line] = [value for key, value in rows(page, "## In all").items() if key != "variant"]
    assert line[:2] == ["17, 19", "10"] and 30 < float(line[6].replace("+", "")) < 50
    ours, base = (np.mean([float(tidy[column, task]["error"]) for task in (17, 19)])
                   for column in ("RN* with d = 20", NONLINEAR))
    assert [float(line[2]), float(line[3])] == pytest.approx([ours, base], abs=0.05)


def test_a_third_task_of_other_data_has_its_star(tmp_path):
    write(tmp_path, TABLE1, NOISE, [3], 20.0, count=30)
    write(tmp_path, THIRD + BESIDE, NOISE, [3], 60.0)
    write(tmp_path, TABLE1, JOINT, range(1, 21), 10.0)
    write(tmp_path, THIRD + BESIDE, JOINT, range(1, 21), 12.0)
    page = build(tmp_path)[f"{THIRD}.md"]
    alone, joint = rows(page, f"### {NOISE}"), rows(page, f"### {JOINT}")
    assert list(alone)[1:] == ["3 three-supporting-facts"]
    assert alone["3 three-supporting-facts"][2].endswith("*")
    assert not alone["3 three-supporting-facts"][1].endswith("*")
    assert len(joint) == 22 and list(joint)[-1] == MEAN
    assert set(rows(page, "## In all")) == {
        "variant", f"{NOISE}, third task simulated", f"{JOINT}, third task simulated"}


def test_a_begun_joint_column_has_no_line_of_its_own_in_all(tmp_path):
    """Its figure is a mean over 20 tasks, and not over some of them."""
    write(tmp_path, TABLE3, JOINT, range(1, 21))
    write(tmp_path, CHOICES, next(iter(memn2n_10k_choices.JOINT_VARIANTS)), [1, 2])
    assert "## In all" not in build(tmp_path)[f"{CHOICES}.md"]


def test_the_example_stands_beside_table_3(tmp_path):
    column = keras_babi_memnn.COLUMNS[0]
    write(tmp_path, KERAS, column, [1, 2, 4], 30.0, averaged=True, count=3)
    write(tmp_path, TABLE3, NOISE, [1, 2], 1.0, count=20)
    files = build(tmp_path)
    lines, tidy = rows(files[f"{KERAS}.md"], "# The Keras"), figures(files[f"{KERAS}.csv"])
    assert lines["task"] == [f"published, {NOISE}", f"ours, {NOISE} (20)", "published, LSTM",
                             f"{column} (3)"]
    paper = published.read(TABLE3).figures(NOISE)
    assert lines["mean of tasks 1, 2"][0] == f"{(paper[1] + paper[2]) / 2:.1f}"
    assert lines["mean of tasks 1, 2"][3] == "{:.1f}".format(
        sum(float(tidy[column, task]["error"]) for task in (1, 2)) / 2)
    assert lines["4 two-arg-relations"][1] == "–"


def test_a_variant_that_diverged_everywhere_has_no_figure(tmp_path):
    column = memn2n_10k_choices.COLUMNS[0]
    entries = fake_records.restarts(5.0, 10, np.random.default_rng(0), diverged=10)
    fake_records.write(tmp_path / CHOICES, fake_records.record(column, 17, entries) | {
        "experiment": CHOICES})
    write(tmp_path, TABLE3, NONLINEAR, [17])
    page = build(tmp_path)[f"{CHOICES}.md"]
    assert rows(page, f"### {NONLINEAR}")["17 positional-reasoning"][2] == "– (100.0)"


# --- 1k: choices, and the baselines


def write_errors(folder, experiment, column, task, errors):
    entries = [{"seed": seed, "status": "ok", "train_error": 0.0, "train_loss": seed / 100,
                "online_train_error": 0.0, "test_error": error, "n_wrong": round(10 * error),
                "n_test": 1000} for seed, error in enumerate(errors)]
    fake_records.write(folder / experiment, fake_records.record(column, task, entries) | {
        "experiment": experiment})


def test_differences_and_the_tasks_that_move(tmp_path):
    for task in range(1, 21):
        base = [10.0, 12.0] * 5
        write_errors(tmp_path, TABLE1, BASE, task, base + [99.0] * 3)
        write_errors(tmp_path, DEVIATIONS, "encoding as printed", task,
                     [error + 20 * (task == 7) for error in base])
        write_errors(tmp_path, DEVIATIONS, "time word not weighed", task, [12.0, 10.0] * 5)
    write_errors(tmp_path, DEVIATIONS, "begun", 1, [1.0] * 10)
    lines = build(tmp_path)["memn2n_deviations.csv"].splitlines()
    assert lines[1] == "MemN2N PE LS: the released code's,10,10.0,11.0,–,–,–"
    # Every seed differs from the base by as much; in the next line by 2 up or down.
    assert lines[2] == "encoding as printed,10,11.0,12.0,+1.00,0.00,7 (+20.0)"
    assert lines[3] == "time word not weighed,10,12.0,11.0,+0.00,0.15,none"
    assert len(lines) == 4  # and not the variant that lacks tasks


def test_no_table_while_a_record_is_missing(tmp_path):
    write_errors(tmp_path, TABLE1, BASE, 1, [1.0] * 10)
    assert build(tmp_path) == {}


def test_the_committed_page_has_the_figures_of_the_records():
    lines = list(csv.DictReader(io.StringIO(build(REFERENCE)[f"{BASELINES}.csv"])))
    assert {line["variant"] for line in lines} == {"ours", *(
        column.partition(": ")[2] or column for column in memn2n_baseline_variants.COLUMNS)}
    records = {}
    for path in (REFERENCE / BASELINES).glob("*/*.json"):
        record = json.loads(path.read_text())
        records[record["column"], record["task"]] = record
    for line in lines:
        if line["variant"] == "ours":
            continue
        name = line["variant"] if line["variant"] == FREQUENT else (
            f"{line['baseline']}: {line['variant']}")
        record = records[name, int(line["task"])]
        assert float(line["error"]) == pytest.approx(record["value"], abs=1e-3)
        assert int(line["seeds"]) == len(record["restarts"])


def test_the_third_task_alone_is_another_where_it_is_simulated(monkeypatch):
    table = SimpleNamespace(cells_of=lambda *names: [SimpleNamespace(task=n) for n in (1, 2)])
    monkeypatch.setattr(memn2n_simulated_third.babi_table, "table_of", lambda *a, **more: table)
    with pytest.raises(UserError, match="only task 3 is another here"):
        memn2n_simulated_third.main(["--columns", "PE LS RN", "--tasks", "1", "2"])
