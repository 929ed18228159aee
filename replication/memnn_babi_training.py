"""Trains O and R of MemNN on a bAbI task, several restarts at once, and judges them.

Dimensions as in models/memnn.py and memnn_babi_data.py. Steps are those of
models/memnn_training.py: one question at a time, gradients written out.
"""

import numpy
import torch

from dataclasses import dataclass

from replication.memnn_babi_data import slots
from replication.models import memnn
from replication.models.memnn_training import output_step, response_step, rows_of

STREAMS = ("weights of O", "weights of R", "order of O", "order of R", "pairs", "negatives")
STEPS = 50     # steps whose draws are laid out together; no result depends on it


@dataclass(frozen=True)
class SupportsApart(memnn.Layout):
    """Phi_x with a block for each supporting memory, so that m_o1 and m_o2 are told apart."""

    @property
    def features(self):
        return 4 * self.words + memnn.TIME

    def support(self, ids):
        """Phi_x, words of the supporting memories (hops, ..., L)."""
        hop = torch.arange(len(ids)).view(-1, *[1] * (ids.dim() - 1))
        return super().support(ids) + hop * self.words

    def pads(self):
        blocks = self.support(torch.tensor([[memnn.PAD], [memnn.PAD]]))
        return [self.y(memnn.PAD), self.input(memnn.PAD), *blocks[:, 0].tolist()]


def layout_of(words, protocol):
    """The features of a protocol."""
    return {"one block": memnn.Layout, "a block each": SupportsApart}[protocol.supports](words)


def generators(seeds, task, stream):
    """A torch generator for one purpose of each restart, keyed by (seed, task, stream)."""
    keys = [numpy.random.SeedSequence([seed, task, STREAMS.index(stream)]) for seed in seeds]
    return [torch.Generator().manual_seed(int(key.generate_state(1, numpy.uint64)[0]) >> 1)
            for key in keys]


def uniform(streams, steps, *shape):
    """Draws from [0, 1), (steps, R, ...): one step after the other from each restart's stream."""
    return torch.stack([torch.rand(steps, *shape, generator=g) for g in streams], 1)


def choose(there, draws):
    """One of the slots that are there, for each draw.

    there (..., N), draws (..., K) in [0, 1). Returns (..., K) slots; N where none is there.
    """
    counted = there.cumsum(-1)
    wanted = (draws.double() * counted[..., -1:]).long() + 1
    return torch.searchsorted(counted, wanted)


def given_pairs(data, rows, positions, there, draws, protocol):
    """Strongly supervised: the supporting facts, and every other memory as a negative.

    rows (..., ) questions; positions, there (..., N) their slots
    Returns the pair (..., 2) and, for each hop, what may be drawn as a negative (..., 2, N).
    """
    pair = data.supports[:, rows].movedim(0, -1).contiguous()
    return pair, there.unsqueeze(-2) & (positions.unsqueeze(-2) != pair.unsqueeze(-1))


def valid_pairs(links):
    """Weakly supervised by the heuristic: a valid pair, and every invalid memory as a negative."""
    def pairs(data, rows, positions, there, draws, protocol):
        valid = links.first(rows, positions) & there
        if protocol.first_hop == "has a second":
            pass
        first = _one_valid(valid, positions, draws[..., :1], protocol.valid_first)
        follows = links.second(rows, first, positions) & there
        if not protocol.same_twice:
            follows &= positions != first.unsqueeze(-1)
        second = _one_valid(follows, positions, draws[..., 1:], protocol.valid_second)
        pair = torch.stack([first, second], -1)
        negatives = there.unsqueeze(-2) & ~torch.stack([valid, follows], -2)
        negatives = negatives & (positions.unsqueeze(-2) != pair.unsqueeze(-1))
        if protocol.no_valid_hop == "skip":
            negatives = negatives & (pair > 0).unsqueeze(-1)
        return pair, negatives
    return pairs


def _one_valid(valid, positions, draws, rule):
    """One of the valid memories, (...,); the null memory where none is."""
    if rule == "newest":
        draws = torch.full_like(draws, 1 - 2 ** -20)
    slot = choose(valid, draws)
    return torch.where(slot < valid.shape[-1], positions.gather(-1, slot.clamp(max=valid.shape[-1] - 1)), 0)[..., 0]


def orders(streams, total):
    """Each restart's order of the questions in one epoch: (total, R)."""
    return torch.stack([torch.randperm(total, generator=g) for g in streams], 1)


