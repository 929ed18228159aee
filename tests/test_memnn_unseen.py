"""Unseen words: the features of sections 3.5 and 3.6, and that their gradients arrive."""

from dataclasses import replace

import pytest
import torch

from replication.training.memnn_unseen import Reader, new_names, train
from replication.training.protocols import MemNNUnseen
from replication.models.memnn import TIME
from replication.models.memnn_unseen import (UnseenLayout, Words, averaged, context_bags,
                                             effective, pull_back)
from tasks.simulated_world import ACTORS, OBJECTS, ROOMS, World

R, W, V, SIZE = 2, 9, 11, 4
layout = UnseenLayout(W)


def example(dtype=torch.float64):
    g = torch.Generator().manual_seed(0)
    E = torch.randn(R, layout.features, SIZE, generator=g, dtype=dtype)
    known = (torch.rand(R, V, generator=g) < 0.6).to(dtype)
    known[:, W:] = 0
    bags = (torch.rand(R, V, 2 * W, generator=g) < 0.3).to(dtype) * (1 - known[..., None])
    matched = (torch.rand(R, V, generator=g) < 0.5).to(dtype)
    return E, Words(averaged(bags), known, matched)


def test_d_grows_from_3w_to_8w():
    assert layout.features == 8 * W + TIME
    assert layout.plain.features == 3 * W + TIME


def test_the_features_of_each_word_are_those_of_the_paper():
    E, words = example()
    bags, known, matched = words.contexts, words.own, words.match
    table = effective(E, layout, words)
    assert table.shape == (R, 3 * V + TIME, SIZE)
    blocks = {"y": 0, "x": W + TIME, "support": 2 * W + TIME}
    rows = {"y": 0, "x": V + TIME, "support": 2 * V + TIME}
    left, right, match, match_left, match_right = (3 * W + TIME + n * W for n in range(5))
    for r in range(R):
        assert torch.equal(table[r, V:V + TIME], E[r, W:W + TIME])
        for word in range(V):
            for block in blocks:
                if known[r, word]:
                    expected = E[r, blocks[block] + word].clone()
                else:
                    expected = torch.zeros(SIZE, dtype=torch.float64)
                    for c in range(W):
                        expected += bags[r, word, c] * E[r, left + c]
                        expected += bags[r, word, W + c] * E[r, right + c]
                if block == "y" and matched[r, word]:
                    if known[r, word]:
                        expected += E[r, match + word]
                    for c in range(W):
                        expected += bags[r, word, c] * E[r, match_left + c]
                        expected += bags[r, word, W + c] * E[r, match_right + c]
                assert torch.allclose(table[r, rows[block] + word], expected, atol=1e-12)


def test_pull_back_is_the_gradient_through_the_features():
    E, words = example()
    change = torch.randn(R, 3 * V + TIME, SIZE, dtype=torch.float64,
                         generator=torch.Generator().manual_seed(1))
    E.requires_grad_()
    (effective(E, layout, words) * change).sum().backward()
    pulled = torch.zeros_like(E)
    pull_back(pulled, layout, change, words)
    assert torch.allclose(pulled, E.grad, atol=1e-12)


def test_contexts_are_the_words_to_the_left_and_to_the_right():
    bags = context_bags([[2, 3, 9], [3, 9, 4]], words=8, count=10)
    context = lambda word: (bags[word, :8].nonzero()[:, 0].tolist(),
                            bags[word, 8:].nonzero()[:, 0].tolist())
    assert context(3) == ([2], [4])                     # 9 is new and describes nothing
    assert context(9) == ([2, 3], [4])
    assert context(5) == ([], [])
    assert averaged(bags)[9].sum() == pytest.approx(1)
    assert averaged(bags)[5].sum() == 0


def test_new_names_are_in_no_training_story():
    stories = list(new_names(World(), 30, 0))
    assert len(stories) == 30
    names = set(ACTORS + OBJECTS + ROOMS)
    for statements, question, answer, kind in stories:
        assert names.isdisjoint(word for text in (*statements, question) for word in text)
        assert any(answer in text for text in statements)
        assert kind in ("actor", "before", "object")


def test_only_unseen_word_modelling_reads_new_names():
    world = World(kind="actor without before", difficulty=5, statements=1000, questions=400)
    both = MemNNUnseen(world=world, epochs=3, draws=100)
    right = {}
    for name, protocol in (("both", both), ("neither", replace(both, contexts=False,
                                                               matches=False))):
        E_O, E_R, _ = train(protocol, [0])
        reader = Reader(E_O[0], E_R[0], protocol)
        hits = [reader.answer(statements, question)[0] == answer
                for statements, question, answer, _ in new_names(world, 60, 0)]
        right[name] = sum(hits) / len(hits)
    assert right["both"] > 0.3
    assert right["neither"] == 0
