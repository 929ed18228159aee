"""Figures 2 and 4 of End-To-End Memory Networks: where the model looks, hop by hop.

For each of the 20 bAbI tasks the story of one test question with its supporting
facts, the attention of each hop of the selected "MemN2N PE LS RN" of Table 1
(1k), or with --table 3 of Table 3 (10k, as in the paper), over it, the answer and
the prediction. The paper only shows examples;
beyond it, over the whole test set: how much of each hop's attention falls on the
supporting facts, and how often a hop looks most at each of them. Which question
stands for a task does not depend on what a model answers: the rule is in every
record.

    python -m replication.memn2n_figure2_attention --results results/reference
    python -m replication.memn2n_figure2_attention --results results/reference --table 3 --tasks 1

Models that are not among the results yet are trained first, as for their table (the
flags on restarts are about these); the others are used as they are. Records go to
the results, figures (PNG and SVG, five tasks each) to --out DIR, by default
paper_tables/figures for results/reference and else figures/ in the results.
"""

import sys
from itertools import groupby

from replication.records import files as stored_files, named, provenance, record as results
from replication.records.attention import COLUMN, SCHEMA
from replication.running import babi_table, command_line
from replication.running.command_line import Flag, Table
from replication.training import attention
from replication.training.protocols import RANDOM_NOISE
from tasks import babi

EXPERIMENT = "memn2n_figure2_attention"
# Of each table: its models' experiment, the folders of its tasks, the mark of its records here.
TABLES = {"1": ("memn2n_table1_babi_1k", ("en", "hn", "shuffled"), ""),
          "3": ("memn2n_table3_babi_10k", ("en-10k", "hn-10k", "shuffled-10k"), "10k")}
PANELS = 5  # tasks in one figure
OWN = (command_line.FIGURES,
       Flag("--table", "the number of a table", " whose models it is about (default: 1)",
            {"choices": tuple(TABLES), "default": "1"}),
       command_line.THIRD_TASK)


def model_of(cell, folder):
    """(Checkpoint, the part of a record that says which) of a cell of Table 1."""
    from replication.training import checkpoints  # here, so that --help need not load torch
    path = cell.path(folder)
    record, file = named.read(path)
    checkpoint = checkpoints.load(file)
    return checkpoint, {"record": path.relative_to(folder).as_posix(), "seed": checkpoint.seed,
                        "checkpoint": file.relative_to(folder).as_posix(),
                        "sha256": record["checkpoint"]["sha256"]}


def attention_record(cell, folder, paths, origin, size=""):
    """The record of one task. paths: its training and test file; origin: code and
    environment.

    size  the mark of its table in TABLES
    """
    checkpoint, model = model_of(cell, folder)
    mark = "-".join(filter(None, (size, cell.experiment.partition("@")[2])))
    example, test_set = attention.measure(checkpoint, *map(babi.read, paths))
    return {"schema": SCHEMA, "experiment": EXPERIMENT + ("@" + mark if mark else ""),
            "column": cell.column, "task": cell.task, "name": babi.TASK_NAMES[cell.task],
            "model": model, "data": cell.data, "example": example, "test_set": test_set, **origin}


def run(options, out, table="1", third="official"):
    """Writes records and figures of the tasks that were asked; returns the exit status.

    table  a key of TABLES; third: as of babi_table.table_of
    """
    models, folders, size = TABLES[table]
    table = babi_table.table_of(models, options, False, folders[0], third)
    cells = table.memn2n_cells({COLUMN: RANDOM_NOISE})
    status = babi_table.run(cells, options)
    if status:
        return status
    from replication.training import attention_figure
    origin = {"code": provenance.code("memn2n"), "environment": provenance.environment("cpu")}
    records = []
    for cell in cells:
        records.append(attention_record(cell, options.run.results, table.files(cell.task), origin,
                                        size))
    records.sort(key=lambda record: record["task"])
    pictures = {}
    for part in parts(records):
        name = f"tasks-{named_by([record['task'] for record in part])}"
        for kind, content in zip(("png", "svg"), attention_figure.draw(part)):
            pictures[out / f"{part[0]['experiment']}_{name}.{kind}"] = content
    for path, content in pictures.items():
        stored_files.write(path, content)
    for record in records:
        stored_files.write(results.record_path(options.run.results, record["experiment"], COLUMN,
                                               record["task"]), results.to_text(record).encode())
    print(f"{len(records)} records in {options.run.results / records[0]['experiment']}, "
          f"{len(pictures)} figures in {out}")
    return 0


def named_by(tasks):
    """What a figure of these tasks is called by: 01-05 where they follow each other, else all."""
    names = [f"{task:02d}" for task in tasks]
    in_a_row = tasks == list(range(tasks[0], tasks[0] + len(tasks)))
    return "-".join(dict.fromkeys((names[0], names[-1]))) if in_a_row else "_".join(names)


def parts(records):
    """The records of each figure: a few tasks, all of the same data."""
    for _, alike in groupby(sorted(records, key=lambda record: record["experiment"]),
                            key=lambda record: record["experiment"]):
        alike = list(alike)
        yield from (alike[i:i + PANELS] for i in range(0, len(alike), PANELS))


def main(argv=None):
    out, number, third, argv = command_line.taken(argv, *OWN)
    folders = TABLES[number][1]
    options = command_line.parse(
        __doc__, Table((COLUMN,), babi.TASK_NAMES, folders=folders, prefix="MemN2N", own=OWN),
        argv)
    return run(options, out or command_line.figures_of(options.run.results), number, third)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
