"""Large-scale QA: scores and gradients against the transcription, batches, ties, F1, a tiny run."""

import importlib

import numpy
import pytest

from tests.helpers import large_scale_by_hand as by_hand
from replication.models import memnn_bags
from replication.training.large_scale_cells import Judge, labelled, with_exact, with_labels
from replication.training.large_scale_judging import f1, rank, ranks
from replication.training.memnn_large_scale import train
from replication.training.protocols import LargeScaleQA
from replication.training.memnn_large_scale_inputs import (PATTERNS, Facts, Paraphrases,
                                                           question_bags)
from tasks import knowledge_base, openqa, simulated_facts

V, n = 9, 4
EXAMPLES = [({0, 1, 2}, {1, 2, 5}, [{0, 5}, {1, 6, 7}]), ({3, 4}, {4, 5}, [{3, 8}, {2, 4}]),
            ({6}, {6, 7}, [{1}, {6, 8}])]


def weights(names, seed=0):
    rng = numpy.random.default_rng(seed)
    return {name: rng.normal(0, 0.4, (V, n)) for name in names}


def batch(examples):
    sets = ([x for x, _, _ in examples], [y for _, y, _ in examples],
            [f for *_, negatives in examples for f in negatives])
    return [memnn_bags.bags([sorted(one) for one in part], V).astype(numpy.float64)
            for part in sets]


@pytest.mark.parametrize("names", [("U_x", "U_y"), ("U_x", "U_y", "U_m"), ("U_x",)],
                         ids=["embedding", "matching features", "paraphrases"])
def test_loss_and_gradients_are_the_transcription_s(names):
    U = weights(names)
    loss, gradients = memnn_bags.ranking_step(U, *batch(EXAMPLES), margin=0.3)
    assert loss == pytest.approx(by_hand.loss(U, EXAMPLES, 0.3), rel=1e-12) and loss > 0
    expected = by_hand.gradient(U, EXAMPLES, 0.3)
    assert gradients.keys() == expected.keys()
    for name, (rows, gradient) in gradients.items():
        full = numpy.zeros((V, n))
        full[rows] = gradient
        numpy.testing.assert_allclose(full, expected[name], atol=1e-8)


def test_satisfied_margins_have_no_gradient():
    U = weights(("U_x", "U_y"))
    loss, gradients = memnn_bags.ranking_step(U, *batch(EXAMPLES), margin=-100)
    assert loss == 0 and not any(gradient.any() for _, gradient in gradients.values())


@pytest.mark.parametrize("matching", [False, True])
@pytest.mark.parametrize("with_exact", [False, True])
def test_memory_scores_are_sums_over_words(matching, with_exact):
    U = weights(("U_x", "U_y", "U_m") if matching else ("U_x", "U_y"))
    exact = numpy.linspace(0.1, 0.9, V) if with_exact else None
    X, Y, _ = batch(EXAMPLES)
    s = Y @ memnn_bags.word_weights(U, X, exact)
    for i, (_, y, _) in enumerate(EXAMPLES):
        for b, (x, _, _) in enumerate(EXAMPLES):
            assert s[i, b] == pytest.approx(by_hand.score(U, x, y, exact), rel=1e-12)


@pytest.mark.parametrize("names", [("U_x", "U_y"), ("U_x", "U_y", "U_m")])
def test_some_memories_score_as_all_do(names):
    U, exact = weights(names), numpy.linspace(0.1, 0.9, V)
    X, Y, negatives = batch(EXAMPLES)
    Phi, rows = negatives.tocsr(), numpy.array([4, 0, 3])
    memories = memnn_bags.Ragged(Phi.indices, Phi.indptr)
    for question in X:
        expected = (Phi @ memnn_bags.word_weights(U, question, exact))[rows, 0]
        s = memnn_bags.score_some(U, memories, rows, question.indices, exact)
        numpy.testing.assert_allclose(s, expected, rtol=1e-12)
    assert memnn_bags.score_some(U, memories, rows[:0], [1]).shape == (0,)


