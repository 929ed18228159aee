"""Tunes the RNN and the LSTM of MemNN's simulated world (arXiv:1410.3916, section 5.2).

The paper chose hidden layer, BPTT steps and learning rate for each data set. Here every point of
`GRID` is trained on a world drawn from a seed that no table uses, and judged by the last tenth of
its training questions; no test question is drawn. Writes one row a run, then prints the
choice for each data set. The tables use that of results/reference.

    python -m replication.tune recurrent --jobs 2      the runs that the file does not have yet
    python -m replication.tune recurrent --choose      none: only what its rows say
"""

import time

import joblib

from replication.tuning import file as tuning_file
from replication.records import provenance
from replication.training.protocols import TUNING, WorldRNN
from replication.training.recurrent_world import fit_seed
from replication.running.workers import use_one_thread
from tasks.simulated_world import World

FILE, SEEDS, GRID = (TUNING[name] for name in ("file", "seeds", "grid"))
REFERENCE = provenance.ROOT / "results" / "reference" / FILE

# (joined, kind of questions, difficulty): the columns of Table 3, then those of Table 5.
DATA_SETS = (
    (True, "actor without before", 1), (True, "actor", 1), (True, "actor + object", 1),
    (True, "actor", 5), (True, "actor + object", 5),
    (False, "actor without before", 1), (False, "actor without before + object", 1),
    (False, "actor without before", 5), (False, "actor without before + object", 5),
)
KINDS = {True: ("LSTM", "RNN"), False: ("RNN",)}     # {joined: rows}: Table 5 has no LSTM
RUNS = tuning_file.TuningFile(
    settings=("joined", "questions", "difficulty", "kind", "optimizer", "size", "bptt", "rate",
              "seed"),
    measures=("epoch", "valid_loss", "valid_accuracy", "seconds"))


def run(settings):
    """Trains one point: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.perf_counter()
    joined, questions, difficulty, kind, optimizer, size, bptt, rate, seed = settings
    protocol = WorldRNN(joined=joined, size=size, bptt=bptt, rate=rate, optimizer=optimizer)
    world = World(kind=questions, difficulty=difficulty)
    _, curves, failed, _ = fit_seed(kind, world, protocol, seed, "cpu")
    return RUNS.of_run(settings, time.perf_counter() - clock, None if failed else curves)


def all_settings():
    """The settings of every run, in the order of the file."""
    return [(*data, kind, *point, seed) for seed in SEEDS for data in DATA_SETS
            for kind in KINDS[data[0]] for point in GRID]


def choices(rows):
    """{(joined, questions, difficulty, kind): (loss, accuracy, point)}: lowest mean valid_loss."""
    result = {}
    for data in DATA_SETS:
        for kind in KINDS[data[0]]:
            points = tuning_file.judged(
                rows, GRID, lambda point: [(*data, kind, *point, seed) for seed in SEEDS],
                "valid_loss", "valid_accuracy")
            if points:
                result[(*data, kind)] = points[0]
    return result


def main(argv=None):
    options = tuning_file.options("recurrent", __doc__, argv)
    rows = RUNS.completed(options, FILE, all_settings(), joblib.delayed(run))
    for (joined, questions, difficulty, kind), (loss, accuracy, point) in choices(rows).items():
        optimizer, size, bptt, rate = point
        print(f"{kind}, {'word sequences' if joined else 'sentences'}, difficulty "
              f"{difficulty}, {questions}: {optimizer} at {rate}, hidden layer {size}, "
              f"{bptt} BPTT steps: validation {loss:.3f} nats, {accuracy:.1f}%")
    return 0
