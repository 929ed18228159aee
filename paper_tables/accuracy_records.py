"""Reads the records of the experiments on MemNN's simulated world: accuracies, one run a seed.

<results>/<script>/<row-slug>/<column-slug>.json, where the value is a mean over seeds.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from replication import results
from tasks.errors import UserError

METRIC = "test accuracy %"
SELECTION = "mean over seeds"


@dataclass(frozen=True)
class AccuracyRecord:
    """One cell: its runs, (R,) in the order of the file. Accuracies in percent.

    A diverged run has an accuracy of 0, and with it the record has no value, since what
    the mean would be is not known. partial: seeds of 0 to 9 are missing. n_test: test questions
    of a run.
    """
    path: Path
    value: float | None
    partial: bool
    ok: np.ndarray
    accuracy: np.ndarray
    n_test: int
    restarts: list

    @property
    def whole(self):
        """The runs that did not diverge, as the record holds them."""
        return [run for run in self.restarts if run["status"] == "ok"]

    def mean_of(self, key):
        """Mean over the runs that did not diverge; None where one of them lacks the key."""
        values = [run.get(key) for run in self.whole]
        return None if not values or None in values else float(np.mean(values))


def read_rows(folder, rows, columns):
    """The records of a table that are there: {column: {row: AccuracyRecord}}.

    folder: e.g. results/reference/memnn_table3_simulated_world, named after the experiment.
    """
    folder, table = Path(folder), {column: {} for column in columns}
    for column in columns:
        for row in rows:
            path = path_of(folder, column, row)
            if path.exists():
                table[column][row] = read(path, folder.name, column, row)
    return table


def path_of(folder, column, row):
    return results.record_path(Path(folder).parent, Path(folder).name, column, row=row)


def read(path, experiment, column, row):
    """One record, checked. UserError, one line with the file, where it is not what it must be."""
    content = results.read(path)
    expected = {"experiment": experiment, "column": column, "row": row, "metric": METRIC,
                "selection": SELECTION}
    for key, value in expected.items():
        if content[key] != value:
            raise UserError(f"{path}: {key} is {content[key]!r} where {value!r} is expected; "
                            "restore the record, or remove it and run the cell again")
    runs = content["restarts"]
    ok = np.array([run["status"] == "ok" for run in runs])
    accuracy = np.array([run["test_accuracy"] if fine else 0.0 for run, fine in zip(runs, ok)],
                        dtype=float)
    n_test = content["data"].get("n_test")
    if not isinstance(n_test, int) or not ((accuracy >= 0) & (accuracy <= 100)).all():
        raise UserError(f"{path}: an accuracy is not within 0 to 100, or n_test is no number; "
                        "restore the record, or remove it and run the cell again")
    return AccuracyRecord(
        path=Path(path), value=content["value"], partial=content["partial"], ok=ok,
        accuracy=accuracy, n_test=n_test, restarts=runs)
