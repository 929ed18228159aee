"""The rows RNN and LSTM of the tables over MemNN's simulated world."""

from dataclasses import asdict, replace
from functools import partial

from replication import tune_recurrent
from replication.recurrent_training import Protocol, train_baseline
from replication.stored_cells import Cell
from tasks import simulated_world

ROWS = ("RNN", "LSTM")


def cell(experiment, column, row, world, joined, smoke=False):
    """One cell: a mean test accuracy over seeds, at the settings tuned for its data set.

    row     "RNN" or "LSTM"
    world   the column's simulated_world.World
    joined  word sequences (Table 3), or each statement a sentence (Table 5)
    smoke   almost nothing to learn from, and no tuned settings
    """
    if smoke:
        world = replace(world, statements=240, questions=90)
        protocol = Protocol(joined=joined, size=10, epochs=1)
    else:
        protocol = tune_recurrent.tuned(row, world, joined)
    n_valid = int(protocol.validation_share * world.questions)
    return Cell(
        experiment=experiment, column=column, row=row,
        train=partial(train_baseline, row, world, protocol),
        protocol={"model": row, "world": asdict(world), **asdict(protocol),
                  "tuning": {"file": tune_recurrent.FILE, "seeds": tune_recurrent.SEEDS,
                             "grid": tune_recurrent.GRID}},
        metric="test accuracy %", selection="mean over seeds",
        data={"source": "simulated", "files": {}, "generator": "simulated_world",
              "generator_version": simulated_world.VERSION, "seed": "each restart's own",
              "n_train": world.questions - n_valid, "n_valid": n_valid,
              "n_test": world.questions})
