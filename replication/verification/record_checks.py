"""What can be checked of stored records without their data and without a model.

Every function gives back lines that say what is wrong; none where all is well.
"""

import importlib
import json
import math
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np

from replication import run_all
from replication.records import (files as stored_files, named, provenance, published,
                                 record as results)
from tasks import archives, babi, openqa, stand_ins
from tasks.errors import UserError

OWN = "train_your_own"                          # the experiment whose data is the user's own
OWN_DATA = "own"                                # and how its records call that
BOTH = ("simulators_difficulty", "simulators_samples")   # the experiments about both sources
# The experiments on the substitute of tasks/openqa.py, which has no official counterpart.
LARGE_SCALE = ("memnn_table1_large_scale_qa", "memnn_table2_hashing", "memnn_figure4_dialogue",
               "memnn_scale")
WORLD = "simulated_world"                       # the generator of a world that has no other source
RUNNING = ".cells.running"                     # a folder of marks, while a run writes
# Files that scripts write and that are no records.
APART = ("memnn_figure2_predictions.txt", "memnn_tuning/recurrent.csv",
         "memnn_tuning/sentence_answers.csv", "memn2n_tuning/lstm_babi.csv",
         "memn2n_tuning/text_rnn.csv")


def record_files(folder):
    """The records under a results folder: every .json below an experiment's folder."""
    return sorted(path for path in Path(folder).rglob("*.json")
                  if len(path.relative_to(folder).parts) > 1 and not path.name.startswith(".")
                  and not _of_a_run(path))


def _of_a_run(path):
    """Whether a file is what a language model's run keeps between epochs."""
    return path.parent.suffix == ".running"


def strays(folder, records, unread=()):
    """Files under a results folder that no record names.

    records: {path: record}. unread: paths of records that cannot be read, whose files go by their
    names.
    """
    folder = Path(folder)
    expected = {folder / name for name in (*APART, "MANIFEST.sha256")}
    expected |= set((folder / RUNNING).glob("*"))
    expected |= set(record_files(folder))
    expected |= {path for path in folder.glob("figures/*")  # and its figures
              if path.suffix in (".png", ".svg")
              and any(path.stem.startswith(f"{item.name}_") for item in folder.iterdir())}
    for path, record in records.items():
        expected.add(path.parent / record["curves"])
        if record["checkpoint"]:
            expected.add(path.parent / record["checkpoint"]["file"])
    for path in unread:
        expected |= {*path.parent.glob(f"{path.stem}.*"), *path.parent.glob("joint.*")}
    experiments = {path.name for path in folder.iterdir()}
    expected |= {path for path in folder.glob("tables/*")   # a run's own tables
              if path.suffix in (".md", ".csv") and path.stem in experiments}
    return [f"{path}: no record names this file; remove it"
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path not in expected and not _of_a_run(path)]


# What the parts of a record hold at least; the parts themselves are results.KEYS.
NONE = type(None)
PARTS = {
    "data": {"source": str, "files": dict, "n_train": int, "n_valid": int, "n_test": int},
}
GROUP = {
    "code": {"commit": (str, NONE), "dirty": (bool, NONE)},
    "environment": {"python": str, "torch": str, "numpy": str, "device": str, "threads": int,
                    "platform": str},
}
# What came with the present form of records.
GROUP_NOW = {"code": {"trainer": str, "golden": (str, NONE)},
             "environment": {"processor": str, "instruction_set": str}}


def of_record(path, record, folder):
    """What is wrong with one record, given that its schema holds (`read`)."""
    experiment = record["experiment"].partition("@")[0]
    problems = _parts(record)
    if experiment not in (OWN, *run_all.scripts()):
        problems.append(f"its experiment {record['experiment']!r} is no script of this version")
    if not problems:
        try:
            problems = _place(path, record, folder) + problems_of_protocol(record) + _data(record)
            problems += _restarts(record) + _files(path, record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems = [f"holds something of the wrong kind ({type(error).__name__}: {error})"]
    return [f"{path}: {line}" for line in problems]


def _parts(record):
    """Data, code and environment hold what they must, digests among it."""
    work = [(record, PARTS)]
    for group in results.groups(record):
        work.append((group, GROUP))
        if "sources" not in group["code"]:      # which the older form has
            work.append((group, GROUP_NOW))
    wrong = [f"its {part} has no {key!r} of the right kind" for whole, parts in work
             for part, keys in parts.items() for key, kind in keys.items()
             if not isinstance(whole[part].get(key, ...), kind)]
    if not wrong:
        digests = dict(record["data"]["files"])
        digests |= {f"the golden figures of {group['code'].get('trainer')}": group["code"]["golden"]
                    for group in results.groups(record) if group["code"].get("golden") is not None}
        wrong = [f"it has no digest of {name}" for name, digest in digests.items()
                 if not (isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest))]
    return wrong


