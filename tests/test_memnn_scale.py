"""A large memory: exact search, postings and FAISS against plain sums."""

import importlib.util
import json
from types import SimpleNamespace

import numpy
import pytest
from scipy import sparse

from replication.ablations import memnn_scale
from replication.models.memnn_bags import score_some
from replication.models.memnn_hashing import Postings
from replication.training import large_scale_memory
from replication.training.large_scale_memory import postings_of, recombine
from replication.training.large_scale_search import Buckets, hashes, kept_shares
from tasks import knowledge_base
from tasks.errors import UserError

FAISS = importlib.util.find_spec("faiss") is not None


@pytest.fixture(scope="module")
def memory():
    return knowledge_base.of_triples([(f"name{i} of name{i % 7}", f"verb{i % 5}", f"thing{i % 11}")
                                      for i in range(60)])


@pytest.fixture
def statements(memory, monkeypatch):
    monkeypatch.setattr(large_scale_memory, "ROWS", 64)
    return recombine(memory, 500, seed=0)


def test_recombined_statements_are_the_real_ones_and_new_ones(memory, statements):
    assert len(statements) == 500 and len(statements.blocks) == 8
    words = [statements.order[statements.ids[start:stop]].tolist()
             for start, stop in zip(statements.bounds[:-1], statements.bounds[1:])]
    assert all(len(set(own)) == len(own) for own in words)
    real = [sorted({word for part in range(3) for word in memory.member(i, part)})
            for i in range(60)]
    first = [sorted(own) for own in words[:64]]      # of the first block, in another order
    assert sum(own in real for own in first) >= 60 and all(own in first for own in real)
    new = sum(max(own) >= len(memory.word_id) for own in words)
    assert 80 < new < 190
    again = recombine(memory, 500, seed=0)
    assert (again.ids == statements.ids).all() and (again.bounds == statements.bounds).all()
    assert recombine(memory, 500, seed=1).ids.tolist() != statements.ids.tolist()


def test_recombined_statements_are_in_the_order_that_is_fast_to_search(statements):
    frequency = numpy.bincount(statements.ids, minlength=statements.words)
    assert (numpy.diff(frequency) <= 0).all()
    assert sorted(statements.order.tolist()) == list(range(statements.words))
    for _, block in statements.blocks:
        assert (numpy.diff(numpy.diff(block.indptr)) >= 0).all()


@pytest.mark.parametrize("B", [1, 3])
def test_search_finds_the_best_of_all(statements, B):
    W = numpy.random.default_rng(B).normal(size=(statements.words, B)).astype(numpy.float32)
    full = numpy.array([W[statements.ids[start:stop]].sum(0)
                        for start, stop in zip(statements.bounds[:-1], statements.bounds[1:])])
    numbers, values = statements.search(W, 5)
    expected = -numpy.sort(-full, axis=0)[:5].T
    numpy.testing.assert_allclose(values, expected, rtol=1e-4)
    numpy.testing.assert_allclose(numpy.take_along_axis(full.T, numbers, 1), expected, rtol=1e-4)
    assert all(len(set(row)) == 5 for row in numbers)


def test_postings_are_the_memories_of_a_word(statements, monkeypatch):
    postings, words = postings_of(statements), [0, 3, 9]
    sets = [set(statements.ids[a:b]) for a, b in zip(statements.bounds, statements.bounds[1:])]
    assert postings.candidates(words).tolist() == [i for i, own in enumerate(sets)
                                                   if own & set(words)]
    assert postings.frequency[3] == pytest.approx(sum(3 in own for own in sets) / 500)
    assert postings.candidates([]).tolist() == []
    nowhere = numpy.flatnonzero(postings.frequency == 0)[:2]
    assert postings.candidates(nowhere).tolist() == []
    U = {name: numpy.random.default_rng(0).normal(size=(statements.words, 4))
         for name in ("U_x", "U_y")}
    rows = postings.candidates(words)
    scores = score_some(U, statements.lists, rows, words)
    assert scores[2] == pytest.approx(U["U_x"][words].sum(0) @ U["U_y"][list(sets[rows[2]])].sum(0))
    for few in (0, len(rows)):      # by all words' weights, in blocks of 64; by these words' alone
        monkeypatch.setattr(large_scale_memory, "FEW", few)
        numpy.testing.assert_allclose(statements.scores(U, rows, words), scores, rtol=1e-6)


