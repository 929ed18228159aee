"""The language model equals section 5 of the paper, written out one word at a time."""

import pytest
import torch

from replication.models.memn2n_language_model import (
    LanguageModel,
    PlainLanguageModel,
    band,
    spread,
)
from tests.helpers import memn2n_language_model_by_the_paper as paper

V, d = 7, 5


def make(N, G, L, K):
    """A random float64 model, and windows in which words occur again: (model, weights, x, y)."""
    draw = torch.Generator().manual_seed(N + 10 * L + K)

    def normal(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64)
    weights = {"A": normal(V, d), "C": normal(V, d), "T_A": normal(N, d), "T_C": normal(N, d),
               "H": normal(d, d), "W": normal(V, d)}
    text = torch.randint(0, V, (G, N + L), generator=draw)
    return LanguageModel(weights, K), weights, text[:, :-1], text[:, N:]


SHAPES = [(4, 3, 1, 2), (4, 2, 3, 1), (3, 2, 6, 3), (1, 2, 2, 2)]


@pytest.mark.parametrize("N, G, L, K", SHAPES)
def test_equals_the_paper(N, G, L, K):
    model, weights, x, y = make(N, G, L, K)
    losses, attention = model.losses(x, y), model.hops(x)[1]
    leaves = {name: w.clone().requires_grad_() for name, w in weights.items()}
    total = 0
    for g in range(G):
        for place in range(L):
            z, p = paper.scores(leaves, K, x[g, place:place + N].tolist())
            one = paper.loss(z, int(y[g, place]))
            torch.testing.assert_close(losses[g, place], one.detach())
            for k in range(K):
                torch.testing.assert_close(attention[k][g, place], p[k].detach())
            total = total + one
    total.backward()
    gradients, loss = model.gradients(x, y)
    torch.testing.assert_close(loss, total.detach())
    for name in ("T_A", "T_C", "H"):
        torch.testing.assert_close(getattr(gradients, name), leaves[name].grad)
    torch.testing.assert_close(gradients.W, leaves["W"].grad.mT)
    for name in ("A", "C"):
        dense = torch.zeros(V, d, dtype=torch.float64)
        dense[gradients.words] = getattr(gradients, name)
        torch.testing.assert_close(dense, leaves[name].grad)


def test_a_window_is_its_words_one_by_one():
    """What is predicted does not depend on the neighbours that share a window."""
    model, _, x, y = make(4, 2, 3, 2)
    together = model.losses(x, y)
    alone = torch.cat([model.losses(x[:, i:i + 4], y[:, i:i + 1]) for i in range(3)], 1)
    torch.testing.assert_close(together, alone)


def test_spread_is_the_transpose_of_band():
    draw = torch.Generator().manual_seed(0)
    S = torch.randn(2, 3, 6, generator=draw, dtype=torch.float64)
    p = torch.randn(2, 3, 4, generator=draw, dtype=torch.float64)
    torch.testing.assert_close((band(S, 4) * p).sum(), (S * spread(p)).sum())
    assert torch.equal(band(S, 4)[1, 2], S[1, 2, 2:])


def test_gradients_of_float32_are_those_of_float64():
    """The products into tensors that are used again lose nothing but digits."""
    model, weights, x, y = make(4, 3, 3, 2)
    single = LanguageModel({name: w.float() for name, w in weights.items()}, 2)
    for _ in range(2):
        (a, loss), (b, small) = model.gradients(x, y), single.gradients(x, y)
        torch.testing.assert_close(small.double(), loss, rtol=1e-4, atol=1e-4)
        for name in LanguageModel.NAMES:
            torch.testing.assert_close(getattr(b, name).double(), getattr(a, name), rtol=1e-3,
                                       atol=1e-3)


def test_the_plain_model_is_the_same():
    model, weights, x, y = make(4, 3, 1, 2)
    plain = PlainLanguageModel(V, 4, d, 2).double()
    names = {name: f"{name}.weight" if name in "ACHW" else name for name in weights}
    plain.load_state_dict({names[name]: w for name, w in weights.items()})
    loss = torch.nn.functional.cross_entropy(plain(x), y[:, 0], reduction="none")
    torch.testing.assert_close(loss.detach(), model.losses(x, y)[:, 0])
