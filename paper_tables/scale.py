"""How long the whole evidence takes on more machines: the seconds of its records, scheduled.

A schedule is simulated: the longest piece first, each on the worker that is free first. Pieces are
whole cells, as a batch system has them (`--list-cells`), or blocks of ten restarts, as a cluster
has them (`--cluster`), each a like share of its cell's seconds.
"""

import heapq
import math

from paper_tables import language_model, layout, not_run
from replication.records import record as results
from tasks.errors import UserError

PAGE = "scale.md"
WORKERS = (1, 2, 8, 64, 512)
BLOCK = 10      # restarts of a block
NEAR = 1.05     # of the time of endless workers: more workers then are of no use

ABOUT = """\
# How long everything takes on more machines

The {cells} cells of the committed evidence take {hours:.1f} hours of one processor: the *seconds*
of the records{on_gpu}. A joint column is one cell, since it is one model. Below: hours until the
last is ready, if the longest is begun first and each goes to the worker that is free first. *whole
cells*: a command a cell, as `./run_all.sh --list-cells` prints them; *blocks*: ten restarts at a time, as
`--cluster ADDRESS` sends them. *busy*: the share of the workers' time that is used. Machines
differ, and a worker that shares its processor is slower; starting, and sending weights back, is
not counted."""
ON_GPU = """; of the {cells}
that a GPU trained, wholly or in part, the {hours:.1f} hours that they are expected to take without
one"""


def build(folder):
    """{file name: text} of the page, from the records under a results folder; {} without any."""
    records = records_of(folder)
    there, expected = measured(records), expected_of(records)
    cells = there + expected
    if not cells:
        return {}
    total = sum(seconds for _, seconds, _ in cells)
    on_gpu = ON_GPU.format(cells=len(expected), hours=sum(
        seconds for _, seconds, _ in expected) / 3600) if expected else ""
    kinds = {"whole cells": [seconds for _, seconds, _ in cells],
             "blocks": [seconds / n for _, seconds, restarts in cells
                        for n in [math.ceil(restarts / BLOCK)] for _ in range(n)]}
    header = ["workers", *(text for kind in kinds for text in (f"{kind}: hours", "busy"))]
    lines = [[str(workers), *(text for pieces in kinds.values() for text in _figures(
        pieces, workers, total))] for workers in WORKERS]
    parts = [ABOUT.format(cells=len(cells), hours=total / 3600, on_gpu=on_gpu),
             layout.as_markdown(header, lines),
             *(_limit(kind, pieces) for kind, pieces in kinds.items()),
             "The longest cells:", layout.as_markdown(
                 ["cell", "hours", "restarts"],
                 [[name, f"{seconds / 3600:.2f}", str(restarts)] for name, seconds, restarts in
                  sorted(cells, key=lambda cell: -cell[1])[:5]])]
    return {PAGE: "\n\n".join(parts) + "\n"}


def records_of(folder):
    """Every record of a training below a folder."""
    records = []
    for path in sorted(folder.rglob("*.json")):
        try:
            records.append(results.read(path))
        except UserError:       # the attention of Figure 2 is no record of a training
            continue
    return records


def measured(records):
    """[(name, seconds, restarts)] of all cells that no GPU trained; a joint column is one."""
    cells = {}
    for record in records:
        if results.trained_on_gpu(record):
            continue
        joint = record["scope"] == "column"
        place = [] if joint else [record["row"] or f"task {record['task']}"]
        key = (record["experiment"], record["column"], *place)
        seconds = max(record["seconds"], cells[key][1] if key in cells else 0)
        cells[key] = ", ".join(key), seconds, len(record["restarts"])
    return list(cells.values())


def expected_of(records):
    """The same of the cells that a GPU trained: what not_run.HOURS expects on a processor.

    A variant takes as long as the row that it changes. A cell that diverged, or of which nothing
    is expected, has the seconds of its record.
    """
    rows, cells = not_run.HOURS[language_model.SCRIPT], []
    for record in records:
        if results.trained_on_gpu(record):
            name = f"{record['experiment']}, {record['column']}, {record['row']}"
            each, n = rows.get(record["row"].partition(":")[0]), len(record["restarts"])
            if each and all(restart["status"] == "ok" for restart in record["restarts"]):
                cells.append((f"{name} (expected)", each * 3600 * n, n))
            else:
                cells.append((name, record["seconds"], n))
    return cells


def hours(pieces, workers):
    """Until the last of some pieces (seconds) is ready."""
    free = [0.0] * min(workers, len(pieces))
    for seconds in sorted(pieces, reverse=True):
        heapq.heapreplace(free, free[0] + seconds)
    return max(free) / 3600


def enough(pieces):
    """The fewest workers with which everything is ready about as soon as with endless ones."""
    least, most = 1, len(pieces)
    while least < most:
        middle = (least + most) // 2
        if hours(pieces, middle) <= NEAR * max(pieces) / 3600:
            most = middle
        else:
            least = middle + 1
    return least


def _figures(pieces, workers, total):
    time = hours(pieces, workers)
    return f"{time:.2f}", f"{100 * total / 3600 / workers / time:.0f}%"


def _limit(kind, pieces):
    return (f"*{kind}* stop scaling at {enough(pieces)} workers: the longest piece alone takes "
            f"{max(pieces) / 3600:.2f} hours, and more workers wait for it.")