def test_a_repeated_word_counts_once():
    memory = knowledge_base.of_triples([("a dog", "bites", "a dog"), ("a cat", "sees", "a mouse")])
    Phi = memnn_bags.memory_bags(memory.words, memory.bounds, len(memory.word_id)).toarray()
    assert set(Phi.ravel()) == {0, 1}
    assert Phi.sum(1).tolist() == [3, 4]
    assert (Facts(memory).bags([0, 1]).toarray() == Phi).all()


def test_adagrad_holds_norms_at_one():
    block, squares = numpy.full((3, 2), 0.5), numpy.zeros(3)
    memnn_bags.adagrad(block, squares, numpy.array([0, 2]), numpy.array([[-9.0, -9.0], [1.0, 0.0]]),
                       rate=0.6)
    assert numpy.linalg.norm(block[0]) == pytest.approx(1)
    # One rate a row: 0.6 / sqrt(mean square) = 0.6 / sqrt(0.5)
    assert block[2] == pytest.approx([0.5 - 0.6 * 2 ** 0.5, 0.5])
    assert block[1].tolist() == [0.5, 0.5] and squares.tolist() == [81, 0, 0.5]


def test_pseudo_questions_leave_one_member_out():
    triples = [(f"name{i}", f"verb{i}", f"thing{i}") for i in range(40)]
    memory = knowledge_base.of_triples(triples, [" ".join(text for text, _ in PATTERNS)])
    facts, rng = Facts(memory), numpy.random.default_rng(0)
    word = {i: name for name, i in memory.word_id.items()}
    chosen = numpy.arange(40)
    kept = set()
    for i, row in zip(chosen, facts.questions(chosen, rng).toarray()):
        said = {word[j] for j in numpy.flatnonzero(row)}
        own = {part for part, text in enumerate(triples[i]) if text in said}
        assert 1 in own and len(own) == 2, said
        assert not any(text in said for j in range(40) if j != i for text in triples[j])
        kept.add(tuple(sorted(own)))
    assert kept == {(0, 1), (1, 2)}


def test_negatives_replace_at_least_one_member():
    memory = knowledge_base.of_triples([(f"name{i}", f"verb{i}", f"thing{i}") for i in range(500)])
    facts, rng = Facts(memory), numpy.random.default_rng(0)
    triples = numpy.arange(300)
    negatives = facts.negatives(triples, 4, 2 / 3, rng)
    shared = negatives.multiply(facts.bags(numpy.repeat(triples, 4))).sum(1)
    assert negatives.shape[0] == 1200 and shared.max() <= 2
    # 3 words, each kept with probability 1/3 unless all are: 1 - 3 (1/27) (1/3) ...
    assert shared.mean() == pytest.approx(1 - 1 / 27, abs=0.1)


def test_ties_are_shared_and_unanswered_questions_cost_recall():
    assert f1(numpy.array([1.0, 0.0, 0.5, numpy.nan])) == pytest.approx(2 * 1.5 / (3 + 4))
    assert f1(numpy.array([1.0, 0.0])) == 0.5
    scores = numpy.array([3.0, 5, 5, 5, 1])
    assert rank(scores, numpy.array([0])) == 4
    assert rank(scores, numpy.array([1])) == 2          # first, second or third, each as often
    assert rank(scores, numpy.array([1, 2, 4])) == pytest.approx(1 + 1 / 3)
    # A triple that stands for two answers is one memory.
    assert rank(scores, numpy.array([1, 1])) == 2 and rank(scores, numpy.array([0, 0])) == 4


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    root = tmp_path_factory.mktemp("facts")
    simulated_facts.write(root / openqa.FOLDER, seed=0)
    return Judge.read(root)


def test_ranks_are_those_of_all_scores(judge):
    U, _ = train(judge.memory, judge.paraphrases, LargeScaleQA(size=6, epochs=1), seed=1)
    numbers, right = judge.retrieved[False]
    X = judge.sets["given"].X[numbers]
    W = U["U_y"] @ (X @ U["U_x"]).T
    expected = [rank(judge.Phi @ W[:, i], one) for i, one in enumerate(right)]
    numpy.testing.assert_allclose(ranks(U, judge.Phi, X, right), expected, rtol=0.02, atol=1)


