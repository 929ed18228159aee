"""The stacked model equals the paper's equations, written out one question at a time."""

import itertools

import pytest
import torch

from replication.models.memn2n import Form, MemN2N, bags
from tests.helpers import memn2n_by_the_paper as paper

R, B, N, J, S, W, d = 2, 3, 4, 5, 6, 7, 4


def make(form, seed=0):
    """Random float64 models and a random batch, half of whose slots are empty in question 0."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return 0.5 * torch.randn(*shape, generator=draw, dtype=torch.float64)
    model = MemN2N(form, normal(form.tables, R, N + W, d), normal(R, d, d), N, J)
    if not form.mapped:
        model.H = None

    def texts(*shape):
        """Sentences of one to J - 1 words, null words behind them."""
        words = torch.randint(1, W, (*shape, J - 1), generator=draw)
        length = torch.randint(1, J, (*shape, 1), generator=draw)
        return words.masked_fill(torch.arange(J - 1) >= length, 0)
    sentences, asked = texts(S), texts(R, B)
    sentences[0] = 0
    stories = torch.randint(0, S, (R, B, N), generator=draw)
    time = torch.stack([torch.randperm(N, generator=draw) + 1 for _ in range(R * B)]).view(R, B, N)
    stories[:, 0, 2:], time[:, 0, 2:] = 0, 0
    answers = N + torch.randint(0, W, (R, B), generator=draw)
    X = bags(sentences, W, J, form)
    x_q = bags(asked.view(-1, J - 1), W, J, form).view(R, B, -1)
    where = torch.cat([stories, S + N - time], -1)
    return model, (X, x_q, where, answers), (sentences, asked, stories, time)


def tables_of(form, E):
    """The paper's matrices from the model's tables of one restart, shared as the tying says."""
    if form.layerwise:
        names = {f"A{k}": 0 for k in range(1, form.K + 1)}
        names |= {f"C{k}": 1 for k in range(1, form.K + 1)} | {"B": 2, "W": 3}
    else:
        names = {f"A{k}": k - 1 for k in range(1, form.K + 1)}
        names |= {f"C{k}": k for k in range(1, form.K + 1)} | {"B": 0, "W": form.K}
    return {name: E[i] for name, i in names.items()}


def literal(form, E, H, r, text, linear):
    """The paper's scores and attention for every question of restart r."""
    sentences, asked, stories, time = text
    for b in range(B):
        memories = [[N + int(w) for w in sentences[s]] + [N - int(t)]
                    for s, t in zip(stories[r, b], time[r, b])]
        yield paper.answer(tables_of(form, E), H, memories, [N + int(w) for w in asked[r, b]], N,
                           J, form, linear)


FORMS = [Form(d, K, tying, encoding, relu) for K, tying, encoding, relu in itertools.product(
    (1, 2, 3), ("adjacent", "layer-wise"), ("BoW", "PE"), (False, True))]
FORMS += [Form(d, encoding="PE as printed"), Form(d, weigh_time=False),
          Form(d, encoding="PE as printed", weigh_time=False),
          Form(d, tying="layer-wise without H")]


@pytest.mark.parametrize("linear", [False, True], ids=["softmax", "linear"])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_equals_the_paper(form, linear):
    model, batch, text = make(form)
    X, x_q, where, answers = batch
    scores, attention = model.answer(X, x_q, where, linear)
    dE, dH, loss, wrong = model.gradients(X, x_q, where, answers, linear)
    for r in range(R):
        E = model.E[:, r].clone().requires_grad_()
        H = model.H[r].clone().requires_grad_() if form.mapped else None
        total, mistakes = 0, 0
        for b, (z, p) in enumerate(literal(form, E, H, r, text, linear)):
            torch.testing.assert_close(scores[r, b], z.detach())
            for k in range(form.K):
                torch.testing.assert_close(attention[k][r, b], p[k].detach())
            total = total + paper.loss(z, answers[r, b])
            mistakes += int(z.argmax() != answers[r, b])
        total.backward()
        torch.testing.assert_close(loss[r], total.detach())
        assert int(wrong[r]) == mistakes
        torch.testing.assert_close(dE[:, r], E.grad)
        if form.mapped:
            torch.testing.assert_close(dH[r], H.grad)


def test_as_printed_each_sentence_has_its_own_J():
    """Section 4.1, l_kj = (1 - j/J) - (k/d)(1 - 2j/J), of "a b" and of "a b c" (J = 2 and 3)."""
    form, words = Form(2, encoding="PE as printed"), torch.tensor([[1, 2, 0], [1, 2, 3]])
    X = bags(words, 4, 4, form)
    c, a, _ = form.position_encoding(4)
    for row, own in zip(X, (2, 3)):
        for j in range(1, own + 1):
            l_kj = torch.tensor([(1 - j / own) - (k / 2) * (1 - 2 * j / own) for k in (1, 2)],
                                dtype=torch.float64)
            torch.testing.assert_close(row[j] + a * row[4 + j], l_kj)
        assert (row[own + 1:4] == 0).all() and row[0] == row[4] == 0


def test_sentences_may_differ_between_restarts():
    """Encoding only a batch's own sentences, restart by restart, changes nothing."""
    model, (X, x_q, where, answers), _ = make(Form(d))
    everything = model.gradients(X, x_q, where, answers)
    flipped = torch.stack([X, X.flip(0)])
    where = where.clone()
    where[1, :, :N] = S - 1 - where[1, :, :N]
    for a, b in zip(everything, model.gradients(flipped, x_q, where, answers)):
        if a is not None:
            torch.testing.assert_close(a, b)
