"""Evaluates stored checkpoints again on their data and compares with what their records say."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import torch

from replication import checkpoints
from replication.record_checks import manifest
from replication.batches import to_evaluate
from replication.restarts import evaluate, split_rows
from tasks import archives, babi
from tasks.encoding import encode
from tasks.errors import UserError

LOSS_TOLERANCE = 1e-4  # nats a question
NEAR_TIE = 1e-4        # between a question's two best scores


@dataclass
class Outcome:
    """What became of one record: each entry is one line without the record's name.

    differences  the evaluation contradicts the record
    ties         counts differ by questions whose two best scores nearly tie
    unchecked    why it was not evaluated, or None
    """
    differences: list = field(default_factory=list)
    ties: list = field(default_factory=list)
    unchecked: str | None = None


class DataFolders:
    """Finds the data files of records.

    given  the folders that --data gives; the first that holds all files of a record is taken.
           Then, as for a run: for official files $MEMNN_DATA, else the cache, a download
    needs  [(source, names under the data root[, generator seed])] of all records: what lies in one
           folder is looked for together, so that a download is tried once
    """

    def __init__(self, given, needs):
        self.given = [Path(folder).expanduser().absolute() for folder in given]
        self.needs, self.found = {}, {}
        for source, names, *seed in needs:
            seed = seed[0] if seed else None
            self.needs.setdefault(_place(source, names, seed), set()).update(names)

    def files(self, names, source, seed=None):
        """([Path], None), or (None, why they cannot be had).

        source, seed  a record's data source, and its generator's seed where that is simulated
        """
        folders, environment = list(self.given), os.environ.get("MEMNN_DATA")
        if source == "official" and environment:
            folders.append(Path(environment).expanduser().absolute())
        for folder in folders:
            root = archives.Source(source, folder, "", {})
            paths = [root.path(name) for name in names]
            if all(path.is_file() for path in paths):
                return paths, None
        if folders:
            return None, f"the data files are not all in {', '.join(map(str, folders))}"
        if source == "own":
            return None, "the data is the user's own: name its folder with --data"
        place = _place(source, names, seed)
        if place not in self.found:
            self.found[place] = _search(source, self.needs[place], seed)
        root, reason = self.found[place]
        return (None, reason) if root is None else ([root.path(name) for name in names], None)


def _place(source, names, seed):
    """Source, seed and folder, such as "official", None, tasks_1-20_v1-2/en."""
    return source, seed, str(PurePosixPath(names[0]).parent)


def _search(source, names, seed):
    try:
        simulated = {} if seed is None else {"seed": seed}
        return archives.locate(None, source, needs=tuple(names), **simulated), None
    except UserError as error:
        return None, str(error)


def fault_of_data(paths, data):
    """Why these files are not the ones that a record's `data` names, or None."""
    for path, (name, digest) in zip(paths, data["files"].items()):
        try:
            content = path.read_bytes()
        except OSError as error:
            return f"{path}: cannot be read ({error.strerror})"
        if hashlib.sha256(content).hexdigest() != digest:
            return f"{path}: not the file that the record names (another SHA-256)"
        if data["source"] == "official" and archives.wrong_digest(content, manifest()[name]):
            return f"{path}: not the official file (another digest than tasks/manifest.json)"
    return None


@torch.inference_mode()
def reevaluate(items, paths):
    """Evaluates records of the same data files; returns an Outcome for each.

    items  [(path of the record, record)], all of the same part of the training file
    paths  the data files, training and test
    """
    torch.set_num_threads(1)
    questions, encoded, outcomes = None, {}, []
    for path, record in items:
        outcome = Outcome(unchecked=fault_of_data(paths, record["data"]))
        outcomes.append(outcome)
        if outcome.unchecked:
            continue
        try:
            checkpoint = checkpoints.load(path.parent / record["checkpoint"]["file"])
            questions = questions or [babi.read(file) for file in paths]
            first, number = record["data"].get("part", (0, None))
        except UserError as error:
            outcome.differences.append(str(error))
            continue
        capacity = checkpoint.protocol.capacity
        # A model that was tested on other data too has a vocabulary that covers them.
        also = checkpoint.words if "other" in record["data"] else ()
        if (capacity, also) not in encoded:
            # The numbers of the tasks mean nothing here: one task's questions, all the same.
            encoded[capacity, also] = encode({0: questions[0][first:][:number]},
                                             {0: questions[1]}, capacity, also)
        try:
            _compare(record, checkpoint, encoded[capacity, also], outcome)
        except (KeyError, TypeError, ValueError) as error:  # a record that lacks a figure
            outcome.differences.append("cannot be evaluated: it holds no such thing, or one of the "
                                       f"wrong kind ({type(error).__name__}: {error})")
    return outcomes


def _compare(record, checkpoint, encoded, outcome):
    """One record against its checkpoint, on encoded data."""
    restart = record["restarts"][record["selected"]]
    metadata = {"seed": (checkpoint.seed, restart["seed"]),
                "protocol": (checkpoint.protocol, type(checkpoint.protocol)(**record["protocol"])),
                "vocabulary": (checkpoint.words, encoded.words),
                "J": (checkpoint.J, encoded.J), "N": (checkpoint.N, encoded.N)}
    outcome.differences += [f"its checkpoint's {name} is not the record's and its data's"
                            for name, (stored, expected) in metadata.items() if stored != expected]
    if outcome.differences:
        return
    batches = to_evaluate(encoded, checkpoint.model.form, "cpu")
    seen, held_out = split_rows(len(encoded.train), checkpoint.protocol, [checkpoint.seed],
                                checkpoint.task)
    everything = torch.arange(len(encoded.test)).unsqueeze(0)
    for name, split, rows, stated in (("train", encoded.train, seen, "n_train"),
                                      ("valid", encoded.train, held_out, "n_valid"),
                                      ("test", encoded.test, everything, "n_test")):
        count = rows.shape[1]
        if record["data"][stated] != count:
            outcome.differences.append(f"{stated} is {record['data'][stated]}, the data has "
                                       f"{count}")
        elif count:
            _compare_split(restart, name, checkpoint, batches, split, rows, outcome)


def _compare_split(restart, name, checkpoint, batches, split, rows, outcome):
    """Number of wrong answers and loss of one split against the restart's."""
    losses, guesses = evaluate(checkpoint.model, batches, split, rows)
    count = rows.shape[1]
    wrong = int((guesses != torch.from_numpy(split.answers)[rows]).sum())
    recorded = round(restart[f"{name}_error"] * count / 100)
    if wrong != recorded:
        near = near_ties(checkpoint.model, batches, split, rows)
        line = f"{name}: {wrong} of {count} answers wrong where {recorded} are recorded"
        if abs(wrong - recorded) <= near:
            outcome.ties.append(f"{line}; {near} have their two best scores within {NEAR_TIE:g}")
        else:
            outcome.differences.append(line)
    loss = losses.double().mean().item()
    if not abs(loss - restart[f"{name}_loss"]) <= LOSS_TOLERANCE:
        outcome.differences.append(f"{name}: loss {loss:.6f} where {restart[f'{name}_loss']:.6f} "
                                   "is recorded")


def near_ties(model, batches, split, rows):
    """Questions that rounding could decide: the true answer among the two best, nearly tied."""
    X, x_q, where, answers = (x[0] for x in batches.take(split, rows[None]))
    scores = model.answer(X, x_q, where)[0]                              # (1, Q, V)
    best, words = scores.topk(2, -1)
    near = (best[..., 0] - best[..., 1] <= NEAR_TIE) & (words == answers.unsqueeze(-1)).any(-1)
    return int(near.sum())
