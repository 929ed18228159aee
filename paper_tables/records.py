"""Records as the tables need them: restarts as arrays, read by replication's one reader."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from paper_tables import comparison
from replication.records import files as stored_files
from replication.records import record as results
from replication.records.best_of import DIVERGED
from replication.records.record import record_path
from tasks.errors import UserError

MEAN_OVER_SEEDS = "mean over seeds"


@dataclass(frozen=True)
class Record:
    """One cell: its restarts (R of them, in the order of the file). content: the record's keys."""
    path: Path
    content: dict

    @property
    def restarts(self):
        return self.content["restarts"]

    @property
    def column(self):
        return self.content["column"]

    @property
    def row(self):
        """A task's number, or the row's name; None where the experiment has neither."""
        return self.content["task"] if self.content["row"] is None else self.content["row"]

    @property
    def value(self):
        """None where there is nothing to select, or no mean is known."""
        return self.content["value"]

    @property
    def averaged(self):
        """Whether the value is a mean over seeds, and not one restart that was selected."""
        return self.content["selection"] == MEAN_OVER_SEEDS

    @property
    def best_of(self):
        """How many restarts a figure that might be published is the best of."""
        return 1 if self.averaged else comparison.BEST_OF

    @property
    def joint(self):
        """Whether it is of a model of all tasks, which has a record for each."""
        return self.content["scope"] == "column"

    @property
    def official(self):
        return self.content["data"]["source"] == "official"

    @property
    def epochs(self):
        """How long it trained; None where the protocol has no epochs."""
        return self.content["protocol"].get("epochs")

    @property
    def seeds(self):
        return [restart["seed"] for restart in self.restarts]

    @property
    def selected(self):
        """The restart that is selected; None where none is."""
        place = self.content["selected"]
        return None if place is None else self.restarts[place]

    @property
    def whole(self):
        """The restarts that did not diverge."""
        return [restart for restart in self.restarts if restart["status"] == "ok"]

    @cached_property
    def ok(self):
        return np.array([restart["status"] == "ok" for restart in self.restarts])

    def per_restart(self, key, diverged=np.inf):
        """A key of all restarts, (R,); None where a restart that did not diverge lacks it."""
        if any(restart.get(key) is None for restart in self.whole):
            return None
        return np.array([restart[key] if fine else diverged
                         for restart, fine in zip(self.restarts, self.ok)], dtype=float)

    @cached_property
    def figures(self):
        """What the table shows of each restart, (R,), in the unit of the metric."""
        metric = self.content["metric"]
        return self.per_restart(results.metric_key(metric), DIVERGED.get(metric, np.inf))

    @cached_property
    def rank(self):
        """The order in which restarts are selected, (R,); all 0 where none is."""
        compared = results.SELECTIONS[self.content["selection"]]
        if compared is None:
            return np.zeros(len(self.ok), dtype=int)
        return comparison.ranks(self.per_restart(compared[0]))

    def draw(self, *purpose):
        """Restarts as a paper would draw and pick them, (draws, best_of).

        In a joint column the same whole models for every task.
        """
        cell = (self.column,) if self.joint else (self.column, self.row)
        return comparison.draw(comparison.generator(*cell, *purpose), len(self.seeds), self.best_of)

    def curves(self):
        """{name: (R, epochs)} of its restarts; {} without a file. UserError for a damaged one."""
        path = self.path.with_name(self.content["curves"])
        if not path.is_file():
            return {}
        try:
            return stored_files.read_curves(path, self.seeds)
        except Exception as error:  # a damaged zip file fails in many ways
            raise UserError(f"{path}: not the curves of its record ({type(error).__name__}); "
                            "restore the file with git, or run the cell again") from None

    def mean_of(self, key):
        """Mean over the restarts that did not diverge; None where one of them lacks the key."""
        values = [restart.get(key) for restart in self.whole]
        return None if not values or None in values else float(np.mean(values))


def path_of(folder, column, row):
    """Where a cell's record lies; a row is a task's number or a name."""
    task, name = (row, None) if isinstance(row, int) else (None, row)
    return record_path(Path(folder).parent, Path(folder).name, column, task=task, row=name)


