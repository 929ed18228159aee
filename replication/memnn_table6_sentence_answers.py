"""Table 6 of Memory Networks: answers in sentences, difficulty 5, actor + object.

A cell is the mean test accuracy, in %, over seeds 0 to 9, of answer sentences
by the rule of appendix F: the right room and no other, no wrong subject or
pronoun. Rows: what writes the sentence, an RNN or an LSTM. Columns: what it
reads, the features [x, mo1, mo2] that a MemNN with k = 2 (+time) found in its
memory, or the words of the stream itself. Input is word sequences.

    python -m replication.memnn_table6_sentence_answers
    python -m replication.memnn_table6_sentence_answers --columns "word features"

About 13 minutes for 10 seeds with --jobs 2.
"""

import sys
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from replication.running import command_line, world_table
from replication.running.run_cells import run_cells
from tasks.simulated_world import World

EXPERIMENT = "memnn_table6_sentence_answers"
MEMORY = "MemNN, I G O features [x, mo1, mo2]"
WORDS = "word features"
ROWS = ("RNN", "LSTM")


@dataclass(frozen=True)
class Writer:
    """How what writes the answer is trained."""
    size: int = 100                 # n, "in all experiments" (section 5.2)
    rate: float = 0.01              # likewise
    epochs: int = 10                # likewise; the one with the lowest validation loss (ours)
    batch: int = 1                  # questions of a step, their losses added (ours)
    optimizer: str = "SGD"          # section 3.1
    clip: float = 5.0               # norm of the gradient (ours)
    window: int = 0                 # words of the stream that are read, with word features
    validation_share: float = 0.1   # of the training questions, the last ones (ours)
    writing: str = "drawn"          # each word from R's probabilities, or "most probable" (ours)


# With word features: hidden layer, words read (and BPTT steps) and rate are the choice of
# replication/tune_sentence_answers.py.
WORDS_READ = Writer(epochs=30, batch=10)    # both ours
BASELINES = {"RNN": replace(WORDS_READ, size=100, window=100, rate=0.01),
             "LSTM": replace(WORDS_READ, size=100, window=30, rate=0.03)}


@dataclass(frozen=True)
class Protocol:
    """Every setting of a cell."""
    world: World = field(default_factory=lambda: World(kind="actor + object", difficulty=5))
    writer: Writer = field(default_factory=Writer)
    memory: object = None           # memnn_world.Protocol; None: word features


def protocol_of(column, row, smoke=False):
    """The protocol of a cell; the MemNN's settings are those of Table 3's k = 2 (+time)."""
    from replication.training import memnn_world  # here, so that --help need not load torch
    protocol = Protocol()
    if smoke:
        protocol = Protocol(world=replace(protocol.world, statements=140, questions=60),
                            writer=Writer(size=10, epochs=1))
    if column == WORDS:
        writer = Writer(size=10, epochs=1, window=60) if smoke else BASELINES[row]
        return replace(protocol, writer=writer)
    memnn = memnn_world.Protocol(world=protocol.world)
    if smoke:
        memnn = replace(memnn, size=10, epochs=1)
    return replace(protocol, memory=memnn)


def train_cell(kind, protocol, seeds, device):
    """A cell's `train`: one restart a seed."""
    from replication.training import sentence_answers
    return sentence_answers.train_writers(kind, protocol, seeds, device)


def cell(experiment, column, row, kind, protocol):
    """One cell of a table; its number is a mean over seeds.

    kind  of models.recurrent.KINDS: what writes
    """
    n = protocol.world.questions
    n_valid = int(protocol.writer.validation_share * n)
    return world_table.cell(experiment, column, row, "sentence_answers",
                            partial(train_cell, kind, protocol), {"response": kind, **asdict(protocol)}, n - n_valid, n, n_valid)


def cells(columns, smoke=False):
    """The cells of these columns."""
    return [cell(EXPERIMENT, column, row, row, protocol_of(column, row, smoke))
            for column in columns for row in ROWS]


def main(argv=None):
    options = command_line.parse(__doc__, columns=[MEMORY, WORDS], folders=(), prefix="",
                                 argv=argv)
    from replication.training.memnn_world import simulated_only
    simulated_only(options)
    seeds = options.seeds[:2] if options.smoke else options.seeds
    return run_cells(cells(options.columns, options.smoke), seeds, options.results, options.jobs,
                     "cpu", options.force)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
