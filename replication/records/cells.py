"""Cells: what a training is asked for, and the records that it has left under the results folder.

A cell is one training with one record, or with a record for each of its tasks (a joint column). The
record of task 7 is task-07.json; beside it lie its curves, task-07.npz, and the weights of the
selected restart, task-07.seed-3.safetensors. A model of several tasks has one file of curves and
one checkpoint for all: joint.npz, joint.seed-3.safetensors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from replication.records import files as stored_files, named, record as results
from tasks.errors import UserError

JOINT = "joint"     # how the files are called that the records of several tasks share


@dataclass(frozen=True)
class Cell:
    """One training: where its records lie, what their numbers mean, how it is done.

    experiment  the folder's name: the script's, with "@simulated", "@shuffled" or "@hn" behind
                it for other data than the official English
    column      the paper's own name of the column
    train       picklable; (seeds, device) -> results.Trained, one restart a seed, in that order.
                Of a model of several tasks each restart also has `by_task`, {task: {test_error,
                n_wrong, ...}}
    trainer     the name of its golden figures, results/golden/<trainer>.json
    protocol    every hyper-parameter of the run; with another one a record is not continued
    data        {source, files: {name: sha256}, n_train, n_valid, n_test}, and for simulated
                data the generator's version and seed; of a model of several tasks without n_test
    task        its number; None where the table has no tasks, or the model several
    row         the row's name where the table has no tasks
    metric      what the value is; it names the restart's key ("test error %": test_error)
    selection   one of results.SELECTIONS
    stack       seeds trained together; None: as many as the run says
    device      where it is trained; None: where the run says
    n_test      {task: test questions} of a model of several tasks, which has a record for each
    tasks       those whose records are asked; the model is trained on all of them in any case
    """
    experiment: str
    column: str
    train: Callable
    trainer: str
    protocol: dict
    data: dict
    task: int | None = None
    row: str | None = None
    metric: str = "test error %"
    selection: str = "lowest training error"
    stack: int | None = None
    device: str | None = None
    n_test: dict | None = None
    tasks: tuple = ()

    @property
    def name(self):
        """How messages call it: "PE LS, task 7" or "PE LS joint, all tasks"."""
        if self.n_test:
            return f"{self.column}, all tasks"
        place = f"task {self.task}" if self.task is not None else self.row
        return f"{self.column}, {place}" if place else self.column

    @property
    def parts(self):
        """{task: the cell of its record}: itself, or one for each task of the model."""
        if not self.n_test:
            return {self.task: self}
        return {task: replace(self, task=task, n_test=None, tasks=(),
                              data={**self.data, "n_test": n})
                for task, n in self.n_test.items()}

    @property
    def wanted(self):
        """The tasks whose records are asked; of a cell with one record, its own."""
        return tuple(self.tasks) if self.n_test else (self.task,)

    def path(self, folder):
        """The record's; of several, that of the first task."""
        task = min(self.n_test) if self.n_test else self.task
        return results.record_path(folder, self.experiment, self.column, task, self.row)

    @property
    def stem(self):
        """What the curves and the checkpoint beside the record are called."""
        return JOINT if self.n_test else self.path("").stem

    def question(self):
        """The part of a record that is known before training, and that must not change."""
        return {"experiment": self.experiment, "column": self.column, "row": self.row,
                "task": self.task, "selection": self.selection, "metric": self.metric,
                "protocol": self.protocol, "data": self.data}

    def recorded(self, folder):
        """The Recorded of the cell; None where nothing of it is recorded.

        Raises UserError, one line, for a record that is damaged, whose curves or checkpoint are
        not there, or that answers another question than the cell's. Of several records one such
        is enough: they belong to one model.
        """
        records = {task: _read(part, folder) for task, part in self.parts.items()}
        records = {task: record for task, record in records.items() if record is not None}
        return Recorded(records, self.wanted) if records else None


@dataclass(frozen=True)
class Recorded:
    """What a cell's records hold together.

    records  {task: record} of all that there are, also those that are not asked
    tasks    those that are asked
    """
    records: dict
    tasks: tuple

    @property
    def asked(self):
        """The records asked; none of them where one is missing."""
        asked = [self.records.get(task) for task in self.tasks]
        return [] if None in asked else asked

    @property
    def seeds(self):
        """The seeds, sorted, that all records asked have."""
        seeds = [{restart["seed"] for restart in record["restarts"]} for record in self.asked]
        return sorted(set.intersection(*seeds)) if seeds else []

    @property
    def value(self):
        """The mean of the values; None where one is missing."""
        values = [record["value"] for record in self.asked]
        return None if None in values or not values else sum(values) / len(values)

    @property
    def partial(self):
        return any(record["partial"] for record in self.asked)

    @property
    def seconds(self):
        """What the training took; each of its records says it."""
        return max(record["seconds"] for record in self.asked)


def _read(cell, folder):
    """The record of a cell with one; None where there is none. Raises UserError as `recorded`."""
    path = cell.path(folder)
    if not path.exists():
        return None
    record = results.read(path)
    question = results.plain(cell.question())
    question["protocol"] = results.meant(question["protocol"], record["protocol"])
    different = []
    for key, value in question.items():
        different += results.differences(record[key], value, key)
    if different:
        more = f" (and {len(different) - 3} more)" if len(different) > 3 else ""
        raise UserError(f"{path}: is of another run: {'; '.join(different[:3])}{more}; choose "
                        "another folder with --results, or --force to replace it")
    problem = _problem_of_files(record, path)
    if problem:
        what = "cell" if record["scope"] == "cell" else "whole column"
        raise UserError(f"{problem}; delete {path}, or give --force, to train the {what} again")
    return record


def _problem_of_files(record, path):
    checkpoint, curves = record["checkpoint"], path.parent / record["curves"]
    fault = checkpoint and named.fault(path.parent, checkpoint)
    if fault:
        return f"{path.parent / checkpoint['file']}: the checkpoint is {fault}"
    try:
        stored_files.read_curves(curves, [restart["seed"] for restart in record["restarts"]])
    except FileNotFoundError:
        return f"{curves}: the curves are missing"
    except Exception as error:  # a damaged zip file fails in many ways
        return f"{curves}: the curves cannot be read ({type(error).__name__})"
    return None
