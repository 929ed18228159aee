"""The answerer that learns nothing but the most frequent answer."""

from collections import Counter

import numpy as np

from replication.training import babi_task
from replication.training.restarts import percent, trained_of


def most_frequent(task, protocol, seeds, device):
    """Gives every question of a babi_task.Task the most frequent answer of its training questions;
    a cell's `train`. Returns record.Trained; errors in %.
    """
    questions, test = task.questions()
    train, _ = babi_task.split(questions, protocol.validation_share)
    answer = Counter(question.answer for question in train).most_common(1)[0][0]
    wrong = {name: np.array([question.answer != answer for question in part])
             for name, part in (("train", train), ("test", test))}
    restart = {"status": "ok", **{f"{name}_error": percent(part) for name, part in wrong.items()},
               "n_wrong": int(wrong["test"].sum()), "n_test": len(test)}
    curves = {"train_error": np.array([restart["train_error"]])}
    return trained_of([({"seed": seed, **restart}, curves, {}) for seed in seeds], {})
