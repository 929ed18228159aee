"""One step of MemNN's stochastic gradient descent, with the gradients written out.

The margin ranking losses are those of section 3.1 (equations 6 to 8) and, with time features, of
appendix C; negatives are sampled as in WSABIE (Weston et al. 2011), which the paper follows: draw
until one violates the margin, at most S times. Each hinge that is not zero is linear in the score
s = (E^T Phi_x) . (E^T v), so its gradient is two outer products,

    ds/dE = Phi_x (E^T v)^T + v (E^T Phi_x)^T,

a few rows of E, and no automatic differentiation is needed. Dimensions as in memnn.py.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch

from replication.models.memnn import NULL, PAD, TIME, embed, in_use, older_newer, response_ids


@dataclass(frozen=True)
class OutputExample:
    """What O of each stacked model learns from in one step: one question at its hops.

    memory     (R, T, L) word ids, of any integer type
    x_ids      (R, H, J + L) features of x, and of m_o1 for the second hop
    reference  (R, H) position that Phi_t calls x
    right      (R, H) positions of the true supports m_o1, m_o2
    negatives  (R, H, S) drawn positions; a draw of the support itself is no negative
    """
    memory: torch.Tensor
    x_ids: torch.Tensor
    reference: torch.Tensor
    right: torch.Tensor
    negatives: torch.Tensor

    def at(self, hops):
        """The same at some hops alone, a slice."""
        return OutputExample(self.memory, *(part[:, hops] for part in (
            self.x_ids, self.reference, self.right, self.negatives)))


@dataclass(frozen=True)
class ResponseExample:
    """What R of each stacked model learns from in one step.

    questions  (R, J), supports (H, R, L) word ids of [x, m_o1, m_o2]
    answers    (R,) word ids
    negatives  (R, S) drawn words, of which the first that violates the margin is used;
               None: the whole sum of equation 8
    """
    questions: torch.Tensor
    supports: torch.Tensor
    answers: torch.Tensor
    negatives: torch.Tensor | None = None


class Violations(NamedTuple):
    """The hops whose hinges have a gradient: M of the R x H.

    model    (M,) which of the stacked models
    a        (M, n) E^T Phi_x
    x_ids    (M, J + L) features of x
    o_words, f_words  (M, L) words of m_o and of the negative f
    k        (M, 1) how many of the two hinges are not zero
    c_time   (M, TIME) their time features together, m_o's less f's
    """
    model: torch.Tensor
    a: torch.Tensor
    x_ids: torch.Tensor
    o_words: torch.Tensor
    f_words: torch.Tensor
    k: torch.Tensor
    c_time: torch.Tensor


def output_step(E, layout, example, rate, margin):
    """O: one update of every stacked model, in place.

    E  (R, D, n); example an OutputExample. Without time features: the losses of equations 6 and 7.
    Returns (R, H): the sampled loss of each hop before the update.
    """
    right = example.right
    a = embed(E, example.x_ids)                                        # (R, H, n)
    first, second = _hinges(E, layout, a, example, margin)             # (R, H, S)
    violates = ((first > 0) | (second > 0)) & (example.negatives != right[..., None])
    any_violates, place = violates.max(-1)                             # the first that violates
    place = place[..., None]
    first = first.gather(-1, place)[..., 0].clamp(min=0) * any_violates
    second = second.gather(-1, place)[..., 0].clamp(min=0) * any_violates
    active = any_violates.view(-1).nonzero()[:, 0]
    if len(active):
        f = example.negatives.gather(-1, place)[..., 0]                # (R, H)
        k1, k2 = (_at(active, (loss > 0).to(E.dtype))[:, None] for loss in (first, second))
        phi1, phi2 = (_at(active, torch.stack(older_newer(example.reference, *pair), -1))
                      for pair in ((right, f), (f, right)))
        words = (_at(active, rows_of(example.memory, y)) for y in (right, f))
        c_time = (k1 * phi1 - k2 * phi2) * in_use(layout.time_features, E.dtype)
        _update(E, layout, rate, Violations(
            active // right.shape[1], _at(active, a), _at(active, example.x_ids), *words, k1 + k2,
            c_time))
    return first + second


def _at(active, tensor):
    """(R, H, ...) -> (M, ...)."""
    return tensor.reshape(-1, *tensor.shape[2:])[active]


def _update(E, layout, rate, hops):
    """The step of gradient descent of the hops, Violations."""
    x_ids, a, c_time, size = hops.x_ids, hops.a[:, None], hops.c_time[..., None], E.shape[2]
    base = (hops.model * E.shape[1])[:, None]                          # first row of the model
    flat = E.view(-1, size)
    ids = [base + x_ids, base + layout.y(hops.o_words), base + layout.y(hops.f_words),
           base + torch.arange(layout.words, layout.words + TIME)]
    towards = (hops.k * (flat[ids[1]].sum(1) - flat[ids[2]].sum(1))
               + (c_time * flat[ids[3]]).sum(1))                       # E^T v, (M, n)
    k = hops.k[..., None]
    rows = [towards[:, None].expand(-1, x_ids.shape[-1], -1),
            (k * a).expand(-1, hops.o_words.shape[-1], -1),
            (-k * a).expand(-1, hops.f_words.shape[-1], -1), c_time * a]
    flat.index_add_(0, torch.cat(ids, 1).view(-1), torch.cat(rows, 1).reshape(-1, size), alpha=rate)
    E[:, layout.pads()] = 0


def _hinges(E, layout, a, example, margin):
    """The hinges of each negative f: of s(x, m_o, f) and, with time, of s(x, f, m_o).

    a  (R, H, n) E^T Phi_x. Returns two (R, H, S); without time the second is below 0.
    """
    mask = in_use(layout.time_features, E.dtype)
    z = products(E[:, None, :layout.words + TIME], a[:, :, None])      # (R, H, W + TIME)
    z_time = z[..., layout.words:] * mask
    x, o, f = example.reference[..., None], example.right[..., None], example.negatives
    o_score, f_score = (bag_scores(z, rows_of(example.memory, y)) for y in (o, f))
    difference = o_score - f_score                                     # (R, H, S)
    first = margin - (difference + _time_scores(z_time, x, o, f))
    if not mask.any():
        return first, torch.full_like(first, -1)
    return first, margin + (_time_scores(z_time, x, f, o) - difference)


def products(rows, vectors):
    """Dot products over the last dimension; unlike matmul's, the same bits in any stack."""
    return (rows * vectors).sum(-1)


