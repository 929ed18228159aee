"""How fast a memory of millions is searched: exactly, under both hashes, and by FAISS.

A restart's record has, for each way to search, milliseconds of processor time a question (one
thread) and `faster`, the time of the exact search of one question over this one's, measured in the
same run. With hashes also `candidates` and `kept` (`kept_extended`), the share of the test questions' right
triples among the given (extended) candidates that lie in the buckets; with FAISS `recall_1`, how often its first statement, after rescoring, is that
of the exact search.
"""

import resource
import sys
import time

import numpy

from replication.models.memnn_bags import word_weights
from replication.models.memnn_hashing import clusters
from replication.records.record import Trained
from replication.training.large_scale_cells import Judge
from replication.training.large_scale_memory import Postings, fits, made
from replication.training.memnn_large_scale import train
from tasks.errors import UserError

ALONE = "exact search, alone"


def train_cell(seeds, device, protocol, scale, root):
    """Makes the memory and one model; each seed draws the questions of a measurement: Trained."""
    if device != "cpu":
        raise UserError("the benchmark measures one thread of a processor; use --device cpu")
    fits(scale.statements)
    faiss = imported_faiss() if scale.faiss else None
    judge = Judge.read(root)
    U, losses = train(judge.memory, judge.paraphrases, protocol, seed=0)
    built = {}
    statements, built["made_seconds"] = timed(made, judge.memory, scale.statements, 0)
    built |= {"statements": len(statements), "words": len(statements.ids),
              "vocabulary": statements.words}
    U = in_order(U, statements)
    postings, built["postings_seconds"] = timed(Postings, statements)
    group, built["clusters_seconds"] = timed(clusters, U, scale.clusters, 0)
    samples = [questions(judge, statements, scale.questions, seed) for seed in seeds]
    results = [exact_search(statements, U, X, scale) for X in samples]
    rank = numpy.argsort(statements.order)       # back to the judge's numbers of words
    for cut in scale.cuts:
        kept = {name: kept_shares(judge, name, (postings.frequency[rank], group[rank]), cut)
                for name in judge.sets}
        for result, X in zip(results, samples):
            result["searches"] |= hashes(statements, U, (postings, group), X, (cut, kept))
    built["peak_without_faiss_mb"] = peak_mb()
    del postings
    if faiss:
        index, built["faiss_seconds"] = timed(faiss_index, faiss, statements, U, scale)
        for result, X in zip(results, samples):
            result["searches"] |= faiss_search(index, statements, U, (X, result["best"]), scale)
        built["faiss_memory_mb"] = peak_mb()
    restarts = [finished(seed, result, built) for seed, result in zip(seeds, results)]
    curves = {name: numpy.tile(loss, (len(seeds), 1)) for name, loss in losses.items()}
    return Trained(restarts, curves, [{} for _ in seeds], {})


def finished(seed, result, built):
    """A restart's record: the ways to search with their ratios, and what was built."""
    alone = result["searches"][ALONE]["milliseconds"]
    searches = {name: {**figures, "faster": alone / figures["milliseconds"]}
                for name, figures in result["searches"].items()}
    return {"seed": seed, "status": "ok", "train_loss": 0.0, "milliseconds": alone, **built,
            "searches": searches}


def timed(call, *arguments):
    """What a call returns, and its seconds of processor time."""
    start = time.process_time()
    result = call(*arguments)
    return result, time.process_time() - start


def peak_mb():
    """The largest resident size of this process so far, in MB (2**20 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def in_order(U, statements):
    """The blocks by the statements' ids. A word that training never met has a random vector."""
    rng = numpy.random.default_rng(numpy.random.SeedSequence(0, spawn_key=(221,)))
    blocks = {}
    for name, block in U.items():
        size, n = block.shape
        new = rng.normal(0, n ** -0.5 / 2, (statements.words - size, n)).astype(numpy.float32)
        blocks[name] = numpy.concatenate([block, new])[statements.order]
    return blocks


def questions(judge, statements, count, seed):
    """(Q, V) sparse: answerable test questions, drawn by a seed, by the statements' word ids."""
    numbers = judge.retrieved[False][0]
    rng = numpy.random.default_rng(numpy.random.SeedSequence(seed, spawn_key=(222,)))
    X = judge.sets["given"].X[rng.choice(numbers, min(count, len(numbers)), replace=False)]
    X.resize(X.shape[0], statements.words)
    return X[:, statements.order]


