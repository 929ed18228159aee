"""The golden figures are what every trainer gives, and they tell a changed rule."""

import copy
import importlib

import pytest

from replication.records import provenance
from replication.running import babi_table, corpus_table, world_table
from replication.training import memn2n_batches as batches
from replication.verification import golden


@pytest.mark.parametrize("trainer", golden.TRAINERS)
def test_figures_are_those_of_the_file(trainer):
    assert golden.differences(golden.read(trainer), golden.figures(trainer)) == []


def test_every_file_is_of_a_trainer():
    assert {path.stem for path in provenance.GOLDEN.iterdir()} == set(golden.TRAINERS)


@pytest.fixture
def stored():
    return golden.read("memn2n")


def test_a_changed_rule_is_seen(stored, monkeypatch):
    """Random noise that caps the number of empty memories leaves full memories alone."""
    rule = batches.time_indices
    monkeypatch.setattr(batches, "time_indices", lambda lengths, N, draws=None, noise=0.0: rule(
        lengths, N, None if (lengths == N).all() else draws, noise))
    lines = golden.differences(stored, golden.figures("memn2n"))
    assert lines and all("PE LS RN, full memories" in line for line in lines)


def test_on_its_own_kind_of_processor_every_bit_counts(stored):
    other = copy.deepcopy(stored)
    other["runs"]["BoW"]["restarts"][0]["train_loss"] += 1e-12
    assert len(golden.differences(stored, other)) == 1
    other["kind"]["processor"] = "another"
    assert golden.differences(stored, other) == []


def test_elsewhere_a_figure_may_not_move_far(stored):
    other = copy.deepcopy(stored)
    other["kind"]["processor"] = "another"
    other["runs"]["BoW"]["restarts"][0]["train_loss"] *= 1 + 1.5 * golden.RELATIVE
    other["runs"]["BoW"]["restarts"][0]["test_error"] += 1.5 * golden.SHARE
    other["runs"]["BoW"]["restarts"][0]["n_wrong"] += golden.COUNT + 1
    del other["runs"]["PE LS"]["restarts"][0]["n_test"]
    assert len(golden.differences(stored, other)) == 4


@pytest.mark.parametrize("script", [
    "memn2n_table1_babi_1k", "memn2n_table3_babi_10k", "keras_babi_memnn",
    "memnn_table4_learning_curve", "memnn_table6_sentence_answers", "memn2n_baseline_variants",
    "memnn_table1_large_scale_qa", "memnn_table2_hashing", "memnn_figure4_dialogue", "memnn_scale",
    "memn2n_table2_language_model", "memn2n_language_model_variants", "memnn_figure3_unseen_words",
    "memnn_memory_management", "memnn_babi_tasks"])
def test_a_script_s_trainers_have_golden_figures(script, monkeypatch, small_babi_all):
    module = importlib.import_module(provenance.module_of(script))
    cells = []
    for table in (babi_table, world_table, corpus_table, module):
        if hasattr(table, "run_cells"):
            monkeypatch.setattr(table, "run_cells",
                                lambda some, *rest, **more: cells.extend(some) or 0)
    reads_babi = "babi" in script or script == "memn2n_baseline_variants"
    data = ["--data", str(small_babi_all), "--source", "auto"] if reads_babi else []
    module.main(["--smoke", *data])
    assert cells and {cell.trainer for cell in cells} <= set(golden.TRAINERS)
