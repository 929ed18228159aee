"""End-To-End Memory Networks (arXiv:1503.08895), Figure 3: where the language model's hops look.

For each hop the attention on each memory position, the mean over the words of the test set, of the
stored models of Table 2's rows "6 hops, memory 100" and "7 hops, memory 200", as far as they are in
the results; of its other rows, where --rows names them, the numbers alone. Nothing is trained, but
with --smoke.

    python -m replication.memn2n_figure3_hops --results results/reference           10 s a model

Numbers go to the results as JSON, figures (PNG and SVG, light and dark) to --out DIR, by default
paper_tables/figures for results/reference and else figures/ in the results.
"""

import sys
from dataclasses import replace

from replication.records import files as stored_files, named, provenance, record as results
from replication.running import command_line
from replication.running.command_line import FIGURES, Table
from replication.training.protocols import PENN_TREEBANK, TEXT_ROWS
from tasks import corpora
from tasks.errors import UserError

EXPERIMENT = "memn2n_figure3_hops"
TABLE = "memn2n_table2_language_model"
DRAWN = ("6 hops, memory 100", "7 hops, memory 200")      # in the paper
COLUMN = corpora.PENN_TREEBANK


def measure(path, options):
    """The record of the figure for one record of Table 2: numbers, and which model they are of."""
    import torch  # here, so that --help need not load it

    from replication.training import language_model_checkpoint, memn2n_language_model
    record, file = named.read(path)
    checkpoint = language_model_checkpoint.load(file)
    simulated = record["data"]["source"] == "simulated"
    source = corpora.locate(COLUMN, options.data, "simulated" if simulated else options.source)
    corpus = corpora.read(COLUMN, source)
    if source.sha256 != record["data"]["files"] or corpus.words != checkpoint.words:
        raise UserError(f"{path}: is of other data than {source.description.partition(':')[2]}; "
                        "name its folder with --data")
    if record["data"]["n_train"] < len(corpus.train):        # a smoke run's, which is shortened
        corpus = corpus.shortened(record["data"]["n_train"])
    with torch.inference_mode():
        attention = memn2n_language_model.average_attention(checkpoint.model,
                                                            torch.from_numpy(corpus.test))
    mark = record["experiment"].partition("@")[2]
    return {"schema": results.SCHEMA, "experiment": EXPERIMENT + ("@" + mark if mark else ""),
            "column": record["column"], "row": record["row"],
            "model": {"record": path.relative_to(options.run.results).as_posix(),
                      "checkpoint": file.relative_to(options.run.results).as_posix(),
                      "sha256": record["checkpoint"]["sha256"], "seed": checkpoint.seed},
            "data": record["data"], "words": len(corpus.test) - checkpoint.protocol.memory,
            "attention": [[round(p, 9) for p in hop] for hop in attention.tolist()],
            "code": provenance.code("memn2n_language_model"),
            "environment": provenance.environment("cpu")}


def smoke_models(options):
    """A tiny model of each row; the exit status."""
    from replication.running import corpus_table
    from replication.training.memn2n_language_model import Learner
    variants = {row: (Learner, replace(PENN_TREEBANK, **TEXT_ROWS[row])) for row in options.rows}
    return corpus_table.run(options, corpus_table.cells(TABLE, variants, COLUMN, options))


def run(options, out):
    """Writes numbers and figures of the rows whose model is there; returns the exit status."""
    status = smoke_models(options) if options.smoke else 0
    if status:
        return status
    root = options.run.results
    paths = [path for row in options.rows for folder in sorted(root.glob(f"{TABLE}*"))
             for path in [results.record_path(root, folder.name, COLUMN, row=row)]
             if path.exists()]
    if not paths:
        raise UserError(f"{root}: no model of {' or '.join(options.rows)}; train one with "
                        f'python -m replication.{TABLE} --restarts 1 --rows "{options.rows[0]}"')
    from replication.training import hops_figure
    for path in paths:
        attention = measure(path, options)
        for theme in hops_figure.THEMES if attention["row"] in DRAWN else ():
            name = f"{attention['experiment']}_{results.slug(attention['row'])}_{theme}"
            for kind, content in zip(("png", "svg"), hops_figure.draw(attention, theme)):
                stored_files.write(out / f"{name}.{kind}", content)
        place = results.record_path(root, attention["experiment"], COLUMN, row=attention["row"])
        stored_files.write(place, (results.one_line(attention) + "\n").encode())
        print(f"{place}; figures in {out}" if attention["row"] in DRAWN else place)
    return 0


def main(argv=None):
    out, argv = command_line.taken(argv, FIGURES)
    table = Table((COLUMN,), folders=(), rows=TEXT_ROWS, default_rows=DRAWN, own=(FIGURES,))
    options = command_line.parse(__doc__, table, argv)
    return run(options, out or command_line.figures_of(options.run.results))


if __name__ == "__main__":
    sys.exit(command_line.run(main))
