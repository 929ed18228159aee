"""Trains the strongly supervised MemNN that MemN2N's Table 1 quotes for bAbI, and its variants.

The column "MemNN strongly supervised" is the best model of arXiv:1502.05698: adaptive memory,
n-grams and a nonlinear match (AM+NG+NL), trained on the supporting facts. Its equations are in
replication/models/memnn_adaptive.py.

O and R have weights of their own and are trained apart: O on the true supports so far, R on the
true supports and the true words so far. In validation and test both see only what O finds.
Every restart is trained by itself, so none depends on the others.
"""

import json
import math
from dataclasses import replace

import numpy as np
import torch

from replication.models.memnn import TIME, in_use
from replication.models.memnn_adaptive import (Hop, Matcher, emit_words, find_supports, hop_loss,
                                               word_loss)
from replication.training import babi_task, epochs
from replication.training.memnn_adaptive_inputs import encode, hop_queries, word_queries
from replication.training.random_streams import memnn_adaptive as generator
from replication.training.recurrent import OPTIMIZERS
from replication.training.restarts import refuse_gpu, trained_of
from tasks.errors import UserError

# The figures of a restart, as they are where it diverged.
EMPTY = dict.fromkeys(("train_error", "valid_error", "test_error", "n_wrong", "train_loss",
                       "train_supports_error", "valid_supports_error", "test_supports_error"))


def limits(protocol):
    """The most supports that O takes, and the most words that R emits."""
    return (protocol.most_supports, protocol.most_words) if protocol.adaptive else (2, 1)


def new_matcher(features, protocol, draw, emits):
    """Fresh weights of s_O, or of s_R, which emits words."""
    p = protocol

    def normal(*shape, deviation=p.init):
        return torch.from_numpy(deviation * draw.standard_normal(shape)).float().requires_grad_()

    return Matcher(
        y=normal(features, p.n), question=normal(features, p.n),
        supports=normal(p.support_blocks, features, p.n),
        W=normal(p.n, p.n, deviation=p.n ** -0.5) if p.nonlinear else None,
        time=None if emits else normal(TIME, p.n),
        emitted=normal(features, p.n) if emits else None)


class OutputTask:
    """What O is trained on: one query a hop, the stop memory's included."""

    def __init__(self, encoded, protocol):
        self.protocol, questions = protocol, encoded.train.questions
        self.questions = replace(questions, statements=questions.statements[:encoded.trained])
        self.queries = hop_queries(encoded.train.supports, limits(protocol)[0])

    def losses(self, matcher, rows):
        """(Q,) of the queries `rows` (Q,)."""
        q, p = self.queries, self.protocol
        before, questions = q.before[rows], self.questions.take(q.question[rows])
        x = matcher.queries(questions.phi, questions.facts(before))
        scores = (x @ matcher.candidates(questions.statements).T).gather(1, questions.stories)
        hop = Hop(q.right[rows], reference(before, questions.lengths), rivals(questions, before))
        return hop_loss(scores, x @ matcher.time.T * in_use(p.time_features), hop, p.margin)


def reference(before, lengths):
    """(Q,) slot of the last support; before the first, the question's, after all statements."""
    count = (before > 0).sum(1)
    last = before.gather(1, (count - 1).clamp(min=0)[:, None])[:, 0]
    return torch.where(count > 0, last, lengths + 1)


def rivals(questions, before):
    """(Q, T) whether a memory can be taken next: the stop memory, or a statement not yet taken."""
    free = torch.arange(questions.stories.shape[1]) <= questions.lengths[:, None]
    free.scatter_(1, before, False)      # 0 stands for "none" here ..
    free[:, 0] = True                    # .. and is the stop memory there
    return free


class ResponseTask:
    """What R is trained on: one query a word of an answer, the stop word included."""

    def __init__(self, encoded, protocol):
        self.protocol, self.questions, self.words = protocol, encoded.train.questions, encoded.words
        most_supports, most_words = limits(protocol)
        ids = {word: i for i, word in enumerate(encoded.features[:encoded.words])}
        self.queries = word_queries([tuple(ids[word] for word in answer)
                                     for answer in encoded.train.answers], most_words)
        self.supports = slots(encoded.train.supports, most_supports)

    def losses(self, matcher, rows):
        """(Q,) of the queries `rows` (Q,)."""
        q = self.queries
        numbers = q.question[rows]
        questions = self.questions.take(numbers)
        x = matcher.queries(questions.phi, questions.facts(self.supports[numbers]), q.before[rows])
        return word_loss(x @ matcher.words(self.words).T, q.right[rows], self.protocol.margin)


def slots(supports, most):
    """Tuples of slots, at most `most` of each, as (Q, H), 0 where there is none."""
    width = min(most, max(map(len, supports)))
    return torch.tensor([(*places, *[0] * width)[:width] for places in supports])


