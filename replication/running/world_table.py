"""A cell of a table on MemNN's simulated world, which every restart draws from its own seed."""

from replication.records.cells import Cell
from tasks import simulated_world


def cell(experiment, column, row, trainer, train, protocol, n_train, n_test, n_valid=0):
    """One cell; its number is a test accuracy in %, the mean over seeds.

    trainer, train    as a Cell's
    protocol          every setting of the run, {name: value}
    n_train, n_valid  questions of a restart's training stream; n_test of its test
    """
    return Cell(experiment=experiment, column=column, row=row, trainer=trainer, train=train,
                protocol=protocol,
                metric="test accuracy %", selection="mean over seeds",
                data={"source": "simulated", "files": {}, "generator": "simulated_world",
                      "generator_version": simulated_world.VERSION, "seed": "each restart's own",
                      "n_train": n_train, "n_valid": n_valid, "n_test": n_test})
