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
    """Rows of E: those of the plain Layout, then left, right, match, match left, match right."""
    words: int

    @property
    def plain(self):
        return Layout(self.words)

    @property
    def features(self):
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


def effective(E, layout, bags, known, matched):
    """The plain model's table for these words.

    E        (R, 8|W| + TIME, n)
    bags     (R, V, 2|W|) context words, all zero for a known word
    known    (R, V) 1 where the word has a feature of its own
    matched  (R, V) 1 where the word occurs in x
    Returns (R, 3 V + TIME, n): the rows of Layout(V)
    """
    W, extra = layout.words, bags.shape[1] - layout.words
    own = [_own(E[:, rows], known, extra) for rows in
           (slice(0, W), slice(W + TIME, 2 * W + TIME), slice(2 * W + TIME, 3 * W + TIME))]
    described = bags @ E[:, layout.contexts]
    match = _own(E[:, layout.match], known, extra) + bags @ E[:, layout.match_contexts]
    return torch.cat([own[0] + described + matched[..., None] * match, E[:, W:W + TIME],
                      own[1] + described, own[2] + described], 1)


def _own(rows, known, extra):
    return torch.nn.functional.pad(rows, (0, 0, 0, extra)) * known[..., None]


def pull_back(E, layout, change, bags, known, matched):
    """Add to E, in place, what a change of the effective table means for it: the transposed map."""
    W, V = layout.words, bags.shape[1]
    y, time, x, support = change.split([V, TIME, V, V], 1)
    own = known[:, :W, None]
    E[:, :W] += own * y[:, :W]
    E[:, W:W + TIME] += time
    E[:, W + TIME:2 * W + TIME] += own * x[:, :W]
    E[:, 2 * W + TIME:3 * W + TIME] += own * support[:, :W]
    E[:, layout.contexts] += bags.mT @ (y + x + support)
    y = matched[..., None] * y
    E[:, layout.match] += own * y[:, :W]
    E[:, layout.match_contexts] += bags.mT @ y
