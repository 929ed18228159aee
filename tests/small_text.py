"""A small text in which words follow from those before: what the tests of language models train on."""

import numpy as np

from tasks.corpora import Corpus

V = 20


def corpus():
    """Three splits in which nine of ten words are the one five places before, plus one."""
    rng = np.random.default_rng(0)

    def text(T):
        words = rng.integers(0, V, T)
        for t in range(5, T):
            if rng.random() < 0.9:
                words[t] = (words[t - 5] + 1) % V
        return words
    return Corpus(tuple(f"w{i}" for i in range(V)), text(2000), text(400), text(500))
