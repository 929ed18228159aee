"""Verification: what is right passes, and every way of being wrong is seen and named."""

import json
import math
import shutil
from dataclasses import replace

import pytest

from replication import verify
from replication.records import provenance, record as results, writing
from replication.running import command_line
from replication.verification import record_checks, reevaluation
from tests.helpers import small_babi, trained_small
from tests.helpers.trained_small import (  # noqa: F401, three are fixtures
    FOLDER, PE1, change, checked, data, stored, trained)


def selected(record):
    return record["restarts"][record["selected"]]


def test_what_is_right_is_verified(trained, data, capsys):
    status = verify.main(["--results", str(trained[0]), "--data", str(data), "--jobs", "2"])
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert "records: 4 of 4 whole" in shown
    assert "checkpoints: 4 of 4 evaluated again" in shown
    assert shown.strip().endswith("verified: all was checked and agrees")


def wrong_count(record):
    """A lie that agrees with itself: one wrong answer less, and the error that goes with it."""
    chosen = selected(record)
    chosen["n_wrong"] += 1 if chosen["n_wrong"] == 0 else -1
    chosen["test_error"] = record["value"] = 100 * chosen["n_wrong"] / chosen["n_test"]


def wrong_loss(record):
    selected(record)["test_loss"] += 2e-4


def wrong_split(record):
    record["data"]["n_train"] += 1


def wrong_seed(record):
    """A seed that was never trained, in a record that agrees with itself."""
    assert record["selected"] != 9
    record["restarts"][9]["seed"], record["partial"] = 99, True
    record["made"][0]["seeds"][9] = 99


def wrong_arithmetic(record):
    record["restarts"][9 if record["selected"] != 9 else 8]["test_error"] += 5.0


def error_above_100(record):
    record["restarts"][9 if record["selected"] != 9 else 8]["valid_error"] = 120.0


def wrong_protocol(record):
    record["protocol"]["rate"] = 0.02


def wrong_selection(record):
    record["selected"] = (record["selected"] + 1) % 10


def wrong_curve(record):
    record["restarts"][0]["online_train_error"] += 2.0


def diverged_without_a_trace(record):
    other = record["restarts"][9 if record["selected"] != 9 else 8]
    for key in other:
        if key.endswith(("_error", "_loss", "n_wrong")):
            other[key] = None
    other["status"] = "diverged"


def no_generator(record):
    del record["data"]["generator"]


def called_official(record):
    record["data"]["source"] = "official"


def another_column(record):
    record["column"] = "MemN2N PE LS"


def another_task(record):
    record["task"] = 2


def no_such_column(record):
    record["column"] = "MemN2N of ours"


def no_such_curves(record):
    record["curves"] = "nothing.npz"


def another_tasks_data(record):
    record["data"]["files"] = {name.replace("qa1_", "qa2_"): digest
                               for name, digest in record["data"]["files"].items()}


def another_digest(record):
    record["checkpoint"]["sha256"] = "0" * 64


@pytest.mark.parametrize("edit, said", [
    (wrong_count, "test: "), (wrong_loss, "test: loss"), (wrong_split, "n_train is 37"),
    (wrong_seed, "cannot be read (KeyError)"), (wrong_arithmetic, "is not n_wrong"),
    (error_above_100, "has valid_error 120"), (wrong_protocol, "protocol.rate: recorded 0.02"),
    (wrong_selection, "selected, value and partial are"), (wrong_curve, "its curve ends at"),
    (diverged_without_a_trace, "its curve is finite"), (no_generator, "by which generator"),
    (called_official, "made from 'official' data"), (another_column, "belongs at"),
    (another_task, "belongs at"), (no_such_column, "is not in the published table"),
    (no_such_curves, "are not there"), (another_tasks_data, "its data files are not"),
    (another_digest, "has another digest")])
def test_a_changed_record_is_seen(stored, data, edit, said):
    path = stored / f"{PE1}.json"
    change(path, edit)
    status, report = checked(stored, data)
    assert status == verify.DIFFERENT
    about = [line for line in report.differences if str(path) in line]
    assert any(said in line for line in about), report.differences
    # All but the files that the spoilt record no longer names is as it was.
    assert all("no record names" in line for line in set(report.differences) - set(about))


