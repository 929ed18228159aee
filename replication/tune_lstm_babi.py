"""Tunes the LSTM baseline of End-To-End Memory Networks' Table 1 (bAbI, 1k training questions).

The tasks' paper (arXiv:1502.05698), whose baseline it is, gives no setting. Here every point of
`GRID` is trained on the official training file of every task, from a seed that no table uses, and
judged by the last tenth of its questions; no test file is read. Writes one row a run, then prints
every point and the choice: one for all tasks, the lowest validation loss in the mean over them.
`replication.lstm_babi.LSTM` has the choice of results/reference.

    python -m replication.tune_lstm_babi --jobs 2     the runs that the file does not have yet
    python -m replication.tune_lstm_babi --choose     none: only what its rows say

About 7 minutes of one processor core; `seconds` is what a run used of it.
"""

import argparse
import csv
import io
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean

import joblib

from replication import command_line, results_lock, stored_files
from replication.lstm_babi import LSTM, best_epoch, dictionary, diverged_epoch, fit_seed, split
from replication.training_process import use_one_thread
from tasks import archives, babi
from tasks.errors import UserError

FILE = "memn2n_tuning/lstm_babi.csv"
REFERENCE = Path(__file__).parents[1] / "results" / "reference" / FILE
SEED = 1000     # of development: the tables use 0, 1, 2, ...
TASKS = tuple(babi.TASK_NAMES)

# (optimizer, size, rate)
GRID = (("Adam", 50, 0.001), ("Adam", 50, 0.003), ("Adam", 100, 0.001), ("Adam", 100, 0.003),
        ("SGD", 50, 0.3), ("SGD", 50, 1.0))
SETTINGS = ("optimizer", "size", "rate", "task", "seed")
COLUMNS = (*SETTINGS, "epoch", "valid_loss", "valid_error", "seconds")


def run(train_file, optimizer, size, rate, task, seed):
    """Trains one point on one task: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.process_time()
    protocol = replace(LSTM, optimizer=optimizer, size=size, rate=rate)
    questions = babi.read(train_file)
    word_id = dictionary(questions)
    _, curves = fit_seed(*split(questions, word_id, protocol), len(word_id), task, protocol, seed)
    row = dict(zip(SETTINGS, (optimizer, size, rate, task, seed)))
    row |= dict.fromkeys(("epoch", "valid_loss", "valid_error"), "")
    if diverged_epoch(curves) is None:
        epoch = best_epoch(curves)
        row |= {"epoch": epoch + 1, "valid_loss": round(float(curves["valid_loss"][epoch]), 4),
                "valid_error": round(100 - float(curves["valid_accuracy"][epoch]), 2)}
    return row | {"seconds": round(time.process_time() - clock, 1)}


def asked():
    """The settings of every run: point after point, task after task."""
    return [(*point, task, SEED) for point in GRID for task in TASKS]


def read(path):
    """The rows of the file, {settings as text: row}; none where there is no file."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and tuple(rows[0]) != COLUMNS:
        raise UserError(f"{path}: its columns are not {', '.join(COLUMNS)}; delete it to tune anew")
    return {tuple(row[name] for name in SETTINGS): row for row in rows}


def write(path, rows):
    """All rows, in the order of `asked`, the file replaced as a whole."""
    order = {tuple(map(str, settings)): number for number, settings in enumerate(asked())}
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows[key] for key in sorted(rows, key=lambda key: order.get(key, len(order))))
    stored_files.write(path, text.getvalue().encode())


def judged(rows):
    """[(mean valid_loss, point, mean valid_error in %)], the lowest loss first.

    Means over all tasks; points that lack one, or diverged on one, are left out.
    """
    found = []
    for point in GRID:
        runs = [rows.get(tuple(map(str, (*point, task, SEED)))) for task in TASKS]
        if all(row and row["valid_loss"] for row in runs):
            loss, error = (mean(float(row[name]) for row in runs)
                           for name in ("valid_loss", "valid_error"))
            found.append((loss, point, error))
    return sorted(found)


def run_missing(path, data, jobs):
    """Trains what the file lacks; it is written anew after each run, so a kill loses little."""
    rows = read(path)
    missing = [settings for settings in asked() if tuple(map(str, settings)) not in rows]
    if not missing:
        return
    source = archives.locate(data, "official", needs=archives.babi_files("en", TASKS))
    runs = joblib.Parallel(n_jobs=jobs, return_as="generator")(
        joblib.delayed(run)(source.babi("en", settings[SETTINGS.index("task")], "train"), *settings)
        for settings in missing)
    for number, row in enumerate(runs, 1):
        row = {name: str(value) for name, value in row.items()}
        rows[tuple(row[name] for name in SETTINGS)] = row
        write(path, rows)
        print(f"{number} of {len(missing)}: " + ", ".join(row.values()), flush=True)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", type=Path,
                        help="folder with the data sets (default: $MEMNN_DATA, the user's cache, "
                             "a download: the first that is there)")
    parser.add_argument("--results", metavar="DIR", type=Path, default=Path("results/local"),
                        help="where the file goes (default: results/local)")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="parallel processes")
    parser.add_argument("--choose", action="store_true", help="train nothing")
    options = parser.parse_args(argv)
    if options.jobs < 1:
        raise UserError(f"--jobs: {options.jobs} is too small; the least is 1")
    path = options.results / FILE
    if not options.choose:
        with results_lock.hold(options.results):
            run_missing(path, options.data, options.jobs)
    points = judged(read(path))
    if not points:
        raise UserError(f"{path}: no point is there for all tasks; run python -m "
                        "replication.tune_lstm_babi without --choose")
    for loss, (optimizer, size, rate), error in points:
        print(f"{optimizer} at {rate}, hidden layer {size}: validation {loss:.3f} nats, "
              f"{error:.1f}% wrong")
    optimizer, size, rate = points[0][1]
    print(f"chosen for all tasks: {optimizer} at {rate}, hidden layer {size}")
    return 0


if __name__ == "__main__":
    sys.exit(command_line.run(main))
