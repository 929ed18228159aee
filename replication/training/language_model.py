"""Training a language model by epochs: the rate's schedule, the state on disk, what is reported.

The schedule is that of MemN2N (arXiv:1503.08895, section 5.1), who have it from Mikolov et al.
2014. What a model is and how it learns is a learner's affair. It has

    weights(), load(weights)            {name: tensor}
    steps                               of an epoch
    train_epoch(rate, epoch, shown)     one epoch in place: the mean loss in nats a word
    costs(split)                        mean losses of "valid" or "test", as {"as released", "every
                                        word"}

All is on disk after every epoch, and a run that was stopped goes on from there with the same
numbers: an epoch's draws are keyed by its number and need no state of a generator.
"""

import json
import math
import sys
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm import tqdm

from replication.records.record import diverged
from replication.training.restarts import trained_of

CURVES = ("rate", "train_cost", "valid_cost", "valid_cost_every_word", "test_cost",
          "test_cost_every_word", "seconds")


def perplexity(cost):
    """exp of a mean loss in nats; infinity where it is too large, or no number: a run diverged."""
    return math.exp(cost) if cost < 700 else math.inf


def next_rate(curves, protocol):
    """The rate of the epoch after these curves; None where training has ended."""
    p, rate, cost = protocol, protocol.rate, curves["valid_cost"]
    if len(cost) >= p.epochs or (cost and perplexity(cost[-1]) == math.inf):
        return None
    for epoch in range(1, len(cost)):
        before = cost[epoch - 1] if p.cut_beside == "previous" else min(cost[:epoch])
        if cost[epoch] > p.least_gain * before:
            rate /= p.cut
    return rate if rate >= p.least_rate else None


@torch.no_grad()
def fit(learner, protocol, kept, name):
    """Trains one restart to its end, from where `kept` has it, and returns its curves.

    kept  a language_model_state.Kept, or None to keep nothing
    name  what messages call the run
    Returns {name of CURVES: list of a number an epoch}: mean losses in nats a word. An infinite
    validation perplexity ends them.
    """
    curves = {curve: [] for curve in CURVES}
    weights = kept.load(curves) if kept else None
    if weights:
        learner.load(weights)
    while (rate := next_rate(curves, protocol)) is not None:
        epoch, began = len(curves["rate"]) + 1, time.perf_counter()
        with tqdm(total=learner.steps, desc=f"{name}, epoch {epoch}", unit="step", leave=False,
                  disable=None) as shown:
            cost = learner.train_epoch(rate, epoch, shown)
        valid, test = learner.costs("valid"), learner.costs("test")
        for curve, value in zip(CURVES, (
                rate, cost, valid["as released"], valid["every word"], test["as released"],
                test["every word"], time.perf_counter() - began)):
            curves[curve].append(value)
        if kept and perplexity(valid["as released"]) < math.inf:
            kept.store(learner.weights(), curves)
        tqdm.write(f"{name}: epoch {epoch} at rate {rate:.3g}: perplexity "
                   f"{perplexity(cost):.1f} training, {perplexity(valid['as released']):.1f} "
                   f"validation; {curves['seconds'][-1]:.0f} s", file=sys.stderr)
        sys.stderr.flush()
    return curves


def restart_of(seed, curves):
    """What a record says of one restart: the last epoch's perplexities, as the paper reports."""
    epochs = len(curves["valid_cost"])
    if perplexity(curves["valid_cost"][-1]) == math.inf:
        return diverged(seed, epochs)
    best = int(np.argmin(curves["valid_cost"]))
    restart = {"seed": seed, "status": "ok", "epochs": epochs, "best_epoch": best + 1,
               "train_perplexity": perplexity(curves["train_cost"][-1])}
    for split in ("valid", "test"):
        cost, every = curves[f"{split}_cost"], curves[f"{split}_cost_every_word"]
        restart[f"{split}_perplexity"] = perplexity(cost[-1])
        restart[f"{split}_perplexity_every_word"] = perplexity(every[-1])
        restart[f"{split}_perplexity_best_epoch"] = perplexity(cost[best])
    return restart


def as_stored(learner, weights):
    """{valid_perplexity_stored, test_perplexity_stored} of weights as a checkpoint has them."""
    learner.load(weights)
    return {f"{split}_perplexity_stored": perplexity(learner.costs(split)["as released"])
            for split in ("valid", "test")}


@dataclass(frozen=True)
class Row:
    """A row of a table of language models: what is trained.

    name      what messages call it
    kind      (corpus, protocol, seed, device) -> a learner
    protocol  its hyper-parameters
    kept      (seed) -> language_model_state.Kept; None: nothing is kept between epochs
    """
    name: str
    kind: object
    protocol: object
    kept: object = None


def train_corpus(row, corpus, seeds, device):
    """A cell's `train`: one restart of a Row a seed -> Trained.

    corpus  () -> tasks.corpora.Corpus
    Perplexities are those after the last epoch, as the released code scores them; `.._every_word`
    over every word that has a full memory, `.._best_epoch` after the epoch with the lowest
    validation cost, `.._stored` of the weights that the checkpoint holds: with half the digits, to
    be half as large. A restart that was begun on one kind of machine and went on on another names
    both as `kinds`: no single one gives its bits again.
    """
    text, runs, earlier = corpus(), [], 0.0
    for seed in seeds:
        learner = row.kind(text, row.protocol, seed, device)
        began = time.perf_counter()
        kept = row.kept and row.kept(seed)
        curves = fit(learner, row.protocol, kept, f"{row.name}, seed {seed}")
        earlier += max(0.0, sum(curves["seconds"]) - (time.perf_counter() - began))
        restart = restart_of(seed, curves)
        if kept and len(kinds := kept.kinds()) > 1:
            restart["kinds"] = kinds
        weights = {name: w.half().contiguous() for name, w in learner.weights().items()}
        if restart["status"] == "ok":
            with torch.no_grad():
                restart |= as_stored(learner, weights)
        rest = row.protocol.epochs - len(curves["rate"])
        curves = {name: np.pad(np.array(values, dtype=float), (0, rest), constant_values=np.nan)
                  for name, values in curves.items() if name != "seconds"}     # differs every time
        runs.append((restart, curves, weights))
    return replace(trained_of(runs, {"kind": row.kind.NAME,
                                     "vocabulary": json.dumps(list(text.words))}), earlier=earlier)
