"""Trains MemN2N as a language model (arXiv:1503.08895, section 5.1), one restart at a time.

The protocol's fields are documented in memn2n_language_model_protocol.py. After every epoch the
whole state of a run is on disk, and a run that was stopped goes on from there with the same
numbers: an epoch's draws are keyed by (seed, epoch) and need no state of a generator.

Dimensions as in replication/models/memn2n_language_model.py; T words of a split.
"""

import json
import math
from functools import cached_property

import numpy as np
import torch
from tqdm import tqdm

from replication.models.memn2n_language_model import LanguageModel

STREAMS = {"weights": 400, "positions": 401}
EVALUATED = (8, 32)      # G, L where nothing is trained; no result depends on it but by rounding
STEPS_SHOWN = 20         # steps between two looks at the loss, which wait for a GPU


def generator(seed, stream, epoch=0):
    """The random numbers of one restart for one purpose, of one epoch."""
    return np.random.Generator(np.random.Philox(
        np.random.SeedSequence(seed, spawn_key=(STREAMS[stream], epoch))))


def new_model(V, protocol, seed, device="cpu"):
    """Fresh weights N(0, init)."""
    p, draw = protocol, generator(seed, "weights")
    shapes = {"A": (V, p.d), "C": (V, p.d), "T_A": (p.memory, p.d), "T_C": (p.memory, p.d),
              "H": (p.d, p.d), "W": (V, p.d)}
    return LanguageModel({name: torch.from_numpy(p.init * draw.standard_normal(shape)).float()
                          .to(device) for name, shape in shapes.items()}, p.hops)


def steps_of(T, protocol):
    """Steps of an epoch: as many as batches of all T words would be."""
    return math.ceil(T / protocol.batch)


def windows(text, N, L):
    """All windows of a text (T,) and the L words after each full memory: a view (.., N + L)."""
    return text.unfold(0, N + L, 1)


def starts(T, protocol, seed, epoch):
    """Where the windows of each step begin: (steps, G), drawn with replacement.

    The first word that is predicted is never the first one with a full memory, as in the released
    code.
    """
    p = protocol
    return torch.from_numpy(generator(seed, "positions", epoch).integers(
        1, T - p.memory - p.window + 1, size=(steps_of(T, p), p.batch // p.window)))


def step(model, g, rate, limit):
    """One SGD step on Gradients whose norm, of all matrices together, is cut to `limit`."""
    norm = math.sqrt(sum(float(x.flatten() @ x.flatten())
                         for x in (g.A, g.C, g.T_A, g.T_C, g.H, g.W)))
    alpha = -rate * min(1.0, limit / norm)
    for name in model.NAMES:
        weights, gradient = getattr(model, name), getattr(g, name)
        if name in ("A", "C"):
            weights.index_add_(0, g.words, gradient, alpha=alpha)
        else:
            weights.add_(gradient, alpha=alpha)


def train_epoch(model, text, protocol, rate, drawn, shown):
    """One epoch in place; returns the mean loss in nats a word.

    text   (T,) words
    drawn  (steps, G) from `starts`
    shown  tqdm
    """
    p, total, words = protocol, 0.0, 0
    every = windows(text, p.memory, p.window)
    recent = torch.zeros((), dtype=torch.float64, device=text.device)
    for number, start in enumerate(drawn.to(text.device), start=1):
        window = every[start]                                            # (G, N + L)
        g, loss = model.gradients(window[:, :-1], window[:, p.memory:])
        step(model, g, rate, p.clip)
        recent += loss
        if number % STEPS_SHOWN == 0 or number == len(drawn):
            total, words = total + recent.item(), number * p.batch
            recent.zero_()
            shown.update(number - shown.n)
            shown.set_postfix(perplexity=f"{perplexity(total / words):.1f}")
    return total / words


def perplexity(loss):
    """exp of a mean loss in nats; infinity where it is too large."""
    return math.exp(loss) if loss < 700 else math.inf


def losses(model, text):
    """Loss in nats of every word of the text that has a full memory: (T - N,), float64."""
    G, L = EVALUATED
    N, parts = model.N, []
    count = (len(text) - N) // L
    every = windows(text, N, L)[:count * L:L]
    for window in every.split(G):
        parts.append(model.losses(window[:, :-1], window[:, N:]).flatten())
    rest = text[count * L:]
    if len(rest) > N:
        parts.append(model.losses(rest[None, :-1], rest[None, N:]).flatten())
    return torch.cat(parts).double().cpu()


def cost_as_released(each, T, batch):
    """The mean that the released code takes of losses (T - N,).

    It leaves out the first word that has a full memory, and fills ceil(T / batch) batches,
    beginning again where the text ends.
    """
    total = math.ceil(T / batch) * batch
    return each[1 + torch.arange(total) % (len(each) - 1)].mean().item()


def costs(model, text, batch):
    """{"as released", "every word"}: mean losses of a split in nats a word."""
    each = losses(model, text)
    return {"as released": cost_as_released(each, len(text), batch),
            "every word": each.mean().item()}
