"""Trains models on files of one's own: a pair of training and test file, or several together.

Every model sees the same three parts. Validated is on files of their own where they are there,
else on the last questions of each training file, as many as the protocol's share says.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from replication.records.files import sha256
from replication.training.babi_task import split
from replication.training.memn2n_inputs import encode
from tasks import babi
from tasks.errors import UserError

TASK = 0   # keys the draws; the paper's tasks have 1 to 20


@dataclass(frozen=True)
class Files:
    """Paths: for each training file its test file and, unless `valid` is empty, one to validate.

    digests  SHA-256 of the files of `paths_of`, as a run began
    """
    train: tuple
    test: tuple
    valid: tuple = ()
    digests: tuple = ()


@dataclass(frozen=True)
class Parts:
    """The questions of Files, lists of tasks.babi.Question: train[i], valid[i] and test[i].

    whole  whether valid[i] are the last questions of the file of train[i]
    """
    train: tuple
    valid: tuple
    test: tuple
    whole: bool


def read(files, share):
    """The Parts of Files; share: of a training file, to validate on where no files are for that."""
    train, valid, test = ([babi.read(path) for path in paths]
                          for paths in (files.train, files.valid, files.test))
    if not files.valid:
        train, valid = zip(*(split(questions, share) for questions in train))
    return Parts(tuple(train), tuple(valid), tuple(test), not files.valid)


def encoded(parts, capacity):
    """memn2n_inputs.Encoded of Parts: one task, or as many as there are files."""
    first = 1 if len(parts.train) > 1 else TASK
    train = {i: [*own, *valid] for i, (own, valid) in enumerate(zip(parts.train, parts.valid),
                                                                first)}
    both = encode(train, dict(enumerate(parts.test, first)), capacity)
    held_out, start = [], 0
    for own, valid in zip(parts.train, parts.valid):
        held_out += range(start + len(own), start + len(own) + len(valid))
        start += len(own) + len(valid)
    return replace(both, held_out=np.array(held_out, dtype=np.int64))


def names_of(paths):
    """Files' names: with their folder's where two would be the same."""
    paths = [Path(path).absolute() for path in paths]
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [
        f"{path.parent.name}/{path.name}" for path in paths]


def paths_of(files):
    """Every path of Files, in one order."""
    return [*files.train, *files.valid, *files.test]


def train_unchanged(train, files, protocol, seeds, device):
    """What `train` gives of Files; a cell's `train`. UserError where one has another digest now."""
    def refuse_changes():
        for path, digest in zip(paths_of(files), files.digests, strict=True):
            if sha256(path) != digest:
                raise UserError(f"{path}: has changed since the run began; run it again")
    refuse_changes()
    trained = train(files, protocol, seeds, device)
    refuse_changes()        # blocks that other processes train may have read it before or after
    return trained


def train_memn2n(files, protocol, seeds, device):
    """Restarts of one MemN2N; a cell's `train`. Of several files each restart has `by_file`:
    {name of the test file: test error in %}.
    """
    from replication.training.memn2n import train   # here, so that --help need not load torch
    trained = train(encoded(read(files, protocol.validation_share), protocol.capacity), protocol,
                    TASK, seeds, device)
    names = names_of(paths_of(files))
    for restart in trained.restarts:
        by_task = restart.pop("by_task", None)
        if by_task:
            restart["by_file"] = {name: by_task[i]["test_error"]
                                  for i, name in enumerate(names[-len(files.test):], start=1)}
    return trained


def train_lstm(files, protocol, seeds, device):
    """Restarts of the LSTM of Table 1; a cell's `train`."""
    from replication.training.recurrent_babi import splits_of, train_splits
    parts = read(files, protocol.validation_share)
    if parts.whole and len(parts.train) == 1:      # the story at the border is read on, as there
        train, test = [*parts.train[0], *parts.valid[0]], parts.test[0]
    else:
        train, test = one_file([*parts.train, *parts.valid]), one_file(parts.test)
    splits = splits_of(train, test, protocol, sum(map(len, parts.valid)))
    return train_splits(splits, protocol, TASK, seeds, device)


def train_supervised(files, protocol, seeds, device):
    """Restarts of the MemNN that is trained on supporting facts (AM+NG+NL); a cell's `train`."""
    from replication.training.memnn_adaptive import encode, train
    parts = read(files, protocol.validation_share)
    lists = (one_file(part) for part in (parts.train, parts.valid, parts.test))
    return train(encode(*lists, protocol.grams, protocol.adaptive), protocol, TASK, seeds)


def one_file(lists):
    """Questions of several files in one list; their stories' numbers stay different."""
    together, first = [], 0
    for questions in lists:
        together += [replace(question, story=question.story + first) for question in questions]
        first = together[-1].story + 1 if together else 0
    return together
