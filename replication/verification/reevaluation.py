"""Evaluates stored checkpoints again on their data and compares with what their records say."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import torch

from replication.verification.record_checks import manifest
from replication.training.memn2n_batches import to_evaluate
from replication.training.memn2n import evaluate, parts
from replication.training import checkpoints, own
from tasks import archives, babi, stand_ins
from replication.training.memn2n_inputs import encode
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
    needs  [(source, names under the data root, generator seed or None)] of all records: what lies
           in one folder is looked for together, so that a download is tried once
    """

    def __init__(self, folders, needs):
        self.given = [Path(folder).expanduser().absolute() for folder in folders]
        self.needs, self.found = {}, {}
        for source, names, seed in needs:
            self.needs.setdefault(_place(source, names, seed), set()).update(names)

    def files(self, names, source, seed=None):
        """([Path], None), or (None, why they cannot be had).

        source, seed  a record's data source, and its generator's seed where that is simulated
        """
        if source in stand_ins.MARKS:
            return self._with_a_stand_in(names, seed)
        folders, environment = list(self.given), os.environ.get("MEMNN_DATA")
        if source in ("official", "substitute") and environment:
            folders.append(Path(environment).expanduser().absolute())
        for folder in folders:
            root = archives.Source(source, folder, "", {})
            paths = [root.path(name) for name in names]
            if all(path.is_file() for path in paths):
                return paths, None
        places = [next((path for path in (archives.Source(source, folder, "", {}).path(name)
                                          for folder in folders) if path.is_file()), None)
                  for name in names]
        if folders and None not in places:      # each in some folder
            return places, None
        lacking = f"the data files are not all in {', '.join(map(str, folders))}"
        if folders and (environment or source not in ("official", "substitute")):
            return None, lacking
        if source == "own":
            return None, "the data is the user's own: name its folder with --data"
        place = _place(source, names, seed)
        if place not in self.found:
            self.found[place] = _search(source, self.needs[place], seed)
        root, reason = self.found[place]
        if root is None:
            return None, lacking if folders else reason
        return [root.path(name) for name in names], None

    def _with_a_stand_in(self, names, seed):
        reason, simulated = None, {} if seed is None else {"seed": seed}
        for folder in self.given or [None]:
            try:
                return stand_ins.again(names, folder, **simulated), None
            except UserError as error:
                reason = reason or str(error)
        return None, reason


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
    paths  the data files, each task's to train and to test
    """
    torch.set_num_threads(1)
    questions, encoded, models, outcomes, faults = None, {}, {}, [], {}
    for path, record in items:
        files = tuple(record["data"]["files"].items())
        if files not in faults:
            faults[files] = fault_of_data(paths, record["data"])
        outcome = Outcome(unchecked=faults[files])
        outcomes.append(outcome)
        if outcome.unchecked:
            continue
        file = path.parent / record["checkpoint"]["file"]
        try:
            if file not in models:                      # the records of a joint column share one
                checkpoint = checkpoints.load(file)
                questions = questions or _read(paths, record)
                capacity = checkpoint.protocol.capacity
                # A model that was tested on other data too has a vocabulary that covers them.
                also = checkpoint.words if "other" in record["data"] else ()
                if (capacity, also) not in encoded:
                    encoded[capacity, also] = own.encoded(questions, capacity) if isinstance(
                        questions, own.Parts) else encode(*questions, capacity, also)
                models[file] = _Evaluated(checkpoint, encoded[capacity, also])
        except UserError as error:
            outcome.differences.append(str(error))
            continue
        try:
            _compare(record, models[file], outcome)
        except (KeyError, TypeError, ValueError) as error:  # a record that lacks a figure
            outcome.differences.append("cannot be evaluated: it holds no such thing, or one of the "
                                       f"wrong kind ({type(error).__name__}: {error})")
    return outcomes


def _read(paths, record):
    """The questions to train and to test, {task: [Question]} each.

    A single task has the number 0 here: its own number means nothing to what is evaluated. Of
    several files of the user's own, the training.own.Parts.
    """
    if "parts" in record["data"]:
        by_name = dict(zip(record["data"]["files"], paths))
        files = own.Files(**{part: tuple(by_name[name] for name in names)
                             for part, names in record["data"]["parts"].items()})
        return own.read(files, record["protocol"]["validation_share"])
    first, number = record["data"].get("part", (0, None))
    if record["scope"] == "cell":
        train, test = map(babi.read, paths)
        return {0: train[first:][:number]}, {0: test}
    by_name = {path.name: path for path in paths}
    return tuple({task: babi.read(by_name[babi.file_name(task, split)]) for task in babi.TASK_NAMES}
                 for split in ("train", "test"))


class _Evaluated:
    """A checkpoint on its data: the rows of each split, their losses and which are wrong."""

    def __init__(self, checkpoint, encoded):
        self.checkpoint, self.encoded, self.judged = checkpoint, encoded, {}
        self.batches = to_evaluate(encoded, checkpoint.model.form,
                                   checkpoint.protocol.batch, "cpu")
        seen, held_out = parts(encoded, checkpoint.protocol, [checkpoint.seed], checkpoint.task)
        self.splits = {"train": (encoded.train, seen), "valid": (encoded.train, held_out),
                       "test": (encoded.test, torch.arange(len(encoded.test)).unsqueeze(0))}

    def judge(self, name):
        """Losses (Q,) and whether the answer is wrong (Q,)."""
        if name not in self.judged:
            split, rows = self.splits[name]
            losses, guesses = evaluate(self.checkpoint.model, self.batches, split, rows)
            wrong = (guesses != torch.from_numpy(split.answers)[rows])[0]
            self.judged[name] = losses[0].double(), wrong
        return self.judged[name]

    def rows(self, name, task):
        """Which of a split's questions a record is about: tested, those of its own task."""
        tasks = torch.from_numpy(self.encoded.test.tasks)
        if name == "test" and task is not None and len(tasks.unique()) > 1:
            return (tasks == task).nonzero()[:, 0]
        return torch.arange(self.splits[name][1].shape[1])


