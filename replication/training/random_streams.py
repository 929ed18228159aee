"""Keyed random generators: a restart's draws depend on its keys alone, never on its neighbours.

A generator is made on the CPU from numpy's SeedSequence over the restart's seed, what it is
trained on, and the number of the stream, the purpose of its draws. The numbers stand here, for all
trainers; committed figures hang on each of them, so that none ever changes. Those of different
models may be equal, and "labels" of large-scale QA is drawn twice, for the wrong answers and for
their order: no figure compares what the two draw.
"""

import numpy as np
import torch

from tasks import simulated_world

MEMN2N = {"weights": 0, "order": 1, "noise": 2, "split": 3}
MEMNN_ADAPTIVE = {"output weights": 0, "output order": 1, "response weights": 2,
                  "response order": 3}
MEMNN_BABI = {"weights of O": 0, "order of O": 1, "pairs of O": 2, "negatives": 3,
              "weights of R": 4, "order of R": 5, "pairs of R": 6}
MEMNN_WORLD = {"weights": 100, "order": 101, "negatives": 102, "segmenter weights": 103,
               "segmenter order": 104, "segmenter negatives": 105, "unseen": 106, "words": 107}
WORLD_RNN = {"weights": 200, "chunks": 201, "writing": 202}
BABI_LSTM = {"weights": 300, "order": 301}
KERAS_BABI_MEMNN = {"weights": 400, "order": 401, "dropped": 402}
TEXT = {"weights": 400, "positions": 401, "recurrent weights": 402}
LARGE_SCALE = {"weights": 200, "order": 201, "questions": 202, "negatives": 203, "paraphrases": 204,
               "labels": 205, "recombined statements": 220, "new words": 221,
               "measured questions": 222, "dialogue": 230}


def memn2n(seed, task, stream):
    """numpy, of MemN2N; task 0: of all tasks together."""
    return _numpy(np.random.SeedSequence([seed, task, MEMN2N[stream]]))


def memnn_adaptive(seed, task, stream):
    """numpy, of MemNN strongly supervised."""
    return _numpy(np.random.SeedSequence([seed, task, MEMNN_ADAPTIVE[stream]]))


def memnn_babi(seed, task, stream):
    """torch, of the MemNN of 2014 and MemNN-WSH."""
    return _torch(np.random.SeedSequence([seed, task, MEMNN_BABI[stream]]))


def memnn_world(seed, world, stream):
    """torch, of MemNN in a simulated_world.World."""
    return _torch(_of_world(seed, world, MEMNN_WORLD[stream]))


def world_rnn(seed, world, stream):
    """torch, of the recurrent models in a simulated_world.World."""
    return _torch(_of_world(seed, world, WORLD_RNN[stream]))


def babi_lstm(seed, task, stream):
    """torch, of the LSTM on bAbI."""
    return _torch(np.random.SeedSequence(seed, spawn_key=(task, BABI_LSTM[stream])))


def keras_babi_memnn(seed, task, stream):
    """torch, of the Keras example's memory network."""
    return _torch(np.random.SeedSequence(seed, spawn_key=(task, KERAS_BABI_MEMNN[stream])))


def text(seed, stream, epoch=0):
    """numpy, of the language models, for one epoch."""
    return _numpy(np.random.SeedSequence(seed, spawn_key=(TEXT[stream], epoch)))


def large_scale(seed, stream):
    """numpy, of large-scale QA and what is built on it."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(LARGE_SCALE[stream],)))


def _of_world(seed, world, number):
    kind = tuple(simulated_world.KINDS).index(world.kind)
    return np.random.SeedSequence(seed, spawn_key=(kind, world.difficulty, number))


def _numpy(keys):
    return np.random.Generator(np.random.Philox(keys))


def _torch(keys):
    state = keys.generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)
