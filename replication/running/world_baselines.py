"""The rows RNN and LSTM of the tables over MemNN's simulated world."""

from dataclasses import asdict, replace
from functools import partial

from replication import tune_recurrent
from replication.running import world_table
from replication.training.memnn_world import column_world
from replication.training.recurrent_world import Protocol, train_baseline
from tasks.simulated_world import World

ROWS = ("RNN", "LSTM")


def cells(experiment, columns, joined, smoke=False):
    """The rows but for cells whose settings are not tuned, which are counted in a printed line.

    Those of Table 3 are ROWS, Table 5 has no LSTM.

    joined, smoke  as in `cell`
    """
    chosen = tune_recurrent.choices(tune_recurrent.RUNS.read(tune_recurrent.REFERENCE))
    rows = [row for row in ROWS if row in tune_recurrent.KINDS[joined]]
    asked = [(row, column, column_world(column, World())) for row in rows for column in columns]
    ready = [(row, column, world) for row, column, world in asked
             if smoke or (joined, world.kind, world.difficulty, row) in chosen]
    if len(ready) < len(asked):
        print(f"rows {' and '.join(rows)}: {len(asked) - len(ready)} of {len(asked)} cells are "
              "left out, their settings are not tuned; python -m replication.tune_recurrent "
              "--results results/reference tunes them", flush=True)
    return [cell(experiment, column, row, world, joined, smoke) for row, column, world in ready]


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
    tuning = {"file": tune_recurrent.FILE, "seeds": tune_recurrent.SEEDS,
              "grid": tune_recurrent.GRID}
    return with_settings(experiment, column, row, row, world, protocol, {"tuning": tuning})


def with_settings(experiment, column, row, kind, world, protocol, more):
    """One cell of a baseline at given settings.

    kind      of models.recurrent.KINDS
    protocol  recurrent_training.Protocol
    more      what else the record's protocol says, {name: value}
    """
    n_valid = int(protocol.validation_share * world.questions)
    return world_table.cell(
        experiment, column, row, "recurrent_world", partial(train_baseline, kind, world, protocol),
        {"model": kind, "world": asdict(world), **asdict(protocol), **more},
        world.questions - n_valid, world.questions, n_valid)
