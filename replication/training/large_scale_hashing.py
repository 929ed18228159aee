"""A cell of Table 2 of Memory Networks: one trained model, its memory searched under each hash.

A restart's record has f1 and f1_mixed without a hash, and `hashes`: {"word hash, cut 1%": figures},
"no hashing" among them, each with

    f1, f1_mixed     re-ranking of the given candidates that share a bucket with the question; the
                     others are not looked at, so that a question may go without an answer
    f1_extended      the same of the extended candidates
    unanswered       the share of answerable test questions without any candidate of theirs
    candidates       memories scored a question, on average
    hit_1, mrr       retrieval over the whole memory; a right triple in no bucket ranks nowhere
    kept             the share of right triples that are in the buckets
    milliseconds     of processor time a question, one at a time: to look up, score and rank
    development_f1   the extended F1 of the development questions
"""

import time

import numpy

from replication.models.memnn_bags import Ragged, score_some, word_weights
from replication.models.memnn_hashing import NONE, Hash, clusters, word_buckets
from replication.training.large_scale_cells import Judge, run_of
from replication.training.large_scale_judging import rank, retrieval
from replication.training.memnn_large_scale import train
from replication.training.restarts import refuse_gpu, trained_of

NO_HASH = "no hashing"


def name_of(kind, cut):
    """What a record calls a hash; cut: the document frequency above which a word has no bucket."""
    return f"{kind} hash, " + ("no cut" if cut == 1 else f"cut {100 * cut:g}%")


def train_cell(seeds, device, protocol, hashing, root):
    """Trains one model a seed and judges it under every hash: record.Trained."""
    refuse_gpu(device, "large-scale QA's steps")
    judge = Judge.read(root, protocol.exact_words)
    frequency = numpy.bincount(judge.Phi.indices, minlength=judge.Phi.shape[1]) / len(judge.memory)
    words = {cut: word_buckets(frequency, cut) for cut in hashing.cuts}
    word_hashes = {cut: Hash(judge.Phi, bucket) for cut, bucket in words.items()}
    runs = []
    for seed in seeds:
        U, losses = train(judge.memory, judge.paraphrases, protocol, seed)
        group = clusters(U, hashing.clusters, seed)
        hashes = {NO_HASH: judge_hash(judge, U, None)}
        for cut in hashing.cuts:
            hashes[name_of("word", cut)] = judge_hash(judge, U, word_hashes[cut])
            bucket = numpy.where(words[cut] == NONE, NONE, group)
            hashes[name_of("cluster", cut)] = judge_hash(judge, U, Hash(judge.Phi, bucket))
        figures = {key: hashes[NO_HASH][key] for key in ("f1", "f1_mixed")}
        runs.append(run_of(seed, losses, figures | {"hashes": hashes}))
    return trained_of(runs, {})


def judge_hash(judge, U, hashing):
    """The figures of one model under a Hash; None: every memory is scored."""
    figures = {}
    for name, end in (("given", ""), ("extended", "_extended")):
        reranking = judge.sets[name]
        scores = reranking.scores(U)
        if hashing is not None:
            scores = numpy.where(shares_bucket(hashing, reranking), scores, -numpy.inf)
        best = reranking.best(scores)
        figures[f"f1{end}"] = reranking.figures(best)["f1"]
        if name == "given":
            test = reranking.answerable & ~reranking.development
            figures["f1_mixed"] = reranking.figures(best)["f1_mixed"]
            figures["unanswered"] = float(numpy.isnan(best[test]).mean())
    figures["development_f1"] = reranking.figures(best, development=True)["f1"]
    return figures | _search(judge, U, hashing)


def shares_bucket(hashing, reranking):
    """(C,) whether each candidate's triple shares a bucket with its question."""
    of_question = [hashing.buckets(words) for words in _rows(reranking.X)]
    return numpy.array([not of_question[question].isdisjoint(hashing.buckets(words))
                        for question, words in zip(reranking.question, _rows(reranking.Y))])


def _rows(Phi):
    """The word ids of each row."""
    return numpy.split(Phi.indices, Phi.indptr[1:-1])


def _search(judge, U, hashing):
    """Retrieval of the given set's answerable test questions, and its cost."""
    numbers, right = judge.retrieved[False]
    Phi, X = judge.Phi, judge.sets["given"].X[numbers]
    memories = Ragged(Phi.indices, Phi.indptr)
    ranks, candidates, kept = [], 0, 0
    start = time.process_time()
    for number, words in enumerate(_rows(X)):
        places = one = right[number]       # of the right triples among those that are scored
        if hashing is None:
            scores = Phi @ word_weights(U, X[number])[:, 0]
        else:
            rows = hashing.candidates(words)
            scores = score_some(U, memories, rows, words)
            places = numpy.flatnonzero(numpy.isin(rows, one))
        ranks.append(rank(scores, places) if len(places) else numpy.inf)
        candidates += len(scores)
        kept += len(set(places)) / len(set(one))
    seconds = time.process_time() - start
    result = retrieval(numpy.array(ranks))
    return {"candidates": candidates / len(numbers), "hit_1": result["hit_1"], "mrr": result["mrr"],
            "kept": kept / len(numbers), "milliseconds": 1000 * seconds / len(numbers)}
