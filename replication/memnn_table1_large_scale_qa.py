"""Memory Networks (arXiv:1410.3916), Table 1: large-scale QA, on substitute data.

A cell is F1, from 0 to 1: the share of answerable test questions whose best-scored labelled
candidate is right. The paper's 14 million triples and its test set are not public at present, so
the figures are of real triples and human labels from the same group's public repository (see
tasks/openqa.py) and are no replication of the published 0.72 and 0.82: a random order already has
an F1 of about 0.7. The mean over seeds; each restart also has the other candidate set, the mixed
questions, retrieval over the whole memory, and the same model with equation 11 and with other
questions' labels (see replication/training/large_scale_cells.py).

    python -m replication.memnn_table1_large_scale_qa --jobs 2
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.command_line import Table
from replication.running.run_cells import run_cells
from replication.training.protocols import LargeScaleQA
from tasks import openqa

EXPERIMENT = "memnn_table1_large_scale_qa"
COLUMN = "F1"
BASELINES = ("random", "word overlap", "tf-idf", "BM25")
STACK = 5     # seeds between two writes of a record
ROWS = {"MemNN (embedding only)": LargeScaleQA(),
        "MemNN (with BoW features)": LargeScaleQA(matching=True)}


def protocols():
    """{(row, column): the protocol of its record}."""
    return {(row, COLUMN): protocol
            for row, protocol in (ROWS | {one: {"baseline": one} for one in BASELINES}).items()}


def cells(source, smoke):
    """The cells of the table: models, then baselines."""
    from replication.training.large_scale_cells import baseline_cell, train_cell  # --help is fast
    experiment = EXPERIMENT + ("@simulated" if source.kind == "simulated" else "")
    data = openqa.described(source)
    result = []
    for row, protocol in ROWS.items():
        one = small(protocol) if smoke else protocol
        result.append(Cell(experiment, COLUMN, partial(train_cell, protocol=one, root=source.root),
                         "memnn_large_scale", asdict(one), data, row=row, metric="F1",
                         selection="mean over seeds", device="cpu", stack=STACK))
    for row in BASELINES:
        result.append(Cell(experiment, COLUMN, partial(baseline_cell, name=row, root=source.root),
                         "large_scale_baselines", protocols()[row, COLUMN], data, row=row,
                         metric="F1", selection="mean over seeds", device="cpu"))
    return result


def small(protocol):
    """The same with few dimensions and one epoch: to see that everything runs."""
    return replace(protocol, size=16, epochs=1, label_epochs=1, folds=2, lambdas=(0.1, 0.6))


def main(argv=None):
    options = command_line.parse(__doc__, Table((COLUMN,), folders=()), argv)
    source = openqa.simulated() if options.smoke else openqa.locate(options.data, options.source)
    print(source.description, file=sys.stderr)
    return run_cells(cells(source, options.smoke), options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
