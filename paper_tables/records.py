"""Reads the records of results/: one JSON file a cell, at a fixed path.

<results>/<script>/<column-slug>/task-07.json, and beside it, for other data
than the official English, <results>/<script>@simulated/ and the like.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from replication import results
from tasks.errors import UserError

LOWEST_TRAINING = "lowest training error"
MEAN_OVER_SEEDS = "mean over seeds"
CANDIDATES = tuple(range(10))  # the seeds that a record's own value is selected among
DIVERGED_ERROR = 100.0


@dataclass(frozen=True)
class Record:
    """One cell: its restarts as arrays (R,), in the order of the file. Errors in percent.

    A diverged restart has a test error of 100 and infinite keys, so that
    it is in the spread and never selected while another one is there.
    train_loss and online_train_error are None where a record does not have them.
    value is None where there is nothing to select (every candidate diverged).
    source is where the data is from, epochs how long it trained (None where the protocol has no epochs).
    """
    path: Path
    task: int
    selection: str
    value: float | None
    selected: int | None
    seeds: np.ndarray
    ok: np.ndarray
    test_error: np.ndarray
    train_error: np.ndarray
    train_loss: np.ndarray | None
    online_train_error: np.ndarray | None
    source: str
    epochs: int | None

    @property
    def has_candidates(self):
        """Whether seeds 0 to 9, among which the value is selected, are all there."""
        return set(CANDIDATES) <= set(self.seeds.tolist())


def slug(name):
    """The folder of a column: lower case, runs of other characters become one '-'."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def path_of(folder, column, task):
    return Path(folder) / slug(column) / f"task-{task:02d}.json"


def read_table(folder, columns, tasks, source=None):
    """All records of a table: {column: {task: Record}}, without those that are not there.

    folder: e.g. results/reference/memn2n_table1_babi_1k, whose name is the records' experiment.
    source: the data source that every record must have ("official"), or None for any.
    """
    folder = Path(folder)
    table = {}
    for column in columns:
        table[column] = {}
        for task in tasks:
            path = path_of(folder, column, task)
            if path.exists():
                table[column][task] = read(path, folder.name, column, task, source)
    return table


def gaps(folder, table, tasks):
    """One line for each column that has been begun and lacks records: the first file, how many."""
    lines = []
    for column, records in table.items():
        lacking = [task for task in tasks if task not in records]
        if records and lacking:
            more = f" (and {len(lacking) - 1} more of its column)" if len(lacking) > 1 else ""
            lines.append(f"{path_of(folder, column, lacking[0])}: no such record{more}; run the "
                         "experiment again, until then the table says not run")
    return lines


def read(path, experiment, column, task, source=None):
    """One record, checked. UserError, one line with the file, where it is not what it must be."""
    def refuse(what):
        return UserError(f"{path}: {what}; restore the record, or remove it and run the cell again")

    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise refuse(f"not a whole JSON record ({error})") from None
    try:
        if content["schema"] not in list(results.KEYS_OF):
            raise refuse(f"schema is {content['schema']!r}, which this version does not read")
        expected = {"experiment": experiment, "column": column, "task": task}
        for key, value in expected.items():
            if content[key] != value:
                raise refuse(f"{key} is {content[key]!r} where {value!r} is expected")
        if source is not None and content["data"]["source"] != source:
            raise refuse(f"made from {content['data']['source']} data in a folder of {source} data")
        record = _record(Path(path), content)
    except KeyError as error:
        raise refuse(f"has no {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise refuse(f"holds a value of the wrong kind ({error})") from None
    problem = _inconsistency(record)
    if problem:
        raise refuse(problem)
    return record


def same_restarts(records):
    """Joint columns: the 20 records are of the same models, restart by restart. UserError if not.

    records: {task: Record}.
    """
    first, *others = records.values()
    for other in others:
        for key in ("seeds", "ok", "train_error"):
            if not np.array_equal(getattr(first, key), getattr(other, key)):
                raise UserError(f"{other.path}: its {key.replace('_', ' ')} differ from those of "
                                f"{first.path}, of the same joint models; run the column again")


def _record(path, content):
    restarts = content["restarts"]
    ok = np.array([_status(restart) for restart in restarts], dtype=bool)

    def column(key, diverged):
        return np.array([_number(restart[key]) if fine else diverged
                         for restart, fine in zip(restarts, ok)], dtype=float)

    def optional(key):
        known = all(restart.get(key) is not None for restart, fine in zip(restarts, ok) if fine)
        return column(key, math.inf) if known else None

    by_training = content["selection"] == LOWEST_TRAINING
    value, selected = content["value"], content["selected"]
    epochs = content["protocol"].get("epochs")
    return Record(
        path=path, task=content["task"], selection=content["selection"],
        value=None if value is None else _number(value),
        selected=None if selected is None else int(selected),
        seeds=np.array([int(restart["seed"]) for restart in restarts], dtype=int), ok=ok,
        test_error=column("test_error", DIVERGED_ERROR),
        train_error=column("train_error", math.inf) if by_training else np.zeros(len(ok)),
        train_loss=optional("train_loss"), online_train_error=optional("online_train_error"),
        source=content["data"]["source"],
        epochs=None if epochs is None else int(_number(epochs)))


def _inconsistency(record):
    """What in a record contradicts the rest of it, or None."""
    if not len(record.seeds):
        return "has no restarts"
    if len(set(record.seeds.tolist())) < len(record.seeds):
        return "holds a seed twice"
    if not ((record.test_error >= 0) & (record.test_error <= 100)).all():
        return "holds a test error outside 0 to 100%"
    if record.selection == MEAN_OVER_SEEDS:
        mean = record.test_error.mean()
        if record.value is None or abs(record.value - mean) > 1e-6:
            return f"its value {record.value} is not the mean {mean:.4f} of its restarts"
        return None
    if record.selection != LOWEST_TRAINING:
        return f"selection {record.selection!r} is not one that this table knows"
    best = _selected(record)
    if record.selected != best:
        return f"its selected restart is {record.selected}, and by its own restarts it is {best}"
    value = None if best is None else record.test_error[best]
    if (value is None) != (record.value is None) or (
            value is not None and abs(record.value - value) > 1e-6):
        return f"its value {record.value} is not the test error {value} of its selected restart"
    return None


def _selected(record):
    """Lowest training error, then training loss, then seed, among seeds 0 to 9.

    Only where none of those is there (a run of other seeds), among all.
    """
    loss = record.train_loss if record.train_loss is not None else np.zeros(len(record.seeds))
    among = set(CANDIDATES).intersection(record.seeds.tolist()) or set(record.seeds.tolist())
    order = np.lexsort((record.seeds, loss, record.train_error))
    allowed = [int(i) for i in order if record.ok[i] and int(record.seeds[i]) in among]
    return allowed[0] if allowed else None


def _status(restart):
    if restart["status"] not in ("ok", "diverged"):
        raise ValueError(f"status {restart['status']!r}")
    return restart["status"] == "ok"


def _number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} where a number is expected")
    if not math.isfinite(value):
        raise ValueError("a number too large for one")
    return float(value)


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")