def _place(path, record, folder):
    """The record lies where it says; its column, row and task are in the published table."""
    experiment, _, mark = record["experiment"].partition("@")
    wrong = []
    expected = results.record_path(folder, record["experiment"], record["column"], record["task"],
                                   record["row"])
    if expected != path:
        wrong.append(f"a record of {record['column']!r} belongs at {expected}")
    source = record["data"]["source"]
    if source not in (OWN_DATA, "official", "simulated", "substitute", *stand_ins.MARKS):
        wrong.append(f"made from data of an unknown source, {source!r}")
    if (source == "substitute" and experiment not in LARGE_SCALE) != (mark == "prefix"):
        wrong.append(f"made from {source!r} data, which has no place in {record['experiment']!r}")
    if (source in stand_ins.MARKS) != (mark in stand_ins.MARKS.values()) or (
            source in stand_ins.MARKS and stand_ins.MARKS[source] != mark):
        wrong.append(f"made from {source!r} data, which has no place in {record['experiment']!r}")
    simulated = (source == "simulated" and experiment not in BOTH
                 and record["data"].get("generator") != WORLD)
    if (experiment == OWN, mark == "simulated") != (source == OWN_DATA, simulated):
        wrong.append(f"made from {source!r} data, which has no place in {record['experiment']!r}")
    languages = {name.split("/")[1].removesuffix("-10k") for name in record["data"]["files"]
                 if name.startswith(archives.BABI + "/")}
    if source == "official" and languages and languages != {mark or "en"}:
        wrong.append(f"made from the files in {', '.join(sorted(languages))}, which have no place "
                     f"in {record['experiment']!r}")
    # Of large-scale QA most rows are baselines and readings of ours.
    if experiment in LARGE_SCALE or not (published.FOLDER / f"{experiment}.csv").exists():
        return wrong
    names = published.names(experiment)
    rows = {record["column"], record["row"] or record["column"]}
    tasks = {str(record["task"])} if record["task"] is not None else set()
    return wrong + [f"{name!r} is not in the published table" for name in sorted(rows | tasks)
                    if name not in names and name.partition(" (")[0] not in names]


def problems_of_protocol(record, variants=None):
    """The protocol is the one that its script gives to the column, or to row and column.

    variants  as of `variants_of`, where the script has none
    """
    variants = variants or variants_of(record["experiment"].partition("@")[0])
    key = next((key for key in (record["column"], (record["row"], record["column"]))
                if key in (variants or {})), None)
    if key is None:
        return []
    own = variants[key] if isinstance(variants[key], dict) else asdict(variants[key])
    protocol = results.meant(results.plain(own), record["protocol"])
    return [f"{line} (recorded: the record; asked: its script)"
            for line in results.differences(record["protocol"], protocol, "protocol")]


def _own_parts(data):
    """The user's own files are two, to train and to test, or of more each has its part."""
    files = list(data["files"])
    if len(files) == 2 and "parts" not in data:
        return []
    parts = data.get("parts")
    shape = isinstance(parts, dict) and set(parts) == {"train", "valid", "test"} and all(
        isinstance(names, list) for names in parts.values())
    if not shape or sorted(sum(parts.values(), [])) != sorted(files) or not (
            len(parts["train"]) == len(parts["test"]) and
            len(parts["valid"]) in (0, len(parts["train"]))):
        return ["its data files are not one to train and one to test, nor parts of such"]
    return []


@cache
def variants_of(experiment):
    """{column, or (row, column): protocol} of a script, or None where it has none."""
    try:
        script = importlib.import_module(provenance.module_of(experiment))
    except ModuleNotFoundError:
        return None
    if hasattr(script, "protocols"):
        return script.protocols()
    return getattr(script, "VARIANTS", None)


