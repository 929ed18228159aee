"""Memory Networks (arXiv:1410.3916), Table 5 (appendix E): the world told statement by statement.

A cell is a test accuracy in % over 3,000 questions where each statement is given apart, so that
nothing is to be segmented; the mean over seeds, where the paper gives one run.

    python -m replication.memnn_table5_sentence_level --jobs 2
"""

import sys
from dataclasses import replace

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.training.protocols import MemNN

EXPERIMENT = "memnn_table5_sentence_level"
COLUMNS = ("difficulty 1 / actor without before", "difficulty 1 / actor without before + object",
           "difficulty 5 / actor without before", "difficulty 5 / actor without before + object")

K2_TIME = MemNN(words=False)
ROWS = {
    "MemNN k=2 (+time)": K2_TIME,
    "MemNN k=1 (+time)": replace(K2_TIME, hops=1),
    "MemNN k=1": replace(K2_TIME, hops=1, time_features="none"),
}


def cells(columns, small):
    return [*world_table.memnn_cells(EXPERIMENT, columns, ROWS, small),
            *world_table.recurrent_cells(EXPERIMENT, columns, False, small)]


def protocols():
    """{(row, column): the protocol of its record}."""
    return world_table.protocols_of(cells(COLUMNS, False))


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, folders=(), data=False), argv)
    return world_table.run(cells(options.columns, options.smoke), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
