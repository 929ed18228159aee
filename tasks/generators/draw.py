"""Random draws that are the same on every Python version.

Python promises that Random(seed).random() keeps its sequence, but not that
choice(), shuffle() or sample() do. Everything here stands on random() alone.
"""


def below(rng, n):
    """An integer from 0 to n - 1, each equally likely (to 1 part in 2**53 / n)."""
    return int(rng.random() * n)


def choice(rng, seq):
    """One element of a sequence."""
    return seq[below(rng, len(seq))]


def weighted(rng, pairs):
    """One value of (value, weight) pairs, with probability weight / sum; weights are >= 0."""
    pairs, total = tuple(pairs), 0.0
    for _, weight in pairs:     # not sum(): it rounds differently from Python 3.12 on
        total += weight
    point = rng.random() * total
    for value, weight in pairs:
        point -= weight
        if point < 0:
            return value
    # Rounding left a crumb: the last value that can be drawn at all.
    return [value for value, weight in pairs if weight > 0][-1]


def chance(rng, probability):
    """True with the given probability."""
    return rng.random() < probability


def shuffled(rng, seq):
    """A new list with the elements of a sequence in random order."""
    result = list(seq)
    for last in range(len(result) - 1, 0, -1):
        other = below(rng, last + 1)
        result[last], result[other] = result[other], result[last]
    return result


def sample(rng, seq, k):
    """k different positions of a sequence, in random order, as a list of their elements."""
    if k > len(seq):
        raise ValueError(f"{k} of {len(seq)} elements cannot be drawn")
    return shuffled(rng, seq)[:k]
