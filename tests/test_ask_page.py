"""The page that answers holds the stored models, stories of known words, and nothing else."""

import base64
import json

import numpy as np
import pytest

from paper_tables import ask_page, tables
from replication import verify
from tasks import babi
from tasks.errors import UserError
from tests.helpers.asked import REFERENCE, checkpoint_of, copied, page_text


@pytest.fixture(scope="module")
def text():
    return page_text()


@pytest.fixture(scope="module")
def stored(text):
    return ask_page.stored_in(text)


def test_it_holds_the_models_that_the_records_name(stored):
    named = {}
    for path in sorted(REFERENCE.glob("memn2n-pe-ls-rn*/task-*.json")):
        record = json.loads(path.read_text())
        key = "joint" if record["column"] == ask_page.JOINT else str(record["task"])
        named.setdefault(key, set()).add((record["checkpoint"] or {}).get("sha256"))
    assert {key: {model["sha256"]} for key, model in stored["models"].items()} == {
        key: digests for key, digests in named.items() if digests != {None}}


def test_weights_words_and_form_are_the_checkpoints(stored):
    for key, model in stored["models"].items():
        checkpoint = checkpoint_of(model)
        E = np.stack([np.frombuffer(base64.b64decode(model["weights"][f"E{i}"]), "<f4")
                      for i in range(checkpoint.model.form.tables)])
        assert np.array_equal(E, checkpoint.model.E.numpy().reshape(len(E), -1)), key
        assert tuple(model["words"]) == checkpoint.words
        assert (model["N"], model["J"]) == (checkpoint.N, checkpoint.J)
        assert all(getattr(checkpoint.model.form, name) == value
                   for name, value in model["form"].items())


def test_it_is_one_small_file_that_asks_for_nothing(text):
    assert len(text.encode()) < 3e6
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text
    assert "src=" not in text and "<link rel=\"icon\" href=\"data:,\">" in text


def test_every_task_has_stories_whose_words_are_known(stored):
    assert sorted(map(int, stored["stories"])) == sorted(babi.TASK_NAMES)
    for task, stories in stored["stories"].items():
        assert len(stories) == ask_page.STORIES
        for story in stories:
            words = {word for sentence in (*story["statements"], story["question"])
                     for word in babi.words_of(sentence)} | {story["answer"]}
            for key in {task, "joint"} & stored["models"].keys():
                assert words <= set(stored["models"][key]["words"]), (task, key)
            assert all(0 <= fact < len(story["statements"]) for fact in story["facts"])
            assert story["facts"]


def test_building_twice_gives_the_same_page(text):
    assert ask_page.build(tables.ROOT) == (
        {tables.ROOT / "paper_tables" / "ask.html": text}, [])


def test_what_is_held_against_the_checkpoints(text, stored):
    count = len(stored["models"])
    assert ask_page.held(text, tables.ROOT) == (count, [])
    key, model = next(iter(stored["models"].items()))
    weights = model["weights"]["E1"]
    other = base64.b64encode(bytes(8) + base64.b64decode(weights)[8:]).decode()
    _, [line] = ask_page.held(text.replace(weights, other), tables.ROOT)
    assert line.startswith(f"ask.html: model {key}: its weights are not those of {model['file']}")
    _, [line] = ask_page.held(text.replace(model["sha256"], "0" * 64), tables.ROOT)
    assert "not the checkpoint that ask.html names" in line
    with pytest.raises(UserError, match="no stored models"):
        ask_page.held("<html></html>", tables.ROOT)


def test_verify_names_a_model_that_is_not_its_checkpoints(text, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "ROOT", tmp_path)
    copied(tmp_path)
    [(path, page)] = ask_page.build(tmp_path)[0].items()
    for digest, wrong in ((None, 0), (ask_page.stored_in(page)["models"]["2"]["sha256"], 1)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(page.replace(digest, "f" * 64) if digest else page, encoding="utf-8")
        report = verify.Report()
        verify._weights_of_the_page(report)
        assert len(report.differences) == wrong
        assert report.done == [f"models in paper_tables/ask.html: {2 - wrong} of 2 are their "
                               "checkpoints"]


def test_records_that_are_not_there_leave_their_models_out(tmp_path):
    folder = copied(tmp_path)
    [page] = ask_page.build(tmp_path)[0].values()
    assert list(ask_page.stored_in(page)["models"]) == ["1", "2"]
    (folder / "task-01.json").unlink()
    path = folder / "task-02.json"
    record = json.loads(path.read_text())
    for restart in record["restarts"]:      # all diverged: nothing to select
        restart.update({key: None for key in restart if key != "seed"}, status="diverged")
    path.write_text(json.dumps(record | {"selected": None, "value": None, "checkpoint": None}))
    assert ask_page.build(tmp_path) == ({}, [])


def test_a_checkpoint_that_is_missing_or_not_the_records_is_one_line(tmp_path):
    file = next(copied(tmp_path).glob("task-01*.safetensors"))
    content = file.read_bytes()
    file.unlink()
    files, [remark] = ask_page.build(tmp_path)
    [page] = files.values()
    assert list(ask_page.stored_in(page)["models"]) == ["2"]
    assert f"{file}: no such checkpoint, which task-01.json names" in remark
    file.write_bytes(content[:-1])
    with pytest.raises(UserError, match="not the checkpoint that task-01.json names") as error:
        ask_page.build(tmp_path)
    assert "\n" not in str(error.value)