def _data(record):
    """The files are its task's, and official ones have the digests of the manifest."""
    data, wrong = record["data"], []
    if data["source"] == "simulated":
        generator = data.get("generator")
        valid = generator == WORLD and isinstance(data.get("generator_version"), int)
        valid |= (isinstance(generator, dict) and isinstance(generator.get("version"), str)
                  and isinstance(generator.get("seed"), int))
        if not valid:
            wrong.append("its data is simulated and it does not say by which generator and seed")
    if record["scope"] not in ("cell", "column"):
        wrong.append(f"its scope is {record['scope']!r}, which is neither cell nor column")
    if record["scope"] == "column":
        names = {babi.file_name(task, split) for task in babi.TASK_NAMES
                 for split in ("train", "test")}
        if {PurePosixPath(name).name for name in data["files"]} != names:
            wrong.append(f"its data files are not those of all {len(babi.TASK_NAMES)} tasks")
    if record["scope"] == "cell" and record["task"] in babi.TASK_NAMES:
        names = [babi.file_name(record["task"], split) for split in ("train", "test")]
        if [PurePosixPath(name).name for name in data["files"]] != names:
            wrong.append(f"its data files are not {' and '.join(names)}")
    elif data["source"] == OWN_DATA:
        wrong += _own_parts(data)
    if record["experiment"] in LARGE_SCALE and data["files"] != openqa.FILES:
        wrong.append("its data files are not those of tasks/openqa.py")
    official = {}
    if data["source"] == "official":
        official = data["files"]
    elif data["source"] in stand_ins.MARKS:
        wrong += _stand_in(data)
        official = {name: digest for name, digest in data["files"].items()
                    if name.startswith(archives.BABI)} | data.get("made_of", {})
    for name, digest in official.items():
        facts = manifest().get(name)
        if facts is None:
            wrong.append(f"its data file {name} is not in tasks/manifest.json")
        elif facts.get("sha256", digest) != digest:
            wrong.append(f"the digest of {name} is not that of tasks/manifest.json")
    return wrong


def _stand_in(data):
    """Just one file stands in for another, and it says where it is from."""
    wrong = []
    kinds = [name.partition("/")[0] for name in data["files"]
             if not name.startswith(archives.BABI)]
    if [stand_ins.KINDS.get(kind) for kind in kinds] != [data["source"]]:
        wrong.append(f"its data is {data['source']!r}, and its files do not say which stands in")
    if kinds == ["simulated"] and not {"version", "seed"} <= data.get("generator", {}).keys():
        wrong.append("it does not say by which generator and seed its third task is")
    if kinds == ["partial"] and set(data.get("made_of", {})) != set(stand_ins.PARTS):
        wrong.append("it does not say which files its third task is made of")
    return wrong


@cache
def manifest():
    """{name under the data root: facts} of the official files."""
    file = Path(archives.__file__).with_name("manifest.json")
    return json.loads(file.read_text(encoding="utf-8"))["files"]


def _restarts(record):
    """Each restart's error is its count over the number of questions, and losses are numbers."""
    wrong, n_test = [], record["data"]["n_test"]
    # A restart has the one just where it diverged, the other where it was begun on another machine.
    ends = {"diverged_epoch", "kinds"}
    keys = set(record["restarts"][0]) - ends
    for restart in record["restarts"]:
        if set(restart) - ends != keys:
            wrong.append(f"seed {restart['seed']} has other keys than the first restart")
        name, ok = f"seed {restart['seed']}", restart["status"] == "ok"
        if restart.get("n_test", n_test) != n_test:
            wrong.append(f"{name} has n_test {restart['n_test']}, the data {n_test}")
        for key, value in restart.items():
            if not key.endswith(("_error", "_loss", "_perplexity", "n_wrong")):
                continue
            if ok != isinstance(value, (int, float)):
                wrong.append(f"{name}, {restart['status']}, has {key} {value!r}")
            elif ok and not 0 <= value <= (100 if key.endswith("_error") else math.inf):
                wrong.append(f"{name} has {key} {value}")
        if ok and n_test and {"n_wrong", "test_error"} <= restart.keys():
            if not math.isclose(restart["test_error"], 100 * restart["n_wrong"] / n_test,
                                abs_tol=1e-9):
                wrong.append(f"{name}: test_error {restart['test_error']} is not n_wrong "
                             f"{restart['n_wrong']} of {n_test}")
    return wrong