def exact_search(statements, U, X, scale):
    """Every statement is scored: {"searches": figures, "best": (Q,) each one's first}."""
    def run(size):
        parts = [statements.search(word_weights(U, X[start:start + size]), 1)[0]
                 for start in range(0, X.shape[0], size)]
        return numpy.concatenate(parts)[:, 0]
    best, alone = timed(run, 1)
    together, batch = timed(run, scale.batch)
    return {"best": best, "searches": {
        ALONE: {"milliseconds": 1000 * alone / X.shape[0], "candidates": len(statements)},
        f"exact search, {scale.batch} together": {
            "milliseconds": 1000 * batch / X.shape[0], "candidates": len(statements),
            "recall_1": float((together == best).mean())}}}


def hashes(statements, U, buckets, X, cut):
    """Word hash and cluster hash at a cut: {name: figures}.

    buckets  (Postings, (V,) cluster of each word); cut  (document frequency, {kind: share kept})
    """
    (postings, group), (share, kept), figures = buckets, cut, {}
    usable = postings.frequency <= share
    members = {}
    for word in numpy.flatnonzero(usable):
        members.setdefault(group[word], []).append(word)
    for kind in ("word", "cluster"):
        looked_at, start = 0, time.process_time()
        for own in numpy.split(X.indices, X.indptr[1:-1]):
            words = own[usable[own]]
            if kind == "cluster":
                words = [word for cluster in set(group[words]) for word in members[cluster]]
            rows = postings.candidates(words)
            scores = statements.scores(U, rows, own)
            if len(rows):
                scores.argmax()
            looked_at += len(rows)
        seconds = time.process_time() - start
        figures[f"{kind} hash, cut {100 * share:g}%"] = {
            "milliseconds": 1000 * seconds / X.shape[0], "candidates": looked_at / X.shape[0],
            "kept": kept["given"][kind], "kept_extended": kept["extended"][kind]}
    return figures


def kept_shares(judge, name, words, cut):
    """{"word", "cluster": the share of a set's right triples (test) in a bucket of the question}.

    words  ((V,) document frequency, (V,) cluster), by the judge's numbers
    """
    (frequency, group), candidates, shares = words, judge.sets[name], {}
    test = candidates.answerable & ~candidates.development
    rows = numpy.flatnonzero(candidates.right[candidates.answer] & test[candidates.question])
    usable = frequency <= cut
    for kind, bucket in (("word", numpy.arange(len(group))), ("cluster", group)):
        inside = []
        for row in rows:
            own = candidates.X[candidates.question[row]].indices
            other = judge.Phi[candidates.triple[row]].indices
            inside.append(numpy.isin(bucket[own[usable[own]]], bucket[other[usable[other]]]).any())
        shares[kind] = float(numpy.mean(inside))
    return shares


def imported_faiss():
    """The library; UserError, one line, where it is not installed."""
    try:
        import faiss
    except ImportError:
        raise UserError("FAISS is not installed; install the optional part, pip install "
                        "'.[faiss]', or leave it out with --columns") from None
    faiss.omp_set_num_threads(1)
    return faiss


def faiss_index(faiss, statements, U, scale):
    """An index of every statement's vector Phi_y U_y by inner product; built block by block."""
    n = U["U_y"].shape[1]
    index = faiss.index_factory(n, scale.faiss, faiss.METRIC_INNER_PRODUCT)
    step = max(1, len(statements.blocks) // 8)
    index.train(numpy.concatenate([(Phi @ U["U_y"])[::step]
                                   for _, Phi in statements.blocks[::step]]))
    for _, Phi in statements.blocks:
        index.add(Phi @ U["U_y"])
    return index


def faiss_search(index, statements, U, asked, scale):
    """{name: figures} for each number of lists looked into; the first 100 are scored exactly."""
    (X, best), result = asked, {}
    for probes in scale.probes:
        index.nprobe, hits, start = probes, 0, time.process_time()
        for number, own in enumerate(numpy.split(X.indices, X.indptr[1:-1])):
            u = U["U_x"][own].sum(0)[None]
            rows = index.search(u, 100)[1][0]
            rows = rows[rows >= 0]
            scores = statements.scores(U, rows, own)
            hits += len(rows) > 0 and int(rows[scores.argmax()] == best[number])
        seconds = time.process_time() - start
        result[f"FAISS {scale.faiss}, {probes} lists"] = {
            "milliseconds": 1000 * seconds / X.shape[0], "recall_1": hits / X.shape[0],
            "candidates": len(statements) * probes / index.nlist}
    return result