def test_the_best_answer_is_that_of_the_best_triple(judge):
    reranking = judge.sets["extended"]
    scores = numpy.random.default_rng(0).normal(size=len(reranking.question))
    best, row = reranking.best(scores), 0
    for number, question in enumerate(reranking.questions):
        top = -numpy.inf
        for _, triples, right in question.answers:
            highest = max(scores[row:row + len(triples)])
            row += len(triples)
            if highest > top:
                top, expected = highest, float(right)
        assert best[number] == expected


def test_training_teaches_and_is_repeatable(judge):
    protocol = LargeScaleQA(size=24, epochs=3, matching=True)
    first, losses = train(judge.memory, judge.paraphrases, protocol, seed=3)
    again, _ = train(judge.memory, judge.paraphrases, protocol, seed=3)
    other, _ = train(judge.memory, judge.paraphrases, protocol, seed=4)
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["U_x"] != other["U_x"]).any()
    assert losses["question_loss"][-1] < losses["question_loss"][0] / 2
    figures, _ = judge.figures(judge.best(first))
    at_random = judge.sets["given"].figures(judge.sets["given"].at_random())
    assert figures["f1_mixed"] > at_random["f1_mixed"] + 0.1


def test_paraphrases_are_batches_of_questions(judge):
    pairs = Paraphrases(judge.memory, judge.paraphrases)
    first, second, others = pairs.batch(numpy.array([0, 1]), 3, numpy.random.default_rng(0))
    assert first.shape[0] == second.shape[0] == 2 and others.shape[0] == 6
    texts = judge.paraphrases[0]
    assert (first[0] != question_bags(judge.memory, [texts[0]])).nnz == 0
    assert (second[0] != question_bags(judge.memory, [texts[1]])).nnz == 0


def test_lambda_is_chosen_by_development_questions(judge):
    protocol = LargeScaleQA(size=8, epochs=1)
    U, _ = train(judge.memory, judge.paraphrases, protocol, seed=0)
    figures, arrays = with_exact(judge, U, protocol)
    extended = judge.sets["extended"]
    by_value = {value: extended.figures(extended.best(extended.scores(U, value * judge.exact)),
                                        development=True)["f1"] for value in protocol.lambdas}
    assert figures["exact"] in protocol.lambdas
    assert by_value[figures["exact"]] == max(by_value.values()) == figures["development_f1"]
    assert figures["f1"] == f1(arrays["right_given"])


def test_labels_are_learned_from_other_questions_alone(judge):
    protocol = LargeScaleQA(size=16, epochs=1)
    U, _ = train(judge.memory, judge.paraphrases, protocol, seed=0)
    before = U["U_x"].copy()
    reranking = judge.sets["given"]
    chosen = numpy.arange(len(reranking.questions)) % 2 == 0
    X, right, wrong = labelled(judge, reranking, chosen, seed=0)
    rows = numpy.flatnonzero(reranking.right[reranking.answer] & chosen[reranking.question])
    assert X.shape[0] == len(rows) > 0
    assert (right != reranking.Y[rows]).nnz == 0
    assert (X != reranking.X[reranking.question[rows]]).nnz == 0
    figures, _ = with_labels(judge, U, protocol, seed=0)
    plain, _ = judge.figures(judge.best(U))
    assert figures["f1_mixed"] > plain["f1_mixed"] and "mrr" not in figures
    assert (U["U_x"] == before).all()


@pytest.mark.parametrize("script", ["memnn_table1_large_scale_qa"])
def test_smoke(script, tmp_path, capsys):
    module = importlib.import_module(f"replication.{script}")
    assert module.main(["--smoke", "--restarts", "1", "--results", str(tmp_path)]) == 0
    assert len(list(tmp_path.rglob("*.json"))) == len(module.cells(openqa.simulated(), True))
