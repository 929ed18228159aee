"""What the language model's figures rest on: one choice changed, and recurrent baselines (ours).

A cell is a test perplexity as in Table 2 of End-To-End Memory Networks, of one restart: of MemN2N
with one choice of its protocol changed (replication/DEVIATIONS.md, "The language model"), or of an
RNN or LSTM of torch at the sizes that the paper quotes.

    python -m replication.ablations.memn2n_language_model_variants --restarts 1 --rows LSTM
"""

import sys
from dataclasses import replace

from replication.running import command_line, corpus_table
from replication.running.command_line import Table
from replication.training.memn2n_language_model import Learner
from replication.training.protocols import PENN_TREEBANK, TextRNN
from replication.training.recurrent_language_model import RecurrentLearner
from tasks import corpora

EXPERIMENT = "memn2n_language_model_variants"
COLUMNS = (corpora.PENN_TREEBANK,)
CHEAP = replace(PENN_TREEBANK, hops=6, memory=25)     # the row of Table 2 that is changed
ROWS = {
    "6 hops, memory 25: random positions": (Learner, replace(CHEAP, window=1)),
    "6 hops, memory 25: rate cut beside the best epoch": (
        Learner, replace(CHEAP, cut_beside="best")),
    "6 hops, memory 25: gradients not clipped": (Learner, replace(CHEAP, clip=1e9)),
    "LSTM, 100 units": (RecurrentLearner, TextRNN("LSTM", 100)),
    "RNN, 300 units": (RecurrentLearner, TextRNN("RNN", 300, rate=0.3, least_rate=3e-4)),
}


def protocols():
    """{(row, column): its protocol}."""
    return {(row, column): protocol for row, (_, protocol) in ROWS.items() for column in COLUMNS}


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, folders=(), rows=ROWS, gpu=True), argv)
    variants = {row: ROWS[row] for row in options.rows}
    return corpus_table.run(options, corpus_table.cells(EXPERIMENT, variants, COLUMNS[0], options))


if __name__ == "__main__":
    sys.exit(command_line.run(main))
