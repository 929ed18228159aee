"""Questions of a data set as the tensors that MemN2N takes, many batches at once.

Dimensions as in replication/models/memn2n.py; T batches laid out together.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from replication.models.memn2n import bags
from replication.training.memn2n_bags import BagTable
from replication.training import few_words

QUESTIONS_AT_ONCE = 500   # questions of one task evaluated together
MIXED_AT_ONCE = 200       # questions of several tasks evaluated together
SCORES_AT_ONCE = 2**21    # scores of answers, of one restart, evaluated together
TRIALS = 1000             # batches drawn to see how many distinct statements one has


def time_indices(lengths, N, draws=None, noise=0.0):
    """The time word of each memory slot, 1 for the most recent; 0 for an empty slot.

    lengths (.., ) statements in memory. With `draws`, uniform in [0, 1), (.., 1 + C) where C is
    the most empty memories that can be mixed in, "random noise" (section 4.1, as the released code
    has it): with n memories draw a number from 0..ceil(noise n), and give the n memories a random
    increasing choice of the time words of so many memories more. The empty memories are inserted
    one by one at a uniform place, which makes every choice equally likely. Only then is each index
    cut to N, so that in a full memory several of the oldest statements share time word N.
    """
    n = lengths.unsqueeze(-1)                                            # (.., 1)
    t = torch.arange(N, dtype=torch.int16).expand(*lengths.shape, N)     # (.., N)
    full = t < n
    if draws is not None:
        C = draws.shape[-1] - 1
        most = torch.ceil(noise * n.double())
        empty = (draws[..., :1] * (most + 1)).long()
        t = t.clone()
        for j in range(C):
            place = (draws[..., 1 + j:2 + j] * (n + 1 + j)).long().masked_fill_(empty <= j, N + C)
            t += t >= place.short()
        t.clamp_(max=N - 1)
    return (t + 1).masked_fill_(~full, 0).long()


class Sparse(NamedTuple):
    """What is encoded by its few words, each slot by itself: tasks together, or many different
    words. Such sums round differently.
    """
    memories: bool = False
    questions: bool = False


class Batches:
    """Questions of a data set as the tensors that the model takes.

    X (S, W or 2 W), x_q (Sq, W or 2 W)  bags of the distinct statements and questions, where they
                                         are not sparse
    room  sentences encoded for a batch, where it pays to encode only those that occur; else None
    """

    def __init__(self, encoded, form, device, sparse=Sparse(), room=None):
        W = len(encoded.words)
        self.N, self.device, self.room = encoded.N, device, room
        self.at_once = MIXED_AT_ONCE if sparse.memories else QUESTIONS_AT_ONCE
        self.together = few_words.TOGETHER      # batches laid out together
        self.sentence_table = self.question_table = None
        if sparse.memories:
            self.sentence_table = BagTable(encoded, form, device)
        else:
            self.X = self._bags(encoded.sentences, encoded, form)
        if sparse.questions:
            self.at_once = max(1, min(self.at_once, SCORES_AT_ONCE // W))
            self.together = few_words.together(encoded, form)
            self.question_table = few_words.QuestionTable(encoded, form, device)
        else:
            self.x_q = self._bags(encoded.questions, encoded, form)

    def _bags(self, sentences, encoded, form):
        """(S, J - 1) words -> (S, W or 2 W)."""
        rows = torch.from_numpy(sentences)
        return bags(rows, len(encoded.words), encoded.J, form).float().to(self.device)

    def take(self, split, rows, draws=None, noise=0.0):
        """Some batches of questions: X, x_q, where and answers for MemN2N, a row a batch.

        rows   (T, R, B) which questions of the split
        draws  (T, R, B, 1 + C) for `time_indices`
        """
        stories = torch.from_numpy(split.stories)[rows]                  # (T, R, B, N)
        lengths = torch.from_numpy(split.lengths)[rows]
        time = time_indices(lengths, self.N, draws, noise)
        if self.sentence_table:
            X, where = self.sentence_table.take(stories, lengths, time)
        else:
            X = self.X.expand(len(rows), *self.X.shape)
            if self.room:
                sentences, stories = distinct(stories, len(self.X), self.room)
                X = self.X[sentences.to(self.device)]                      # (T, R, S', W or 2 W)
            where = torch.cat([stories, X.shape[-2] + self.N - time], -1)  # time words: T_N first
        questions = torch.from_numpy(split.questions)[rows]
        x_q = (self.question_table.take(questions) if self.question_table
               else self.x_q[questions.to(self.device)])
        answers = self.N + torch.from_numpy(split.answers)[rows]
        return X, x_q, where.to(self.device), answers.to(self.device)


def distinct(stories, S, room):
    """Which of S sentences occur in each batch, and the stories as indices into those.

    stories (T, R, B, N). Returns sentences (T, R, S'), padded with sentence 0, and stories. S' is
    `room` always, so that sums have the same number of terms, and so the same rounding, whatever
    the other batches hold; a batch with more sentences than that enlarges it.
    """
    flat = stories.flatten(2)
    occurs = torch.zeros(*flat.shape[:2], S, dtype=torch.bool)
    occurs.scatter_(2, flat, True)
    index = occurs.cumsum(2) - 1                                         # (T, R, S)
    room = max(room, int(index[..., -1].max()) + 1)
    sentences = torch.zeros(*flat.shape[:2], room, dtype=torch.int64)
    t, r, s = occurs.nonzero(as_tuple=True)
    sentences[t, r, index[t, r, s]] = s
    return sentences, index.gather(2, flat).view_as(stories)


def to_train(encoded, form, batch, device):
    """The training questions, to be taken in batches."""
    sparse = encodings(encoded, form, batch)
    room = None if sparse.memories else room_for_a_batch(encoded, batch)
    encoded = replace(encoded, sentences=encoded.sentences[:encoded.trained])
    return Batches(encoded, form, device, sparse, room)


def to_evaluate(encoded, form, batch, device):
    """All questions, to be evaluated many at once; `batch` as in training."""
    return Batches(encoded, form, device, encodings(encoded, form, batch))


def encodings(encoded, form, batch):
    """Whether memories, and whether questions, are Sparse."""
    if several_tasks(encoded):
        return Sparse(True, few_words.questions_by_few_words(encoded, form, batch))
    sparse = few_words.memories_by_few_words(encoded, form, batch)
    return Sparse(sparse, sparse)


def several_tasks(encoded):
    """Whether one model learns several tasks together."""
    return len(np.unique(encoded.train.tasks)) > 1


def room_for_a_batch(encoded, batch):
    """Room for the distinct sentences of any batch, or None where that is most of them anyhow.

    The most in many trial batches and a fifth more, which no batch is ever likely to reach. It
    depends on the data alone.
    """
    S, stories = encoded.trained, encoded.train.stories
    trial = np.random.default_rng(0).integers(len(stories), size=(TRIALS, batch))
    occurs = np.zeros((TRIALS, S), dtype=bool)
    occurs[np.arange(TRIALS)[:, None], stories[trial].reshape(TRIALS, -1)] = True
    room = math.ceil(1.2 * occurs.sum(1).max())
    return room if room < 0.8 * S else None
