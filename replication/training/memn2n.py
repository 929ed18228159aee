"""Trains many restarts of MemN2N on one data set at once, each with its own draws.

The protocol is section 4.2 of End-To-End Memory Networks as the released code
runs it (replication/training/protocols.py).

A restart's numbers do not depend on which others it is trained with: every draw
comes from a generator keyed by (seed, task, stream), made on the CPU, and all
arithmetic is batched over R without mixing restarts.

Dimensions as in replication/models/memn2n.py; Q questions of a split.
"""

import json
import math
from functools import cache

import numpy as np
import torch

from replication.training.memn2n_batches import several_tasks, to_evaluate, to_train
from replication.models.memn2n import Form, MemN2N
from replication.records.record import diverged
from replication.training import epochs
from replication.training.babi_task import held_out
from replication.training.memn2n_inputs import encode
from replication.training.random_streams import memn2n as generator
from replication.training.restarts import trained_of
from tasks import babi

HUGE, LARGE = 1e15, 1e8   # norms of gradients: the square of one overflows; the other is safe


def train_task(task, protocol, seeds, device):
    """Trains a babi_task.Task's restarts; a cell's `train`. Returns record.Trained."""
    train_set, test_set = ({task.number: questions} for questions in task.questions())
    return train(encode(train_set, test_set, protocol.capacity), protocol, task.number, seeds,
                 device)


def train_jointly(files, questions, protocol, seeds, device):
    """Trains restarts of one model on all tasks; a Cell's `train` with a record for each.

    files      {task: (train_file, test_file)}
    questions  of each file used, the first ones; None: all
    """
    train_set, test_set = ({task: babi.read(pair[i]) if questions is None
                            else first_of(pair[i], questions) for task, pair in files.items()}
                           for i in (0, 1))
    return train(encode(train_set, test_set, protocol.capacity), protocol, 0, seeds, device)


@cache
def first_of(file, questions):
    """The first questions of a file, which is read once, however many models learn from them."""
    return babi.read(file)[:questions]


