"""More restarts for the cells that need them, by a rule that was fixed before any was run.

The rule sees how our own restarts spread, and never a published figure: a cell whose draws of
"the test error of the best of ten restarts by training error" lie within SPREAD points 95 times in
100 has enough; any other gets the next number of ROUNDS, until it has as many as it may have.
Cells of fewer than LEAST restarts always go on: ten restarts hold one draw of ten, and show no
spread. A mean over seeds has enough from the first.
"""

from dataclasses import replace

import numpy as np

from replication.records.best_of import BEST_OF, DIVERGED, chances, ranks
from replication.records.record import SELECTIONS, SPREAD, metric_key
from replication.running import babi_table, command_line
from replication.running.run_cells import run_cells
from tasks.errors import UserError

ROUNDS = (10, 20, 30, 100)
LEAST = 20
LEVEL = (0.025, 0.975)
MOST_RESTARTS = command_line.Flag("--most-restarts", "a number of restarts", " that cells which "
                                  "spread may have, round by round (default: no rounds)",
                                  {"metavar": "N"})


def most_restarts(argv=None):
    """(how many restarts a cell may have, 0: no rounds; the arguments without --most-restarts)."""
    most, argv = command_line.taken(argv, MOST_RESTARTS)
    return (command_line.number("--most-restarts", most, least=BEST_OF) if most else 0), argv


def run(cells, options, most=0):
    """Completes the cells' records for the seeds asked, then round by round up to `most` seeds.

    cells, options  as of babi_table.run. Returns the exit status.
    """
    if most and options.run.seeds[0]:
        raise UserError("--most-restarts: rounds are of seeds from 0 on; leave --seed out")
    status = babi_table.run(cells, options)
    for restarts in (number for number in ROUNDS if number <= most):
        if status or options.smoke:
            break
        wanting = [cell for cell in cells
                   if wants(cell.recorded(options.run.results).asked, restarts)]
        if wanting:
            print(f"{len(wanting)} of {len(cells)} cells go on to {restarts} restarts", flush=True)
            status = run_cells(wanting, replace(options.run, seeds=range(restarts)))
    return status


def wants(records, restarts):
    """Whether the rule gives a cell with these records, one a task, so many restarts."""
    count = min(len(item["restarts"]) for item in records)
    if count >= restarts or SELECTIONS[records[0]["selection"]] is None:
        return False
    return count < min(LEAST, restarts) or spread(records) > SPREAD


def spread(records):
    """How far apart draws of the best of ten restarts lie, 95 times in 100.

    records  one cell's, or those asked of a joint column, whose restarts have their mean error
    """
    compared, metric = SELECTIONS[records[0]["selection"]][0], records[0]["metric"]
    rank = ranks(_of_restarts(records[0], compared, np.inf))
    errors = np.mean([_of_restarts(record, metric_key(metric), DIVERGED[metric])
                      for record in records], axis=0)
    order = np.argsort(errors, kind="stable")
    reached = np.cumsum(chances(rank)[order])
    low, high = (errors[order][np.searchsorted(reached, level - 1e-12)] for level in LEVEL)
    return float(high - low)


def _of_restarts(record, key, lost):
    """One key of all restarts, (R,)."""
    return np.array([restart[key] if restart["status"] == "ok" else lost
                     for restart in record["restarts"]], dtype=float)