def _files(path, record):
    """Curves and checkpoint are there, and are the ones that the record speaks of."""
    wrong, checkpoint = [], record["checkpoint"]
    fault = checkpoint and named.fault(path.parent, checkpoint)
    if fault:
        state = "is not there" if fault == named.MISSING else "has another digest than it names"
        wrong.append(f"its checkpoint {checkpoint['file']} {state}")
    try:
        curves = stored_files.read_curves(path.parent / record["curves"],
                                          [restart["seed"] for restart in record["restarts"]])
    except FileNotFoundError:
        return wrong + [f"its curves {record['curves']} are not there"]
    except Exception as error:  # a damaged zip file fails in many ways
        return wrong + [f"its curves {record['curves']} cannot be read ({type(error).__name__})"]
    return wrong + _curves(record, curves)


# A curve -> the figure of a restart that its last epoch must equal.
LAST_EPOCH = {"train_error": "online_train_error", "valid_error": "valid_error",
              "valid_loss": "valid_loss"}


A_QUESTION = ("right_", "reciprocal_rank")  # what large-scale QA keeps of each test question


def _last_costs(record, curves):
    """A language model's perplexities are those of its curves: at the end, and at the best."""
    wrong = []
    for i, restart in enumerate(record["restarts"]):
        if restart["status"] != "ok" or "valid_cost" not in curves:
            continue
        ended = {name: curve[i][np.isfinite(curve[i])] for name, curve in curves.items()
                 if "cost" in name}
        short = [name for name, cost in ended.items() if len(cost) != restart["epochs"]]
        wrong += [f"seed {restart['seed']}: its curve {name} does not end in epoch "
                  f"{restart['epochs']}" for name in short]
        if short:
            continue
        best = int(np.argmin(ended["valid_cost"]))
        given = {f"{name.replace('cost', 'perplexity')}{more}": math.exp(cost[epoch])
                 for name, cost in ended.items()
                 for more, epoch in (("", -1), ("_best_epoch", best))}
        given["best_epoch"] = best + 1
        wrong += [f"seed {restart['seed']}: {key} is {restart[key]}, its curves give {value:g}"
                  for key, value in given.items()
                  if key in restart and not math.isclose(restart[key], value, rel_tol=1e-5)]
    return wrong


def _curves(record, curves):
    """Curves are as long as the protocol, and end at what the restarts say."""
    wrong, protocol = [], record["protocol"]
    epochs = protocol.get("epochs")
    if epochs is not None:
        expected = (len(record["restarts"]), epochs + protocol.get("linear_start_epochs", 0))
        wrong += [f"its curve {name} has shape {curve.shape} where {expected} is expected"
                  for name, curve in curves.items()
                  if curve.shape != expected and not name.startswith(A_QUESTION)]
    if wrong:
        return wrong
    wrong += _last_costs(record, curves)
    for name, key in LAST_EPOCH.items():
        for i, restart in enumerate(record["restarts"]):
            if restart["status"] != "ok" or name not in curves or restart.get(key) is None:
                continue
            last = float(curves[name][i, -1])
            # float16 keeps 11 bits, and a validation figure may have been rounded on the way
            if not abs(last - restart[key]) <= max(0.02, abs(restart[key])) * 2**-10:
                wrong.append(f"seed {restart['seed']}: {key} is {restart[key]}, its curve ends at "
                             f"{last:g}")
    for i, restart in enumerate(record["restarts"]):
        lost = any(not np.isfinite(curve[i]).all() for name, curve in curves.items()
                   if name == "train_loss")
        if restart["status"] == "diverged" and "train_loss" in curves and not lost:
            wrong.append(f"seed {restart['seed']} is recorded as diverged, and its curve is finite")
    return wrong


def read(path):
    """(record, None), or (None, what is wrong with it) where its schema does not hold."""
    try:
        record = results.read(path)
    except UserError as error:
        return None, str(error)
    if not all(isinstance(text, str) for text in (record["checkpoint"] or {}).values()):
        return None, f"{path}: its checkpoint is not a file name and a digest"
    return record, None
