"""Restarts that are drawn: of several shapes, and what the best of ten of them is."""

import numpy as np


def best_of(rank, values, count=10):
    """Exact distribution of best-of-`count`: {value: probability}, ties at random."""
    size, chances = len(rank), {}
    for level in sorted(set(rank)):
        at_least = sum(r >= level for r in rank) / size
        above = sum(r > level for r in rank) / size
        tied = [value for r, value in zip(rank, values) if r == level]
        for value in tied:
            share = (at_least ** count - above ** count) / len(tied)
            chances[value] = chances.get(value, 0.0) + share
    return chances


def normal(size, rng):
    """Training and test error go together a little."""
    train = rng.normal(10, 2, size)
    return train, train + rng.normal(8, 2, size)


def bimodal(size, rng):
    """One restart in eight solves the task, like task 16 with linear start."""
    good = rng.random(size) < 0.12
    return (np.where(good, rng.normal(1, 0.5, size), rng.normal(40, 3, size)),
            np.where(good, rng.normal(5, 2, size), rng.normal(50, 2, size)))


def tied_bimodal(size, rng):
    """Nearly all end at 0 training error, in two groups of test error, like task 4."""
    train = np.where(rng.random(size) < 0.9, 0.0, rng.integers(1, 20, size) / 9)
    return train, np.where(rng.random(size) < 0.5, rng.normal(3, 1, size), rng.normal(12, 1, size))


def skewed(size, rng):
    """A long tail of bad restarts."""
    test = rng.exponential(8, size)
    return test + rng.normal(0, 4, size), test


SHAPES = (normal, bimodal, tied_bimodal, skewed)


def population(shape, size, rng):
    """Counts of questions: 900 for training error, 1,000 for test error, as in real records."""
    train, test = shape(size, rng)
    return np.round(train.clip(0, 100) * 9) / 9, np.round(test.clip(0, 100), 1)