def train_output(data, words, protocol, pairs, seeds, task):
    """O of each restart: E (R, D, n), and each epoch's mean loss of a hop (epochs, R, 2)."""
    p, layout = protocol, layout_of(words, protocol)
    E = torch.stack([memnn.initial(layout, p.size, p.scale, g)
                     for g in generators(seeds, task, "weights of O")])
    order, drawn_pairs, negatives = (generators(seeds, task, name)
                                     for name in ("order of O", "pairs", "negatives"))
    memory = data.sentences[data.stream].to(torch.int16).repeat(len(seeds), 1, 1)
    mask = memnn.in_use(p.time_features)
    total = len(data.answers)
    losses = torch.zeros(p.epochs, len(seeds), 2)
    for epoch in range(p.epochs):
        for rows in orders(order, total).split(STEPS):
            positions, there = slots(data, rows)
            right, wrong = pairs(data, rows, positions, there,
                                 uniform(drawn_pairs, len(rows), 2), p)
            slot = choose(wrong, uniform(negatives, len(rows), 2, p.draws))
            none = slot == wrong.shape[-1]
            slot = slot.masked_fill(none, 0)
            drawn = positions.unsqueeze(-2).expand(wrong.shape).gather(-1, slot)
            drawn = torch.where(none, right.unsqueeze(-1), drawn)  # the support: no negative
            asked = layout.input(data.questions[rows])                        # (steps, R, J)
            first = layout.support(data.sentences[data.stream[right[..., 0]]][None])[0]
            x = torch.stack([torch.cat([asked, part], -1) for part in
                             (torch.full_like(first, layout.pads()[2]), first)], 2)
            reference = torch.stack([data.stop[rows], right[..., 0]], -1)
            for step in range(len(rows)):
                losses[epoch] += output_step(E, layout, mask, x[step], reference[step], memory,
                                             right[step], drawn[step], p.rate, p.margin)
    return E, losses / total


def train_response(data, words, protocol, pairs, found, seeds, task):
    """R of each restart: E (R, D, n), and each epoch's mean loss (epochs, R).

    found  (R, 2, Q) supports that O found, to learn from these; None: from the pairs O learns from
    """
    p, layout = protocol, layout_of(words, protocol)
    E = torch.stack([memnn.initial(layout, p.size, p.scale, g)
                     for g in generators(seeds, task, "weights of R")])
    order, drawn_pairs = (generators(seeds, task, name) for name in ("order of R", "pairs"))
    model, total = torch.arange(len(seeds)), len(data.answers)
    losses = torch.zeros(p.epochs, len(seeds))
    for epoch in range(p.epochs):
        for rows in orders(order, total).split(STEPS):
            if found is None:
                right, _ = pairs(data, rows, *slots(data, rows),
                                 uniform(drawn_pairs, len(rows), 2), p)
            else:
                right = found[model, :, rows]                                 # (steps, R, 2)
            supports = data.sentences[data.stream[right]].movedim(2, 1)       # (steps, 2, R, L)
            for step, asked in enumerate(rows):
                losses[epoch] += response_step(E, layout, data.questions[asked], supports[step],
                                               data.answers[asked], None, p.rate, p.margin)
    return E, losses / total


def find(E, data, words, protocol):
    """O of one model: the positions of m_o1 and m_o2 for every question, (2, Q)."""
    layout = layout_of(words, protocol)
    order = (data.stop - data.start).argsort(stable=True)          # `search` wants them sorted
    positions, _ = slots(data, order)                                         # (Q, N)
    stop = (data.stop - data.start)[order] + 1
    Y = memnn.embed(E[None], layout.y(data.sentences)[None])[0]               # (S, n)
    mask = memnn.in_use(protocol.time_features, E.dtype).view(-1, 1)
    ids, reference, found = layout.input(data.questions[order]), stop, []
    for hop in range(2):
        if hop:
            ids = torch.cat([ids, layout.support(data.sentences[data.stream[found[0]]][None])[0]], -1)
            reference = slot
        X = memnn.embed(E[None], ids[None])[0]                                # (Q, n)
        scores = (X @ Y.T).gather(1, data.stream[positions]).T.contiguous()   # (N, Q)
        times = (E[layout.time()] @ X.T) * mask
        slot = memnn.search(*memnn.loop_parts(scores, reference, times), torch.ones_like(stop),
                            stop, null=True)
        found.append(positions.gather(1, slot.view(-1, 1))[:, 0])
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order))
    return torch.stack(found)[:, back]


def answers(E, data, words, protocol, supports):
    """R of one model: the word that it answers each question with, (Q,)."""
    memory = data.sentences[data.stream]
    return memnn.rank_words(E, layout_of(words, protocol), memory, data.questions, supports).argmax(1)