def rows_of(memory, positions):
    """The words of memories: (R, T, L) and positions (R, ...) -> int64 (R, ..., L)."""
    stack, memories, width = memory.shape
    first = (torch.arange(stack) * memories).view(-1, *[1] * (positions.dim() - 1))
    rows = memory.view(-1, width).index_select(0, (positions + first).view(-1))
    return rows.view(*positions.shape, width).long()


def bag_scores(z, words):
    """Sums of word scores: z (R, H, W), words (R, H, S, L) -> (R, H, S).

    Added word by word: the sum then does not depend on how many pad words follow.
    """
    scores = z.gather(2, words.flatten(2)).view(words.shape)
    total = scores[..., 0].clone()
    for word in range(1, words.shape[-1]):
        total += scores[..., word]
    return total


def _time_scores(z_time, x, y, y2):
    """Phi_x^T U^T U Phi_t(x, y, y'): z_time (R, H, TIME), positions (R, H, S) -> (R, H, S)."""
    total = 0
    for feature, active in enumerate(older_newer(x, y, y2)):
        total = total + active * z_time[..., feature, None]
    return total


def response_step(E, layout, example, rate, margin):
    """R: one update of every stacked model, in place (equation 8).

    E  (R, D, n); example a ResponseExample
    Returns (R,) losses before the update. U_O is no argument: this term does not reach it.
    """
    ids = response_ids(layout, example.questions, example.supports)    # (R, J + H L)
    a = embed(E, ids)                                                  # (R, n)
    Y = E[:, :layout.words]
    scores = products(Y, a[:, None])                                   # (R, W)
    right = example.answers[:, None]
    losses = margin - scores.gather(1, right) + scores
    violates = losses > 0
    violates[:, [PAD, NULL]] = False
    violates.scatter_(1, right, False)
    if example.negatives is not None:
        place = violates.gather(1, example.negatives).to(torch.uint8).argmax(1, keepdim=True)
        word = example.negatives.gather(1, place)
        violates = torch.zeros_like(violates).scatter_(1, word, violates.gather(1, word))
    k = violates.to(E.dtype)                                           # (R, W)
    loss = (losses * k).cumsum(1)[:, -1]       # in order: sum() adds by the stack's shape
    active = violates.any(1).nonzero()[:, 0]
    if len(active):
        k = -k[active]
        k.scatter_(1, right[active], -k.sum(1, keepdim=True))
        towards = (k[..., None] * Y[active]).sum(1)                    # E^T v, (M, n)
        E[active, :layout.words] += rate * k[..., None] * a[active, None]
        rows = (active * E.shape[1])[:, None] + ids[active]
        towards = towards[:, None].expand(-1, rows.shape[1], -1)
        E.view(-1, E.shape[2]).index_add_(0, rows.view(-1), towards.reshape(-1, E.shape[2]),
                                          alpha=rate)
        E[:, layout.pads()] = 0
    return loss
