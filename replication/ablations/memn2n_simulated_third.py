"""What a simulated training file of task 3 does, where the official one is known: at 1k (ours).

A cell is the test error, in %, on the official test questions of one task, of columns of Table 1
of End-To-End Memory Networks that learnt from 1,000 questions of our simulators in the place of
task 3's official ones: what Table 3 does at 10,000 where the official file is not at hand. Beside
Table 1 it shows what the substitution changes.

    python -m replication.ablations.memn2n_simulated_third --columns "3 hops PE LS joint" --jobs 2
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.command_line import Table
from replication.training.protocols import JOINT, RANDOM_NOISE
from tasks import babi, stand_ins
from tasks.errors import UserError

EXPERIMENT = "memn2n_simulated_third"
VARIANTS = {"MemN2N PE LS RN": RANDOM_NOISE}
JOINT_VARIANTS = {"MemN2N 3 hops PE LS joint": JOINT,
                  "MemN2N PE LS RN joint": replace(JOINT, noise=0.1)}
COLUMNS = (*VARIANTS, *JOINT_VARIANTS)


def protocols():
    """{column: its protocol} of all columns."""
    return VARIANTS | JOINT_VARIANTS


def main(argv=None):
    options = command_line.parse(
        __doc__, Table(COLUMNS, babi.TASK_NAMES, folders=("en",), prefix="MemN2N"), argv)
    # A smoke run's numbers mean nothing, so that any data will do.
    third = "official" if options.smoke else "simulated"
    table = babi_table.table_of(EXPERIMENT, options, True, third=third)
    cells = table.cells_of(options.columns, VARIANTS, JOINT_VARIANTS)
    # A model of one task is another only on the third; a joint cell has no task.
    if not options.smoke:
        cells = [cell for cell in cells if cell.task in (None, stand_ins.TASK)]
    if not cells:
        raise UserError(f"--tasks: of a column of one task a model only task {stand_ins.TASK} is "
                        "another here; ask for that, or for a joint column")
    return babi_table.run(cells, options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
