"""MemNN's segmenter (section 3.2, appendix B): where a stream of words is cut into statements.

    seg(c) = W_seg^T U_S Phi_seg(c)                                               (equation 9)

c is the bag of the words since the last cut. Where seg(c) exceeds a threshold the words are
written to memory as one segment. Several segmenters are trained at once, stacked in the first
dimension (R); E_S = U_S^T holds one row a word, so that U_S Phi_seg(c) is a sum of rows.
"""

from typing import NamedTuple

import torch

from replication.models.memnn import PAD, embed
from replication.models.memnn_sgd import bag_scores, products


class Segmenter(NamedTuple):
    """The weights E_S (W, n) and W_seg (n,) of one segmenter, or stacked (R, W, n) and (R, n)."""
    E: torch.Tensor
    W: torch.Tensor


def initial(words, size, scale, generator, dtype=torch.float32):
    """A Segmenter of N(0, scale), zero for the pad word."""
    rows = torch.randn(words, size, generator=generator, dtype=dtype) * scale
    rows[PAD] = 0
    return Segmenter(rows, torch.randn(size, generator=generator, dtype=dtype) * scale)


def step(segmenter, right, wrong, rate, margin):
    """One update of every stacked segmenter, in place, on equation 12.

    right  (R, F, L) known supporting segments: max(0, margin - seg(f))
    wrong  (R, S, L) drawn other segments, of which the first that violates its hinge is used:
           max(0, margin + seg(f))
    Returns (R,) losses before the update.
    """
    E, W = segmenter
    word_scores = products(E, W[:, None])                              # (R, words)
    f = margin - _word_sums(word_scores, right)                        # (R, F)
    violates, place = (margin + _word_sums(word_scores, wrong) > 0).max(1)             # (R,)
    other = wrong.gather(1, place[:, None, None].expand(-1, 1, wrong.shape[2]))
    g = margin + _word_sums(word_scores, other)                        # (R, 1)
    sign = torch.cat([(f > 0).to(E.dtype), -violates.to(E.dtype)[:, None]], 1)         # (R, F + 1)
    bags = torch.cat([right, other], 1)                                # (R, F + 1, L)
    towards = (sign[..., None] * embed(E, bags)).sum(1)                # d(-loss)/dW, (R, n)
    rows = (sign[..., None, None] * W[:, None, None]).expand(*bags.shape, -1)
    first = (torch.arange(len(E)) * E.shape[1]).view(-1, 1, 1)
    E.view(-1, E.shape[2]).index_add_(0, (bags + first).view(-1), rows.reshape(-1, E.shape[2]),
                                      alpha=rate)
    E[:, PAD] = 0
    W += rate * towards
    return f.clamp(min=0).sum(1) + g[:, 0].clamp(min=0) * violates


def _word_sums(word_scores, bags):
    """(R, words) and (R, B, L) -> (R, B)."""
    return bag_scores(word_scores[:, None], bags[:, None])[:, 0]


def cut(segmenter, stream, threshold, longest):
    """Run one segmenter over a stream.

    stream     word ids
    threshold  it fires where seg(c) is above it
    longest    words after which a segment is written in any case
    Returns the positions in the stream just after each segment.
    """
    scores = (segmenter.E @ segmenter.W).tolist()
    ends, total, length = [], 0.0, 0
    for position, word in enumerate(stream, start=1):
        total += scores[word]
        length += 1
        if total > threshold or length == longest:
            ends.append(position)
            total, length = 0.0, 0
    return ends
