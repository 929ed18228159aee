"""Verification of language models: stored checkpoints are evaluated again, and Figure 3."""

import json
import shutil

import pytest

from replication import memn2n_figure3_hops
from replication.records import record as results
from replication.running import command_line
from replication.verification import language_model_checks, record_checks
from replication.verification.figure_models import apart
from replication.verification.reevaluation import Outcome
from tests.helpers.small_text import stand_in, trained  # noqa: F401, trained is a fixture


@pytest.fixture(autouse=True)
def small(monkeypatch):
    stand_in(monkeypatch)
    # A smoke run's protocol is not its script's.
    monkeypatch.setattr(record_checks, "variants_of", lambda experiment: None)


@pytest.fixture
def folder(trained, tmp_path):
    """A copy of the trained results, with Figure 3."""
    copy = tmp_path / "results"
    shutil.copytree(trained, copy)
    assert command_line.run(memn2n_figure3_hops.main, [
        "--source", "simulated", "--results", str(copy)]) == 0
    return copy


def the_record(folder):
    [path] = folder.glob("memn2n_table2*/*/*.json")
    return path, results.read(path)


def change(path, **changes):
    """Writes a record with other values in its restart."""
    record = json.loads(path.read_text())
    record["restarts"][0] |= changes
    path.write_text(json.dumps(record))
    return record


def test_what_was_written_is_verified(folder):
    path, record = the_record(folder)
    assert record_checks.of_record(path, record, folder) == []
    assert record_checks.strays(folder, {path: record}) == []
    assert language_model_checks.reevaluate([(path, record)], []) == [Outcome()]
    others, ours = apart(record_checks.record_files(folder), folder, language_model_checks.FIGURE)
    assert others == [path] and len(ours) == 1
    assert language_model_checks.check_figure(ours, folder, []) == (1, [], [])


def test_a_protocol_is_held_against_that_of_its_row(folder, monkeypatch):
    monkeypatch.undo()
    path, record = the_record(folder)
    lines = record_checks.of_record(path, record, folder)
    assert [line.partition(": ")[2] for line in lines] == [
        f"protocol.{name}: recorded {small}, asked {full} (recorded: the record; asked: its "
        "script)" for name, small, full in (("d", 8, 150), ("epochs", 2, 100))]


def test_a_perplexity_that_the_checkpoint_does_not_have_is_told(folder):
    path, record = the_record(folder)
    wrong = record["restarts"][0]["test_perplexity_stored"] * 1.001
    [outcome] = language_model_checks.reevaluate(
        [(path, change(path, test_perplexity_stored=wrong))], [])
    assert len(outcome.differences) == 1 and "test_perplexity_stored" in outcome.differences[0]


def test_curves_end_at_the_record_s_perplexity(folder):
    path, record = the_record(folder)
    restart = record["restarts"][0]
    for key in ("train_perplexity", *(f"{split}_perplexity{more}" for split in ("valid", "test")
                                      for more in ("", "_every_word", "_best_epoch"))):
        other = change(path, **{key: restart[key] * 1.01})
        assert any(f"{key} is" in line and "its curves give" in line
                   for line in record_checks.of_record(path, other, folder)), key
    other = change(path, best_epoch=restart["best_epoch"] + 1)
    assert any("best_epoch is" in line for line in record_checks.of_record(path, other, folder))
    other = change(path, epochs=restart["epochs"] + 1)
    assert any("its curve valid_cost does not end" in line
               for line in record_checks.of_record(path, other, folder))


def test_another_protocol_or_other_data_is_told(folder):
    path, record = the_record(folder)
    record["protocol"]["rate"] = 0.02
    record["data"]["n_test"] += 1
    [outcome] = language_model_checks.reevaluate([(path, record)], [])
    assert len(outcome.differences) == 2
    official = {**record, "data": {**record["data"], "source": "official",
                                   "files": {"ptb/ptb.train.txt": "0" * 64}}}
    [outcome] = language_model_checks.reevaluate([(path, official)], [folder])
    assert "the data files are not all in" in outcome.unchecked


def test_a_damaged_checkpoint_is_told(folder):
    path, record = the_record(folder)
    file = path.parent / record["checkpoint"]["file"]
    file.write_bytes(file.read_bytes()[:100])
    [outcome] = language_model_checks.reevaluate([(path, record)], [])
    assert "cannot be evaluated" in outcome.differences[0]


def test_another_attention_or_another_model_is_told(folder):
    [path] = folder.glob("memn2n_figure3*/*/*.json")
    figure = json.loads(path.read_text())
    first, second = figure["attention"][0][:2]
    figure["attention"][0][:2] = [first + 0.01, second - 0.01]
    path.write_text(json.dumps(figure))
    assert "its attention is not" in language_model_checks.check_figure([path], folder, [])[1][0]
    figure["model"]["sha256"] = "0" * 64
    path.write_text(json.dumps(figure))
    assert "run python -m replication.memn2n_figure3_hops again" in " ".join(
        language_model_checks.check_figure([path], folder, [])[1])
    path.write_text("{}")
    assert "not a whole record of Figure 3" in language_model_checks.check_figure(
        [path], folder, [])[1][0]


def test_what_a_run_keeps_between_epochs_is_no_record_and_no_stray(folder):
    path, record = the_record(folder)
    kept = path.with_suffix(".running")
    kept.mkdir()
    (kept / "seed-1.json").write_text("{}")
    (kept / "seed-1.epoch-1.safetensors").write_bytes(b"")
    assert kept / "seed-1.json" not in record_checks.record_files(folder)
    assert not record_checks.strays(folder, {path: record})
