"""The measured parts of replication/DEVIATIONS.md, from records, each between its markers."""

import csv

import numpy as np

from paper_tables import (
    baseline_variants,
    deviations,
    language_model,
    layout,
    published,
    world_variants,
)
from paper_tables.catalogue import TABLE3, TABLE4, TABLE5, TABLE6
from paper_tables.records import columns_of, read_table
from paper_tables.world_variants import AS_PRINTED, CHOSEN, HARD, SOLVES

NOTHING = "No records yet."
K1_TIME, K1, FEW = "MemNN k=1 (+time)", "MemNN k=1", "MemNN k=2 (+time), 100 questions"
ACTIONS = (CHOSEN, "an actor drawn, then its command", "all instances of actions alike")
GRID = "memn2n_tuning/lstm_babi.csv"


def build(reference):
    """{name: text} of every part."""
    found = world_variants.read(reference)
    return {
        "choices": _table(*deviations.table(reference)),
        "baselines": _table(*_baselines(reference)),
        "lstm-grid": _table(*_grid(reference / GRID)),
        "actions": _table(*_actions(found)),
        "world": _table(*_one_at_a_time(found)),
        "without-time": _table(*world_variants.table(found, K1)),
        "few-questions": _table(*_few(found)),
        "room-named-last": _table(*_rule(reference)),
        "writers": _table(*_writers(found)),
        "language-model": _table(*language_model.parts(reference)),
    }


def _table(header, lines):
    return layout.as_markdown(header, lines) if lines else NOTHING


def _baselines(reference):
    """Means over tasks, and the tasks by which the choices were made."""
    folder, tasks = reference / baseline_variants.SCRIPT, range(1, 21)
    shown, lines = (2, 11, 12, 13, 16), []
    changed = read_table(folder, columns_of(folder), tasks, source="official")
    for baseline, script in baseline_variants.BASELINES.items():
        paper = published.read(script)
        columns = {f"{baseline}: {CHOSEN}": read_table(
            reference / script, [baseline], tasks, source="official")[baseline]}
        columns |= {name: found for name, found in changed.items()
                    if name.startswith(f"{baseline}: ")}
        if baseline == "LSTM" or len(columns) < 2:
            continue
        figures = paper.figures(baseline)
        lines.append([f"{baseline}: published", f"{np.mean(list(figures.values())):.1f}",
                      *(layout.figure(figures[task]) for task in shown)])
        lines += [[name, layout.figure(float(np.mean([one.value for one in found.values()]))),
                   *(layout.figure(found[task].value) for task in shown)]
                  for name, found in columns.items() if len(found) == len(tasks)]
    return ["model", "mean of 20 tasks", *(f"task {task}" for task in shown)], lines


def _grid(path):
    """Each setting of the LSTM's grid: mean validation loss and error over the tasks."""
    if not path.is_file():
        return [], []
    points = {}
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            key = line["optimizer"], line["size"], line["rate"]
            points.setdefault(key, []).append((float(line["valid_loss"]),
                                               float(line["valid_error"])))
    means = {key: np.mean(values, axis=0) for key, values in points.items()}
    return (["optimizer", "hidden layer", "rate", "validation loss", "validation error"],
            [[*key, f"{loss:.3f}", f"{error:.1f}"]
             for key, (loss, error) in sorted(means.items(), key=lambda item: item[1][0])])


def _actions(found):
    paper = published.read(TABLE3.script)
    lines = [[name, *(world_variants.shown(found.get((model, name, HARD)))
                      for model in (K1_TIME, SOLVES))]
             for name in ACTIONS if (K1_TIME, name, HARD) in found]
    if lines:
        lines.append(["published", *(paper.printed[HARD, model] for model in (K1_TIME, SOLVES))])
    return ["action drawn over", K1_TIME, SOLVES], lines


def _one_at_a_time(found):
    """Variants of the model that solves the world, what the paper prints first."""
    names = [name for model, name, column in found if (model, column) == (SOLVES, HARD)]
    names.sort(key=lambda name: (name != CHOSEN, name not in AS_PRINTED,
                                 world_variants.natural(name)))
    lines = []
    for name in names:
        record = found[SOLVES, name, HARD]
        lines.append([name, world_variants.shown(record),
                      layout.figure(record.mean_of("segments_right"))])
    return ["setting", "accuracy", "segments right"], lines


def _few(found):
    header, lines = world_variants.table(found, FEW)
    if not lines:
        return header, lines
    paper = published.read(TABLE4.script)
    lines.append(["published", *(paper.printed.get((column, "100"), layout.NONE)
                                 for column in header[1:])])
    return header, lines


def _rule(reference):
    """The RNN, the rule that names the last room, and the published RNN."""
    lines = []
    for table in (TABLE3, TABLE5):
        paper = published.read(table.script)
        found = read_table(reference / table.script, paper.columns, ["RNN"])
        for column in paper.columns:
            record = found[column].get("RNN")
            if record is not None:
                lines.append([f"{table.short}, {column}", layout.figure(record.mean_of("last_room")),
                              layout.figure(record.value), paper.printed[column, "RNN"]])
    return ["cell", "rule", "our RNN", "published RNN"], lines


def _writers(found):
    paper = published.read(TABLE6.script)
    columns = {"as R": paper.columns[0], "word features": paper.columns[1]}
    lines = []
    for (model, variant, column), record in sorted(
            found.items(), key=lambda item: [world_variants.natural(part) for part in item[0]]):
        kind = next((kind for kind in columns if model.endswith(kind)), None)
        if kind and column == HARD:
            printed = paper.printed.get((columns[kind], model.split(",")[0].split(" ")[0]))
            lines.append([model, variant, world_variants.shown(record), printed or layout.NONE])
    return ["model", "variant", "accuracy", "published"], lines
