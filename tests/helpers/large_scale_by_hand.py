"""Large-scale QA one example at a time, in float64, as sections 3.1 and 3.6 of MemNN write it."""

import numpy


def score(U, x, y, exact=None):
    """s(x, y) of equations 5 and 11; x, y are sets of word ids, exact[w] is lambda for word w."""
    u = sum(U["U_x"][w] for w in x)
    name = "U_y" if "U_y" in U else "U_x"
    v = sum(U[name][w] for w in y)
    if "U_m" in U:
        v = v + sum((U["U_m"][w] for w in x & y), numpy.zeros_like(u))
    s = float(u @ v)
    return s if exact is None else s + sum(exact[w] for w in x & y)


def loss(U, examples, margin):
    """Equation 6: the sum over (x, y, negatives) of max(0, margin - s(x, y) + s(x, f))."""
    return sum(max(0.0, margin - score(U, x, y) + score(U, x, f))
               for x, y, negatives in examples for f in negatives)


def gradient(U, examples, margin, step=1e-6):
    """{name: (V, n)} by central differences of the loss."""
    result = {}
    for name, block in U.items():
        result[name] = numpy.zeros_like(block)
        for place in numpy.ndindex(*block.shape):
            kept = block[place]
            block[place] = kept + step
            above = loss(U, examples, margin)
            block[place] = kept - step
            below = loss(U, examples, margin)
            block[place] = kept
            result[name][place] = (above - below) / (2 * step)
    return result
