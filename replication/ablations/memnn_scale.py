"""Memory Networks (arXiv:1410.3916), sections 3.3 and 5.1: searching 14 million statements.

The paper's 14M statements are not public at present. Here they are made from the 151k real triples
of Table 1's substitute: these, then recombined ones, some with new names (a minute). The model is
that of Table 1, embedding only. A column is a memory; its value is milliseconds of processor time
for one question, alone, when all statements are scored exactly, as one sparse product of word ids.
Its restarts, each with 20 questions of its own, have every other way: 16 questions together, word
and cluster hash at three cuts, and FAISS where its column is asked for (optional: pip install
'.[faiss]'), with the candidates, what is lost, and how much faster it is in the same run.

    python -m replication.ablations.memnn_scale
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.command_line import Table
from replication.running.run_cells import run_cells
from replication.training.protocols import LargeScaleQA, Scale
from tasks import openqa

EXPERIMENT = "memnn_scale"
COLUMNS = {"14 million statements": Scale(),
           "14 million statements, FAISS": Scale(faiss="IVF1024,SQ4")}
SMOKE = {"statements": 5000, "questions": 3, "clusters": 20, "cuts": (0.05,), "probes": (8,)}


def recorded(protocol, scale):
    """What a record holds of both."""
    return asdict(protocol) | {"memory": asdict(scale)}


def protocols():
    """{column: the protocol of its record}."""
    return {column: recorded(LargeScaleQA(), scale) for column, scale in COLUMNS.items()}


def cells(columns, source, smoke):
    from replication.training.large_scale_search import train_cell  # --help need not load all
    experiment = EXPERIMENT + ("@simulated" if source.kind == "simulated" else "")
    data, result = openqa.described(source), []
    for column in columns:
        scale, protocol = COLUMNS[column], LargeScaleQA()
        if smoke:
            scale = replace(scale, **SMOKE, faiss=scale.faiss and "IVF8,SQ4")
            protocol = replace(protocol, size=16, epochs=1)
        trainer = partial(train_cell, protocol=protocol, scale=scale, root=source.root)
        result.append(Cell(experiment, column, trainer, "memnn_scale",
                           recorded(protocol, scale), data,
                           metric="milliseconds", selection="mean over seeds", device="cpu"))
    return result


def main(argv=None):
    options = command_line.parse(__doc__, Table(tuple(COLUMNS), folders=()), argv)
    source = openqa.simulated() if options.smoke else openqa.locate(options.data, options.source)
    print(source.description, file=sys.stderr)
    return run_cells(cells(options.columns, source, options.smoke), options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
