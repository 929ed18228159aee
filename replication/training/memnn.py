"""Trains O and R of MemNN on a bAbI task, several restarts at once, and lets one model answer.

The steps are those of models/memnn_sgd.py: one question at a time, gradients written out.
Since R's loss does not reach O (section 3.1), O is trained first and R after it. Dimensions as in
models/memnn.py and memnn_babi_data.py.
"""

from dataclasses import dataclass

import torch

from replication.models import memnn
from replication.models.memnn_sgd import output_step, response_step
from replication.training.random_streams import memnn_babi

STEPS = 50     # steps whose draws are laid out together; no result depends on it


@dataclass(frozen=True)
class SupportsApart(memnn.Layout):
    """Phi_x with a block of its own for each supporting memory: m_o1 and m_o2 are told apart."""

    @property
    def features(self):
        return 4 * self.words + memnn.TIME

    def support(self, ids):
        """Phi_x, words of the supporting memories: (hops, ..., L) word ids -> rows of E."""
        hop = torch.arange(len(ids)).view(-1, *[1] * (ids.dim() - 1))
        return super().support(ids) + hop * self.words

    def pads(self):
        blocks = self.support(torch.tensor([[memnn.PAD], [memnn.PAD]]))
        return [self.y(memnn.PAD), self.input(memnn.PAD), *blocks[:, 0].tolist()]


def layout(words, protocol):
    """The features of a model with so many words."""
    return {"one block": memnn.Layout, "a block each": SupportsApart}[protocol.supports](words)


def _generators(seeds, task, stream):
    """The draws of each restart for one purpose."""
    return [memnn_babi(seed, task, stream) for seed in seeds]


def initial(features, protocol, seeds, task, stream):
    """E of each restart, (R, D, n)."""
    return torch.stack([memnn.initial(features, protocol.size, protocol.scale, g)
                        for g in _generators(seeds, task, stream)])


def choose(there, draws):
    """One of the slots that are there for each draw, all equally likely.

    there (..., N), draws (..., K) in [0, 1). Returns (..., K) slots; N where none is there.
    """
    counted = there.cumsum(-1)
    wanted = (draws.double() * counted[..., -1:]).long() + 1
    return torch.searchsorted(counted, wanted)


def draw_pair(data, supervision, stream):
    """A valid first and second hop for every question, drawn evenly, (2, Q).

    Where no memory is valid it is the null memory.
    """
    rows = torch.arange(len(data.answers))
    positions, there = data.slots(rows)
    pair = []
    for hop in range(2):
        valid = supervision.valid(hop, rows, pair[0] if hop else None, positions) & there
        slot = choose(valid, torch.rand(len(rows), 1, generator=stream))
        slot = slot.masked_fill(slot == valid.shape[-1], 0)
        pair.append(positions.gather(1, slot)[:, 0])
    return torch.stack(pair)


def draw_negatives(supervision, rows, pair, positions, there, draws):
    """Memories that are not valid, for each hop.

    rows (...), pair (..., 2) positions, draws (..., 2, S) in [0, 1). Returns (..., 2, S) positions:
    the pair's own, which is no negative, where no memory is invalid. The null memory is invalid
    but where it stands in for a valid one.
    """
    invalid = torch.stack([there & ~supervision.valid(hop, rows, pair[..., 0], positions)
                           for hop in range(2)], -2)
    invalid &= positions.unsqueeze(-2) != pair.unsqueeze(-1)
    slot = choose(invalid, draws)
    none = slot == invalid.shape[-1]
    drawn = positions.unsqueeze(-2).expand_as(invalid).gather(-1, slot.masked_fill(none, 0))
    return torch.where(none, pair.unsqueeze(-1), drawn)


