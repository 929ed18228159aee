"""A test of a whole column: where do its published figures fall among our draws?

Cells alone say little, because an interval that spans two humps holds nearly anything. Together
they say much more:

1. Of each cell, the *place* of the published figure: the share of our best-of-10 draws that lie
   below it, with the exact weight of each restart, restarts of the same training error sharing
   theirs evenly, and figures that agree within the rounding counted half.
2. A place as a normal score z; the sum of z^2 over the cells is large where published figures lie
   in the tails, on either side.
3. What that sum is where nothing differs: ten of our own restarts play the paper, and the others
   are what they are held against, 1,000 times. The published figures are held against the same
   others each time, and p is the share of times in which our own ten lie as far out or further.
   In joint columns whole models play, since one model answers all tasks.

Figures of single runs are the same with one restart in place of ten. Nothing here assumes a shape
of the restarts' distribution. Arrays: B draws, R restarts, C cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from paper_tables import comparison

DRAWS = 1000


@dataclass(frozen=True)
class Cells:
    """The restarts of a column's cells, in the order of the cells.

    figures   C arrays (R,): test errors or accuracies in %
    ranks     C arrays (R,): the lowest rank is selected; equal ones tie (comparison.ranks)
    best_of   restarts that a published figure is the best of; 1: a single run
    together  restart i is the same model, or the same world, in every cell
    """
    figures: list
    ranks: list
    best_of: int
    together: bool

    @property
    def testable(self):
        """Whether as many restarts are left to hold against as play the paper."""
        return bool(self.figures) and min(map(len, self.figures)) >= 2 * self.best_of


@dataclass(frozen=True)
class Test:
    """p, and what it is made of.

    theirs, own  (B, C): normal scores of the published figures and of our own restarts in
                 their stead, draw by draw against the same others
    places       (C,): of each published figure, 0 to 1, against all restarts
    single       whether each figure is of one run, and not the best of several
    """
    theirs: np.ndarray
    own: np.ndarray
    places: np.ndarray
    single: bool

    @property
    def p(self):
        return share_out(np.square(self.own).sum(axis=1), np.square(self.theirs).sum(axis=1))


def test(rng, cells, published, half_width):
    """The Test of published figures (C,) that are rounded by half_width (C,); None if too few."""
    return many(rng, cells, [published], half_width)[0] if cells.testable else None


test.__test__ = False  # pytest takes it for one of its own where it is imported


def many(rng, cells, published, half_width):
    """Tests of several columns' figures, K lists (C,), against the same restarts: K Tests."""
    own, theirs, places = [], [[] for _ in published], [[] for _ in published]
    sets = None
    for c, (figures, rank) in enumerate(zip(cells.figures, cells.ranks)):
        if sets is None or not cells.together:
            sets = _sets(rng, len(figures), cells.best_of)
        chance = weights(rank, cells.best_of, sets)  # (B, R)
        picked = sets[np.arange(DRAWS), np.argmin(rank[sets], axis=1)]
        lower = below(figures, figures, half_width[c])  # (R, R)
        own.append(_scores((chance * lower[:, picked].T).sum(axis=1), len(figures), cells.best_of))
        lower = below(figures, np.array([column[c] for column in published]), half_width[c])
        whole = weights(rank, cells.best_of) @ lower  # (1, K)
        for k, place in enumerate((chance @ lower).T):
            theirs[k].append(_scores(place, len(figures), cells.best_of))
            places[k].append(whole[0, k])
    own = np.stack(own, axis=1)
    return [Test(np.stack(scores, axis=1), own, np.array(at), cells.best_of == 1)
            for scores, at in zip(theirs, places)]


def of_all(tests):
    """p of several columns together.

    The published columns are taken to be independent of each other. Our restarts of one seed err
    alike in two columns, which one column's many restarts leave little of.
    """
    own, theirs = (sum(np.square(getattr(test, name)).sum(axis=1) for test in tests)
                   for name in ("own", "theirs"))
    return share_out(own, theirs)


def of_one_cell(tests, cell):
    """Two p of one cell over several columns: (to one side, far out on either side).

    The first is of the sum of the scores: a cell whose figure is somewhat low in every column
    adds up. The second is of the sum of their squares.
    """
    sides, squares = [], []
    for name in ("own", "theirs"):
        scores = np.stack([getattr(test, name)[:, cell] for test in tests])  # (columns, B)
        sides.append(np.abs(scores.sum(axis=0)))
        squares.append(np.square(scores).sum(axis=0))
    return share_out(*sides), share_out(*squares)


def share_out(own, theirs):
    """The share of draws in which our own lie as far out as the published figures, or further.

    One more draw counts in which they do: never 0. Equal sums of floats may differ by rounding.
    """
    return (int((own >= theirs - 1e-9).sum()) + 1) / (len(own) + 1)


def weights(rank, best_of, sets=None):
    """The chance of each restart to be the best of `best_of` drawn with replacement: (B, R).

    rank: (R,). sets: (B, best_of) restarts that are taken out before, of which the chance is 0;
    without it B is 1 and none is.
    """
    if sets is None:
        return comparison.chances(rank, best_of)[None]
    levels, rows = int(rank.max()) + 1, np.arange(len(sets))[:, None]
    taken = np.bincount((rank[sets] + levels * rows).ravel(), minlength=levels * len(sets))
    counts = np.bincount(rank) - taken.reshape(len(sets), levels)
    chance = comparison.best_of_chances(counts, best_of)[:, rank]
    chance[rows, sets] = 0.0
    return chance


def _sets(rng, restarts, best_of):
    """Restarts that play the paper: (B, best_of) different ones of R."""
    order = np.tile(np.arange(restarts), (DRAWS, 1))
    return rng.permuted(order, axis=1)[:, :best_of]


def below(figures, held, half_width):
    """How much of each restart (R,) counts as below each figure (K,): 1, 0, or half: (R, K)."""
    apart = held[None] - figures[:, None]
    room = half_width + 1e-9  # ends are sums of floats
    return (apart > room) + 0.5 * (np.abs(apart) <= room)


def _scores(places, restarts, best_of):
    """Places as normal scores. Of n restarts none is known to lie beyond 1 - 1/2n."""
    least = 0.5 / (restarts - best_of)
    return norm.ppf(np.clip(places, least, 1 - least))
