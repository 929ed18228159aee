"""The measured parts of replication/DEVIATIONS.md, from records, each between its markers."""

import csv
import math

import numpy as np

from paper_tables import babi_variants, language_model, layout, published, variants, world_variants
from paper_tables.catalogue import TABLE3, TABLE4, TABLE5, TABLE6
from paper_tables.records import read_table
from paper_tables.sections import Lines
from paper_tables.world_variants import AS_PRINTED, CHOSEN, HARD, SOLVES

NOTHING = "No records yet."
K1_TIME, K1, FEW = "MemNN k=1 (+time)", "MemNN k=1", "MemNN k=2 (+time), 100 questions"
ACTIONS = (CHOSEN, "an actor drawn, then its command", "all instances of actions alike")
GRID = "memn2n_tuning/lstm_babi.csv"
TEXT_GRID = "memn2n_tuning/text_rnn.csv"
TASKS = (2, 11, 12, 13, 16)     # by which the choices of the baselines were made


def build(reference):
    """{name: text} of every part."""
    world = world_variants.read(reference)
    parts = {
        "choices": babi_variants.deviations(reference),
        "baselines": _baselines(reference),
        "lstm-grid": _grid(reference / GRID),
        "actions": _actions(world),
        "world": _one_at_a_time(world),
        "without-time": world_variants.lines_of(world, K1),
        "few-questions": _few(world),
        "room-named-last": _rule(reference),
        "writers": _writers(world),
        "language-model": language_model.parts(reference),
        "text-rnn-grid": _text_grid(reference / TEXT_GRID),
    }
    return {name: layout.as_markdown(part.header, part.lines) if part.lines else NOTHING
            for name, part in parts.items()}


def _baselines(reference):
    """Means over tasks, and the tasks by which the choices were made."""
    lines = []
    for baseline, changed in babi_variants.baselines(reference)[0].items():
        if baseline == "LSTM":
            continue
        figures = published.read(babi_variants.TABLE_OF[baseline]).figures(baseline)
        lines.append([f"{baseline}: published", f"{np.mean(list(figures.values())):.1f}",
                      *(layout.figure(figures[task]) for task in TASKS)])
        lines += [[f"{baseline}: {name or CHOSEN}",
                   layout.figure(variants.mean_of_values(records, variants.TASKS)),
                   *(layout.figure(records[task].value) for task in TASKS)]
                  for name, records in changed.items()]
    return Lines(["model", "mean of 20 tasks", *(f"task {task}" for task in TASKS)], lines)


def _grid(path):
    """Each setting of the LSTM's grid: mean validation loss and error over the tasks."""
    points = {}
    if path.is_file():
        with open(path, encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                key = line["optimizer"], line["size"], line["rate"]
                points.setdefault(key, []).append((float(line["valid_loss"]),
                                                   float(line["valid_error"])))
    means = {key: np.mean(values, axis=0) for key, values in points.items()}
    return Lines(["optimizer", "hidden layer", "rate", "validation loss", "validation error"],
                 [[*key, f"{loss:.3f}", f"{error:.1f}"]
                  for key, (loss, error) in sorted(means.items(), key=lambda item: item[1][0])])


def _text_grid(path):
    """Each setting of the RNN and the LSTM beside Table 2: perplexities at its best epoch."""
    lines = []
    if path.is_file():
        with open(path, encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                lines.append([f"{line['kind']}, {line['size']} units", line["init"], line["rate"],
                              *(f"{math.exp(float(line[loss])):.0f}" if line[loss] else "diverged"
                                for loss in ("train_loss", "valid_loss"))])
    return Lines(["model", "vectors' deviation", "rate", "training perplexity",
                  "validation perplexity"], lines)


def _actions(world):
    paper, models = published.read(TABLE3.script), (K1_TIME, SOLVES)
    lines = [[name, *(world_variants.shown(world.get((model, name, HARD))) for model in models)]
             for name in ACTIONS if (K1_TIME, name, HARD) in world]
    if lines:
        lines.append(["published", *(paper.printed[HARD, model] for model in models)])
    return Lines(["action drawn over", *models], lines)


def _one_at_a_time(world):
    """Variants of the model that solves the world, what the paper prints first."""
    names = [name for model, name, column in world if (model, column) == (SOLVES, HARD)]
    names.sort(key=lambda name: (name != CHOSEN, name not in AS_PRINTED))
    return Lines(["setting", "accuracy", "segments right"], [
        [name, world_variants.shown(world[SOLVES, name, HARD]),
         layout.figure(world[SOLVES, name, HARD].mean_of("segments_right"))] for name in names])


def _few(world):
    part = world_variants.lines_of(world, FEW)
    if part.lines:
        paper = published.read(TABLE4.script)
        part.lines.append(["published", *(paper.printed.get((column, "100"), layout.NONE)
                                          for column in part.header[1:])])
    return part


def _rule(reference):
    """The RNN, the rule that names the last room, and the published RNN."""
    lines = []
    for table in (TABLE3, TABLE5):
        paper = published.read(table.script)
        records = read_table(reference / table.script, paper.columns, ["RNN"])
        lines += [[f"{table.short}, {column}", layout.figure(rows["RNN"].mean_of("last_room")),
                   layout.figure(rows["RNN"].value), paper.printed[column, "RNN"]]
                  for column, rows in records.items() if rows]
    return Lines(["cell", "rule", "our RNN", "published RNN"], lines)


def _writers(world):
    paper = published.read(TABLE6.script)
    columns = {"as R": paper.columns[0], "word features": paper.columns[1]}
    lines = []
    for (model, variant, column), record in world.items():
        kind = next((kind for kind in columns if model.endswith(kind)), None)
        if kind and column == HARD:
            printed = paper.printed.get((columns[kind], model.split(",")[0].split(" ")[0]))
            lines.append([model, variant, world_variants.shown(record), printed or layout.NONE])
    return Lines(["model", "variant", "accuracy", "published"], lines)
