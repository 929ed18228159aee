"""Table 1 of End-To-End Memory Networks: test error on the 20 bAbI tasks, 1k training questions.

A cell is the test error, in %, of the restart with the lowest training error
among seeds 0 to 9 of one model on one task. `test_error` of every restart is in
the record, so the spread can be seen. In the columns called "joint" one model is
trained on all 20 tasks and selected by its training error over all of them;
--tasks then only chooses which records are written. The baselines, the first
three columns, are means over seeds.

    python -m replication.memn2n_table1_babi_1k                                  all cells
    python -m replication.memn2n_table1_babi_1k --columns "PE LS RN" --tasks 1 2
    python -m replication.memn2n_table1_babi_1k --columns "3 hops PE LS joint"
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.command_line import Table
from replication.running.babi_table import BASELINES
from replication.training.protocols import JOINT, LINEAR_START, POSITION, RANDOM_NOISE
from tasks import babi

EXPERIMENT = "memn2n_table1_babi_1k"
VARIANTS = {
    "MemN2N BoW": replace(POSITION, encoding="BoW"),
    "MemN2N PE": POSITION,
    "MemN2N PE LS": LINEAR_START,
    "MemN2N PE LS RN": RANDOM_NOISE,
}
JOINT_VARIANTS = {
    "MemN2N 1 hop PE LS joint": replace(JOINT, hops=1),
    "MemN2N 2 hops PE LS joint": replace(JOINT, hops=2),
    "MemN2N 3 hops PE LS joint": JOINT,
    "MemN2N PE LS RN joint": replace(JOINT, noise=0.1),
    "MemN2N PE LS LW joint": replace(JOINT, tying="layer-wise"),
}
COLUMNS = (*BASELINES, *VARIANTS, *JOINT_VARIANTS)


def protocols():
    """{column: its protocol} of all columns."""
    return babi_table.with_baselines(VARIANTS | JOINT_VARIANTS)


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, babi.TASK_NAMES, prefix="MemN2N"), argv)
    table = babi_table.table_of(EXPERIMENT, options,
                                all_tasks=any(name in JOINT_VARIANTS for name in options.columns))
    return babi_table.run(table.cells_of(options.columns, VARIANTS, JOINT_VARIANTS), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
