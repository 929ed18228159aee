"""Trains the strongly supervised MemNN that MemN2N's Table 1 quotes for bAbI, and its variants.

The column "MemNN strongly supervised" is the best model of arXiv:1502.05698: adaptive memory,
n-grams and a nonlinear match (AM+NG+NL), trained on the supporting facts. Its equations are in
replication/models/memnn_adaptive.py. `train_task` is what a cell of the table calls.

O and R have weights of their own and are trained apart: O on the true supports so far, R on the
true supports and the true words so far. In validation and test both see only what they found.
Every restart is trained by itself, so none depends on the others.
"""

import json
import math

import numpy as np
import torch

from replication.training.memnn_adaptive_inputs import encode, hop_queries, word_queries
from replication.models.memnn import TIME, in_use
from replication.models.memnn_adaptive import (Matcher, emit_words, facts_of, find_supports,
                                               hop_loss, word_loss)
from replication.records.record import Trained
from replication.training import epochs
from replication.training.random_streams import memnn_adaptive as generator
from tasks import babi
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
        self.encoded, self.protocol = encoded, protocol
        self.queries = hop_queries(encoded.train.supports, limits(protocol)[0])
        self.statements = encoded.statements[:encoded.trained]

    def losses(self, matcher, rows):
        """(Q,) of the queries `rows` (Q,)."""
        q, p = self.queries, self.protocol
        before, right = q.before[rows], q.right[rows]
        asked = self.encoded.train.asked.take(q.asked[rows])
        x = matcher.queries(self.encoded.questions[asked.questions],
                            facts_of(self.statements, asked.stories, before))
        scores = (x @ matcher.candidates(self.statements).T).gather(1, asked.stories)
        return hop_loss(scores, x @ matcher.time.T * in_use(p.time_features), right,
                        reference(before, asked.lengths), rivals(asked, before), p.margin)


def reference(before, lengths):
    """(Q,) slot of the last support; before the first, the question's, after all statements."""
    count = (before > 0).sum(1)
    last = before.gather(1, (count - 1).clamp(min=0)[:, None])[:, 0]
    return torch.where(count > 0, last, lengths + 1)


def rivals(asked, before):
    """(Q, T) whether a memory can be taken next: the stop memory, or a statement not yet taken."""
    there = torch.arange(asked.stories.shape[1]) <= asked.lengths[:, None]
    there.scatter_(1, before, False)      # 0 stands for "none" here ..
    there[:, 0] = True                    # .. and is the stop memory there
    return there


class ResponseTask:
    """What R is trained on: one query a word of an answer, the stop word included."""

    def __init__(self, encoded, protocol):
        self.encoded, self.protocol = encoded, protocol
        most_supports, most_words = limits(protocol)
        ids = {word: i for i, word in enumerate(encoded.features[:encoded.words])}
        self.queries = word_queries([tuple(ids[word] for word in answer)
                                     for answer in encoded.train.answers], most_words)
        self.found = slots(encoded.train.supports, most_supports)

    def losses(self, matcher, rows):
        """(Q,) of the queries `rows` (Q,)."""
        q, e = self.queries, self.encoded
        which = q.asked[rows]
        asked = e.train.asked.take(which)
        x = matcher.queries(e.questions[asked.questions],
                            facts_of(e.statements, asked.stories, self.found[which]),
                            q.before[rows])
        return word_loss(x @ matcher.words(e.words).T, q.right[rows], self.protocol.margin)


def slots(supports, most):
    """Tuples of slots, at most `most` of each, as (Q, H), 0 where there is none."""
    width = min(most, max(map(len, supports)))
    return torch.tensor([(*found, *[0] * width)[:width] for found in supports])


