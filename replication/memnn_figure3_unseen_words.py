"""Memory Networks (arXiv:1410.3916), Figure 3 (section 5.2.1): a story in words never seen.

MemNN k=2 (+time) is trained on the simulated world, difficulty 5, actor + object, statement by
statement, with and without the modelling of unseen words (section 3.5) and the matching features
(section 3.6). A cell is the accuracy in %, mean over seeds, on 1,000 stories of the same world
whose people, things and places have names never seen in training: beyond the paper. Each restart
also holds what the paper shows: how many of Figure 3's three questions it answers right
(figure3_right), and its answers.

    python -m replication.memnn_figure3_unseen_words --jobs 2
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.training.protocols import MemNNUnseen

EXPERIMENT = "memnn_figure3_unseen_words"
COLUMN = "1,000 stories of new names"
STORIES = 1000

BOTH = MemNNUnseen()
ROWS = {
    "unseen words and matches": BOTH,
    "unseen words alone": replace(BOTH, matches=False),
    "matches alone": replace(BOTH, contexts=False),
    "neither": replace(BOTH, contexts=False, matches=False),
}


def cell(row, protocol, stories):
    from replication.training.memnn_unseen import train_cell  # here: --help need not load torch
    return world_table.cell(
        COLUMN, row, "memnn_unseen_words", asdict(protocol), experiment=EXPERIMENT,
        train=partial(train_cell, protocol=protocol, stories=stories),
        data=world_table.counts(protocol.world.questions, stories))


def protocols():
    """{(row, column): the protocol of its record}."""
    return {(row, COLUMN): protocol for row, protocol in ROWS.items()}


def main(argv=None):
    options = command_line.parse(__doc__, Table((COLUMN,), folders=(), data=False), argv)
    rows, stories = ROWS, STORIES
    if options.smoke:
        world = replace(BOTH.world, statements=80, questions=20)
        rows = {row: replace(protocol, world=world, epochs=1, draws=20)
                for row, protocol in ROWS.items()}
        stories = 20
    return world_table.run([cell(row, protocol, stories) for row, protocol in rows.items()],
                           options, whole_blocks=not options.smoke)   # matmul rounds by the stack


if __name__ == "__main__":
    sys.exit(command_line.run(main))
