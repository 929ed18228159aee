"""Memory Networks (arXiv:1410.3916), Table 4 (appendix D): accuracy against training questions.

A cell is a test accuracy in % over 3,000 questions of MemNN k=2 (+time) on word sequences, trained
on the first 100 to 3,000 questions of the training stream and what was told until then; the mean
over seeds, where the paper gives one run.

    python -m replication.memnn_table4_learning_curve --jobs 2
"""

import sys

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.training.protocols import MemNN

EXPERIMENT = "memnn_table4_learning_curve"
COLUMNS = ("difficulty 1 / actor", "difficulty 1 / actor + object", "difficulty 5 / actor",
           "difficulty 5 / actor + object")
ROWS = {str(number): MemNN(questions=number) for number in (3000, 1000, 500, 100)}


def cells(columns, small):
    return world_table.memnn_cells(EXPERIMENT, columns, ROWS, small)


def protocols():
    """{(row, column): the protocol of its record}."""
    return world_table.protocols_of(cells(COLUMNS, False))


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, folders=(), data=False), argv)
    return world_table.run(cells(options.columns, options.smoke), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
