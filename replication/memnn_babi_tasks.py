"""The MemNN of 2014 on the 20 bAbI tasks: Table 3 of arXiv:1502.05698, "MemNN (Weston et al.)".

A cell is the test error, in %, the mean over seeds, of Memory Networks' model with k = 2 and
write-time features (sections 3.1 and 3.4), trained with the supporting facts of 1,000 questions
of one task. The paper prints accuracies; its best model, AM+NG+NL, is the column "MemNN strongly
supervised" of MemN2N's Table 1: replication/memn2n_table1_babi_1k.py.

    python -m replication.memnn_babi_tasks
    python -m replication.memnn_babi_tasks --tasks 1 2
"""

import sys

from replication.running import babi_table, command_line
from replication.running.command_line import Table
from replication.running.babi_table import MEMNN_2014
from tasks import babi

EXPERIMENT = "memnn_babi_tasks"
COLUMNS = (MEMNN_2014,)


def protocols():
    """{column: its protocol}."""
    return {column: babi_table.baseline(column).protocol for column in COLUMNS}


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, babi.TASK_NAMES, prefix="MemNN"), argv)
    table = babi_table.table_of(EXPERIMENT, options)
    return babi_table.run(table.baseline_cells(
        {column: babi_table.baseline(column) for column in options.columns}), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
