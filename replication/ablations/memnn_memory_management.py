"""Memory Networks (arXiv:1410.3916), section 2: a memory that is grouped, or that forgets.

The paper names both and did not try them; this table is ours. MemNN k=2 (+time) is trained on the
simulated world, difficulty 5, actor + object, statement by statement, with all of its memory. Then
it answers the test questions with memories of few slots: when these are taken, a statement is
written over the oldest slot, the one that O has found least often, or a random one; or each actor
and object has a group of so many slots, of which only those mentioned are searched (the oldest of
a group is overwritten).

A row is a way to write; its cell is the accuracy in % with 40 slots (of each group), mean over
seeds. Each restart also holds accuracy_10, ... for other numbers of slots, and searched_10, ...,
the memories that O looked at for a question, on average.

    python -m replication.ablations.memnn_memory_management --jobs 2
"""

import sys
from dataclasses import asdict
from functools import partial

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.training.protocols import MemNN

EXPERIMENT = "memnn_memory_management"
COLUMN = "40 slots"
PROTOCOL = MemNN(words=False)


def cells(smoke):
    from replication.training.memnn_slots import SLOTS, WAYS, train_cell  # --help need not load all
    protocol = world_table.smoke(PROTOCOL) if smoke else PROTOCOL
    n = protocol.world.questions
    return [world_table.cell(COLUMN, row, "memnn_memory",
                             {**asdict(protocol), "slots": SLOTS, "writing": row},
                             experiment=EXPERIMENT, data=world_table.counts(n, n),
                             train=partial(train_cell, protocol=protocol, row=row))
            for row in WAYS]


def protocols():
    """{(row, column): the protocol of its record}."""
    return world_table.protocols_of(cells(smoke=False))


def main(argv=None):
    options = command_line.parse(__doc__, Table((COLUMN,), folders=(), data=False), argv)
    return world_table.run(cells(options.smoke), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
