"""Hashing: a memory is looked at exactly where it shares a bucket with the question."""

import numpy
import pytest

from replication import memnn_table2_hashing
from replication.models.memnn_bags import bags
from replication.models.memnn_hashing import NONE, Hash, clusters, word_buckets
from replication.training.large_scale_cells import Judge
from replication.training.large_scale_hashing import NO_HASH, judge_hash, train_cell
from replication.training.memnn_large_scale import train
from replication.training.protocols import Hashing, LargeScaleQA
from tasks import openqa, simulated_facts


def test_candidates_share_a_bucket():
    rng = numpy.random.default_rng(0)
    texts = [sorted(set(rng.integers(30, size=4).tolist())) for _ in range(200)]
    Phi = bags(texts, 30)
    bucket = rng.integers(-1, 6, size=30)
    hashed = Hash(Phi, bucket)
    for words in texts[:40]:
        own = set(bucket[words]) - {NONE}
        expected = [i for i, text in enumerate(texts) if own & set(bucket[text])]
        assert hashed.candidates(words).tolist() == expected
    assert hashed.candidates([]).tolist() == []


def test_a_word_above_the_cut_makes_no_bucket():
    frequency = numpy.array([0.5, 0.01, 0.002, 0.0])
    assert word_buckets(frequency, 1.0).tolist() == [0, 1, 2, 3]
    assert word_buckets(frequency, 0.01).tolist() == [NONE, 0, 1, 2]


def test_words_that_mean_the_same_share_a_cluster():
    rng = numpy.random.default_rng(0)
    centre = rng.normal(size=(5, 8))
    U = {name: numpy.repeat(centre, 20, 0) + 0.05 * rng.normal(size=(100, 8))
         for name in ("U_x", "U_y")}
    U["U_y"] *= rng.uniform(0.5, 2, size=(1, 8))
    group = clusters(U, 5, seed=0).reshape(5, 20)
    assert all(len(set(row)) == 1 for row in group) and len(set(group[:, 0])) == 5


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("facts")
    simulated_facts.write(root / openqa.FOLDER, seed=0)
    return root


def test_hashes_of_one_model(root):
    judge = Judge.read(root)
    U, _ = train(judge.memory, judge.paraphrases, LargeScaleQA(size=8, epochs=1), seed=0)
    full = judge_hash(judge, U, None)
    one = judge_hash(judge, U, Hash(judge.Phi, numpy.zeros(judge.Phi.shape[1], int)))
    assert full["candidates"] == len(judge.memory) and full["kept"] == 1
    for key in full.keys() - {"milliseconds"}:       # one bucket for all words is no hash
        assert one[key] == pytest.approx(full[key]), key
    none = judge_hash(judge, U, Hash(judge.Phi, numpy.full(judge.Phi.shape[1], NONE)))
    assert (none["unanswered"], none["candidates"], none["mrr"], none["f1"]) == (1, 0, 0, 0)


def test_a_cell_has_every_hash(root):
    hashing = Hashing(clusters=10, cuts=(1.0, 0.01))
    trained = train_cell([0, 1], "cpu", LargeScaleQA(size=8, epochs=1), hashing, root)
    for restart in trained.restarts:
        hashes = restart["hashes"]
        assert list(hashes) == [NO_HASH, "word hash, no cut", "cluster hash, no cut",
                                "word hash, cut 1%", "cluster hash, cut 1%"]
        assert restart["f1"] == hashes[NO_HASH]["f1"]
        for kind in ("word", "cluster"):
            few, many = hashes[f"{kind} hash, cut 1%"], hashes[f"{kind} hash, no cut"]
            assert few["candidates"] < many["candidates"] <= len(openqa.read(root).memory)
            assert few["kept"] <= many["kept"]
        # A cluster's words share its bucket: an exact match is scored by definition.
        for cut in ("no cut", "cut 1%"):
            assert hashes[f"cluster hash, {cut}"]["kept"] >= hashes[f"word hash, {cut}"]["kept"]


def test_smoke(tmp_path):
    assert memnn_table2_hashing.main(["--smoke", "--restarts", "1",
                                      "--results", str(tmp_path)]) == 0
    assert len(list(tmp_path.rglob("*.json"))) == 2