def keys_of(value, place=()):
    """Every key of a record, however deep, as a path; of its lists only the first entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*place, key)
            yield from keys_of(inner, (*place, key))
    elif isinstance(value, list) and value:
        yield from keys_of(value[0], (*place, 0))


# What may be missing or unknown: other code, and code that no commit names.
FREE = (("row",), *(("made", 0, "code", key) for key in ("commit", "dirty", "golden")))


@pytest.mark.parametrize("spoil", [
    lambda holder, key: holder.pop(key), lambda holder, key: holder.update({key: None}),
    lambda holder, key: holder.update({key: [7]})], ids=["gone", "null", "list"])
def test_no_part_of_a_record_can_be_lost_unseen_or_break_the_verification(stored, data, spoil):
    path = stored / f"{PE1}.json"
    for other in [*stored.rglob("memn2n-bow"), *path.parent.glob("task-03*")]:
        shutil.rmtree(other) if other.is_dir() else other.unlink()
    text, seen = path.read_text(), []
    for place in keys_of(json.loads(text)):
        record = json.loads(text)
        holder = record
        for step in place[:-1]:
            holder = holder[step]
        spoil(holder, place[-1])
        path.write_text(json.dumps(record))
        status, report = checked(stored, data)
        seen.append((place, status == verify.DIFFERENT))
    unseen = [place for place, is_seen in seen if not is_seen]
    assert not [place for place in unseen if place not in FREE], unseen


def test_data_that_is_not_the_manifests_is_seen(trained):
    record = json.loads((trained[0] / f"{PE1}.json").read_text())
    record["data"]["source"] = "official"
    name = next(iter(record["data"]["files"]))
    assert any(name in line and "manifest" in line for line in record_checks._data(record))
    facts = record_checks.manifest()
    record["data"]["files"] = {name: facts[name]["sha256"] for name in record["data"]["files"]}
    assert record_checks._data(record) == []
    record["data"]["files"]["tasks_1-20_v1-2/en/qa21_train.txt"] = "0" * 64
    assert any("not in tasks/manifest.json" in line for line in record_checks._data(record))


def test_without_data_nothing_is_claimed(stored, tmp_path, monkeypatch):
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    (tmp_path / "empty").mkdir()
    status, report = checked(stored, tmp_path / "empty")
    assert status == verify.UNCHECKED and not report.differences
    assert sum(map(len, report.unchecked.values())) == 4
    assert "not checked (4)" in verify.text_of(report)
    assert "nothing differs, but not all could be checked" in verify.text_of(report)


def test_other_data_is_not_evaluated_on(stored, tmp_path):
    other = small_babi.write(tmp_path / "other", tasks=trained_small.TASKS, seed=1)
    status, report = checked(stored, other)
    assert status == verify.UNCHECKED
    assert all("not the file that the record names" in reason for reason in report.unchecked)


def test_a_near_tie_is_said_and_is_no_difference(stored, data, monkeypatch):
    path = stored / f"{PE1}.json"
    change(path, wrong_count)
    monkeypatch.setattr(reevaluation, "NEAR_TIE", math.inf)
    status, report = checked(stored, data)
    assert status == 0 and not report.differences
    assert len(report.ties) == 1 and str(path) in report.ties[0]
    assert "two best scores within" in verify.text_of(report)


def test_cells_from_before_their_trainer_had_golden_figures_are_listed(stored, data):
    change(stored / f"{PE1}.json", lambda record: record["made"][0]["code"].update(golden=None))
    status, report = checked(stored, data)
    assert status == 0
    assert "made before memn2n had golden figures: " in "\n".join(report.information)


def test_cells_of_other_numbers_are_listed_and_no_difference(stored, data):
    def edit(record):
        record["made"][0]["code"] |= {"golden": "0" * 64, "dirty": True}
    change(stored / f"{PE1}.json", edit)
    status, report = checked(stored, data)
    assert status == 0
    said = "\n".join(report.information)
    line = "made before the numbers of memn2n last changed: "
    assert line + str(stored / FOLDER) + ", memn2n-pe (tasks 1)" in said
    assert "task-01.json: made with uncommitted changes" in said
    assert "memn2n-pe: no records of tasks 2, 4 to 20" in said
    for path in stored.glob("*/*/task-*.json"):
        change(path, edit)
    said = "\n".join(checked(stored, data)[1].information)
    assert line + f"{stored / FOLDER}, all 4 records" in said


def test_records_of_the_older_form_are_counted_in_one_line(stored, data):
    for path in stored.glob("*/*/task-*.json"):
        record = json.loads(path.read_text())
        [made] = record.pop("made")
        record |= {"schema": results.OLDER, "environment": made["environment"],
                   "code": {"commit": None, "dirty": None, "sources": {"a.py": "0" * 64}}}
        path.write_text(json.dumps(record))
    status, report = checked(stored, data)
    assert status == 0, report.differences
    assert [line for line in report.information if "4 records are of an older form" in line]


def test_a_diverged_restart_of_any_trainer_is_no_damage(tmp_path):
    """One restart of the simulated world that diverged, beside one that did not, as recorded."""
    from replication import memnn_table5_sentence_level as script
    from replication.running.world_table import memnn_cells, smoke
    column = script.COLUMNS[0]
    protocol = replace(smoke(script.ROWS["MemNN k=1"]), draws=20)
    [cell] = memnn_cells(script.EXPERIMENT, [column], {"MemNN k=1": protocol}, True)
    trained = cell.train([0, 1], "cpu")
    trained.restarts[1] = results.diverged(1, 1, n_test=trained.restarts[0]["n_test"])
    made = {"code": provenance.code(cell.trainer), "environment": provenance.environment("cpu"),
            "started": "2026-01-01T00:00:00+00:00", "seconds": 1.0, "peak_memory_mb": 1.0}
    record = writing.add(cell, tmp_path, None, trained, made).records[None]
    assert record["restarts"][1]["status"] == "diverged"
    assert record["restarts"][1]["first_hop"] is None
    found = record_checks.of_record(cell.path(tmp_path), record, tmp_path)
    short = [line for line in found if "protocol." in line]     # it is a smoke run's
    assert found == short and len(short) == 4


def test_a_cell_whose_every_restart_diverged_leaves_nothing_unchecked():
    report = verify.Report()
    verify._evaluate({"cell.json": {"selection": "lowest validation perplexity", "selected": None,
                                    "checkpoint": None}}, [], 1, report)
    assert not report.unchecked and not report.differences
    assert report.information == [
        "every restart diverged, and there is no model to evaluate again: cell.json"]
    assert report.done[0].startswith("checkpoints: 0 of 0 evaluated")


def test_a_folder_that_is_not_there_is_a_users_mistake(tmp_path, capsys):
    status = command_line.run(verify.main, ["--results", str(tmp_path / "none")])
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_empty_folder_is_not_verified(tmp_path):
    status, report = checked(tmp_path, tmp_path)
    assert status == verify.UNCHECKED and "there are no records" in report.unchecked


@pytest.mark.parametrize("items, said", [([1, 2, 3, 5], "tasks 1 to 3, 5"), ([4, 1], "tasks 1, 4"),
                                         (["a.json", 2], "a.json, 2")])
def test_numbers_are_said_in_short(items, said):
    assert verify._numbers(items) == said
