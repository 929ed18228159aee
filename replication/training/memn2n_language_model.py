"""MemN2N as a language model learns and is scored (arXiv:1503.08895, section 5.1).

The protocol's fields are documented in protocols.py, what a learner is in
language_model.py.

Dimensions as in replication/models/memn2n_language_model.py; T words of a split.
"""

import math

import torch

from replication.models.memn2n_language_model import LanguageModel
from replication.training import memn2n_language_model_cuda
from replication.training.language_model import perplexity
from replication.training.random_streams import text as generator

# G, L where nothing is trained; no result depends on it but by rounding.
EVALUATED = {"cpu": (8, 32), "cuda": (128, 32)}
STEPS_SHOWN = 20         # steps between two looks at the loss, which wait for a GPU


def shapes_of(V, protocol):
    """{name: shape} of a model's weights."""
    p = protocol
    return {"A": (V, p.d), "C": (V, p.d), "T_A": (p.memory, p.d), "T_C": (p.memory, p.d),
            "H": (p.d, p.d), "W": (V, p.d)}


def new_model(V, protocol, seed, device="cpu"):
    """Fresh weights N(0, init)."""
    draw = generator(seed, "weights")
    weights = {name: torch.from_numpy(protocol.init * draw.standard_normal(shape))
               for name, shape in shapes_of(V, protocol).items()}
    return model_of(weights, protocol.hops, device)


def model_of(weights, hops, device="cpu"):
    """The model of stored weights {name: tensor}."""
    return LanguageModel({name: w.float().to(device) for name, w in weights.items()}, hops)


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


def steps_with(model, text, protocol, rate):
    """places (G,) of windows in a text -> their loss, a tensor, after one step that learns it."""
    p = protocol
    every = windows(text, p.memory, p.window)

    def take(places):
        window = every[places]                                           # (G, N + L)
        g, loss = model.gradients(window[:, :-1], window[:, p.memory:])
        step(model, g, rate, p.clip)
        return loss
    return take


def evaluated(text, N):
    """Windows (G, J) and the words (G, L) after their memories, each with a full memory once."""
    G, L = EVALUATED[text.device.type]
    count = (len(text) - N) // L
    whole = windows(text, N, L)[:count * L:L].split(G) if count else ()
    rest = text[None, count * L:]
    for window in (*whole, *([rest] if rest.shape[1] > N else [])):
        yield window[:, :-1], window[:, N:]


def losses(model, text):
    """Loss in nats of every word of the text that has a full memory: (T - N,), float64."""
    parts = [model.losses(x, y).flatten() for x, y in evaluated(text, model.N)]
    return torch.cat(parts).double().cpu()


def average_attention(model, text):
    """Each hop's attention over the slots, the mean over the text's words: (K, N), float64."""
    total = torch.zeros(model.K, model.N, dtype=torch.float64, device=text.device)
    for x, _ in evaluated(text, model.N):
        total += torch.stack(model.hops(x)[1]).sum((1, 2), dtype=torch.float64)
    return (total / (len(text) - model.N)).cpu()


def cost_as_released(each, T, batch):
    """The mean that the released code takes of losses (T - N,).

    It leaves out the first word that has a full memory, and fills ceil(T / batch) batches,
    beginning again where the text ends.
    """
    total = math.ceil(T / batch) * batch
    return each[1 + torch.arange(total) % (len(each) - 1)].mean().item()


class Learner:
    """One restart, as language_model.py wants it."""

    NAME = "MemN2N language model"
    TRAINER = "memn2n_language_model"
    STEPS = {"cpu": steps_with, "cuda": memn2n_language_model_cuda.steps_with}

    def __init__(self, corpus, protocol, seed, device):
        self.protocol, self.seed, self.device = protocol, seed, device
        self.texts = {split: torch.from_numpy(getattr(corpus, split)).to(device)
                      for split in ("train", "valid", "test")}
        self.model = new_model(len(corpus.words), protocol, seed, device)
        self.steps = steps_of(len(corpus.train), protocol)

    def weights(self):
        return self.model.weights()

    def load(self, weights):
        self.model = model_of(weights, self.protocol.hops, self.device)

    def train_epoch(self, rate, epoch, shown):
        p, text, total = self.protocol, self.texts["train"], 0.0
        recent = torch.zeros((), dtype=torch.float64, device=self.device)
        positions = starts(len(text), p, self.seed, epoch).to(self.device)
        take = self.STEPS[text.device.type](self.model, text, p, rate)
        for number, places in enumerate(positions, start=1):
            recent += take(places)
            if number % STEPS_SHOWN == 0 or number == self.steps:
                total += recent.item()
                recent.zero_()
                shown.update(number - shown.n)
                shown.set_postfix(
                    perplexity=f"{perplexity(total / (number * p.batch)):.1f}", refresh=False)
        return total / (self.steps * p.batch)

    def costs(self, split):
        each = losses(self.model, self.texts[split])
        return {"as released": cost_as_released(each, len(self.texts[split]),
                                                self.protocol.batch),
                "every word": each.mean().item()}
