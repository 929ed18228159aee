"""The rule that gives cells more restarts: it sees how ours spread, and nothing else."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from replication.records.best_of import chances, ranks
from replication.records.cells import Recorded
from replication.running import rounds
from replication.running.run_cells import Run
from tasks.errors import UserError


def record(errors, train_errors=None, selection="lowest training error", lost=()):
    train_errors = train_errors or [0.0] * len(errors)
    return {"selection": selection, "metric": "test error %", "restarts": [
        {"seed": seed, "status": "diverged" if seed in lost else "ok",
         "test_error": None if seed in lost else error,
         "train_error": None if seed in lost else train}
        for seed, (error, train) in enumerate(zip(errors, train_errors))]}


def test_chances_are_those_of_all_draws():
    ranked = np.array([0.2, 0.0, 0.5, 0.0])
    counted = np.zeros(4)
    for drawn in product(range(4), repeat=3):
        best = [i for i in drawn if ranked[i] == ranked[list(drawn)].min()]
        for i in best:
            counted[i] += 1 / len(best)
    assert chances(ranks(ranked), best_of=3) == pytest.approx(counted / counted.sum())


def test_spread_is_that_of_the_restarts_that_can_be_picked():
    assert rounds.spread([record([3.0] * 10)]) == 0
    assert rounds.spread([record([0.0] * 5 + [8.0] * 5)]) == 8.0
    # The second half is never picked: it trains worse.
    assert rounds.spread([record([0.0] * 5 + [8.0] * 5, [0.0] * 5 + [9.0] * 5)]) == 0
    assert rounds.spread([record([0.0] * 9 + [0.0], lost=[9])]) == 0
    assert rounds.spread([record([0.0] * 10, lost=range(10))]) == 0      # all are lost alike


def test_a_joint_column_has_the_mean_of_its_tasks():
    ups, downs = record([0.0, 4.0] * 5), record([4.0, 0.0] * 5)
    assert rounds.spread([ups, downs]) == 0 and rounds.spread([ups, ups]) == 4.0


@pytest.mark.parametrize("errors, restarts, more", [
    ([0.0] * 10, 20, True),                  # ten show no spread
    ([0.0] * 10, 10, False),
    ([0.0] * 20, 30, False),
    ([0.0, 0.9] * 10, 30, False),
    ([0.0, 1.1] * 10, 30, True),
    ([0.0, 1.1] * 15, 30, False),            # it has them
    ([0.0, 1.1] * 15, 100, True),
])
def test_which_cells_go_on(errors, restarts, more):
    assert rounds.wants([record(errors)], restarts) is more


def test_a_mean_over_seeds_has_enough():
    assert not rounds.wants([record([0.0, 9.0] * 5, selection="mean over seeds")], 20)


def test_rounds_go_on_until_cells_have_enough(monkeypatch, tmp_path):
    """One cell is steady, one spreads; both are run by the rule alone, whatever is published."""
    errors = {"steady": [1.0] * 100, "wide": [0.0, 5.0] * 50}
    held = dict.fromkeys(errors, 10)
    ran = []

    def run_cells(cells, run, **more):
        for cell in cells:
            held[cell.name] = len(run.seeds)
            ran.append((cell.name, len(run.seeds)))
        return 0

    monkeypatch.setattr(rounds, "run_cells", run_cells)
    monkeypatch.setattr(rounds.babi_table, "run", lambda cells, options: 0)
    cells = [SimpleNamespace(name=name, recorded=lambda folder, name=name: Recorded(
        {1: record(errors[name][:held[name]])}, (1,))) for name in errors]
    options = SimpleNamespace(run=Run([0], tmp_path), smoke=False)
    assert rounds.run(cells, options, 30) == 0
    assert ran == [("steady", 20), ("wide", 20), ("wide", 30)]
    assert rounds.run(cells, options, 0) == 0 and len(ran) == 3


def test_a_joint_column_goes_on_by_the_tasks_that_are_asked(monkeypatch, tmp_path):
    """Its records of other tasks may have fewer restarts, or more."""
    monkeypatch.setattr(rounds.babi_table, "run", lambda cells, options: 0)
    monkeypatch.setattr(rounds, "run_cells", None)       # none is to be run
    records = {1: record([1.0] * 30), 2: record([0.0, 9.0] * 10)}
    options = SimpleNamespace(run=Run([0], tmp_path), smoke=False)
    cell = SimpleNamespace(name="joint", recorded=lambda folder: Recorded(records, (1,)))
    assert rounds.run([cell], options, 30) == 0


def test_rounds_are_of_seeds_from_0(tmp_path):
    options = SimpleNamespace(run=Run(range(1000, 1010), tmp_path), smoke=False)
    with pytest.raises(UserError, match="leave --seed out"):
        rounds.run([], options, 20)


@pytest.mark.parametrize("most", ["-3", "7", "x"])
def test_a_number_that_can_give_no_round_is_refused(most):
    with pytest.raises(UserError, match="--most-restarts"):
        rounds.most_restarts(["--most-restarts", most])
