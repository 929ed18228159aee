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
    """Lines "command  # minutes", the longest first; behind them whole scripts without cells.

    scripts  their names; costs: {name: run_all.Cost}; folder: of the results
    """
    if profile == "smoke":
        raise UserError("--list-cells: the smoke profile keeps nothing; take default or full")
    timed, whole = [], []
    for script in scripts:
        cost = costs[script]
        runs = cost.evidence if profile == "full" or cost.default is None else cost.short
        cells = of_script(script)
        if not cells:
            whole.append(([*_words(script, folder), *runs[0]], cost.full))
        for where, recorded in cells.items():
            arguments = _of_column(runs, recorded[0]["column"])
            if arguments is not None:
                share = _restarts(arguments) / len(recorded[0]["restarts"])
                timed.append(([*_words(script, folder), *where, *arguments],
                              share * _seconds(recorded) / 60))
    timed.sort(key=lambda cell: -cell[1])
    for words, minutes in timed + whole:
        yield f"python {shlex.join(words)}  # {minutes:.1f} min"


def of_script(script):
    """{arguments that choose a cell: its records}. A joint column is one cell, and so is a column
    of a table whose rows cannot be asked for one by one.
    """
    cells = defaultdict(list)
    for path in sorted((REFERENCE / script).rglob("*.json")):
        try:
            record = results.read(path)
        except UserError:      # the attention of Figure 2, which is no record of a training
            continue
        where = ("--columns", record["column"])
        if record["task"] is not None and record["scope"] == "cell":
            where += ("--tasks", str(record["task"]))
        cells[where].append(record)
    return cells


def _seconds(records):
    """A joint column's records are of one training, and each has its time."""
    seconds = [record["seconds"] for record in records]
    return max(seconds) if records[0]["scope"] == "column" else sum(seconds)


def _words(script, folder):
    return ["-m", module_of(script), "--results", folder]


def _of_column(runs, column):
    """The arguments of the run that has a column, without the columns; None where none has it."""
    for run in runs:
        if "--columns" not in run:
            return run
        first = run.index("--columns")
        names = [results.slug(name) for name in run[first + 1:]]
        if {results.slug(column), results.slug(column.removeprefix("MemN2N "))} & set(names):
            return run[:first]
    return None


def _restarts(arguments):
    return int(arguments[arguments.index("--restarts") + 1])
