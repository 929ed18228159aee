"""Trains MemN2N as a language model (arXiv:1503.08895, section 5.1), one restart at a time.

The protocol's fields are documented in memn2n_language_model_protocol.py. After every epoch the
whole state of a run is on disk, and a run that was stopped goes on from there with the same
numbers: an epoch's draws are keyed by (seed, epoch) and need no state of a generator.

Dimensions as in replication/models/memn2n_language_model.py; T words of a split.
"""

import json
import math
import sys
import time

import numpy as np
import torch
from tqdm import tqdm

from replication.models.memn2n_language_model import LanguageModel
from replication.results import Trained

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


@torch.inference_mode()
def fit(corpus, protocol, seed, device, kept, name):
    """Trains one restart to its end, from where `kept` has it: (model, curves).

    corpus  tasks.corpora.Corpus
    kept    a language_model_state.Kept, or None to keep nothing
    name    what messages call the run
    curves  {name: list of a number an epoch}: mean losses in nats a word as the released code takes
            them (train_cost, valid_cost, test_cost), over every word (.._every_word), `rate` and
            `seconds`. A validation cost that is no number ends them
    """
    train, valid, test = (torch.from_numpy(split).to(device)
                          for split in (corpus.train, corpus.valid, corpus.test))
    model = new_model(len(corpus.words), protocol, seed, device)
    curves = {curve: [] for curve in CURVES}
    weights = kept.load(curves) if kept else None
    if weights:
        model = LanguageModel({key: w.to(device) for key, w in weights.items()}, protocol.hops)
    steps = steps_of(len(train), protocol)
    while (rate := next_rate(curves, protocol)) is not None:
        epoch, began = len(curves["rate"]) + 1, time.perf_counter()
        with tqdm(total=steps, desc=f"{name}, epoch {epoch}", unit="step", leave=False,
                  disable=None) as shown:
            cost = train_epoch(model, train, protocol, rate,
                               starts(len(train), protocol, seed, epoch), shown)
        on_valid, on_test = (costs(model, split, protocol.batch) for split in (valid, test))
        for curve, value in zip(CURVES, (
                rate, cost, on_valid["as released"], on_valid["every word"],
                on_test["as released"], on_test["every word"], time.perf_counter() - began)):
            curves[curve].append(value)
        if kept and math.isfinite(on_valid["as released"]):
            kept.store(model.weights(), curves)
        tqdm.write(f"{name}: epoch {epoch} at rate {rate:.3g}: perplexity "
                   f"{perplexity(cost):.1f} training, {perplexity(curves['valid_cost'][-1]):.1f} "
                   f"validation; {curves['seconds'][-1]:.0f} s", file=sys.stderr)
        sys.stderr.flush()
    return model, curves


CURVES = ("rate", "train_cost", "valid_cost", "valid_cost_every_word", "test_cost",
          "test_cost_every_word", "seconds")


def next_rate(curves, protocol):
    """The rate of the epoch after these curves; None where training has ended."""
    p, rate, cost = protocol, protocol.rate, curves["valid_cost"]
    if len(cost) >= p.epochs or (cost and not math.isfinite(cost[-1])):
        return None
    for epoch in range(1, len(cost)):
        before = cost[epoch - 1] if p.cut_beside == "previous" else min(cost[:epoch])
        if cost[epoch] > p.least_gain * before:
            rate /= p.cut
    return rate if rate >= p.least_rate else None


def restart_of(seed, curves):
    """What a record says of one restart: the last epoch's perplexities, as the paper reports."""
    ended = math.isfinite(curves["valid_cost"][-1])
    best = int(np.argmin(curves["valid_cost"])) if ended else None

    def of(curve, epoch):
        return perplexity(curves[curve][epoch]) if ended else None
    restart = {"seed": seed, "status": "ok" if ended else "diverged"}
    if not ended:
        restart["diverged_epoch"] = len(curves["valid_cost"])
    for split in ("valid", "test"):
        restart[f"{split}_perplexity"] = of(f"{split}_cost", -1)
        restart[f"{split}_perplexity_every_word"] = of(f"{split}_cost_every_word", -1)
        restart[f"{split}_perplexity_best_epoch"] = of(f"{split}_cost", best)
    return restart | {"train_perplexity": of("train_cost", -1),
                      "epochs": len(curves["rate"]) if ended else None,
                      "best_epoch": best + 1 if ended else None,
                      "trained_seconds": round(sum(curves["seconds"]), 1)}


def train_corpus(corpus, protocol, kept, name, seeds, device):
    """A cell's `train`: one restart a seed -> Trained.

    corpus  () -> tasks.corpora.Corpus
    kept    (seed) -> language_model_state.Kept or None
    Perplexities are those after the last epoch, as the released code scores them; `.._every_word`
    over every word that has a full memory, `.._best_epoch` after the epoch with the lowest
    validation cost, `.._stored` of the weights that the checkpoint holds.
    """
    text = corpus()
    trained = [fit(text, protocol, seed, device, kept(seed), f"{name}, seed {seed}")
               for seed in seeds]
    weights = [stored_weights(model) if math.isfinite(curves["valid_cost"][-1]) else None
               for model, curves in trained]
    restarts = [restart_of(seed, curves) | as_stored(stored, text, protocol, device)
                for seed, (_, curves), stored in zip(seeds, trained, weights)]
    rows = {curve: np.full((len(seeds), protocol.epochs), np.nan)
            for curve in CURVES if curve != "seconds"}       # they differ from run to run
    for number, (_, curves) in enumerate(trained):
        for curve, row in rows.items():
            row[number, :len(curves[curve])] = curves[curve]
    return Trained(restarts, rows, weights, {
        "kind": "MemN2N language model", "vocabulary": json.dumps(list(text.words))})


def stored_weights(model):
    """What a checkpoint holds: the paper's matrices with half the digits, to be half as large."""
    return {name: w.half().contiguous() for name, w in model.weights().items()}


def model_of(weights, hops, device="cpu"):
    """The model of a checkpoint's weights {name: tensor}."""
    return LanguageModel({name: w.float().to(device) for name, w in weights.items()}, hops)


@torch.inference_mode()
def as_stored(weights, corpus, protocol, device):
    """{valid_perplexity_stored, test_perplexity_stored} of weights as a checkpoint has them."""
    names = {f"{split}_perplexity_stored": split for split in ("valid", "test")}
    if weights is None:
        return dict.fromkeys(names)
    model = model_of(weights, protocol.hops, device)
    return {name: perplexity(costs(model, torch.from_numpy(getattr(corpus, split)).to(device),
                                   protocol.batch)["as released"])
            for name, split in names.items()}
