"""Evaluating checkpoints again: where the data is looked for, and which scores are too close."""

import os

import torch

from replication.verification import record_checks, reevaluation
from tasks.errors import UserError


def test_a_download_that_fails_is_tried_once(monkeypatch):
    tried = []

    def locate(data, source, needs):
        tried.append(sorted(needs))
        raise UserError("no network")
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    monkeypatch.setattr(reevaluation.archives, "locate", locate)
    needs = [("official", ["a/en/1", "a/en/2"], None), ("official", ["a/en/3"], None),
             ("own", ["mine"], None)]
    folders = reevaluation.DataFolders([], needs)
    for source, names, _ in needs[:2]:
        assert folders.files(names, source) == (None, "no network")
    assert tried == [["a/en/1", "a/en/2", "a/en/3"]]
    assert "name its folder with --data" in folders.files(["mine"], "own")[1]


def test_each_file_may_lie_in_another_of_the_folders(tmp_path):
    for place, name in (("x", "train.txt"), ("y", "test.txt")):
        (tmp_path / place).mkdir()
        (tmp_path / place / name).touch()
    names = ["train.txt", "test.txt"]
    folders = reevaluation.DataFolders([tmp_path / "x", tmp_path / "y"], [("own", names, None)])
    assert folders.files(names, "own") == (
        [tmp_path / "x" / "train.txt", tmp_path / "y" / "test.txt"], None)
    assert "not all in" in folders.files(["other.txt"], "own")[1]


def test_near_ties_are_those_that_rounding_could_decide(monkeypatch):
    scores = torch.tensor([[[1.0, 1.00005, 0.0], [1.0, 1.00005, 0.0], [1.0, 2.0, 0.0],
                            [3.0, 2.0, 3.00009]]])

    class Model:
        def answer(self, X, x_q, where):
            return scores, None

    class Batches:
        at_once = 10

        def take(self, split, rows):
            return [torch.zeros(1, 1)] * 3 + [torch.tensor([[[0, 2, 0, 2]]])]
    assert reevaluation.near_ties(Model(), Batches(), None, torch.arange(4)[None]) == 2


def test_official_data_is_taken_from_the_environment(official_data):
    names = list(record_checks.manifest())
    name = next(name for name in names if name.endswith("en/qa1_single-supporting-fact_train.txt"))
    folders = reevaluation.DataFolders([], [("official", [name], None)])
    paths, reason = folders.files([name], "official")
    assert reason is None and os.path.commonpath([*paths, official_data]) == str(official_data)
    facts = record_checks.manifest()[name]
    right = {"source": "official", "files": {name: facts["sha256"]}}
    assert reevaluation.fault_of_data(paths, right) is None


def test_a_folder_of_ones_own_does_not_hide_official_data(tmp_path, monkeypatch):
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    found = reevaluation.archives.Source("official", tmp_path / "cache", "", {})
    monkeypatch.setattr(reevaluation.archives, "locate", lambda *args, **more: found)
    folders = reevaluation.DataFolders([tmp_path / "mine"], [("official", ["a/en/1"], None)])
    assert folders.files(["a/en/1"], "official") == ([found.path("a/en/1")], None)
    assert "not all in" in folders.files(["a/en/1"], "own")[1]


def test_what_stands_in_for_a_file_is_looked_for_in_every_folder(tmp_path, monkeypatch):
    def again(names, folder, **more):
        if folder.name != "b":
            raise UserError(f"{folder}: not there")
        return [folder / name for name in names]
    monkeypatch.setattr(reevaluation.stand_ins, "again", again)
    folders = reevaluation.DataFolders([tmp_path / "a", tmp_path / "b"], [])
    source = next(iter(reevaluation.stand_ins.MARKS))
    assert folders.files(["x"], source)[0] == [tmp_path / "b" / "x"]
    lacking = reevaluation.DataFolders([tmp_path / "a"], [])
    assert lacking.files(["x"], source) == (None, f"{tmp_path / 'a'}: not there")
