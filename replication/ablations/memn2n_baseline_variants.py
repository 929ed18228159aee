"""What drives the baselines of MemN2N's Table 1: each with one choice changed (ours).

A cell is the test error, in %, the mean over seeds, of a baseline on one task as in Table 1 of
End-To-End Memory Networks, or of the MemNN of 2014 (memnn_babi_tasks), with one choice of its
protocol changed; and of an answerer that learns nothing but the most frequent answer. What the
fields are: replication/DEVIATIONS.md, "The baselines of Table 1".

    python -m replication.ablations.memn2n_baseline_variants --restarts 3 --jobs 2
    python -m replication.ablations.memn2n_baseline_variants --restarts 3 --columns "LSTM: questions alone"
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.command_line import Table
from replication.running.babi_table import LSTM, MEMNN_2014, WSH, Baseline
from replication.training.most_frequent import most_frequent
from replication.training.protocols import MostFrequent
from tasks import babi

EXPERIMENT = "memn2n_baseline_variants"
FREQUENT = "most frequent answer"

# Column: the baseline, and what of its protocol is changed.
CHANGES = {
    f"{LSTM}: questions alone": (LSTM, {"statements": False}),
    f"{WSH}: content words link": (WSH, {"linking_words": "content"}),
    f"{WSH}: all but articles link": (WSH, {"linking_words": "all but articles"}),
    f"{WSH}: any valid pair": (WSH, {"valid": "any"}),
    f"{MEMNN_2014}: one block of supports": (MEMNN_2014, {"supports": "one block"}),
}
COLUMNS = (FREQUENT, *CHANGES)


def variant(column):
    """The Baseline of a column."""
    if column == FREQUENT:
        return Baseline(MostFrequent(), "most_frequent", most_frequent)
    name, changes = CHANGES[column]
    one = babi_table.baseline(name)
    return replace(one, protocol=replace(one.protocol, **changes))


def protocols():
    """{column: its protocol}."""
    return {column: variant(column).protocol for column in COLUMNS}


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, babi.TASK_NAMES), argv)
    table = babi_table.table_of(EXPERIMENT, options)
    return babi_table.run(table.baseline_cells(
        {column: variant(column) for column in options.columns}), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
