"""The stacked MemNN with its gradients written out equals a literal one, example by example."""

import pytest
import torch

from tests.helpers.memnn_by_hand import ByHand
from replication.models import memnn, memnn_segmenter, memnn_sgd
from replication.models.memnn import Layout, Questions, TIME_FEATURES
from replication.models.memnn_segmenter import Segmenter

R, T, L, J, S, W, SIZE = 3, 30, 5, 4, 12, 11, 7
RATE, MARGIN = 0.05, 0.1
layout = Layout(W)


def numbers(seed):
    return torch.Generator().manual_seed(seed)


def problem(hops, seed):
    """Random weights, memories with repeated statements and pads, and one question a model."""
    g = numbers(seed)
    E = torch.stack([memnn.initial(layout, SIZE, 0.5, g, torch.float64) for _ in range(R)])
    memory = torch.randint(2, W, (R, T, L), generator=g)
    memory[:, ::3, -2:] = 0
    memory[:, 5] = memory[:, 9]
    question = torch.randint(2, W, (R, J), generator=g)
    right = torch.randint(0, T, (R, hops), generator=g)
    drawn = torch.randint(0, T, (R, hops, S), generator=g)
    drawn[:, :, 0] = right                      # a draw of the support itself must be passed over
    return E, memory, question, right, drawn


def by_hand(E, time_features):
    U = E.T.clone().requires_grad_()
    return U, ByHand(U, W, TIME_FEATURES[time_features])


@pytest.mark.parametrize("time_features", TIME_FEATURES)
@pytest.mark.parametrize("hops", [1, 2])
def test_a_step_of_o_is_the_gradient_step_of_the_printed_loss(hops, time_features):
    some_loss = 0
    for seed in range(6):
        E, memory, question, right, drawn = problem(hops, seed)
        before, stop = E.clone(), torch.full((R,), T)
        first = memnn_sgd.rows_of(memory, right)[:, 0]
        x_ids = memnn.hop_inputs(layout, question, first)[:, :hops]
        reference = torch.stack([stop, right[:, 0]], 1)[:, :hops]
        example = memnn_sgd.OutputExample(memory, x_ids, reference, right, drawn)
        losses = memnn_sgd.output_step(E, Layout(W, time_features), example, RATE, MARGIN)
        for r in range(R):
            U, model = by_hand(before[r], time_features)
            m = memory[r].tolist()
            expected = []
            for hop in range(hops):
                o1 = right[r, 0].item()
                px = model.phi_x(question[r].tolist(), [m[o1]] if hop else [])
                expected.append(model.hop_loss(px, o1 if hop else T, m, right[r, hop].item(),
                                               drawn[r, hop].tolist(), MARGIN))
            loss = torch.stack(expected)
            assert torch.allclose(losses[r], loss, rtol=1e-12, atol=1e-12)
            some_loss += loss.sum().item()
            if loss.sum() > 0:
                loss.sum().backward()
                assert torch.allclose(E[r].T, U.detach() - RATE * U.grad, rtol=1e-11, atol=1e-12)
            else:
                assert torch.equal(E[r], before[r])
    assert some_loss > 0


