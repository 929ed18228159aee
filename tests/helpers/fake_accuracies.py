"""Seeded records of the tables on MemNN's simulated world, in the shape of real ones."""

import math
from zlib import crc32

import numpy as np

from paper_tables import catalogue, published
from tests.helpers import fake_records

QUESTIONS = 3000
K2, K1_TIME = "MemNN k=2 (+time)", "MemNN k=1 (+time)"
TABLE3, TABLE4, TABLE5, TABLE6 = (table.script for table in catalogue.SIMULATED_WORLD)


def runs(centre, count, rng, diverged=0, spread=0.5):
    """Runs with accuracies near `centre` %, the first ones diverged."""
    entries = []
    for seed in range(count):
        if seed < diverged:
            entries.append({"seed": seed, "status": "diverged", "diverged_epoch": 2,
                            "test_accuracy": None})
            continue
        rate = np.clip(centre + rng.normal(0, spread), 0, 100) / 100
        right = int(rng.binomial(QUESTIONS, rate))
        entries.append({"seed": seed, "status": "ok", "test_accuracy": 100 * right / QUESTIONS,
                        "n_wrong": QUESTIONS - right, "n_test": QUESTIONS, "first_hop": 99.0,
                        "second_hop": 98.0 + seed / 10, "response": 100.0,
                        "segments_right": 99.0, "accuracy_before": 30.0, "last_room": 40.0})
    return entries


def record(script, column, row, entries, **changes):
    values = [entry["test_accuracy"] for entry in entries]
    return fake_records.content(
        script, column, entries, row=row, metric="test accuracy %", protocol={"epochs": 10},
        value=None if None in values else math.fsum(values) / len(values),
        data={"source": "simulated", "files": {}, "n_train": 3000, "n_valid": 0,
              "n_test": QUESTIONS}) | changes


def write(results, keys):
    return fake_records.write(results / keys["experiment"], keys)


def write_table(results, script, count=10, shift=None, only=None):
    """Records near the published figures; shift: {(column, row): points}; only: rows."""
    paper = published.read(script)
    for (column, row), printed in paper.printed.items():
        if only is None or row in only:
            rng = np.random.default_rng(crc32(f"{script} {column} {row}".encode()))
            # A row at 100% has no spread, as a model that solves the world has none.
            centre = float(printed) + (shift or {}).get((column, row), 0.0)
            spread = 0.5 if centre < 99 else 0.0
            write(results, record(script, column, row, runs(centre, count, rng, spread=spread)))
