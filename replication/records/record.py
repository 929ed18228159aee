"""Records: one JSON file a cell of a table, holding all that its number rests on.

This file knows what a record is: its keys, where it lies, how one restart is
selected, and when a record is whole. It loads neither torch nor numpy, so the
tables can read records without them.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import UserError

SCHEMA = 2
OLDER = 1     # its records say `code`, `environment` and `earlier` where this form has `made`

# The seeds among which a rule selects, fixed in advance. A record without all of them is partial.
SELECTION_SEEDS = range(10)

# Draws of the best of ten that lie further apart than so many points, 95 times in 100, need more
# restarts (running/rounds.py).
SPREAD = 1.0

# Selection rule -> the keys of a restart that it compares, in order; the lowest seed ends a tie.
SELECTIONS = {
    "lowest training error": ("train_error", "train_loss"),
    "lowest validation perplexity": ("valid_perplexity",),
    "mean over seeds": None,
}

KEYS = {
    "schema": int, "experiment": str, "column": str, "row": (str, type(None)),
    "task": (int, type(None)), "selection": str, "selected": (int, type(None)), "metric": str,
    "value": (int, float, type(None)), "partial": bool, "restarts": list, "protocol": dict,
    "data": dict, "made": list, "started": str, "seconds": (int, float),
    "peak_memory_mb": (int, float), "scope": str, "curves": str,
    "checkpoint": (dict, type(None)),
}
KEYS_OF = {SCHEMA: KEYS, OLDER: {key: kind for key, kind in KEYS.items() if key != "made"}
           | {"code": dict, "environment": dict}}


@dataclass
class Trained:
    """What training gives back for some seeds of one cell (R seeds, in the order asked).

    restarts  R dicts {seed, status, train_error, ..., test_error, ...}, errors in %. status is
              "ok", or "diverged" as `diverged` gives it
    curves    name -> array (R, epochs): train_loss, train_error, valid_loss, valid_error, ...
    weights   R dicts name -> tensor; those of a diverged restart are not kept
    metadata  str -> str, what a checkpoint needs to be used again (vocabulary as JSON, J, ...)
    earlier   seconds that a run which was stopped had spent on these restarts before
    """
    restarts: list
    curves: dict
    weights: list
    metadata: dict
    earlier: float = 0.0


def diverged(seed, epoch, **figures):
    """A restart that ended in `epoch` (from 1) with what is no number; `figures` are what it has.

    Its record has None for all else that the other restarts have: `completed`.
    """
    return {"seed": seed, "status": "diverged", "diverged_epoch": epoch, **figures}


def completed(restarts):
    """The restarts, those that diverged with None for every key that they lack."""
    keys = dict.fromkeys(key for restart in restarts if restart["status"] == "ok"
                         for key in restart)
    return [restart if restart["status"] == "ok"
            else {key: restart.get(key) for key in [*keys, *restart]} for restart in restarts]


def groups(record):
    """What a record's restarts were made with: [{seeds, code, environment}], by first seed."""
    if record["schema"] != OLDER:
        return record["made"]
    parts = list(record.get("earlier", []))
    listed = {seed for part in parts for seed in part["seeds"]}
    rest = [restart["seed"] for restart in record["restarts"] if restart["seed"] not in listed]
    return grouped([*parts, {"seeds": rest, "code": record["code"],
                             "environment": record["environment"]}])


def trained_on_gpu(record):
    """{seed: the machines that trained it, the first one first}, of restarts that a GPU trained."""
    machines = {restart["seed"]: restart.get("kinds") for restart in record["restarts"]}
    for group in groups(record):
        for seed in group["seeds"]:
            machines[seed] = machines[seed] or [group["environment"]]
    return {seed: kinds for seed, kinds in machines.items()
            if any(kind.get("device", "").startswith("cuda") for kind in kinds)}


def grouped(parts):
    """Parts [{seeds, code, environment}] as groups, whatever the order in which they came.

    Parts that were made alike are one; seeds are sorted, groups by their first seed; parts
    without seeds go.
    """
    seeds_of = {}
    for part in parts:
        alike = json.dumps([part["code"], part["environment"]], sort_keys=True)
        seeds_of.setdefault(alike, []).extend(part["seeds"])
    result = [{"seeds": sorted(seeds), **dict(zip(("code", "environment"), json.loads(alike)))}
            for alike, seeds in seeds_of.items() if seeds]
    return sorted(result, key=lambda group: group["seeds"][0])


def slug(name):
    """Lower case; runs of other characters than a-z and 0-9 become one '-', none at the ends."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def record_path(results, experiment, column, task=None, row=None):
    """Where a cell's record lies: <experiment>/<column>/task-07.json, or <row>/<column>.json."""
    folder = Path(results) / experiment
    if task is not None:
        return folder / slug(column) / f"task-{task:02d}.json"
    return folder / slug(row) / f"{slug(column)}.json" if row else folder / f"{slug(column)}.json"


def metric_key(metric):
    """The restart's key that a metric names: "test error %" is test_error."""
    return metric.removesuffix("%").strip().lower().replace(" ", "_")


