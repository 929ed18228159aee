"""The best of ten restarts: how often each of ours would be the one that is published.

End-To-End Memory Networks gives the test error of the best of ten restarts by training error. Of R
restarts each has an exact chance to be the best of ten drawn with replacement.
"""

import numpy as np

from replication.records.record import SELECTION_SEEDS

BEST_OF = len(SELECTION_SEEDS)
# What a diverged restart counts as in the spread: the worst of the metric.
DIVERGED = {"test error %": 100.0, "test accuracy %": 0.0, "F1": 0.0}


def ranks(*keys):
    """Order of restarts by the first key, then the next ones; equal restarts share a rank.

    keys: arrays (R,), lower is better. Returns (R,) integers from 0. A key is
    compared to 9 decimals: errors are ratios of counts, and two equal counts
    must tie however they were divided.
    """
    table = np.round(np.stack(keys, axis=1), 9)  # (R, keys)
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1)


def best_of_chances(counts, best_of=BEST_OF):
    """The chance of one restart of each rank to be the best of `best_of` drawn: (B, ranks).

    counts: (B, ranks), how many of R restarts have a rank. The lowest rank drawn is r with
    probability (n(>= r)/R)^best_of - (n(> r)/R)^best_of, shared evenly by the restarts of rank r.
    """
    at_least = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    R = at_least[:, :1]
    chance = (at_least / R) ** best_of - ((at_least - counts) / R) ** best_of
    return chance / np.maximum(counts, 1)


def chances(rank, best_of=BEST_OF):
    """The chance of each restart to be the best of `best_of` drawn with replacement: (R,).

    rank: (R,), lower is better; equal ones share theirs evenly.
    """
    return best_of_chances(np.bincount(rank)[None], best_of)[0, rank]
