"""Held to a normal distribution about 0: initial weights of many restarts."""


def normal_about_0(weights, deviation):
    """Whether many draws have this standard deviation, the mean 0 and a normal's tails.

    Each figure may be five of its own standard errors off; the draws are the same on each run.
    """
    z, n = weights.detach().double().flatten() / deviation, weights.numel()
    beyond = 0.0455                         # of a normal's draws lie beyond two deviations
    assert n >= 5000
    return bool(abs(z.mean()) < 5 * n ** -0.5
                and abs(z.std() - 1) < 5 * (2 * n) ** -0.5
                and abs((z.abs() > 2).double().mean() - beyond) < 5 * (beyond / n) ** 0.5)