# A memory by hand, its words with the cluster of each; at a cut of one half "the" makes no bucket.
CLUSTER = {"the": 2, "cat": 0, "dog": 0, "milk": 1, "fish": 1, "bone": 2, "hay": 2}
SIX = ("the cat milk", "the cat fish", "the dog bone", "the dog hay", "the fish", "the bone hay")
ASKED = ("the cat", "milk", "the", "hay", "fish", "dog")


def bags_by_hand(texts):
    names = list(CLUSTER)
    return sparse.csr_matrix([[float(name in text.split()) for name in names] for text in texts])


def test_both_hashes_look_at_the_memories_in_the_buckets_of_words_below_the_cut():
    scored = []

    def scores(U, rows, question):
        scored.append(rows.tolist())
        return numpy.zeros(len(rows))

    buckets = Buckets(Postings(bags_by_hand(SIX)), numpy.array(list(CLUSTER.values())))
    memory = SimpleNamespace(statements=SimpleNamespace(scores=scores), U=None)
    figures = hashes(memory, bags_by_hand(ASKED), buckets, cut=0.5)
    by_word = [[0, 1], [0], [], [3, 5], [1, 4], [2, 3]]
    by_cluster = [[0, 1, 2, 3], [0, 1, 4], [], [2, 3, 5], [0, 1, 4], [0, 1, 2, 3]]
    assert scored == by_word + by_cluster
    assert figures["word"]["candidates"] == pytest.approx(9 / 6)
    assert figures["cluster"]["candidates"] == pytest.approx(17 / 6)


def test_kept_are_right_triples_of_answerable_test_questions_with_a_usable_bucket_in_common():
    # Of the question "the cat" memory 3 is a wrong candidate; "fish" is of development, "dog" has
    # no answer to find. "the" would be in common with all, and its cluster with "hay".
    pairs = [(0, 0), (0, 2), (0, 3), (1, 1), (1, 5), (2, 5), (3, 4), (4, 4), (5, 2)]
    question, triple = (numpy.array(column) for column in zip(*pairs))
    reranking = SimpleNamespace(
        X=bags_by_hand(ASKED), question=question, triple=triple, answer=numpy.arange(len(pairs)),
        right=numpy.array([pair != (0, 3) for pair in pairs]),
        answerable=numpy.arange(6) != 5, development=numpy.arange(6) == 4)
    usable = numpy.array([word != "the" for word in CLUSTER])
    kept = kept_shares(SimpleNamespace(Phi=bags_by_hand(SIX)), reranking, usable,
                       numpy.array(list(CLUSTER.values())))
    assert kept == {"word": 1 / 6, "cluster": 3 / 6}    # (0, 0); and (0, 2) and (1, 1)


def test_a_memory_that_does_not_fit_is_refused_before_anything_is_recombine(memory, monkeypatch):
    monkeypatch.setattr(large_scale_memory, "available", lambda: 2**30)
    monkeypatch.setattr(large_scale_memory, "bags_of", lambda *_: pytest.fail("it was begun"))
    with pytest.raises(UserError, match=r"14,000,000 statements need about 1.4 GB.* has 1.1 GB"):
        recombine(memory, 14_000_000, seed=0)


def test_without_faiss_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    from replication.training.large_scale_search import imported_faiss
    with pytest.raises(UserError, match="FAISS is not installed; install the optional part"):
        imported_faiss()


def test_smoke(tmp_path):
    columns = list(memnn_scale.COLUMNS)[:2 if FAISS else 1]
    assert memnn_scale.main(["--smoke", "--restarts", "2", "--results", str(tmp_path),
                             "--columns", *columns]) == 0
    for path in tmp_path.rglob("*.json"):
        record = json.loads(path.read_text())
        for restart in record["restarts"]:
            searches = restart["searches"]
            assert restart["statements"] == 5000
            assert searches["exact search, alone"]["faster"] == 1
            assert searches["exact search, 16 together"]["recall_1"] == 1
            assert searches["word hash, cut 5%"]["candidates"] < 5000
            assert 0 < searches["word hash, cut 5%"]["kept"] <= 1
            assert 0 < searches["word hash, cut 5%"]["kept_extended"] <= 1
            if "FAISS" in record["column"]:
                assert searches["FAISS IVF8,SQ4, 8 lists"]["recall_1"] > 0
