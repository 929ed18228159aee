"""Table 6 of Memory Networks: answers in sentences, difficulty 5, actor + object.

A cell is the mean test accuracy, in %, over seeds 0 to 9, of answer sentences
by the rule of appendix F: the right room and no other, no wrong subject or
pronoun. Rows: what writes the sentence, an RNN or an LSTM. Columns: what it
reads, the features [x, mo1, mo2] that a MemNN with k = 2 (+time) found in its
memory, or the words of the stream itself. Input is word sequences.

    python -m replication.memnn_table6_sentence_answers
    python -m replication.memnn_table6_sentence_answers --columns "word features"
"""

import sys

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.running.world_table import MEMORY, WORDS, WRITERS

EXPERIMENT = "memnn_table6_sentence_answers"
COLUMNS = (MEMORY, WORDS)


def cells(columns, small):
    return [world_table.writer_cell((EXPERIMENT, column, row), row,
                                    world_table.writer_protocol(column, row, small))
            for column in columns for row in WRITERS]


def protocols():
    """{(row, column): the protocol of its record}."""
    return world_table.protocols_of(cells(COLUMNS, False))


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, folders=(), data=False), argv)
    return world_table.run(cells(options.columns, options.smoke), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
