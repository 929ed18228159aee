"""Data of one's own as cells of a table: one row a data set, one column a model."""

import statistics
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from tabulate import tabulate

from replication.records.cells import Cell
from replication.records.files import sha256
from replication.running.babi_table import LSTM, SUPERVISED
from replication.running.progress import counted
from replication.training import own, protocols
from tasks.babi import statements_of
from tasks.errors import UserError

EXPERIMENT = "train_your_own"
QUESTIONS = f"{LSTM}: questions alone"
MODELS = {"memn2n": "MemN2N", "supervised": SUPERVISED, "lstm": LSTM, "questions": QUESTIONS}
MOST_WORDS = 20_000   # of a story that the LSTM reads from its begin to its end
MOST_BYTES = 2**31    # of the n-grams of all sentences, which the supervised MemNN takes dense
GB = 2**30


@dataclass(frozen=True)
class Data:
    """A data set of one's own.

    name   what it is called; files and parts: own.Files and own.Parts
    facts  what its records say of it: source, {file: SHA-256}, how many questions
    """
    name: str
    files: own.Files
    parts: own.Parts
    facts: dict

    def count(self, part):
        return self.facts[f"n_{part}"]


def data(files, name, protocol):
    """The Data of own.Files, read and checked. UserError, one line, where they do not fit."""
    if len(files.test) != len(files.train):
        raise UserError(f"--test: {len(files.test)} files for {len(files.train)} to train; give "
                        "one for each, in the same order")
    if files.valid and len(files.valid) != len(files.train):
        raise UserError(f"--valid: {len(files.valid)} files for {len(files.train)} to train; give "
                        "one for each, in the same order")
    paths = own.paths_of(files)
    for path in map(Path, paths):
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UserError(f"{path}: a pipe or a device, which can be read only once; save what "
                            "comes out of it in a file")
    digests = [sha256(path) for path in paths if Path(path).is_file()]
    parts = own.read(files, protocol.validation_share)       # says what of a path is no file
    for i, path in enumerate(paths):
        if digests[i] in digests[:i]:
            raise UserError(f"{path}: the same questions as {paths[digests.index(digests[i])]}; "
                            "what is trained on, validated on and tested on must differ")
    names = names_of(paths)
    n_train, n_valid, n_test = (sum(map(len, lists)) for lists in (parts.train, parts.valid,
                                                                   parts.test))
    if n_train < protocol.batch:
        raise UserError(_too_few(files, n_train + (0 if files.valid else n_valid), protocol))
    if not n_valid:
        raise UserError(f"{files.train[0]} and {len(files.train) - 1} more: no question is left to "
                        f"validate on, for which the last {protocol.validation_share:.0%} of each "
                        "file are taken; give --valid, or fewer and larger files")
    facts = {"source": "own", "files": dict(zip(names, digests)),
             "n_train": n_train, "n_valid": n_valid, "n_test": n_test}
    if len(paths) > 2:
        name_of = dict(zip(paths, names))
        facts["parts"] = {part: [name_of[path] for path in getattr(files, part)]
                          for part in ("train", "valid", "test")}
    return Data(name, replace(files, digests=tuple(digests)), parts, facts)


def _too_few(files, questions, protocol):
    share = 0 if files.valid else protocol.validation_share
    least = next(n for n in range(protocol.batch, 10 * protocol.batch)
                 if n - int(share * n) >= protocol.batch)
    why = f", and the last {share:.0%} are held out for validation" if share else ""
    others = f" and {len(files.train) - 1} more" if len(files.train) > 1 else ""
    return (f"{files.train[0]}{others}: {questions} questions, and at least {least} are needed: a "
            f"batch has {protocol.batch}{why}")


def names_of(paths):
    """The files' names for the record (own.names_of); UserError where these are not apart."""
    paths = [Path(path).absolute() for path in paths]
    for path in paths:
        refuse_unnamed(path.name, path)
    names = own.names_of(paths)
    if len(set(names)) == len(names):
        return names
    twice = next(path for path, name in zip(paths, names) if names.count(name) > 1)
    raise UserError(f"{twice}: has the same name as another file; rename one, so that the record "
                    "can tell them apart")


