"""Tunes the LSTM baseline of End-To-End Memory Networks' Table 1 (bAbI, 1k training questions).

The tasks' paper (arXiv:1502.05698), whose baseline it is, gives no setting. Here every point of
`GRID` is trained on the official training file of every task, from a seed that no table uses, and
judged by the last tenth of its questions; no test file is read. Writes one row a run, then prints
every point and the choice: one for all tasks, the lowest validation loss in the mean over them.
`replication.training.protocols.LSTM` has the choice of results/reference.

    python -m replication.tune lstm_babi --jobs 2     the runs that the file does not have yet
    python -m replication.tune lstm_babi --choose     none: only what its rows say

`seconds` is what a run used of one processor core.
"""

import time
from dataclasses import replace
from functools import cache

import joblib

from replication.tuning import file as tuning_file
from replication.records import provenance
from replication.training.protocols import LSTM
from replication.training.recurrent_babi import fit_seed, splits_of
from replication.running.workers import use_one_thread
from tasks import archives, babi
from tasks.errors import UserError

FILE = "memn2n_tuning/lstm_babi.csv"
REFERENCE = provenance.ROOT / "results" / "reference" / FILE
SEED = 1000     # of development: the tables use 0, 1, 2, ...
TASKS = tuple(babi.TASK_NAMES)

# (optimizer, size, rate)
GRID = (("Adam", 50, 0.001), ("Adam", 50, 0.003), ("Adam", 100, 0.001), ("Adam", 100, 0.003),
        ("SGD", 50, 0.3), ("SGD", 50, 1.0))
RUNS = tuning_file.TuningFile(settings=("optimizer", "size", "rate", "task", "seed"),
                              measures=("epoch", "valid_loss", "valid_error", "seconds"))


def run(train_file, settings):
    """Trains one point on one task: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.process_time()
    optimizer, size, rate, task, seed = settings
    protocol = replace(LSTM, optimizer=optimizer, size=size, rate=rate)
    splits = splits_of(babi.read(train_file), [], protocol)
    _, curves, failed = fit_seed(splits, protocol, task, seed)
    return RUNS.of_run(settings, time.process_time() - clock, None if failed else curves)


def all_settings():
    """The settings of every run: point after point, task after task."""
    return [(*point, task, SEED) for point in GRID for task in TASKS]


def judged(rows):
    """[(mean valid_loss, mean valid_error in %, point)] over all tasks, the lowest loss first."""
    return tuning_file.judged(rows, GRID, lambda point: [(*point, task, SEED) for task in TASKS],
                              "valid_loss", "valid_error")


def main(argv=None):
    options = tuning_file.options("lstm_babi", __doc__, argv, data=True)

    @cache
    def source():   # looked for only where a run is missing
        return archives.locate(options.data, "official", needs=archives.babi_files("en", TASKS))

    def call(settings):
        task = dict(zip(RUNS.settings, settings))["task"]
        return joblib.delayed(run)(source().babi("en", task, "train"), settings)

    points = judged(RUNS.completed(options, FILE, all_settings(), call))
    if not points:
        raise UserError(f"{options.results / FILE}: no point is there for all tasks; leave "
                        "--choose out to train them")
    for loss, error, (optimizer, size, rate) in points:
        print(f"{optimizer} at {rate}, hidden layer {size}: validation {loss:.3f} nats, "
              f"{error:.1f}% wrong")
    optimizer, size, rate = points[0][-1]
    print(f"chosen for all tasks: {optimizer} at {rate}, hidden layer {size}")
    return 0
