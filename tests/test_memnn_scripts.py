"""Every experiment on the simulated world runs from its command line, and writes whole records."""

import importlib

import pytest

from replication import command_line, recurrent_baselines, results

CELLS = {"memnn_table3_simulated_world": 25, "memnn_table4_learning_curve": 16,
         "memnn_table5_sentence_level": 20, "memnn_figure3_unseen_words": 4,
         "memnn_memory_management": 4}


@pytest.mark.parametrize("script", CELLS)
def test_smoke(script, tmp_path):
    module = importlib.import_module(f"replication.{script}")
    arguments = ["--smoke", "--restarts", "1", "--results", str(tmp_path)]
    assert command_line.run(module.main, arguments) == 0
    records = [results.read(path) for path in tmp_path.rglob("*.json")]
    assert len(records) == CELLS[script]
    for record in records:
        assert record["experiment"] == script
        assert record["metric"] == "test accuracy %" and record["selection"] == "mean over seeds"
        assert 0 <= record["value"] <= 100
        assert record["data"]["source"] == "simulated"
        if record["row"] in recurrent_baselines.ROWS:
            assert record["protocol"]["tuning"]["grid"]
        else:
            assert record["protocol"]["margin"] == 0.1


def test_there_are_no_official_files(tmp_path, capsys):
    from replication import memnn_table5_sentence_level as script
    arguments = ["--source", "official", "--results", str(tmp_path)]
    assert command_line.run(script.main, arguments) == 2
    assert "never released" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