def read_table(folder, columns, rows, source=None):
    """All records of a table: {column: {row: Record}}, without those that are not there.

    folder: e.g. results/reference/memn2n_table1_babi_1k, whose name is the records' experiment.
    source: the data source that every record must have ("official"), or None for any.
    """
    table = {column: {} for column in columns}
    for column in columns:
        for row in rows:
            path = path_of(folder, column, row)
            if path.exists():
                task, name = (row, None) if isinstance(row, int) else (None, row)
                table[column][row] = read(path, {"experiment": Path(folder).name, "column": column,
                                                 "task": task, "row": name}, source)
    return table


def read_all(folder):
    """Every record of an experiment's folder, by path: [Record]. UserError for a misplaced one."""
    records = []
    for path in sorted([*Path(folder).glob("*.json"), *Path(folder).glob("*/*.json")]):
        record = read(path, {"experiment": Path(folder).name})
        if path != path_of(folder, record.column, record.row):
            raise UserError(f"{path}: is of {record.column!r}, {record.row!r} and belongs "
                            "elsewhere; remove it")
        records.append(record)
    return records


def folders(results, experiment):
    """The folder of an experiment's records, and after it those of other data (experiment@mark)."""
    return [Path(results) / experiment, *sorted(Path(results).glob(f"{experiment}@*/"))]


def columns_of(folder):
    """The columns of which a folder has records, in alphabetical order."""
    return sorted({read(next(iter(sorted(column.glob("task-*.json"))))).column
                   for column in Path(folder).glob("*/") if any(column.glob("task-*.json"))})


def gaps(folder, table, rows):
    """One line for each column that has been begun and lacks records: the first file, how many."""
    lines = []
    for column, records in table.items():
        lacking = [row for row in rows if row not in records]
        if records and lacking:
            more = f" (and {len(lacking) - 1} more of its column)" if len(lacking) > 1 else ""
            lines.append(f"not run yet: {path_of(folder, column, lacking[0])}: no such record"
                         f"{more}; the table says so until its experiment is run")
    return lines


def read(path, expected=None, source=None):
    """One record, checked. UserError, one line with the file, where it is not what it must be.

    expected: {key: value} that the record must have.
    """
    def refuse(what):
        return UserError(f"{path}: {what}; restore the record, or remove it and run the cell again")

    content = results.read(path)
    for key, value in (expected or {}).items():
        if content[key] != value:
            raise refuse(f"{key} is {content[key]!r} where {value!r} is expected")
    if source is not None and content["data"].get("source") != source:
        raise refuse(f"made from {content['data'].get('source')} data in a folder of {source} data")
    record = Record(Path(path), content)
    problem = _problem(record)
    if problem:
        raise refuse(problem)
    return record


def read_figure(path, problem_of, figure):
    """The content of a record of a figure, which is no training's. UserError for a bad one.

    problem_of: content -> what is wrong with it, in words, or None.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        problem = problem_of(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
    if problem:
        raise UserError(f"{path}: not a whole record of {figure} ({problem}); restore it, or "
                        "remove it and run the script again")
    return content


def same_restarts(records):
    """Joint columns: the 20 records are of the same models, restart by restart. UserError if not.

    records: {task: Record}.
    """
    first, *others = records.values()
    for other in others:
        for key in ("seed", "status", "train_error"):
            one, another = ([restart[key] for restart in record.restarts]
                            for record in (first, other))
            if one != another:
                raise UserError(f"{other.path}: its {key.replace('_', ' ')} differ from those of "
                                f"{first.path}, of the same joint models; run the column again")


def _problem(record):
    """What of a record no table can hold, in words, or None."""
    try:
        figures, _ = record.figures, record.rank
        n_test, epochs = record.content["data"].get("n_test"), record.epochs
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return f"holds a value of the wrong kind ({error})"
    metric = record.content["metric"]
    if any(isinstance(value, float) and not np.isfinite(value)
           for restart in record.restarts for value in restart.values()):
        return "holds a value of the wrong kind (a number too large for one)"
    if figures is None:
        return f"a restart has no {metric}"
    top = 100 if metric.endswith("%") else np.inf
    if not ((figures >= 0) & (figures <= top)).all():
        return f"a {metric.removesuffix(' %')} is not within 0 to {top}"
    if not isinstance(n_test, int) or not isinstance(epochs, (int, type(None))):
        return "n_test or epochs is no number"
    return None
