"""End-To-End Memory Networks (arXiv:1503.08895), Table 2: MemN2N as a language model.

A cell is the test perplexity of the restart with the lowest validation perplexity: of ten restarts
on Penn Treebank, of one on Text8.

    python -m replication.memn2n_table2_language_model --restarts 1 --rows "2 hops, memory 100"
    python -m replication.memn2n_table2_language_model --restarts 1 \\
        --rows "2 hops, memory 100 (2 epochs)"                       6 minutes, to see it run

On one core a restart takes 2 to 4 hours on Penn Treebank, and weeks on Text8 (--columns Text8). All
is kept after every epoch: the same command goes on where a run was stopped, with the same numbers.
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication import command_line, results
from replication.cells import Cell, run_cells
from replication.training.language_model_state import Kept, discard
from replication.training.memn2n_language_model import train_corpus
from replication.training.memn2n_language_model_protocol import PENN_TREEBANK, TEXT8
from tasks import corpora
from tasks.errors import UserError

EXPERIMENT = "memn2n_table2_language_model"
PROTOCOLS = {corpora.PENN_TREEBANK: PENN_TREEBANK, corpora.TEXT8: TEXT8}
COLUMNS = tuple(PROTOCOLS)
OTHER_DATA = {"official": "", "substitute": "@prefix", "simulated": "@simulated"}

# Hops and memory of each row of Table 2, in its order.
SIZES = ((2, 100), (3, 100), (4, 100), (5, 100), (6, 100), (7, 100), (6, 25), (6, 50), (6, 75),
         (6, 125), (6, 150), (7, 200))
ROWS = {f"{hops} hops, memory {memory}": {"hops": hops, "memory": memory}
        for hops, memory in SIZES}
# Not a row of the paper's: the beginning of its first one, to see it run.
SHORT = "2 hops, memory 100 (2 epochs)"
ROWS[SHORT] = {"hops": 2, "memory": 100, "epochs": 2}
LACKING = {(corpora.TEXT8, "7 hops, memory 200"), (corpora.TEXT8, SHORT)}
SMOKE_WORDS = 500      # of each split, in a run whose numbers mean nothing


def smoke(protocol):
    """The same with almost nothing to learn."""
    return replace(protocol, d=8, epochs=2)


def text_of(column, source, words=None):
    """The tasks.corpora.Corpus of a column, or the first `words` of its splits."""
    corpus = corpora.read(column, source)
    return corpus if words is None else corpus.shortened(words)


def cell(experiment, row, column, protocol, corpus, data, results_folder):
    """A cell, and the folder that keeps its restarts between epochs.

    corpus  () -> tasks.corpora.Corpus, picklable
    data    what the record says of it
    """
    run = {"protocol": asdict(protocol), "data": data}
    path = results.record_path(results_folder, experiment, column, row=row)
    folder = path.with_suffix(".running").absolute()
    return Cell(experiment=experiment, column=column, row=row,
                train=partial(train_corpus, corpus, protocol, partial(Kept, folder, run=run),
                              f"{column}, {row}"),
                metric="test perplexity", selection="lowest validation perplexity", stack=1,
                **run), folder


def data_of(source, corpus):
    """The part of a record that says what a corpus is; lengths in words."""
    return {"source": source.kind, "files": source.sha256,
            **({"generator": source.generator} if source.generator else {}),
            "n_train": len(corpus.train), "n_valid": len(corpus.valid),
            "n_test": len(corpus.test), "vocabulary": len(corpus.words)}


def cells(experiment, variants, column, options):
    """The cells of {row: protocol} on one corpus, and their folders."""
    source = corpora.locate(column, options.data, options.source)
    print(source.description, flush=True)
    corpus = partial(text_of, column, source, SMOKE_WORDS if options.smoke else None)
    data = data_of(source, corpus())
    return [cell(experiment + OTHER_DATA[source.kind], row, column,
                 smoke(protocol) if options.smoke else protocol, corpus, data, options.results)
            for row, protocol in variants.items()]


def run(options, made):
    """Completes the records of (cell, folder) pairs; what a whole record needs no more goes."""
    if not made:
        raise UserError("--rows: Table 2 has none of these rows in this column; --help lists them")
    made, folders = zip(*made)
    seeds = options.seeds[:2] if options.smoke else options.seeds
    status = run_cells(made, seeds, options.results, options.jobs, options.device, options.force)
    if status == 0:
        for folder in folders:
            discard(folder)
    return status


def main(argv=None):
    options = command_line.parse(__doc__, COLUMNS, folders=(), prefix="", argv=argv, rows=ROWS,
                                 default=COLUMNS[:1])
    made = []
    for column in options.columns:
        variants = {row: replace(PROTOCOLS[column], **ROWS[row]) for row in options.rows
                    if (column, row) not in LACKING}
        made += cells(EXPERIMENT, variants, column, options)
    return run(options, made)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