def refuse_unnamed(name, what):
    """UserError for a name that a record cannot hold: bytes that are no text to this machine."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UserError(f"{ascii(str(what))}: its name is not UTF-8 text; give another name, or "
                        "set LC_ALL=C.UTF-8 where it is") from None


def cells(data, column, protocol, models, sparse=False):
    """(Cells of these MODELS, the longest first; lines on models that are left out).

    column, protocol  MemN2N's; sparse: its memories are encoded by their few words
    """
    result, left_out = [], []
    for key in models:
        if key == "memn2n":
            # Many words cost each restart the same: by itself it can be kept as soon as it ends.
            result.append(_cell(data, column, protocol, own.train_memn2n,
                              "memn2n_joint" if len(data.files.train) > 1 else "memn2n",
                              stack=1 if sparse else None))
            continue
        reason = why_not(key, data.parts)
        if reason:
            left_out.append(f"{MODELS[key]}: left out, {reason}")
            continue
        if key == "supervised":
            how = protocols.AM_NG_NL, own.train_supervised, "memnn_adaptive"
        else:
            how = replace(protocols.LSTM, statements=key == "lstm"), own.train_lstm, "lstm_babi"
        result.append(_cell(data, MODELS[key], *how, selection="mean over seeds",
                          device="cpu" if key == "supervised" else None))
    return result, left_out


def _cell(data, column, protocol, train, trainer, **more):
    return Cell(experiment=EXPERIMENT, column=column, row=data.name,
                train=partial(own.train_unchanged, train, data.files, protocol), trainer=trainer,
                protocol=asdict(protocol), data=data.facts, **more)


def why_not(model, parts):
    """Why one of MODELS cannot be trained on Parts; None where it can."""
    if model == "supervised":
        without = [q for questions in parts.train for q in questions if not q.supports]
        if without:
            return f"line {without[0].line} names no supporting fact, which it is trained on"
        need = _bytes_of_grams(parts)
        return f"its n-grams would need {need / GB:.1f} GB" if need > MOST_BYTES else None
    if model == "lstm":
        last = {(i, q.story): q for i, questions in enumerate(
            (*parts.train, *parts.valid, *parts.test)) for q in questions}     # of each story
        words = max(sum(len(s.words) for s in q.statements) for q in last.values())
        return f"it would read {words} words for one answer" if words > MOST_WORDS else None
    return None


def _bytes_of_grams(parts):
    """What memnn_adaptive_inputs.encode needs for sentences and stories."""
    from replication.training.memnn_adaptive_inputs import grams
    train, everything = ({sentence for questions in lists for sentence in
                          (*(s.words for s in statements_of(questions)),
                           *(q.words for q in questions))}
                         for lists in (parts.train, (*parts.train, *parts.valid, *parts.test)))
    features = {gram for text in train for gram in grams(text, protocols.AM_NG_NL.grams)}
    flat = [q for lists in (parts.train, parts.valid, parts.test) for part in lists for q in part]
    longest = max(len(q.statements) for q in flat)
    return 4 * len(everything) * len(features) + 16 * len(flat) * longest


def table(data, records):
    """The errors of all models: {column: record}, MemN2N's first, and what needs no training."""
    lines = [line for record in records.values() for line in _lines(record)]
    train, valid, test = ([q.answer for questions in lists for q in questions]
                          for lists in (data.parts.train, data.parts.valid, data.parts.test))
    often = Counter(train).most_common(1)[0][0]
    lines.append([f"always {often!r}", *(100 * sum(answer != often for answer in part) / len(part)
                                         if part else None for part in (train, valid, test))])
    headers = ["error in %", *(f"{name} ({data.count(part)})" for name, part in (
        ("training", "train"), ("validation", "valid"), ("test", "test")))]
    return tabulate(lines, headers=headers, floatfmt=".1f")


def _lines(record):
    ok = [restart for restart in record["restarts"] if restart["status"] == "ok"]
    keys, column = ("train_error", "valid_error", "test_error"), record["column"]

    def row(name, of):
        values = [[restart[key] for restart in ok] for key in keys]
        return [f"{column}, {name}", *(None if None in some else of(some) for some in values)]
    lost = len(record["restarts"]) - len(ok)
    if not ok:
        which = f"all {lost} restarts" if lost > 1 else "its only restart"
        return [[f"{column}: {which} diverged", None, None, None]]
    of = counted(len(ok), "restart") + (f", {lost} diverged" if lost else "")
    if record["selected"] is None:
        return [row(f"mean of {of}", statistics.fmean)]
    best = record["restarts"][record["selected"]]
    return [[f"{column}, selected (seed {best['seed']})", *(best[key] for key in keys)],
            *(row(f"{name} of {of}", which) for name, which in (
                ("median", statistics.median), ("lowest", min), ("highest", max)))]


def table_by_file(record):
    """Test errors of the selected restart for each of several files; None for one file."""
    number = record["selected"]
    if number is None or "by_file" not in record["restarts"][number]:
        return None
    return tabulate(record["restarts"][number]["by_file"].items(), floatfmt=".1f",
                    headers=[f"test error in % of {record['column']}, selected", ""])