def learning_rates(protocol):
    """(rate, linear) of every epoch: first the linear start, then the schedule."""
    p = protocol
    start = [(p.linear_start_rate, True)] * p.linear_start_epochs
    rate = p.linear_start_rate if p.linear_start_epochs else p.rate
    return start + [(rate * 0.5 ** (epoch // p.halve_every), False)
                    for epoch in range(1, p.epochs + 1)]


def clip(gradient, limit, by):
    """Scales down, in place, each matrix of (n, R, V, d) or (R, d, d) whose norm exceeds `limit`.

    by "largest singular value", MATLAB's norm of a matrix, by which the released code clips every
    weight matrix, or "Frobenius norm". Bounds that cost little tell which to look at: the largest
    singular value s is at most the Frobenius norm of G, and s^4 at most that of (G^T G)^2. A
    matrix that is not finite is left as it is: its restart has diverged.
    """
    norm = torch.linalg.vector_norm(gradient, dim=(-2, -1))
    over = norm > limit
    if not over.any():
        return
    if (norm > HUGE).any():
        norm = tame(gradient, norm)
        over = (norm > limit) & norm.isfinite()
        if not over.any():
            return
    G = gradient if over.all() else gradient[over]
    norm = norm[over]
    if by == "largest singular value":
        GG = (G.mT @ G).flatten(0, -3)                                   # (over, d, d)
        # A fourth power may overflow; what is no number may be large.
        large = ~(torch.linalg.vector_norm(GG @ GG, dim=(-2, -1)) <= 0.999 * limit ** 4)
        norm.fill_(limit)
        norm[large] = largest_eigenvalues(GG[large]).clamp_min(0).sqrt()
    for which, factor in zip(over.nonzero().tolist(), (limit / norm).tolist()):
        if factor < 1:
            gradient[tuple(which)] *= factor


def largest_eigenvalues(matrices):
    """Of symmetric matrices (n, d, d): (n,).

    In single precision the iteration now and then does not end on a harmless matrix that has many
    eigenvalues at 0, as ReLU makes them; such a one, and no other, is taken in double precision.
    """
    try:
        return torch.linalg.eigvalsh(matrices)[:, -1]
    except torch.linalg.LinAlgError:
        if len(matrices) > 1:
            return torch.cat([largest_eigenvalues(one) for one in matrices.split(1)])
        return torch.linalg.eigvalsh(matrices.double())[:, -1].to(matrices)


def tame(gradient, norm):
    """Scales down, in place, finite matrices whose squares might overflow; returns all norms.

    They stay far above any limit, to which clipping then brings them in the same direction.
    """
    for which in map(tuple, (norm > HUGE).nonzero().tolist()):
        most = gradient[which].abs().max()
        if most.isfinite():
            gradient[which] *= LARGE / most
    return torch.linalg.vector_norm(gradient, dim=(-2, -1))


def step(model, dE, dH, rate, protocol):
    """One SGD step; the null word of the memories' tables goes back to 0."""
    for weights, gradient in ((model.E, dE), (model.H, dH)):
        if gradient is not None:
            clip(gradient, protocol.clip, protocol.clip_by)
            weights.add_(gradient, alpha=-rate)
    model.E[:model.form.memory_tables, :, model.N] = 0


def pick(g, Q, steps, B, replacement):
    """Which of Q questions make the batches of an epoch: (steps, B)."""
    if replacement or steps * B > Q:
        return g.integers(Q, size=(steps, B))
    return g.permutation(Q)[:steps * B].reshape(steps, B)


def evaluate(model, batches, split, rows, linear=False):
    """Loss (R, Q) and predicted word (R, Q) of the questions `rows` (R, Q), without noise."""
    losses, predictions = [], []
    for part in rows.split(batches.at_once, dim=1):
        X, x_q, where, answers = (x[0] for x in batches.take(split, part[None]))
        logp = model.answer(X, x_q, where, linear)[0].log_softmax(-1)
        losses.append(-logp.gather(2, answers.unsqueeze(-1)).squeeze(-1))
        predictions.append(logp.argmax(-1) - model.N)
    return torch.cat(losses, 1).cpu(), torch.cat(predictions, 1).cpu()


def new_model(encoded, protocol, seeds, task, device):
    """Fresh weights N(0, init), one restart a seed."""
    p = protocol
    form = Form.of(p)
    V = encoded.N + len(encoded.words)
    E, H = [], []
    for seed in seeds:
        draw = generator(seed, task, "weights")
        E.append(p.init * draw.standard_normal((form.tables, V, p.d)))
        if form.mapped:
            H.append(p.init * draw.standard_normal((p.d, p.d)))
    E = torch.from_numpy(np.stack(E, 1)).float().to(device)
    H = torch.from_numpy(np.stack(H)).float().to(device) if form.mapped else None
    return MemN2N(form, E, H, encoded.N, encoded.J)


def split_rows(Q, protocol, seeds, task):
    """Rows to train on (R, Q - v) and to validate on (R, v), v = a tenth of Q."""
    boundary = Q - held_out(Q, protocol.validation_share)
    if protocol.validation == "last":
        order = np.tile(np.arange(Q), (len(seeds), 1))
    else:
        order = np.stack([generator(seed, task, "split").permutation(Q) for seed in seeds])
    order = torch.from_numpy(order)
    return order[:, :boundary], order[:, boundary:]


def parts(encoded, protocol, seeds, task):
    """The same of a data set, whose own choice of what validates comes first."""
    Q = len(encoded.train)
    if encoded.held_out is None:
        return split_rows(Q, protocol, seeds, task)
    others = np.setdiff1d(np.arange(Q), encoded.held_out)
    return tuple(torch.from_numpy(np.tile(rows, (len(seeds), 1)))
                 for rows in (others, encoded.held_out))


@torch.inference_mode()
def train(encoded, protocol, task, seeds, device="cpu"):
    """Train one restart a seed on `encoded` and test it.

    task  the number that keys the draws (0 for all tasks together)

    Returns replication.records.record.Trained: the restarts' figures (errors in %, losses in nats a
    question; of several tasks also `by_task`, those of each), their curves over epochs, and their
    weights.
    """
    p, R = protocol, len(seeds)
    model = new_model(encoded, p, seeds, task, device)
    rows = dict(zip(("train", "valid"), parts(encoded, p, seeds, task)))
    training = to_train(encoded, model.form, p.batch, device)
    all_questions = to_evaluate(encoded, model.form, p.batch, device)
    streams = {name: [generator(seed, task, name) for seed in seeds] for name in ("order", "noise")}
    count = steps_of(rows["train"], p) * p.batch
    schedule = learning_rates(p)
    curves = {name: np.full((R, len(schedule)), np.nan, dtype=np.float32)
              for name in ("train_loss", "train_error", "valid_loss", "valid_error")}

    for epoch, (rate, linear) in enumerate(schedule):
        loss, wrong = torch.zeros(R, device=device), torch.zeros(R, device=device)
        for batch in drawn_batches(training, encoded.train, rows["train"], streams, p):
            dE, dH, batch_loss, batch_wrong = model.gradients(*batch, linear)
            step(model, dE, dH, rate, p)
            loss += batch_loss
            wrong += batch_wrong
        curves["train_loss"][:, epoch] = (loss / count).cpu()
        curves["train_error"][:, epoch] = (100 * wrong / count).cpu()
        if rows["valid"].shape[1]:
            losses, guesses = evaluate(model, all_questions, encoded.train, rows["valid"], linear)
            curves["valid_loss"][:, epoch] = losses.mean(1)
            curves["valid_error"][:, epoch] = error(encoded.train, rows["valid"], guesses)
        epochs.done(epoch + 1, len(schedule))
    figures = figures_of(model, all_questions, encoded, rows, curves["train_error"][:, -1])
    return trained_of(finish(model, figures, seeds, curves), {
        "vocabulary": json.dumps(encoded.words), "J": str(encoded.J), "N": str(encoded.N),
        "task": str(task)})


def steps_of(rows, protocol):
    """The steps of an epoch over the questions rows (R, Q): whole batches, one at least."""
    return max(1, rows.shape[1] // protocol.batch)


def drawn_batches(batches, split, rows, streams, protocol):
    """The batches of one epoch, drawn by each restart from its rows (R, Q) of a Split.

    streams  {"order", "noise": generators, one a restart}
    Yields what MemN2N.gradients takes.
    """
    p, (R, Q), steps = protocol, rows.shape, steps_of(rows, protocol)
    picks = torch.from_numpy(np.stack([pick(g, Q, steps, p.batch, p.replacement)
                                       for g in streams["order"]], 1))
    picks = rows[torch.arange(R)[:, None], picks]                        # (steps, R, B)
    draws = None
    if p.noise:
        most = math.ceil(p.noise * batches.N)
        draws = torch.from_numpy(np.stack([g.random((steps, p.batch, 1 + most))
                                           for g in streams["noise"]], 1))
    for first in range(0, steps, batches.together):
        part = slice(first, first + batches.together)
        yield from zip(*batches.take(split, picks[part], None if draws is None else draws[part],
                                     p.noise))


def error(split, rows, guesses):
    """Share of wrong answers in %, (R,)."""
    wrong = guesses != torch.from_numpy(split.answers)[rows]
    return 100 * wrong.double().mean(1)


def figures_of(model, batches, encoded, rows, online):
    """What the final weights make of the questions, of other tests too: {name: R values}.

    rows    {"train", "valid": (R, Q) rows of encoded.train}
    online  (R,) training error in % as it was met in the last epoch
    """
    R, figures = len(model.E[0]), {}

    def judge(name, split, part):
        losses, guesses = evaluate(model, batches, split, part)
        figures[f"{name}_error"] = error(split, part, guesses).tolist()
        figures[f"{name}_loss"] = losses.double().mean(1).tolist()
        return losses, guesses != torch.from_numpy(split.answers)[part]

    def all_of(split):
        return torch.arange(len(split)).expand(R, -1)

    for name in ("train", "valid"):
        judge(name, encoded.train, rows[name])
    losses, wrong = judge("test", encoded.test, all_of(encoded.test))    # (R, Q)
    figures |= {"n_wrong": wrong.sum(1).tolist(),
                "online_train_error": online.astype(float).tolist()}
    if several_tasks(encoded):
        figures["by_task"] = by_task(encoded.test.tasks, wrong.numpy(), losses.double().numpy())
    figures["n_test"] = [len(encoded.test)] * R
    for name, split in encoded.others.items():
        _, wrong = judge(f"{name}_test", split, all_of(split))
        figures |= {f"{name}_n_wrong": wrong.sum(1).tolist(), f"{name}_n_test": [len(split)] * R}
    return figures


def finish(model, figures, seeds, curves):
    """[(restart, curves, weights)] of each seed, from {name: R values} and {name: (R, epochs)}."""
    runs = []
    for r, seed in enumerate(seeds):
        values = {name: value[r] for name, value in figures.items()}
        own = {name: curve[r] for name, curve in curves.items()}
        lost = np.flatnonzero(~np.isfinite(own["train_loss"]))
        if not len(lost) and not finite(model, r, values):   # in the last epoch's last steps
            own["train_loss"][-1] = np.nan
            lost = [len(own["train_loss"]) - 1]
        if len(lost):
            counts = {name: value if name.endswith("n_test") else None
                      for name, value in values.items()}
            runs.append((diverged(seed, int(lost[0]) + 1, **counts), own, None))
        else:
            runs.append(({"seed": seed, "status": "ok", **values}, own, model.weights_of(r)))
    return runs


def finite(model, r, values):
    """Whether a restart's weights and losses are all numbers."""
    weights = model.E[:, r].isfinite().all() and (model.H is None or model.H[r].isfinite().all())
    return bool(weights) and math.isfinite(values["train_loss"] + values["test_loss"])


def by_task(tasks, wrong, losses):
    """R dicts {task: {test_error, test_loss, n_wrong, n_test}} from wrong, losses (R, Q)."""
    return [{int(task): {"test_error": 100 * float(w[tasks == task].mean()),
                         "test_loss": float(loss[tasks == task].mean()),
                         "n_wrong": int(w[tasks == task].sum()),
                         "n_test": int((tasks == task).sum())} for task in np.unique(tasks)}
            for w, loss in zip(wrong, losses)]
