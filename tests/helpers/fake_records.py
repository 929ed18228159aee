"""Seeded records in the shape of real ones, for tests of the tables."""

import json
import math
from zlib import crc32

import numpy as np

from paper_tables import catalogue, published, records
from paper_tables.judge import judge

TABLE1 = "memn2n_table1_babi_1k"
PE, BOW, JOINT = "MemN2N PE", "MemN2N BoW", "MemN2N PE LS RN joint"


def restarts(centre, count, rng, diverged=0):
    """`count` restarts whose selected test error is near `centre` %: most training errors tie."""
    entries = []
    for seed in range(count):
        if seed < diverged:
            entries.append({"seed": seed, "status": "diverged", "diverged_epoch": 3,
                            "train_error": None, "online_train_error": None, "valid_error": None,
                            "test_error": None, "n_wrong": None, "n_test": 1000,
                            "train_loss": None})
            continue
        good = rng.random() < 0.6
        wrong = int(np.clip(round(10 * centre + rng.normal(0, 8) + (0 if good else 150)), 0, 1000))
        entries.append({
            "seed": seed, "status": "ok", "test_error": 100 * wrong / 1000, "n_wrong": wrong,
            "n_test": 1000, "valid_error": 100 * wrong / 1000,
            "train_error": 0.0 if good else 100 * int(rng.integers(1, 90)) / 900,
            "online_train_error": 100 * int(rng.integers(0, 40)) / 900,
            "train_loss": float(rng.random()) + (0.0 if good else 1.0)})
    return entries


def selected(entries):
    """The record's own choice, written apart from the code under test."""
    best = None
    for position, entry in enumerate(entries):
        if entry["seed"] < 10 and entry["status"] == "ok":
            key = entry["train_error"], entry["train_loss"], entry["seed"]
            if best is None or key < best[0]:
                best = key, position
    return None if best is None else best[1]


def content(experiment, column, entries, **keys):
    """A record's keys; those that are not given are of a mean over seeds."""
    return {
        "schema": 1, "experiment": experiment, "column": column, "row": None, "task": None,
        "selection": "mean over seeds", "selected": None,
        "partial": not {entry["seed"] for entry in entries} >= set(range(10)),
        "restarts": entries, "code": {"commit": "0" * 40, "dirty": False, "sources": {}},
        "environment": {}, "started": "2026-01-01T00:00:00Z", "seconds": 1.0,
        "peak_memory_mb": 1.0, "scope": "column" if " joint" in column else "cell",
        "curves": "task.npz", "checkpoint": None} | keys


def record(column, task, entries, source="official", variant=""):
    chosen = selected(entries)
    return content(
        TABLE1 + variant, column, entries, task=task, selection="lowest training error",
        selected=chosen, metric="test error %", protocol={"epochs": 100},
        value=None if chosen is None else entries[chosen]["test_error"],
        data={"source": source, "files": {}, "n_train": 900, "n_valid": 100, "n_test": 1000},
        checkpoint=None if chosen is None else {"file": "task.safetensors", "sha256": "0" * 64})


def averaged(column, task, entries):
    """The same restarts under the rule "mean over seeds"."""
    errors = [100.0 if entry["test_error"] is None else entry["test_error"] for entry in entries]
    return record(column, task, entries) | {
        "selection": "mean over seeds", "selected": None, "checkpoint": None,
        "value": math.fsum(errors) / len(errors)}


def write(folder, keys):
    """A record in an experiment's folder: its path."""
    row = keys["row"] if keys["task"] is None else keys["task"]
    path = records.path_of(folder, keys["column"], row)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(keys), encoding="utf-8")
    return path


def write_column(results, column, count=100, shift=None, tasks=range(1, 21), source="official",
                 variant=""):
    """Records of one column near the published errors; shift: {task: points to add}."""
    paper = published.read(TABLE1)
    for task in tasks:
        rng = np.random.default_rng([crc32(column.encode()), task])
        centre = paper.figures(column)[task] + (shift or {}).get(task, 0.0)
        write(results / f"{TABLE1}{variant}",
              record(column, task, restarts(centre, count, rng), source, variant))


def write_joint(results, column, count=30):
    """One model for 20 tasks: training errors and losses are the restart's own, over all tasks."""
    paper = published.read(TABLE1)
    rng = np.random.default_rng(crc32(column.encode()))
    train, loss, skill = rng.integers(0, 5, count), rng.random(count), rng.normal(0, 1, count)
    for task, centre in paper.figures(column).items():
        entries = restarts(centre, count, rng)
        for entry, a, b, c in zip(entries, train, loss, skill):
            wrong = int(np.clip(round(10 * centre + 5 * c), 0, 1000))
            entry.update(train_error=100 * int(a) / 18000, train_loss=float(b), n_wrong=wrong,
                         test_error=100 * wrong / 1000)
        write(results / TABLE1, record(column, task, entries))


def write_root(root):
    """Reference records: PE whole and near the published, but for task 5; a begun BoW; a joint."""
    reference = root / "results" / "reference"
    write_column(reference, PE, shift={5: 20.0})
    write_column(reference, BOW, tasks=[1, 2])
    write_joint(reference, JOINT)
    return root


def judged(results, **options):
    """Table 1 from the records in a results folder."""
    paper = published.read(TABLE1)
    table = records.read_table(results / TABLE1, paper.columns, paper.rows)
    return judge(catalogue.BABI_1K, results / TABLE1, paper, table, **options)