def _compare(record, evaluated, outcome):
    """One record against its checkpoint, on encoded data."""
    restart = record["restarts"][record["selected"]]
    checkpoint, encoded = evaluated.checkpoint, evaluated.encoded
    metadata = {"seed": (checkpoint.seed, restart["seed"]),
                "protocol": (checkpoint.protocol, type(checkpoint.protocol)(**record["protocol"])),
                "vocabulary": (checkpoint.words, encoded.words),
                "J": (checkpoint.J, encoded.J), "N": (checkpoint.N, encoded.N)}
    outcome.differences += [f"its checkpoint's {name} is not the record's and its data's"
                            for name, (stored, expected) in metadata.items() if stored != expected]
    if outcome.differences:
        return
    for name in evaluated.splits:
        rows = evaluated.rows(name, record["task"])
        count, stated = len(rows), record["data"][f"n_{name}"]
        if stated != count:
            outcome.differences.append(f"n_{name} is {stated}, the data has {count}")
        elif count:
            _compare_split(restart, name, evaluated, rows, outcome)


def _compare_split(restart, name, evaluated, rows, outcome):
    """Number of wrong answers and loss of one split against the restart's."""
    losses, wrong = (x[rows] for x in evaluated.judge(name))
    count, wrong, loss = len(rows), int(wrong.sum()), losses.mean().item()
    recorded = round(restart[f"{name}_error"] * count / 100)
    if wrong != recorded:
        split, everything = evaluated.splits[name]
        near = near_ties(evaluated.checkpoint.model, evaluated.batches, split, everything[:, rows])
        line = f"{name}: {wrong} of {count} answers wrong where {recorded} are recorded"
        if abs(wrong - recorded) <= near:
            outcome.ties.append(f"{line}; {near} have their two best scores within {NEAR_TIE:g}")
        else:
            outcome.differences.append(line)
    if not abs(loss - restart[f"{name}_loss"]) <= LOSS_TOLERANCE:
        outcome.differences.append(f"{name}: loss {loss:.6f} where {restart[f'{name}_loss']:.6f} "
                                   "is recorded")


def near_ties(model, batches, split, rows):
    """How many questions rounding could decide: their true answer is among two that nearly tie."""
    near = 0
    for part in rows.split(batches.at_once, dim=1):
        X, x_q, where, answers = (x[0] for x in batches.take(split, part[None]))
        best, words = model.answer(X, x_q, where)[0].topk(2, -1)         # (1, Q, 2)
        tied = best[..., 0] - best[..., 1] <= NEAR_TIE
        near += int((tied & (words == answers.unsqueeze(-1)).any(-1)).sum())
    return near