class Training:
    """One matcher on its way through the epochs."""

    def __init__(self, task, matcher, protocol, draw):
        self.task, self.matcher, self.draw, self.batch = task, matcher, draw, protocol.batch
        self.optimizer = OPTIMIZERS[protocol.optimizer](matcher.tensors().values(),
                                                        lr=protocol.rate)
        steps = protocol.epochs * math.ceil(len(task.queries) / protocol.batch)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer,
                                                          lambda step: 1 - step / steps)

    def epoch(self):
        """Every query once, in random order; the mean loss of a query before its step."""
        total = 0.0
        order = torch.from_numpy(self.draw.permutation(len(self.task.queries)))
        for rows in order.split(self.batch):
            losses = self.task.losses(self.matcher, rows)
            self.optimizer.zero_grad()
            losses.mean().backward()
            self.optimizer.step()
            self.schedule.step()
            total += losses.sum().item()
        return total / len(order)


@torch.no_grad()
def respond(output, response, encoded, questions, protocol):
    """What the model answers to Questions: (slots of the supports, words) of each.

    output, response  the Matchers of O and R
    """
    most_supports, most_words = limits(protocol)
    supports = find_supports(output, questions, most_supports, protocol.time_features)
    words = emit_words(response, questions, supports, encoded.words, most_words)
    return ([tuple(place for place in row if place) for row in supports.tolist()],
            [tuple(encoded.features[word] for word in row if word) for row in words.tolist()])


def judge(output, response, encoded, split, protocol):
    """(n_wrong, n_supports_wrong) of a split.

    An answer is right where all its words are, in their order; the supports where O takes all, in
    the file's order, and no other.
    """
    supports, answers = respond(output, response, encoded, split.questions, protocol)
    return (sum(words != right for words, right in zip(answers, split.answers)),
            sum(places != right for places, right in zip(supports, split.supports)))


def train_restart(encoded, protocol, task, seed):
    """One restart: (its figures, {name: curve of epochs}, {name: tensor} or None if diverged)."""
    training = [Training(kind(encoded, protocol),
                         new_matcher(len(encoded.features), protocol,
                                     generator(seed, task, f"{name} weights"), emits),
                         protocol, generator(seed, task, f"{name} order"))
                for kind, name, emits in ((OutputTask, "output", False),
                                          (ResponseTask, "response", True))]
    matchers = [part.matcher for part in training]
    curves = {name: np.full(protocol.epochs, np.nan, dtype=np.float32)
              for name in ("output_loss", "response_loss", "valid_error")}
    for epoch in range(protocol.epochs):
        losses = [part.epoch() for part in training]
        curves["output_loss"][epoch], curves["response_loss"][epoch] = losses
        if not all(map(math.isfinite, losses)):
            return {"status": "diverged", "diverged_epoch": epoch + 1}, curves, None
        if encoded.valid.answers:
            wrong = judge(*matchers, encoded, encoded.valid, protocol)[0]
            curves["valid_error"][epoch] = 100 * wrong / len(encoded.valid.answers)
        epochs.done(epoch + 1, protocol.epochs)
    figures = {"status": "ok"}
    for name, split in (("train", encoded.train), ("valid", encoded.valid),
                        ("test", encoded.test)):
        n = len(split.answers)
        n_wrong, n_supports = judge(*matchers, encoded, split, protocol) if n else (None, None)
        figures[f"{name}_error"] = 100 * n_wrong / n if n else None
        figures[f"{name}_supports_error"] = 100 * n_supports / n if n else None
    figures |= {"n_wrong": n_wrong, "train_loss": sum(losses)}
    weights = {f"{name}.{key}": tensor.detach().clone()
               for name, matcher in zip(("output", "response"), matchers)
               for key, tensor in matcher.tensors().items()}
    return figures, curves, weights


def train_task(task, protocol, seeds, device="cpu"):
    """Trains a babi_task.Task's restarts; a cell's `train`. Returns record.Trained."""
    refuse_gpu(device, "MemNN's steps")
    questions, test = task.questions()
    train_set, valid = babi_task.split(questions, protocol.validation_share)
    bare = next((q for q in train_set if not q.supports), None)
    if bare:
        raise UserError(f"{task.train}, line {bare.line}: no supporting fact, which this model is "
                        "trained on; give a file that names them")
    encoded = encode(train_set, valid, test, protocol.grams, protocol.adaptive)
    return train(encoded, protocol, task.number, seeds)


def train(encoded, protocol, task, seeds):
    """Trains restarts on Encoded.

    task  the number that keys the draws
    Returns record.Trained. Errors in %; "supports_error" is the share of questions whose
    supporting facts O did not all take in the file's order, which some can be answered without.
    train_loss is the mean loss of a hop plus that of a word, met in the last epoch.
    """
    runs = []
    for seed in seeds:
        figures, *more = train_restart(encoded, protocol, task, seed)
        restart = {"seed": seed, **EMPTY, **figures, "n_test": len(encoded.test.answers)}
        runs.append((restart, *more))
    return trained_of(runs, {"features": json.dumps(encoded.features), "words": str(encoded.words),
                             "task": str(task)})
