"""Memory Networks (arXiv:1410.3916), Table 2: memory hashing, on substitute data.

One model a seed is trained for each column, as in Table 1, and its memory searched without a hash,
by word hash and by cluster hash (K = 1000), at several cuts: a word in more of the memories than
the cut makes no bucket. A record's value is F1 without a hash; its restarts have, for every hash,
F1, retrieval over the whole memory, the memories scored a question, and milliseconds (see
replication/training/large_scale_hashing.py). The data are those of Table 1 here, not the paper's.

    python -m replication.memnn_table2_hashing --jobs 2
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.command_line import Table
from replication.running.run_cells import run_cells
from replication.training.protocols import Hashing, LargeScaleQA
from tasks import openqa

EXPERIMENT = "memnn_table2_hashing"
COLUMNS = {"embedding F1": LargeScaleQA(), "embedding + BoW F1": LargeScaleQA(matching=True)}
STACK = 5     # seeds between two writes of a record


def recorded(protocol, hashing):
    """What a record holds of both."""
    return asdict(protocol) | {"hashing": asdict(hashing)}


def protocols():
    """{column: the protocol of its record}."""
    return {column: recorded(protocol, Hashing()) for column, protocol in COLUMNS.items()}


def cells(columns, source, smoke):
    from replication.training.large_scale_hashing import train_cell  # --help need not load all
    experiment = EXPERIMENT + ("@simulated" if source.kind == "simulated" else "")
    data, result = openqa.described(source), []
    for column in columns:
        protocol, hashing = COLUMNS[column], Hashing()
        if smoke:
            protocol, hashing = replace(protocol, size=16, epochs=1), Hashing(clusters=20)
        trainer = partial(train_cell, protocol=protocol, hashing=hashing, root=source.root)
        result.append(Cell(experiment, column, trainer, "memnn_hashing",
                         recorded(protocol, hashing), data, metric="F1",
                         selection="mean over seeds", device="cpu", stack=STACK))
    return result


def main(argv=None):
    options = command_line.parse(__doc__, Table(tuple(COLUMNS), folders=()), argv)
    source = openqa.simulated() if options.smoke else openqa.locate(options.data, options.source)
    print(source.description, file=sys.stderr)
    return run_cells(cells(options.columns, source, options.smoke), options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
