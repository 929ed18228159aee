"""An experiment whose training is a few cheap draws: what the tests of records run.

As a script: fake_experiment.py RESULTS JOBS SECONDS, 3 cells of 10 restarts in blocks of 4.
"""

import sys
import time
from functools import partial

import numpy as np

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.run_cells import Run, run_cells
from replication.records.record import Trained

EPOCHS = 5


def train(seeds, device, task=1, seconds=0.0, diverging=()):
    """One restart a seed; a restart's numbers depend on its seed and task alone."""
    restarts, weights, curves = [], [], []
    for seed in seeds:
        time.sleep(seconds)
        rng = np.random.default_rng([seed, task])
        curves.append(rng.random(EPOCHS) * 100)
        if seed in diverging:
            restarts.append({"seed": seed, "status": "diverged", "diverged_epoch": 3,
                             "train_error": None, "test_error": None, "train_loss": None})
            weights.append(None)
            continue
        train_error = float(rng.integers(0, 3))
        restarts.append({"seed": seed, "status": "ok", "train_error": train_error,
                         "test_error": float(rng.random() * 100),
                         "train_loss": float(rng.random())})
        weights.append({"A": rng.random((3, 4)).astype(np.float32),
                        "C": rng.random((3, 4)).astype(np.float32)})
    curves = np.array(curves)
    return Trained(restarts, {"train_loss": curves, "train_error": curves / 2}, weights,
                   {"vocabulary": '["a", "b"]', "J": "7", "memory_size": "10"})


def cell(task=1, protocol=None, data=None, **training):
    """One cell of the column "MemN2N PE LS"."""
    return Cell(experiment="fake_table", column="MemN2N PE LS", task=task,
                train=partial(train, task=task, **training), trainer="fake",
                protocol=protocol or {"batch": 32, "learning_rate": 0.01},
                data=data or {"source": "official", "files": {"qa1_train.txt": "ab" * 32},
                              "n_train": 900, "n_valid": 100, "n_test": 1000})


def main(argv):
    results, jobs, seconds = argv
    cells = [cell(task, seconds=float(seconds)) for task in (1, 2, 3)]
    return run_cells(cells, Run(range(10), results, int(jobs)), stack=4)


if __name__ == "__main__":
    sys.exit(command_line.run(main, sys.argv[1:]))
