"""The memory network that most people met first, a Keras example, beside MemN2N's Table 3 (ours).

`babi_memnn` is named after the paper and differs from it: a memory is a single word, softmax is
taken over the match of each story word with the words of the question, the response is added to
the match and, side by side with the question, read by an LSTM, which answers; one hop. Written
here from that description: replication/models/babi_memnn.py. A cell is the test error, in %, the
mean over seeds, on one task with 10,000 training questions.

    python -m replication.ablations.keras_babi_memnn --restarts 3 --tasks 1
    python -m replication.ablations.keras_babi_memnn --columns "softmax over the story"

The example's layer normalizes over the last axis, the question's words; the second column does it
over the story's words, as MemN2N does over its memories. About two minutes a restart for short
stories and a quarter of an hour for the longest.
"""

import sys
from dataclasses import replace

from replication.running import babi_table, command_line
from replication.running.command_line import THIRD_TASK, Table
from replication.running.babi_table import Baseline
from replication.training.protocols import KERAS_BABI_MEMNN
from tasks import babi

EXPERIMENT = "keras_babi_memnn"
VARIANTS = {
    "as the example has it": KERAS_BABI_MEMNN,
    "softmax over the story": replace(KERAS_BABI_MEMNN, over="story"),
}
COLUMNS = tuple(VARIANTS)


def main(argv=None):
    third, argv = command_line.taken(argv, THIRD_TASK)
    options = command_line.parse(
        __doc__, Table(COLUMNS, babi.TASK_NAMES, folders=babi_table.FOLDERS_10K, own=(THIRD_TASK,)),
        argv)
    # Loaded here, so that --help need not load torch.
    from replication.training.keras_babi_memnn import train_task
    table = babi_table.table_at_10k(EXPERIMENT, options, (), third)
    return babi_table.run(table.baseline_cells(
        {column: Baseline(VARIANTS[column], "keras_babi_memnn", train_task, None)
         for column in options.columns}), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
