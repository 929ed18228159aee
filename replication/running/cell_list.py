"""One command for each cell, for batch systems: `./run_all.sh --list-cells`.

How long a cell takes is what its committed record took, by the restarts that are asked. It needs
only Python's own library.
"""

import shlex
from collections import defaultdict

from replication.records import record as results
from replication.records.provenance import ROOT, module_of
from tasks.errors import UserError

REFERENCE = ROOT / "results" / "reference"


def lines(scripts, profile, costs, folder):
    """Lines "command  # minutes", the longest first; behind them what no record tells the time of.

    scripts  their names; costs: {name: run_all.Cost}; folder: of the results
    """
    if profile == "smoke":
        raise UserError("--list-cells: the smoke profile keeps nothing; take default or full")
    timed, others = [], []
    for script in scripts:
        cost = costs[script]
        full = profile == "full" or cost.default is None
        runs, minutes = (cost.evidence, cost.full) if full else (cost.short, cost.default)
        cells = _cells(script, runs, folder)
        unrecorded = _without_records(script, runs, of_script(script), folder)
        share = max(0, minutes - sum(one for _, one in cells)) / max(1, len(unrecorded))
        timed += cells
        others += [(words, share) for words in unrecorded]
    timed.sort(key=lambda cell: -cell[1])
    others.sort(key=lambda cell: -cell[1])
    for words, minutes in timed + others:
        yield f"python {shlex.join(words)}  # {minutes:.1f} min"


def _cells(script, runs, folder):
    """[(words behind `python`, minutes)] of the cells that have records and are in a run."""
    cells = []
    for where, recorded in of_script(script).items():
        arguments = _of_cell(runs, *where[1::2])
        if arguments is not None:
            share = _restarts(arguments) / len(recorded[0]["restarts"])
            cells.append(([*_words(script, folder), *where, *arguments],
                          share * _seconds(recorded) / 60))
    return cells


def _without_records(script, runs, cells, folder):
    """The runs, as words behind `python`, or what of their columns and tasks has no record.

    A run that names no columns has those with records; one that names no tasks has those of the
    column with most of them.
    """
    tasks, others = defaultdict(list), []     # of each column with records, those that have one
    for _, column, *task in cells:
        tasks[column] += task[1:]
    for run in runs:
        flags = _flags(run)
        names = [name for name in flags.get("--columns", ())
                 if not any(_same(name, column) for column in tasks)]
        if names:
            flags["--columns"] = names
        if names or not tasks:
            others.append([*_words(script, folder), *_as_words(flags)])
        all_tasks = flags.get("--tasks") or max(tasks.values(), key=len, default=[])
        for column, recorded in tasks.items():
            rest = [task for task in all_tasks if task not in recorded]
            arguments = _of_cell([run], column)
            if recorded and rest and arguments is not None:
                others.append([*_words(script, folder), "--columns", column, "--tasks",
                               *sorted(rest, key=int), *arguments])
    return others


def of_script(script):
    """{arguments that choose a cell: its records}. A joint column is one cell, and so is a column
    of a table whose rows cannot be asked for one by one.

    Where only records of other data tell how long a cell takes, these do.
    """
    records_of = {}
    for folder in (REFERENCE / script, *sorted(REFERENCE.glob(f"{script}@*"))):
        cells = defaultdict(list)
        for path in sorted(folder.rglob("*.json")):
            try:
                record = results.read(path)
            except UserError:  # the attention of Figure 2, which is no record of a training
                continue
            where = ("--columns", record["column"])
            if record["task"] is not None and record["scope"] == "cell":
                where += ("--tasks", str(record["task"]))
            cells[where].append(record)
        for where, records in cells.items():
            records_of.setdefault(where, records)
    return records_of


def _seconds(records):
    """A joint column's records are of one training, and each has its time."""
    seconds = [record["seconds"] for record in records]
    return max(seconds) if records[0]["scope"] == "column" else sum(seconds)


def _words(script, folder):
    return ["-m", module_of(script), "--results", folder]


def _of_cell(runs, column, task=None):
    """The arguments of the run that has a cell, without what chooses it; None where none has it."""
    for run in runs:
        flags = _flags(run)
        columns, tasks = flags.pop("--columns", None), flags.pop("--tasks", None)
        if ((columns is None or any(_same(name, column) for name in columns))
                and (tasks is None or task is None or task in tasks)):
            return _as_words(flags)
    return None


def _flags(run):
    """{flag: its values} of a run's arguments."""
    flags = {}
    for word in run:
        if word.startswith("--"):
            values = flags.setdefault(word, [])
        else:
            values.append(word)
    return flags


def _as_words(flags):
    return [word for flag, values in flags.items() for word in (flag, *values)]


def _same(name, column):
    """Whether a run's name of a column, in which "MemN2N" may be left out, is that column."""
    return results.slug(name) in (results.slug(column),
                                  results.slug(column.removeprefix("MemN2N ")))


def _restarts(arguments):
    return int(arguments[arguments.index("--restarts") + 1])