def train_output(data, words, protocol, supervision, seeds, task):
    """O of each restart: E (R, D, n), and the mean loss of each epoch and hop, (R, 2, epochs)."""
    p, features, total = protocol, layout(words, protocol), len(data.answers)
    E = initial(features, p, seeds, task, "weights of O")
    orders, pairs, negatives = (_generators(seeds, task, stream)
                                for stream in ("order of O", "pairs of O", "negatives"))
    memory = data.words_at(torch.arange(len(data.stream))).to(torch.int16)
    memory = memory.repeat(len(seeds), 1, 1)                              # (R, T, L)
    mask, model = memnn.in_use(p.time_features), torch.arange(len(seeds))
    losses = torch.zeros(p.epochs, len(seeds), 2)
    for epoch in range(p.epochs):
        if epoch == 0 or p.valid == "any":
            learned = torch.stack([draw_pair(data, supervision, g) for g in pairs])  # (R, 2, Q)
        else:
            learned = torch.stack([find(e, data, words, p, supervision) for e in E])
        order = torch.stack([torch.randperm(total, generator=g) for g in orders], 1)
        for rows in order.split(STEPS):                                   # (steps, R)
            draws = torch.stack([torch.rand(len(rows), 2, p.draws, generator=g)
                                 for g in negatives], 1)
            pair = learned[model, :, rows]                                # (steps, R, 2)
            drawn = draw_negatives(supervision, rows, pair, *data.slots(rows), draws)
            x = memnn.hop_inputs(features, data.questions[rows], data.words_at(pair[..., 0]))
            reference = torch.stack([data.stop[rows], pair[..., 0]], -1)
            for step in range(len(rows)):
                losses[epoch] += output_step(E, features, mask, x[step], reference[step], memory,
                                             pair[step], drawn[step], p.rate, p.margin)
    return E, losses.permute(1, 2, 0) / total


def train_response(E_O, data, words, protocol, supervision, seeds, task):
    """R of each restart: E (R, D, n), and the mean loss of each epoch, (R, epochs).

    R learns from valid pairs: those that O, E_O (R, D, n), prefers, or any.
    """
    p, features, total = protocol, layout(words, protocol), len(data.answers)
    E = initial(features, p, seeds, task, "weights of R")
    orders, pairs = (_generators(seeds, task, name) for name in ("order of R", "pairs of R"))
    model, losses = torch.arange(len(seeds)), torch.zeros(p.epochs, len(seeds))
    for epoch in range(p.epochs):
        if p.valid == "any":
            learned = torch.stack([draw_pair(data, supervision, g) for g in pairs])
        elif epoch == 0:
            learned = torch.stack([find(e, data, words, p, supervision) for e in E_O])
        order = torch.stack([torch.randperm(total, generator=g) for g in orders], 1)
        for asked in order:                                               # (R,)
            supports = data.words_at(learned[model, :, asked]).transpose(0, 1)   # (2, R, L)
            losses[epoch] += response_step(E, features, data.questions[asked], supports,
                                           data.answers[asked], None, p.rate, p.margin)
    return E, losses.T / total


def find(E, data, words, protocol, supervision=None):
    """O of one model: positions of m_o1 and m_o2 for every question, (2, Q).

    supervision  only its valid memories are looked at; the null memory where there is none
    """
    features = layout(words, protocol)
    order = (data.stop - data.start).argsort(stable=True)                 # as `search` wants them
    positions, _ = data.slots(order)                                      # (Q, N)
    stop = (data.stop - data.start)[order] + 1
    Y = memnn.embed(E[None], features.y(data.sentences)[None])[0]         # (S, n)
    mask = memnn.in_use(protocol.time_features, E.dtype).view(-1, 1)
    slot, found = None, []
    for hop in range(2):
        first = data.words_at(found[0] if hop else torch.zeros_like(order))
        ids = memnn.hop_inputs(features, data.questions[order], first)[:, hop]
        X = memnn.embed(E[None], ids[None])[0]                            # (Q, n)
        scores = (X @ Y.T).gather(1, data.stream[positions])
        if supervision is not None:
            valid = supervision.valid(hop, order, found[0] if hop else None, positions)
            scores = scores.masked_fill(~valid, -torch.inf)
        times = (E[features.time()] @ X.T) * mask
        tables = memnn.loop_parts(scores.T.contiguous(), slot if hop else stop, times)
        slot = memnn.search(*tables, torch.ones_like(stop), stop, null=True)
        found.append(positions.gather(1, slot.view(-1, 1))[:, 0])
    return torch.stack(found)[:, order.argsort()]


def respond(E, data, words, protocol, supports):
    """R of one model: the id of the word that answers each question, (Q,)."""
    memory = data.words_at(torch.arange(len(data.stream)))
    return memnn.rank_words(E, layout(words, protocol), memory, data.questions, supports).argmax(1)
