"""Figure 3: the average attention of each hop, from stored models of Table 2."""

import json

import numpy as np
import pytest
import torch

from replication import memn2n_figure3_hops
from replication.records import files as stored_files, record as results
from replication.running import command_line
from replication.training import hops_figure, memn2n_language_model
from replication.training.memn2n_language_model import new_model
from replication.training.protocols import MemN2NText
from tests.helpers.small_text import V, corpus, stand_in, train, trained  # noqa: F401, a fixture
from tasks import corpora
from tests.helpers import memn2n_language_model_by_the_paper as paper

ROW = "6 hops, memory 100"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    stand_in(monkeypatch)


def run(folder, *arguments):
    return command_line.run(memn2n_figure3_hops.main, [
        "--source", "simulated", "--results", str(folder), *arguments])


def test_numbers_are_the_mean_over_the_test_words():
    """Held to the equations, word by word."""
    p = MemN2NText(hops=3, memory=9, d=6, init=1.0)
    model, text = new_model(V, p, seed=0), torch.from_numpy(corpus().test[:70])
    weights = {name: w.double() for name, w in model.weights().items()}
    each = [torch.stack(paper.scores(weights, 3, text[t - 9:t].tolist())[1])
            for t in range(9, 70)]
    torch.testing.assert_close(memn2n_language_model.average_attention(model, text),
                               torch.stack(each).mean(0), rtol=1e-4, atol=1e-6)


def test_a_run_writes_numbers_and_figures(trained, capsys):
    assert run(trained) == 0
    [path] = trained.glob(f"{memn2n_figure3_hops.EXPERIMENT}@simulated/*/*.json")
    record = json.loads(path.read_text())
    p = np.array(record["attention"])
    assert p.shape == (6, 100) and np.allclose(p.sum(1), 1, atol=1e-6)
    assert record["words"] == 200 and record["row"] == ROW
    named = trained / record["model"]["checkpoint"]
    assert stored_files.sha256(named) == record["model"]["sha256"]
    figures = {file.name for file in (trained / "figures").iterdir()}
    stem = f"{memn2n_figure3_hops.EXPERIMENT}@simulated_6-hops-memory-100"
    assert figures == {f"{stem}_{theme}.{kind}" for theme in ("light", "dark")
                       for kind in ("png", "svg")}
    for theme in hops_figure.THEMES:
        for kind, content in zip(("png", "svg"), hops_figure.draw(record, theme)):
            assert (trained / "figures" / f"{stem}_{theme}.{kind}").read_bytes() == content
    before = path.read_bytes(), str(path) in capsys.readouterr().out
    assert run(trained) == 0 and (path.read_bytes(), True) == before


def test_of_other_rows_there_are_the_numbers_alone(tmp_path, capsys):
    row = "3 hops, memory 100"
    assert train(tmp_path, "--rows", row, "--restarts", "1") == 0
    assert run(tmp_path) == 2 and "no model of" in capsys.readouterr().err
    assert run(tmp_path, "--rows", row) == 0
    [path] = tmp_path.glob(f"{memn2n_figure3_hops.EXPERIMENT}@simulated/*/*.json")
    assert np.array(json.loads(path.read_text())["attention"]).shape == (3, 100)
    assert not (tmp_path / "figures").exists()


def test_a_smoke_run_has_models_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "simulated", lambda seed: corpus())     # longer than it trains on
    assert run(tmp_path, "--smoke") == 0
    made = [json.loads(path.read_text())
            for path in tmp_path.glob(f"{memn2n_figure3_hops.EXPERIMENT}@simulated/*/*.json")]
    assert {record["row"]: record["words"] for record in made} == {
        "6 hops, memory 100": 200, "7 hops, memory 200": 100}


def test_what_lacks_is_one_line(trained, tmp_path, capsys, monkeypatch):
    assert run(tmp_path) == 2
    assert "no model of 6 hops, memory 100 or 7 hops, memory 200; train" in capsys.readouterr().err
    monkeypatch.setattr(corpora, "simulated", lambda seed: corpora.Corpus(
        ("x",), *[np.zeros(300, dtype=np.int64)] * 3))
    assert run(trained) == 2
    assert "is of other data" in capsys.readouterr().err


def test_the_numbers_of_a_figure_are_no_record_of_a_cell(trained):
    assert run(trained) == 0
    [path] = trained.glob(f"{memn2n_figure3_hops.EXPERIMENT}*/*/*.json")
    assert results.record_path(trained, path.parts[-3], corpora.PENN_TREEBANK, row=ROW) == path
