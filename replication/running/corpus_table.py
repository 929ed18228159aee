"""Cells of a table of language models: a row is a model, a column a corpus."""

from dataclasses import asdict, replace
from functools import partial

from replication.records import provenance, record as results
from replication.records.cells import Cell
from replication.running.language_model_state import Kept, discard
from replication.running.run_cells import run_cells
from replication.training.language_model import Row, train_corpus
from tasks import corpora
from tasks.errors import UserError

OTHER_DATA = {"official": "", "substitute": "@prefix", "simulated": "@simulated"}
SMOKE_WORDS = 500       # of each split, in a run whose numbers mean nothing


def same(corpus):
    """A corpus that is small enough to go to the processes that train."""
    return corpus


def data_of(source, corpus):
    """The part of a record that says what a corpus is; lengths in words."""
    return {"source": source.kind, "files": source.sha256,
            **({"generator": source.generator} if source.generator else {}),
            "n_train": len(corpus.train), "n_valid": len(corpus.valid),
            "n_test": len(corpus.test), "vocabulary": len(corpus.words)}


def cells(experiment, variants, column, options):
    """The cells of one column, each with the folder that keeps its restarts between epochs.

    variants  {row: (the kind of learner, its protocol)}: training/language_model.py
    """
    if options.smoke:      # numbers that mean nothing need no corpus of ten thousand words
        source = corpora.simulated_source("this is a smoke run")
    else:
        source = corpora.locate(column, options.data, options.source)
    print(source.description, flush=True)
    experiment += OTHER_DATA[source.kind]
    corpus = partial(corpora.read, column, source)
    if options.smoke:
        corpus = partial(same, corpus().shortened(SMOKE_WORDS))
    data, result = data_of(source, corpus()), []
    for row, (kind, protocol) in variants.items():
        protocol = replace(protocol, d=8, epochs=2) if options.smoke else protocol
        run = {"protocol": asdict(protocol), "data": data}
        identity = {**run, "golden": provenance.golden_digest(kind.TRAINER)}
        path = results.record_path(options.run.results, experiment, column, row=row)
        folder = path.with_suffix(".running").absolute()
        train = partial(train_corpus, Row(f"{column}, {row}", kind, protocol,
                                          partial(Kept, folder, run=identity)), corpus)
        result.append((Cell(experiment=experiment, column=column, row=row, train=train,
                          trainer=kind.TRAINER, metric="test perplexity",
                          selection="lowest validation perplexity", stack=1, **run), folder))
    return result


def run(options, work):
    """Completes the records of what `cells` made; the states of restarts that they have go."""
    if not work:
        raise UserError("--rows: the table has none of these rows in this column; --help lists "
                        "them")

    def tidy():
        for cell, folder in work:
            discard(folder, cell.recorded(options.run.results).seeds)
    return run_cells([cell for cell, _ in work], options.run, tidy=tidy)
