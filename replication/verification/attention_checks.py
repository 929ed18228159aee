"""Holds records of attention (Figures 2 and 4) against their models and data."""

import json
import math

from replication.memn2n_figure2_attention import EXPERIMENT
from replication.records.attention import problem_of
from replication.training import attention, checkpoints
from replication.verification.figure_models import model_of
from replication.verification.reevaluation import DataFolders, fault_of_data
from tasks import babi
from tasks.errors import UserError

TOLERANCE = 1e-4  # of an attention, a probability or a mean share
COUNTED = 2e-3    # of a share that counts questions: rounding may decide a near tie of two slots


def check(paths, folder, data):
    """(number that agree, lines that say what differs, [(path, why it was not checked)]).

    folder  the results that hold the models, data the folders that --data gives
    """
    equal, differences, unchecked, records = 0, [], [], {}
    for path in paths:
        record, wrong = _read(path, folder)
        differences += [f"{path}: {line}" for line in wrong]
        if not wrong:
            records[path] = record
    folders = DataFolders(data, [(record["data"]["source"], list(record["data"]["files"]), None)
                                 for record in records.values()])
    for path, record in records.items():
        files, reason = folders.files(list(record["data"]["files"]), record["data"]["source"])
        reason = reason or fault_of_data(files, record["data"])
        if reason:
            unchecked.append((path, reason))
            continue
        try:
            checkpoint = checkpoints.load(folder / record["model"]["checkpoint"])
            measured = attention.measure(checkpoint, *map(babi.read, files))
        except UserError as error:
            differences.append(f"{path}: {error}")
            continue
        lines = [line for name, now in zip(("example", "test_set"), measured)
                 for line in _different(record[name], now, name)]
        differences += [f"{path}: {line}" for line in lines]
        equal += not lines
    return equal, differences, unchecked


def _read(path, folder):
    """(record, what is wrong with it without its data)."""
    experiment = path.relative_to(folder).parts[0]
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        problem = problem_of(record, experiment)
        if problem:
            return record, [problem]
        model, wrong = model_of(path, record, folder, EXPERIMENT)
        selected = model["restarts"][model["selected"]]
        if selected.get("n_wrong") != record["test_set"]["n_wrong"]:
            wrong.append(f"{record['test_set']['n_wrong']} wrong answers, and the record of its "
                         f"model has {selected.get('n_wrong')}")
        return record, wrong
    except UserError as error:
        return None, [str(error)]
    except OSError as error:
        return None, [f"{error.filename}: cannot be read ({error.strerror})"]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return None, [f"not a whole record of attention ({type(error).__name__}: {error})"]


def _different(recorded, now, name):
    """Lines for what differs between two nested parts of a record."""
    if isinstance(now, dict) and isinstance(recorded, dict) and now.keys() == recorded.keys():
        return [line for key in now for line in _different(recorded[key], now[key],
                                                           f"{name}.{key}")]
    if isinstance(now, list) and isinstance(recorded, list) and len(now) == len(recorded):
        return [line for i, (old, new) in enumerate(zip(recorded, now))
                for line in _different(old, new, f"{name}[{i}]")]
    if isinstance(now, float) and isinstance(recorded, int | float):
        counted = ".largest" in name or name.endswith(".every")
        if math.isclose(recorded, now, rel_tol=0, abs_tol=COUNTED if counted else TOLERANCE):
            return []
    elif recorded == now:
        return []
    return [f"{name} is {recorded!r}, measured again {now!r}"]