def outcome(restarts, selection, metric):
    """What the rule makes of the restarts: (selected, value, partial).

    A rule that selects looks at seeds 0 to 9 alone; only where none of them is
    there (--seed asked for others) does it look at all that are there. A
    diverged restart is never selected. `partial` says that seeds of 0 to 9 are
    missing. For a mean, a diverged restart counts as an error of 100%; any
    other metric then has no value.
    """
    key, compared = metric_key(metric), SELECTIONS[selection]
    seeds = {restart["seed"] for restart in restarts}
    partial = not seeds.issuperset(SELECTION_SEEDS)
    if compared is None:
        lost = 100.0 if key.endswith("error") and metric.endswith("%") else None
        values = [restart[key] if restart["status"] == "ok" else lost for restart in restarts]
        return None, None if None in values else math.fsum(values) / len(values), partial
    among = seeds.intersection(SELECTION_SEEDS) or seeds
    candidates = [i for i, restart in enumerate(restarts)
                  if restart["status"] == "ok" and restart["seed"] in among]
    if not candidates:
        return None, None, partial

    def rank(i):
        return tuple(restarts[i][name] for name in (*compared, "seed"))
    selected = min(candidates, key=rank)
    return selected, restarts[selected][key], partial


def to_text(record):
    """The record as JSON: one line a key and one a restart, so that differences can be read."""
    lines = []
    for key, value in record.items():
        if key == "restarts":
            text = "[\n  " + ",\n  ".join(one_line(restart) for restart in value) + "\n ]"
        else:
            text = one_line(value)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def plain(value):
    """The value as JSON gives it back (tuples as lists, numpy numbers as numbers); no NaN."""
    return json.loads(one_line(value))


def read(path):
    """The record in a file. Raises UserError, one line, where it is not a whole record."""
    path = Path(path)
    try:
        record = json.loads(path.read_text(encoding="utf-8"), parse_constant=_not_json)
        problem = problem_of(record)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        problem = f"it is cut short or not JSON: {error}"
    if problem:
        raise UserError(f"{path}: not a whole record ({problem}); delete it, or give --force, to "
                        "train the cell again")
    return record


def problem_of(record):
    """What is wrong with a record, in words; None where it is whole and agrees with itself."""
    if not isinstance(record, dict):
        return "it is not a JSON object"
    if record.get("schema") not in list(KEYS_OF):
        return f"schema {record.get('schema')!r}, this version reads {SCHEMA} and {OLDER}"
    for key, kind in KEYS_OF[record["schema"]].items():
        if key not in record:
            return f"it has no {key!r}"
        if not isinstance(record[key], kind):
            return f"{key!r} is {type(record[key]).__name__}"
    if record["selection"] not in SELECTIONS:
        return f"unknown selection rule {record['selection']!r}"
    try:
        return _problem_of_restarts(record)
    except (KeyError, TypeError, AttributeError) as error:
        return f"a restart is incomplete: {type(error).__name__} {error}"


def _problem_of_restarts(record):
    restarts = record["restarts"]
    seeds = [restart["seed"] for restart in restarts]
    if not seeds or seeds != sorted(set(seeds)):
        return "its restarts are not a sorted list of different seeds"
    for restart in restarts:
        if restart["status"] not in ("ok", "diverged"):
            return f"seed {restart['seed']} has status {restart['status']!r}"
    parts = groups(record)
    if not all(isinstance(group[part], dict) for group in parts
               for part in ("code", "environment")):
        return "a group of its restarts has no code or no environment"
    if sorted(seed for group in parts for seed in group["seeds"]) != seeds:
        return "its groups of restarts are not those that it holds"
    stated = (record["selected"], record["value"], record["partial"])
    computed = outcome(restarts, record["selection"], record["metric"])
    if stated != computed:
        return ("selected, value and partial are " + ", ".join(map(one_line, stated))
                + ", its restarts give " + ", ".join(map(one_line, computed)))
    checkpoint = record["checkpoint"]
    if (checkpoint is None) != (record["selected"] is None):
        return "it must name a checkpoint just where it selects a restart"
    if checkpoint is not None and set(checkpoint) != {"file", "sha256"}:
        return "its checkpoint is not a file and a sha256"
    return None


# What a record means by a field of its protocol that came after it was made.
BEFORE = {"features": "three dictionaries", "joining_phrases": 9}


def meant(protocol, recorded):
    """A protocol without the fields that a recorded one lacks and means: `BEFORE`."""
    return {key: meant(value, recorded[key]) if isinstance(value, dict)
            and isinstance(recorded.get(key), dict) else value
            for key, value in protocol.items()
            if key in recorded or BEFORE.get(key, ...) != value}


def differences(recorded, current, prefix):
    """Where two nested dicts differ: lines "prefix.key: recorded 32, asked 64"."""
    if isinstance(recorded, dict) and isinstance(current, dict):
        lines = []
        for key in dict.fromkeys([*recorded, *current]):
            lines += differences(recorded.get(key, "nothing"), current.get(key, "nothing"),
                                 f"{prefix}.{key}")
        return lines
    if recorded == current:
        return []
    return [f"{prefix}: recorded {_short(recorded)}, asked {_short(current)}"]


def _short(value):
    text = value if isinstance(value, str) else one_line(value)
    return text if len(text) <= 40 else text[:16] + "..."


def one_line(value):
    """The value as JSON in one line; raises ValueError for NaN and infinity."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, default=_number)


def _number(value):
    """numpy's and torch's single numbers."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a record")


def _not_json(word):
    raise ValueError(f"{word} is no JSON number")
