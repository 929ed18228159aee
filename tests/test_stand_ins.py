"""What stands in for task 3's training file, and that records say so."""

import hashlib
import json
from dataclasses import replace
from functools import partial

import pytest

from tests.helpers import small_babi
from replication import memn2n_table3_babi_10k as table3
from replication.ablations import memn2n_10k_choices
from replication.records import record as results
from replication.running import cluster
from replication.running.babi_table import BabiTable
from replication.training.protocols import POSITION
from replication.verification import record_checks, reevaluation
from tasks import archives, babi, stand_ins
from tasks.errors import UserError

TRAIN = stand_ins.train_file("en-10k")


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A small release of 10k files without task 3's to train on, but with two parts of it."""
    root = small_babi.write(tmp_path / "release", tasks=(1, 3, 16), folder="en-10k")
    small_babi.write(root, tasks=(3,))
    (root / archives.MARKER).unlink()
    thousand = (root / stand_ins.PARTS[0]).read_text()
    tenth = root / stand_ins.PARTS[1]
    tenth.parent.mkdir()
    tenth.write_text(thousand.split("\n1 ")[0] + "\n" + "".join(
        line.replace("kettle", "ladle") + "\n" for line in thousand.splitlines()[:25]))
    (root / TRAIN).unlink()
    facts = {path.relative_to(root).as_posix():
             {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
             for path in root.rglob("*.txt")}
    monkeypatch.setattr(archives, "_manifest", lambda: facts)
    for module in (record_checks, reevaluation):
        monkeypatch.setattr(module, "manifest", lambda: facts)
    monkeypatch.setattr(archives, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.setitem(archives.SIMULATED_QUESTIONS, "en-10k", (60, 20))
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    return root


def test_the_official_file_is_asked_for_where_nothing_is_said(release):
    with pytest.raises(UserError, match="qa3_three-supporting-facts_train.txt: not there"):
        table3.main(["--data", str(release), "--tasks", "3", "--columns", "PE"])


def test_a_simulated_file_says_so(release):
    source = stand_ins.locate(release, "simulated", "en-10k", [3, 16])
    said = source.record("en-10k", [3])
    assert said["source"] == stand_ins.SIMULATED and {"version", "seed"} == set(said["generator"])
    assert list(said["files"]) == [f"simulated/{TRAIN}", TRAIN.replace("train", "test")]
    path = source.babi("en-10k", 3, "train")
    assert said["files"][f"simulated/{TRAIN}"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(babi.read(path)) == 60
    assert "SIMULATED" in source.description
    assert source.record("en-10k", [16])["source"] == "official"      # the others are what they are
    assert "generator" not in source.record("en-10k", [16])


def test_a_partial_file_holds_each_story_of_both_parts_once(release):
    source = stand_ins.locate(release, "partial", "en-10k", [3])
    said = source.record("en-10k", [3])
    assert said["source"] == stand_ins.PARTIAL and set(said["made_of"]) == set(stand_ins.PARTS)
    stories = [question.statements for question in babi.read(source.babi("en-10k", 3, "train"))]
    parts = [question.statements for name in stand_ins.PARTS
             for question in babi.read(release / name)]
    assert set(stories) == set(parts)
    assert len(stories) < len(parts)


def test_of_the_real_files_1925_questions_are_there(official_data, tmp_path):
    if not (official_data / stand_ins.PARTS[1]).is_file():
        pytest.skip(f"needs {stand_ins.PARTS[1]}")
    source = stand_ins.locate(official_data, "partial", "en-10k", [3], cache=tmp_path)
    assert len(babi.read(source.babi("en-10k", 3, "train"))) == 1925


@pytest.mark.parametrize("kind, folder", [("simulated", "hn-10k"), ("partial", "en")])
def test_what_has_no_stand_in_is_refused(release, kind, folder):
    with pytest.raises(UserError, match="nothing stands in"):
        stand_ins.locate(release, kind, folder, [3])


def test_folders_of_records_tell_the_data_apart(release):
    source = stand_ins.locate(release, "simulated", "en-10k", [1, 3])
    table = BabiTable("table", source, "en-10k", (1, 3), base="en-10k")
    assert table.records_of([1]) == "table"
    assert table.records_of([3]) == table.records_of([1, 3]) == "table@task-3-simulated"
    plain = archives.Source("official", release, "", source.sha256)
    assert BabiTable("table", plain, "hn-10k", (1,), base="en-10k").records_of([]) == "table@hn"
    made = archives.Source("simulated", release, "", source.sha256)
    assert BabiTable("table", made, "en-10k", (1,), base="en-10k").records_of([1]) == \
        "table@simulated"


@pytest.mark.parametrize("kind", stand_ins.KINDS)
def test_a_run_with_a_stand_in_makes_records_that_verify(release, tmp_path, kind, capsys):
    folder = tmp_path / "results"
    status = table3.main(["--data", str(release), "--tasks", "1", "3", "--columns", "PE LS RN",
                          "--task-3", kind, "--restarts", "2", "--results", str(folder)])
    assert status == 0 and kind.upper() in capsys.readouterr().out
    paths = record_checks.record_files(folder)
    assert [path.relative_to(folder).parts[0] for path in paths] == [
        "memn2n_table3_babi_10k", f"memn2n_table3_babi_10k@task-3-{kind}"]
    for path in paths:
        record = results.read(path)
        assert record_checks.of_record(path, record, folder) == []
        names, seed = list(record["data"]["files"]), record["data"].get("generator", {}).get("seed")
        source = record["data"]["source"]
        found, reason = reevaluation.DataFolders([release], [(source, names, seed)]).files(
            names, source, seed)
        assert reason is None
        [outcome] = reevaluation.reevaluate([(path, record)], found)
        assert outcome == reevaluation.Outcome()

    path = paths[1]
    record = json.loads(path.read_text())
    record["data"]["source"] = "official"
    assert any("has no place" in line or "not in tasks/manifest.json" in line
               for line in record_checks.of_record(path, record, folder))
    record["data"] |= {"source": stand_ins.KINDS[kind], "generator": {}, "made_of": {}}
    assert any("it does not say" in line for line in record_checks.of_record(path, record, folder))


@pytest.mark.parametrize("script, column", [
    (table3, "MemN2N 3 hops PE LS joint"),
    (memn2n_10k_choices, "3 hops PE LS joint, linear start of 10 epochs")])
def test_joint_columns_do_not_learn_from_a_part(release, script, column):
    with pytest.raises(UserError, match=f"--task-3 partial: {column}"):
        script.main(["--data", str(release), "--task-3", "partial", "--columns", column])


def test_workers_are_held_to_the_questions_that_stand_in(release, tmp_path):
    source = stand_ins.locate(release, "simulated", "en-10k", [3, 16])
    table = BabiTable("a", source, "en-10k", (3,))
    [cell] = table.memn2n_cells({"MemN2N PE": POSITION})
    files = cluster.files_of(cell)
    assert {facts for facts in files.values()} == set(cell.data["files"].items())
    assert all(path.is_file() for path in files)
    with pytest.raises(UserError, match=f"{cell.name} reads from a folder"):
        cluster.files_of(replace(cell, train=partial(cell.train, tmp_path)))
