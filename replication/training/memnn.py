"""Trains O and R of MemNN on a bAbI task, several restarts at once, and lets one model answer.

The steps are those of models/memnn_sgd.py: one question at a time, gradients written out.
Since R's loss does not reach O (section 3.1), O is trained first and R after it. Dimensions as in
models/memnn.py and memnn_inputs.py.
"""

from dataclasses import dataclass

import torch

from replication.models import memnn
from replication.models.memnn_sgd import (OutputExample, ResponseExample, output_step,
                                          response_step)
from replication.training.memnn_steps import initial, laid_out, uniform


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


def layout_of(data, protocol):
    """The features of a model that reads Data."""
    kind = {"one block": memnn.Layout, "a block each": SupportsApart}[protocol.supports]
    return kind(len(data.words), protocol.time_features)


def choose(full, draws):
    """One of the slots that are full for each draw, all equally likely.

    full (..., N), draws (..., K) in [0, 1). Returns (..., K) slots; N where none is full.
    """
    count = full.cumsum(-1)
    number = (draws.double() * count[..., -1:]).long() + 1
    return torch.searchsorted(count, number)


def draw_pair(data, supervision, generator):
    """A valid first and second hop for every question, drawn evenly, (2, Q).

    Where no memory is valid it is the null memory.
    """
    rows = torch.arange(len(data.answers))
    slots = data.slots(rows)
    pair = []
    for hop in range(2):
        valid = supervision.valid(hop, rows, pair[0] if hop else None, slots.positions) & slots.full
        slot = choose(valid, torch.rand(len(rows), 1, generator=generator))
        slot = slot.masked_fill(slot == valid.shape[-1], 0)
        pair.append(slots.positions.gather(1, slot)[:, 0])
    return torch.stack(pair)


def draw_negatives(supervision, rows, pair, slots, draws):
    """Memories that are not valid, for each hop.

    rows (...), pair (..., 2) positions, slots those of the rows, draws (..., 2, S) in [0, 1).
    Returns (..., 2, S) positions: the pair's own, which is no negative, where no memory is invalid.
    The null memory is invalid but where it stands in for a valid one.
    """
    positions = slots.positions.unsqueeze(-2)
    invalid = torch.stack([
        slots.full & ~supervision.valid(hop, rows, pair[..., 0], slots.positions)
        for hop in range(2)], -2)
    invalid &= positions != pair.unsqueeze(-1)
    slot = choose(invalid, draws)
    none = slot == invalid.shape[-1]
    negatives = positions.expand_as(invalid).gather(-1, slot.masked_fill(none, 0))
    return torch.where(none, pair.unsqueeze(-1), negatives)


def train_output(data, protocol, supervision, streams):
    """O of each restart: E (R, D, n), and the mean loss of each epoch and hop, (epochs, R, 2).

    supervision  SupportingFacts or SharedWords of the data
    streams      {name: generators, one a restart}, as random_streams.MEMNN_BABI names them
    """
    p, layout = protocol, layout_of(data, protocol)
    E = initial(layout, p, streams["weights of O"])
    memory = data.memory.to(torch.int16).repeat(len(E), 1, 1)             # (R, T, L)
    model, losses = torch.arange(len(E)), torch.zeros(p.epochs, len(E), 2)
    order = {"order": streams["order of O"], "negatives": streams["negatives"]}
    for epoch in range(p.epochs):
        if epoch == 0 or p.valid == "any":
            pairs = torch.stack([draw_pair(data, supervision, g) for g in streams["pairs of O"]])
        else:
            pairs = torch.stack([find(e, data, p, supervision) for e in E])      # (R, 2, Q)
        for rows, draws in laid_out(order, len(data.answers), {"negatives": uniform(2, p.draws)}):
            pair = pairs[model, :, rows]                                  # (steps, R, 2)
            negatives = draw_negatives(supervision, rows, pair, data.slots(rows),
                                       draws["negatives"])
            x = memnn.hop_inputs(layout, data.questions[rows], data.words_at(pair[..., 0]))
            reference = torch.stack([data.stop[rows], pair[..., 0]], -1)
            for example in zip(x, reference, pair, negatives):
                losses[epoch] += output_step(E, layout, OutputExample(memory, *example), p.rate,
                                             p.margin)
    return E, losses / len(data.answers)


def train_response(E_O, data, protocol, supervision, streams):
    """R of each restart: E (R, D, n), and the mean loss of each epoch, (epochs, R).

    R learns from valid pairs: those that O, E_O (R, D, n), prefers, or any.
    """
    p, layout = protocol, layout_of(data, protocol)
    E = initial(layout, p, streams["weights of R"])
    model, losses = torch.arange(len(E)), torch.zeros(p.epochs, len(E))
    for epoch in range(p.epochs):
        if p.valid == "any":
            pairs = torch.stack([draw_pair(data, supervision, g) for g in streams["pairs of R"]])
        elif epoch == 0:
            pairs = torch.stack([find(e, data, p, supervision) for e in E_O])
        for some, _ in laid_out({"order": streams["order of R"]}, len(data.answers), {}):
            for rows in some:                                             # (R,)
                supports = data.words_at(pairs[model, :, rows]).transpose(0, 1)   # (2, R, L)
                losses[epoch] += response_step(
                    E, layout, ResponseExample(data.questions[rows], supports, data.answers[rows]),
                    p.rate, p.margin)
    return E, losses / len(data.answers)


def find(E, data, protocol, supervision=None):
    """O of one model: positions of m_o1 and m_o2 for every question, (2, Q).

    What memnn.find_supports finds, but each distinct statement is embedded once, and each question
    looks at its own story alone.

    supervision  only its valid memories are looked at; the null memory where there is none
    """
    layout = layout_of(data, protocol)
    order = (data.stop - data.start).argsort(stable=True)                 # as `search` wants them
    positions = data.slots(order).positions                               # (Q, N)
    stop = (data.stop - data.start)[order] + 1
    Y = memnn.embed(E[None], layout.y(data.sentences)[None])[0]           # (S, n)
    reference, supports = stop, []
    for hop in range(2):
        first = supports[0] if hop else torch.zeros_like(order)
        ids = memnn.hop_inputs(layout, data.questions[order], data.words_at(first))[:, hop]
        X = memnn.embed(E[None], ids[None])[0]                            # (Q, n)
        scores = (X @ Y.T).gather(1, data.stream[positions])
        if supervision is not None:
            valid = supervision.valid(hop, order, first, positions)
            scores = scores.masked_fill(~valid, -torch.inf)
        tables = memnn.loop_parts(scores.T.contiguous(), reference,
                                  memnn.time_scores(E, layout, X))
        reference = memnn.search(*tables, torch.ones_like(stop), stop, null=True)
        supports.append(positions.gather(1, reference.view(-1, 1))[:, 0])
    return torch.stack(supports)[:, order.argsort()]


def respond(E, data, protocol, supports):
    """R of one model: the id of the word that answers each question, (Q,)."""
    return memnn.rank_words(E, layout_of(data, protocol), data.memory, data.questions,
                            supports).argmax(1)
