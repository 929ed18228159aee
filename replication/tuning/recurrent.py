"""Tunes the RNN and the LSTM of MemNN's simulated world (arXiv:1410.3916, section 5.2).

The paper chose hidden layer, BPTT steps and learning rate for each data set. Here every point of
`GRID` is trained on a world drawn from a seed that no table uses, and judged by the last tenth of
its training questions; no test question is drawn. Writes one row a run, then prints the
choice for each data set. The tables use that of results/reference.

    python -m replication.tune recurrent --jobs 2      the runs that the file does not have yet
    python -m replication.tune recurrent --choose      none: only what its rows say
"""

import time
from statistics import mean

import joblib

from replication.tuning import file as tuning_file
from replication.records import provenance
from replication.training.protocols import TUNING, WorldRNN
from replication.training.recurrent import best_epoch
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


def run(joined, questions, difficulty, kind, optimizer, size, bptt, rate, seed):
    """Trains one point: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.perf_counter()
    protocol = WorldRNN(joined=joined, size=size, bptt=bptt, rate=rate, optimizer=optimizer)
    _, curves, failed, _ = fit_seed(kind, World(kind=questions, difficulty=difficulty), protocol,
                                    seed, "cpu")
    measured = {}
    if not failed:
        epoch = best_epoch(curves)
        measured = {"epoch": epoch + 1, "valid_loss": round(float(curves["valid_loss"][epoch]), 4),
                    "valid_accuracy": round(float(curves["valid_accuracy"][epoch]), 2)}
    return RUNS.row_of((joined, questions, difficulty, kind, optimizer, size, bptt, rate, seed),
                       seconds=round(time.perf_counter() - clock, 1), **measured)


def asked():
    """The settings of every run, in the order of the file."""
    return [(*data, kind, *point, seed) for seed in SEEDS for data in DATA_SETS
            for kind in KINDS[data[0]] for point in GRID]


def choices(rows):
    """{(joined, questions, difficulty, kind): (point, loss, accuracy)}: lowest mean valid_loss.

    Over the seeds of SEEDS; points without all of them, or with a diverged run, are left out.
    """
    chosen = {}
    for data in DATA_SETS:
        for kind in KINDS[data[0]]:
            judged = []
            for point in GRID:
                found = tuning_file.ended(rows, [(*data, kind, *point, seed) for seed in SEEDS])
                if found:
                    loss, accuracy = (mean(float(row[name]) for row in found)
                                      for name in ("valid_loss", "valid_accuracy"))
                    judged.append((loss, point, accuracy))
            if judged:
                loss, point, accuracy = min(judged)
                chosen[(*data, kind)] = point, loss, accuracy
    return chosen


def main(argv=None):
    options = tuning_file.options(__doc__, argv)
    rows = RUNS.completed(options, FILE, asked(),
                          lambda settings: joblib.delayed(run)(*settings))
    for (joined, questions, difficulty, kind), (point, loss, accuracy) in choices(rows).items():
        optimizer, size, bptt, rate = point
        print(f"{kind}, {'word sequences' if joined else 'sentences'}, difficulty "
              f"{difficulty}, {questions}: {optimizer} at {rate}, hidden layer {size}, "
              f"{bptt} BPTT steps: validation {loss:.3f} nats, {accuracy:.1f}%")
    return 0
