"""What is not known of MemN2N with 10,000 training questions, and what its starred column owes (ours).

A cell is the test error, in %, on one task as in Table 3 of End-To-End Memory Networks, of one of
its columns with one field of the protocol changed: the joint model's linear start, of which
neither paper nor code says how long it is at 10k; what makes "PE LS LW RN*", one by one; which
words link statements of MemNN-WSH, a choice of ours (replication/DEVIATIONS.md, B3); and how many
epochs MemNN strongly supervised has, another (S2).

    python -m replication.ablations.memn2n_10k_choices --tasks 17 19 --jobs 2
    python -m replication.ablations.memn2n_10k_choices --columns "content words link" --tasks 2 11

At 10 restarts the joint column takes an hour of one core, the others up to half an hour a task.
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.babi_table import SUPERVISED, WSH
from replication.running.command_line import THIRD_TASK, Table
from replication.training.protocols import JOINT_10K, NON_LINEAR
from tasks import babi

EXPERIMENT = "memn2n_10k_choices"
VARIANTS = {
    "RN* without ReLU": replace(NON_LINEAR, relu=False),
    "RN* with d = 20": replace(NON_LINEAR, d=20),
    "RN* with adjacent tying": replace(NON_LINEAR, tying="adjacent"),
    "RN* without noise": replace(NON_LINEAR, noise=0.0),
    "RN* without linear start": replace(NON_LINEAR, linear_start_epochs=0),
}
JOINT_VARIANTS = {
    "3 hops PE LS joint, linear start of 10 epochs": replace(JOINT_10K, linear_start_epochs=10),
}
BASELINE_VARIANTS = {
    f"{WSH}, content words link": (WSH, {"linking_words": "content"}),
    f"{SUPERVISED}, 3 epochs": (SUPERVISED, {"epochs": 3}),
}
COLUMNS = (*VARIANTS, *JOINT_VARIANTS, *BASELINE_VARIANTS)


def variant(column):
    """The Baseline of a column of BASELINE_VARIANTS."""
    name, changes = BASELINE_VARIANTS[column]
    one = babi_table.baseline(name)
    return replace(one, protocol=replace(one.protocol, **changes))


def protocols():
    """{column: its protocol} of all columns."""
    return VARIANTS | JOINT_VARIANTS | {
        column: variant(column).protocol for column in BASELINE_VARIANTS}


def main(argv=None):
    third, argv = command_line.taken(argv, THIRD_TASK)
    options = command_line.parse(
        __doc__, Table(COLUMNS, babi.TASK_NAMES, folders=babi_table.FOLDERS_10K,
                       prefix=f"{WSH},", own=(THIRD_TASK,)), argv)
    joint = [column for column in options.columns if column in JOINT_VARIANTS]
    table = babi_table.table_at_10k(EXPERIMENT, options, joint, third)
    memn2n = [column for column in options.columns if column not in BASELINE_VARIANTS]
    baselines = {column: variant(column) for column in options.columns
                 if column in BASELINE_VARIANTS}
    cells = table.cells_of(memn2n, VARIANTS, JOINT_VARIANTS) + table.baseline_cells(baselines)
    return babi_table.run(cells, options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
