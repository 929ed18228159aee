"""End-To-End Memory Networks (arXiv:1503.08895), Table 2: MemN2N as a language model.

A cell is the test perplexity of the restart with the lowest validation perplexity, of 10 in the
paper on Penn Treebank and of one on Text8, whose 100 MB make a run of weeks on one core.

    python -m replication.memn2n_table2_language_model --restarts 1 --rows "2 hops, memory 100"

One restart of one row takes 2 to 4 hours on one core for Penn Treebank. Every epoch is kept: the
same command goes on where a run was stopped, with the same numbers.
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication import command_line, results
from replication.cells import Cell, run_cells
from replication.training.language_model_state import Kept, discard
from replication.training.memn2n_language_model import train_corpus
from replication.training.memn2n_language_model_protocol import LanguageModelProtocol
from tasks import archives, corpora

EXPERIMENT = "memn2n_table2_language_model"
PENN_TREEBANK = "Penn Treebank"
COLUMNS = (PENN_TREEBANK,)
PROTOCOL = LanguageModelProtocol()

# Hops and memory of each row of Table 2, in its order.
SIZES = ((2, 100), (3, 100), (4, 100), (5, 100), (6, 100), (7, 100), (6, 25), (6, 50), (6, 75),
         (6, 125), (6, 150), (7, 200))
ROWS = {f"{hops} hops, memory {memory}": replace(PROTOCOL, hops=hops, memory=memory)
        for hops, memory in SIZES}


def cell(row, column, protocol, source, results_folder):
    """One cell of the table: (its Cell, the folder of its running restarts)."""
    corpus = partial(corpora.penn_treebank, source)
    text = corpus()
    data = {"source": source.kind, "files": source.sha256, "n_train": len(text.train),
            "n_valid": len(text.valid), "n_test": len(text.test)}
    run = {"protocol": asdict(protocol), "data": data}
    path = results.record_path(results_folder, EXPERIMENT, column, row=row)
    kept = path.with_suffix(".running").absolute()
    return Cell(experiment=EXPERIMENT, column=column, row=row,
                train=partial(train_corpus, corpus, protocol, partial(Kept, kept, run=run), row),
                metric="test perplexity", selection="lowest validation perplexity",
                stack=1, **run), kept


def main(argv=None):
    options = command_line.parse(__doc__, COLUMNS, folders=(), prefix="", argv=argv, rows=ROWS)
    source = archives.locate(options.data, options.source, needs=archives.PTB_FILES)
    print(source.description, flush=True)
    cells, folders = zip(*(cell(row, column, ROWS[row], source, options.results)
                           for column in options.columns for row in options.rows))
    status = run_cells(cells, options.seeds, options.results, options.jobs, options.device,
                       options.force)
    if status == 0:
        for folder in folders:
            discard(folder)
    return status


if __name__ == "__main__":
    sys.exit(command_line.run(main))