@pytest.mark.parametrize("sampled", [False, True])
def test_a_step_of_r_is_the_gradient_step_of_equation_8(sampled):
    for seed in range(4):
        E, memory, question, right, _ = problem(2, seed)
        before, g = E.clone(), numbers(100 + seed)
        answer = torch.randint(2, W, (R,), generator=g)
        drawn = torch.randint(2, W, (R, S), generator=g) if sampled else None
        supports = memnn_sgd.rows_of(memory, right).transpose(0, 1)
        example = memnn_sgd.ResponseExample(question, supports, answer, drawn)
        losses = memnn_sgd.response_step(E, layout, example, RATE, MARGIN)
        for r in range(R):
            U, model = by_hand(before[r], "none")
            texts = supports[:, r].tolist()
            each = [(w, model.response_loss(question[r].tolist(), texts, answer[r].item(), MARGIN,
                                            [w]))
                    for w in (drawn[r].tolist() if sampled else range(2, W))
                    if w != answer[r].item()]
            if sampled:
                each = [pair for pair in each if pair[1] > 0][:1]
            loss = sum(loss for _, loss in each)
            expected = float(torch.as_tensor(loss).detach())
            assert losses[r].item() == pytest.approx(expected, abs=1e-12)
            if each and loss > 0:
                loss.backward()
                assert torch.allclose(E[r].T, U.detach() - RATE * U.grad, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("time_features", TIME_FEATURES)
def test_the_supports_are_those_that_algorithm_1_finds(time_features, null):
    E, memory, _, _, _ = problem(2, 7)
    g = numbers(8)
    questions = torch.randint(2, W, (20, J), generator=g)
    stop = torch.randint(6, T + 1, (20,), generator=g).sort().values
    start = torch.where(torch.arange(20) < 9, 1, 4)
    data, timed = Questions(memory[0], questions, start, stop, null), Layout(W, time_features)
    supports = memnn.find_supports(E[0], timed, data, 2)
    _, model = by_hand(E[0], time_features)
    m = memory[0].tolist()
    for q in range(20):
        candidates = [0] * null + list(range(start[q], stop[q]))
        x = questions[q].tolist()
        o1 = model.algorithm_1(model.phi_x(x), stop[q].item(), m, candidates)
        o2 = model.algorithm_1(model.phi_x(x, [m[o1]]), o1, m, candidates)
        assert supports[:, q].tolist() == [o1, o2]
    again = memnn.find_supports(E[0], timed, data, 2, first=torch.full((20,), 2))
    assert again[1, 3].item() == model.algorithm_1(
        model.phi_x(questions[3].tolist(), [m[2]]), 2, m,
        [0] * null + list(range(start[3], stop[3])))


def test_without_time_features_algorithm_1_is_the_argmax():
    E, memory, _, _, _ = problem(1, 3)
    questions = torch.randint(2, W, (10, J), generator=numbers(4))
    data = Questions(memory[0], questions, torch.zeros(10, dtype=torch.int64),
                     torch.full((10,), T), null=False)
    supports = memnn.find_supports(E[0], layout, data, 1)
    _, model = by_hand(E[0], "none")
    for q in range(10):
        px = model.phi_x(questions[q].tolist())
        scores = torch.stack([model.s(px, model.phi_y(y)) for y in memory[0].tolist()])
        assert scores[supports[0, q]] == scores.max()


def test_the_word_that_r_answers():
    E, memory, _, _, _ = problem(2, 5)
    questions = torch.randint(2, W, (6, J), generator=numbers(6))
    supports = torch.randint(0, T, (2, 6), generator=numbers(7))
    scores = memnn.rank_words(E[0], layout, memory[0], questions, supports)
    _, model = by_hand(E[0], "none")
    for q in range(6):
        px = model.phi_x(questions[q].tolist(), memory[0][supports[:, q]].tolist())
        expected = [model.s(px, model.phi_y([w])).item() for w in range(2, W)]
        assert scores[q, 2:].tolist() == pytest.approx(expected, abs=1e-12)
    assert scores[:, :2].isinf().all()


def test_a_step_of_the_segmenter_is_the_gradient_step_of_equation_12():
    g = numbers(11)
    each = [memnn_segmenter.initial(W, SIZE, 0.3, g, torch.float64) for _ in range(R)]
    segmenters = E, V = Segmenter(*(torch.stack(tensors) for tensors in zip(*each)))
    for _ in range(5):
        right, wrong = (torch.randint(0, W, (R, n, L), generator=g) for n in (2, S))
        before = [(E[r].clone().requires_grad_(), V[r].clone().requires_grad_()) for r in range(R)]
        losses = memnn_segmenter.step(segmenters, right, wrong, RATE, MARGIN)
        for r, (rows, vector) in enumerate(before):
            seg = lambda words: vector @ sum(rows[w] for w in words if w != 0)
            loss = sum(torch.clamp(MARGIN - seg(f), min=0) for f in right[r].tolist())
            hinges = (torch.clamp(MARGIN + seg(f), min=0) for f in wrong[r].tolist())
            loss = loss + next((hinge for hinge in hinges if hinge > 0), 0)
            loss.backward()
            assert losses[r].item() == pytest.approx(loss.item(), abs=1e-12)
            assert torch.allclose(E[r], rows.detach() - RATE * rows.grad, atol=1e-12)
            assert torch.allclose(V[r], vector.detach() - RATE * vector.grad, atol=1e-12)


def test_the_stream_is_cut_where_the_segmenter_fires_or_a_segment_is_too_long():
    E = torch.tensor([[0.0], [0.0], [0.3], [-0.1], [0.05]])
    segmenter = Segmenter(E, torch.ones(1))
    cuts = memnn_segmenter.cut(segmenter, [3, 3, 2, 2, 3, 4, 4, 3, 4], 0.0, longest=4)
    # -0.1 -0.2 +0.1 | 0.3 | -0.1 -0.05 0.0 (not above 0) -0.1: four words | 0.05 |
    assert cuts == [3, 4, 8, 9]
