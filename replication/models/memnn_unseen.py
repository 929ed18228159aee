"""Words that MemNN has never seen (sections 3.5 and 3.6 of arXiv:1410.3916).

D grows from 3|W| to 8|W| (and the time features). A word that is new, or that training pretends
to be new, has no feature of its own; it is described by the words seen to its left and to its
right (two blocks of |W|, shared by Phi_x and Phi_y). Three more blocks are matching features of
Phi_y(y, x), set where a word of y occurs in x: the word's own, or, for a new one, those of its
left and right context.

Every word thus has one row in each block of the plain model, a sum of rows of E. `effective`
builds that table, the plain model's steps work on it, and `pull_back` returns the change to E.

    V  words of one example, the W of the dictionary first, then its new ones
"""

from dataclasses import dataclass

import torch

from replication.models.memnn import TIME, Layout


@dataclass(frozen=True)
class UnseenLayout:
    """Rows of E: those of the plain Layout, then left, right, match, match left, match right.

    words          |W|
    time_features  as in Layout
    """
    words: int
    time_features: str = "none"

    @property
    def plain(self):
        """The plain model's layout of the same words."""
        return Layout(self.words, self.time_features)

    def pads(self):
        return self.plain.pads()

    @property
    def features(self):
        """D, the rows of E: section 3.6, and the time features."""
        return 8 * self.words + TIME

    @property
    def contexts(self):
        """Rows of the left and right context words, 2|W|."""
        return slice(3 * self.words + TIME, 5 * self.words + TIME)

    @property
    def match(self):
        """Rows of the matching features of known words, |W|."""
        return slice(5 * self.words + TIME, 6 * self.words + TIME)

    @property
    def match_contexts(self):
        """Rows of the matching features of new words, by their context words, 2|W|."""
        return slice(6 * self.words + TIME, 8 * self.words + TIME)


def context_bags(texts, words, count):
    """For each of `count` words the words to its left and to its right in the texts.

    texts  lists of word ids below `count`; words  |W|: new words describe no other word
    Returns 0 and 1, (count, 2|W|): left, then right.
    """
    bags = torch.zeros(count, 2 * words)
    for text in texts:
        for place, word in enumerate(text):
            bags[word, [other for other in text[:place] if other < words]] = 1
            bags[word, [words + other for other in text[place + 1:] if other < words]] = 1
    return bags


def averaged(bags):
    """Each word's bag divided by its size: (..., V, 2|W|).

    A sum of so many features makes steps of the paper's learning rate diverge.
    """
    return bags / bags.sum(-1, keepdim=True).clamp(min=1)


@dataclass(frozen=True)
class Words:
    """How the words of an example are described.

    contexts  (R, V, 2|W|) bags of context words, all zero for a known word
    own       (R, V) 1 where the word has a feature of its own
    match     (R, V) 1 where the word occurs in x
    """
    contexts: torch.Tensor
    own: torch.Tensor
    match: torch.Tensor


def effective(E, layout, words):
    """The plain model's table for Words: E (R, 8|W| + TIME, n) -> the rows of Layout(V),
    (R, 3 V + TIME, n).
    """
    W, contexts = layout.words, words.contexts
    y, x, support = (_own(E[:, rows], words) for rows in
                     (slice(0, W), slice(W + TIME, 2 * W + TIME),
                      slice(2 * W + TIME, 3 * W + TIME)))
    context_rows = contexts @ E[:, layout.contexts]
    match = _own(E[:, layout.match], words) + contexts @ E[:, layout.match_contexts]
    return torch.cat([y + context_rows + words.match[..., None] * match, E[:, W:W + TIME],
                      x + context_rows, support + context_rows], 1)


def _own(rows, words):
    """The rows of words that have a feature of their own: (R, |W|, n) -> (R, V, n), else zero."""
    new = words.own.shape[1] - rows.shape[1]
    return torch.nn.functional.pad(rows, (0, 0, 0, new)) * words.own[..., None]


def pull_back(E, layout, change, words):
    """Add to E, in place, what a change of the effective table means for it: the transposed map."""
    W, V = layout.words, words.own.shape[1]
    y, time, x, support = change.split([V, TIME, V, V], 1)
    own = words.own[:, :W, None]
    E[:, :W] += own * y[:, :W]
    E[:, W:W + TIME] += time
    E[:, W + TIME:2 * W + TIME] += own * x[:, :W]
    E[:, 2 * W + TIME:3 * W + TIME] += own * support[:, :W]
    E[:, layout.contexts] += words.contexts.mT @ (y + x + support)
    y = words.match[..., None] * y
    E[:, layout.match] += own * y[:, :W]
    E[:, layout.match_contexts] += words.contexts.mT @ y
