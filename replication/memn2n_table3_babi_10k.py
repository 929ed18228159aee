"""Table 3 of End-To-End Memory Networks: test error on the 20 bAbI tasks, 10k training questions.

The columns of Table 1, and "PE LS LW RN*": layer-wise, with ReLU after each hop, d = 100. A cell
is, as there, the test error, in %, of the restart with the lowest training error among seeds 0 to
9; the first three columns are means over seeds.

    python -m replication.memn2n_table3_babi_10k --columns "PE LS RN" --tasks 1 20
    python -m replication.memn2n_table3_babi_10k --columns "3 hops PE LS joint"
    python -m replication.memn2n_table3_babi_10k --restarts 20 --most-restarts 100

With --most-restarts N, cells whose draws of "best of ten" still spread over more than a point get
more restarts, in rounds, up to N; how many depends on our restarts alone, not on what is published.

Where the official training file of task 3 is not at hand, --task-3 simulated takes as many
questions of the simulators in its place, and --task-3 partial the official ones that other files
of the release hold. Cells of task 3, and joint columns, which then learn from it too, go to a
folder of records of their own. At 10 restarts the columns with one model a task take hours each.
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line, rounds
from replication.running.command_line import THIRD_TASK, Table
from replication.running.babi_table import BASELINES
from replication.training.protocols import (
    JOINT_10K,
    LINEAR_START,
    NON_LINEAR,
    POSITION,
    RANDOM_NOISE,
)
from tasks import babi

EXPERIMENT = "memn2n_table3_babi_10k"
VARIANTS = {
    "MemN2N BoW": replace(POSITION, encoding="BoW"),
    "MemN2N PE": POSITION,
    "MemN2N PE LS": LINEAR_START,
    "MemN2N PE LS RN": RANDOM_NOISE,
    "MemN2N PE LS LW RN*": NON_LINEAR,
}
JOINT_VARIANTS = {
    "MemN2N 1 hop PE LS joint": replace(JOINT_10K, hops=1),
    "MemN2N 2 hops PE LS joint": replace(JOINT_10K, hops=2),
    "MemN2N 3 hops PE LS joint": JOINT_10K,
    "MemN2N PE LS RN joint": replace(JOINT_10K, noise=0.1),
    "MemN2N PE LS LW joint": replace(JOINT_10K, tying="layer-wise"),
}
COLUMNS = (*BASELINES, *VARIANTS, *JOINT_VARIANTS)


def protocols():
    """{column: its protocol} of all columns."""
    return babi_table.with_baselines(VARIANTS | JOINT_VARIANTS)


def main(argv=None):
    third, argv = command_line.taken(argv, THIRD_TASK)
    most, argv = rounds.most_restarts(argv)
    options = command_line.parse(
        __doc__, Table(COLUMNS, babi.TASK_NAMES, folders=babi_table.FOLDERS_10K, prefix="MemN2N",
                       own=(THIRD_TASK, rounds.MOST_RESTARTS)), argv)
    joint = [column for column in options.columns if column in JOINT_VARIANTS]
    table = babi_table.table_at_10k(EXPERIMENT, options, joint, third)
    cells = table.cells_of(options.columns, VARIANTS, JOINT_VARIANTS)
    return rounds.run(cells, options, most)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
