"""A small text in which words follow from those before, to test language models on."""

import numpy as np
import pytest

from replication import memn2n_table2_language_model
from replication.running import command_line, corpus_table
from tasks import corpora
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


def stand_in(monkeypatch, words=300):
    """The first words of it stand in for the stories that stand in for a corpus."""
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    monkeypatch.setattr(corpora, "simulated", lambda seed: corpus().shortened(words))
    monkeypatch.setattr(corpus_table, "SMOKE_WORDS", words)


def train(folder, *arguments):
    """Records of a smoke run of Table 2 on it; the exit status."""
    return command_line.run(memn2n_table2_language_model.main, [
        "--smoke", "--source", "simulated", "--results", str(folder), *arguments])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Results with one restart of the row "6 hops, memory 100"."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch)
        assert train(folder, "--rows", "6 hops, memory 100", "--restarts", "1") == 0
    return folder
