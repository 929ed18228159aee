"""Trains models on files of one's own: a pair of training and test file, or several together.

Every model sees the same three parts. Validated is on files of their own where they are there,
else on the last questions of each training file, as many as the protocol's share says.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tasks import babi
from replication.training.memn2n_inputs import encode

TASK = 0   # keys the draws; the paper's tasks have 1 to 20


@dataclass(frozen=True)
class Files:
    """Paths: for each training file its test file and, if `valid` is not empty, that to validate."""
    train: tuple
    test: tuple
    valid: tuple = ()


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
        seen = [len(questions) - int(share * len(questions)) for questions in train]
        valid = [questions[n:] for questions, n in zip(train, seen)]
        train = [questions[:n] for questions, n in zip(train, seen)]
    return Parts(tuple(train), tuple(valid), tuple(test), not files.valid)


def encoded(parts, capacity):
    """replication.training.memn2n_inputs.Encoded of Parts: one task, or as many as there are files."""
    first = 1 if len(parts.train) > 1 else TASK
    train = {i: [*seen, *held] for i, (seen, held) in enumerate(zip(parts.train, parts.valid),
                                                                first)}
    made = encode(train, dict(enumerate(parts.test, first)), capacity)
    held_out, start = [], 0
    for seen, held in zip(parts.train, parts.valid):
        held_out += range(start + len(seen), start + len(seen) + len(held))
        start += len(seen) + len(held)
    return replace(made, held_out=np.array(held_out, dtype=np.int64))


def train_memn2n(files, protocol, seeds, device):
    """Restarts of one MemN2N; a cell's `train`. Of several files each restart has `by_file`:
    {name of the test file: test error in %}.
    """
    from replication.training.memn2n import train   # here, so that --help need not load torch
    trained = train(encoded(read(files, protocol.validation_share), protocol.capacity), protocol,
                    TASK, seeds, device)
    for restart in trained.restarts:
        by_task = restart.pop("by_task", None)
        if by_task:
            restart["by_file"] = {Path(file).name: by_task[i]["test_error"]
                                  for i, file in enumerate(files.test, start=1)}
    return trained


def train_lstm(files, protocol, seeds, device):
    """Restarts of the LSTM of Table 1; a cell's `train`."""
    from replication.training.recurrent_babi import train_questions
    parts = read(files, protocol.validation_share)
    if parts.whole and len(parts.train) == 1:      # the story at the border is read on, as there
        seen, asked = [*parts.train[0], *parts.valid[0]], parts.test[0]
    else:
        seen, asked = one_file([*parts.train, *parts.valid]), one_file(parts.test)
    return train_questions(seen, asked, TASK, protocol, seeds, device, sum(map(len, parts.valid)))


def train_supervised(files, protocol, seeds, device):
    """Restarts of the MemNN that is trained on supporting facts (AM+NG+NL); a cell's `train`."""
    from replication.training.memnn_adaptive import train_questions
    parts = read(files, protocol.validation_share)
    train, valid, test = (one_file(part) for part in (parts.train, parts.valid, parts.test))
    return train_questions(train, valid, test, TASK, protocol, seeds)


def one_file(lists):
    """Questions of several files in one list; their stories' numbers stay different."""
    made, first = [], 0
    for questions in lists:
        made += [replace(question, story=question.story + first) for question in questions]
        first = made[-1].story + 1 if made else 0
    return made
