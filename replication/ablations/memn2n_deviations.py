"""What the choices between the paper and its released code do, one at a time (ours).

A cell is the test error, in %, of "MemN2N PE LS" on one task as in Table 1 of
End-To-End Memory Networks, with one field of its protocol changed (the printed encoding also as a whole). Which choice
each is: replication/DEVIATIONS.md.

    python -m replication.ablations.memn2n_deviations --jobs 2
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.command_line import Table
from replication.training.protocols import JOINT, LINEAR_START
from tasks import babi

EXPERIMENT = "memn2n_deviations"

VARIANTS = {
    "encoding as printed": replace(LINEAR_START, encoding="PE as printed"),
    "encoding as printed, time word not weighed":
        replace(LINEAR_START, encoding="PE as printed", weigh_time=False),
    "time word not weighed": replace(LINEAR_START, weigh_time=False),
    "clipping by Frobenius norm": replace(LINEAR_START, clip_by="Frobenius norm"),
    "batches without replacement": replace(LINEAR_START, replacement=False),
    "linear start of 10 epochs": replace(LINEAR_START, linear_start_epochs=10),
    "linear start of 40 epochs": replace(LINEAR_START, linear_start_epochs=40),
}
# Of "MemN2N PE LS LW joint".
JOINT_VARIANTS = {
    "LW joint without H": replace(JOINT, tying="layer-wise without H"),
}
COLUMNS = (*VARIANTS, *JOINT_VARIANTS)


def protocols():
    """{column: its protocol}."""
    return VARIANTS | JOINT_VARIANTS


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, babi.TASK_NAMES), argv)
    alone, joint = ({column: variants[column] for column in options.columns if column in variants}
                    for variants in (VARIANTS, JOINT_VARIANTS))
    table = babi_table.table_of(EXPERIMENT, options, all_tasks=bool(joint))
    cells = table.joint_cells(joint) if joint else []
    return babi_table.run(cells + table.memn2n_cells(alone), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