class Training:
    """One matcher on its way through the epochs."""

    def __init__(self, task, matcher, protocol, draw):
        self.task, self.matcher, self.draw, self.batch = task, matcher, draw, protocol.batch
        optimizer = {"Adam": torch.optim.Adam, "SGD": torch.optim.SGD}[protocol.optimizer]
        self.optimizer = optimizer(matcher.tensors().values(), lr=protocol.rate)
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
def respond(output, response, encoded, asked, protocol):
    """What the model answers when it is asked: (slots of the supports, words) of each question.

    output, response  the Matchers of O and R
    asked             memnn_adaptive_data.Asked, which has no supporting facts and no answers
    """
    most_supports, most_words = limits(protocol)
    found = find_supports(output, encoded.questions, encoded.statements, asked, most_supports,
                          protocol.time_features)
    emitted = emit_words(response, encoded.questions, encoded.statements, asked, found,
                         encoded.words, most_words)
    return ([tuple(place for place in row if place) for row in found.tolist()],
            [tuple(encoded.features[word] for word in row if word) for row in emitted.tolist()])


def judge(output, response, encoded, split, protocol):
    """(n_wrong, n_supports_wrong) of a split.

    An answer is right where all its words are, in their order; the supports where all are found,
    in the file's order.
    """
    found, answers = respond(output, response, encoded, split.asked, protocol)
    return (sum(given != right for given, right in zip(answers, split.answers)),
            sum(given != right for given, right in zip(found, split.supports)))


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
        if len(encoded.valid.asked):
            wrong = judge(*matchers, encoded, encoded.valid, protocol)[0]
            curves["valid_error"][epoch] = 100 * wrong / len(encoded.valid.asked)
        epochs.done(epoch + 1, protocol.epochs)
    figures = {"status": "ok"}
    for name, split in (("train", encoded.train), ("valid", encoded.valid),
                        ("test", encoded.test)):
        n = len(split.asked)
        n_wrong, n_supports = judge(*matchers, encoded, split, protocol) if n else (None, None)
        figures[f"{name}_error"] = 100 * n_wrong / n if n else None
        figures[f"{name}_supports_error"] = 100 * n_supports / n if n else None
    figures |= {"n_wrong": n_wrong, "train_loss": sum(losses)}
    weights = {f"{name}.{key}": tensor.detach().clone()
               for name, matcher in zip(("output", "response"), matchers)
               for key, tensor in matcher.tensors().items()}
    return figures, curves, weights


def train_task(train_file, test_file, task, protocol, seeds, device="cpu"):
    """Trains one task's restarts from its two files; a cell's `train`. Returns Trained."""
    if device != "cpu":
        raise UserError("MemNN's steps are too small for a GPU; use --device cpu")
    questions, test = babi.read(train_file), babi.read(test_file)
    n_train = len(questions) - math.floor(protocol.validation_share * len(questions))
    without = [q for q in questions[:n_train] if not q.supports]
    if without:
        raise UserError(f"{train_file}, line {without[0].line}: no supporting fact, which this "
                        "model is trained on; give a file that names them")
    return train_questions(questions[:n_train], questions[n_train:], test, task, protocol, seeds)


def train_questions(train, valid, test, task, protocol, seeds):
    """Trains restarts on lists of tasks.babi.Question.

    Returns replication.records.record.Trained. Errors in %; "supports_error" is the share of questions
    whose supporting facts were not all found in the file's order, which some can be answered
    without. train_loss is the mean loss of a hop plus that of a word, met in the last epoch.
    """
    encoded = encode(train, valid, test, protocol.grams, protocol.adaptive)
    results = [train_restart(encoded, protocol, task, seed) for seed in seeds]
    restarts = [{"seed": seed, **EMPTY, **figures, "n_test": len(test)}
                for seed, (figures, _, _) in zip(seeds, results)]
    curves = {name: np.stack([curve[name] for _, curve, _ in results])
              for name in results[0][1]}
    metadata = {"features": json.dumps(encoded.features), "words": str(encoded.words),
                "task": str(task)}
    return Trained(restarts, curves, [weights for _, _, weights in results], metadata)
