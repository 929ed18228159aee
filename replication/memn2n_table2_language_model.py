"""End-To-End Memory Networks (arXiv:1503.08895), Table 2: MemN2N as a language model.

A cell is the test perplexity of the restart with the lowest validation perplexity: of ten restarts
on Penn Treebank, of one on Text8.

    python -m replication.memn2n_table2_language_model --restarts 1 --rows "2 hops, memory 100"
    python -m replication.memn2n_table2_language_model --restarts 1 \\
        --rows "2 hops, memory 100 (2 epochs)"                       to see it run

A row takes hours of one core on Penn Treebank, weeks on Text8 (--columns Text8); a GPU, which is
taken where there is one, minutes and hours. All is kept after every epoch: the same command goes on
where a run was stopped, with the same numbers.
"""

import sys
from dataclasses import replace

from replication.running import command_line, corpus_table
from replication.running.command_line import Table
from replication.training.memn2n_language_model import Learner
from replication.training.protocols import PENN_TREEBANK, TEXT8, TEXT_ROWS
from tasks import corpora

EXPERIMENT = "memn2n_table2_language_model"
PROTOCOLS = {corpora.PENN_TREEBANK: PENN_TREEBANK, corpora.TEXT8: TEXT8}
COLUMNS = tuple(PROTOCOLS)

# Not a row of the paper's: the beginning of its first one, to see it run.
SHORT = "2 hops, memory 100 (2 epochs)"
ROWS = TEXT_ROWS | {SHORT: {"hops": 2, "memory": 100, "epochs": 2}}
LACKING = {(corpora.TEXT8, "7 hops, memory 200"), (corpora.TEXT8, SHORT)}


def protocols():
    """{(row, column): its protocol}."""
    return {(row, column): replace(protocol, **sizes) for column, protocol in PROTOCOLS.items()
            for row, sizes in ROWS.items() if (column, row) not in LACKING}


def main(argv=None):
    options = command_line.parse(
        __doc__, Table(COLUMNS, folders=(), rows=ROWS, default=COLUMNS[:1], gpu=True), argv)
    cells = []
    for column in options.columns:
        variants = {row: (Learner, protocols()[row, column])
                    for row in options.rows if (row, column) in protocols()}
        cells += corpus_table.cells(EXPERIMENT, variants, column, options)
    return corpus_table.run(options, cells)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
