"""What trainers say of their restarts: together as a cell's result, and in per cent."""

import numpy

from replication.records.record import Trained
from tasks.errors import UserError


def trained_of(runs, metadata):
    """record.Trained of [(restart, curves, weights)], one a seed.

    restart  figures; curves {name: (epochs,)}; weights {name: tensor}, None where it diverged
    """
    restarts, curves, weights = zip(*runs)
    return Trained(list(restarts),
                   {name: numpy.array([curve[name] for curve in curves]) for name in curves[0]},
                   list(weights), metadata)


def percent(hits):
    """The share of hits in %: booleans, of torch or numpy."""
    return 100 * float(numpy.mean(numpy.asarray(hits)))


def refuse_gpu(device, steps):
    """UserError where the device is no CPU; steps: whose are too small for a GPU."""
    if device != "cpu":
        raise UserError(f"{steps} are too small for a GPU; use --device cpu")
