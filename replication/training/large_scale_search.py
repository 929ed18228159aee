"""How fast a memory of millions is searched: exactly, under both hashes, and by FAISS.

A restart's record has, for each way to search, milliseconds of processor time a question (one
thread) and `faster`, the time of the exact search of one question over this one's, measured in the
same run. With hashes also `candidates` and `kept` (`kept_extended`), the share of the test
questions' right triples among the given (extended) candidates that lie in the buckets; with FAISS
`recall_1`, how often its first statement, after rescoring, is that of the exact search.
"""

import time
from dataclasses import dataclass

import numpy

from replication.models.memnn_bags import word_weights
from replication.models.memnn_hashing import Postings, clusters
from replication.records.provenance import peak_memory_mb
from replication.training.large_scale_cells import Judge
from replication.training.large_scale_memory import Statements, fits, postings_of, recombine
from replication.training.memnn_large_scale import train
from replication.training.random_streams import large_scale as generator
from replication.training.restarts import trained_of
from tasks.errors import UserError

ALONE = "exact search, alone"


@dataclass(frozen=True)
class Memory:
    """What is searched.

    statements  large_scale_memory.Statements
    U           {name: block} of the model, by the statements' word ids
    built       what making it took, as restarts' records have it
    """
    statements: Statements
    U: dict
    built: dict


@dataclass(frozen=True)
class Measurement:
    """One seed's questions, and what searching for them has shown.

    X         (Q, V) sparse, the questions
    best      (Q,) the exact search's first statement
    searches  {way to search: its figures}
    """
    X: object
    best: numpy.ndarray
    searches: dict


@dataclass(frozen=True)
class Buckets:
    """What the buckets of both hashes are made of.

    postings  Postings of the words; cluster (V,) of each word
    """
    postings: Postings
    cluster: numpy.ndarray


def train_cell(seeds, device, protocol, scale, root):
    """Makes the memory and one model; each seed draws the questions of a measurement: Trained."""
    if device != "cpu":
        raise UserError("the benchmark measures one thread of a processor; use --device cpu")
    fits(scale.statements)
    faiss = imported_faiss() if scale.faiss else None
    judge = Judge.read(root, protocol.exact_words)
    memory, losses = build(judge, protocol, scale)
    measurements = search_and_hash(judge, memory, scale, seeds)
    memory.built["peak_without_faiss_mb"] = peak_memory_mb()
    if faiss:
        index, memory.built["faiss_seconds"] = timed(faiss_index, faiss, memory, scale)
        for one in measurements:
            one.searches.update(faiss_search(index, memory, one, scale))
        memory.built["faiss_memory_mb"] = peak_memory_mb()
    return trained_of([(finished(seed, one.searches, memory.built), losses, {})
                       for seed, one in zip(seeds, measurements)], {})


def build(judge, protocol, scale):
    """The Memory of the real and recombined statements, and the losses of its model."""
    U, losses = train(judge.memory, judge.paraphrases, protocol, seed=0)
    statements, seconds = timed(recombine, judge.memory, scale.statements, 0)
    built = {"made_seconds": seconds, "statements": len(statements), "words": len(statements.ids),
             "vocabulary": statements.words}
    return Memory(statements, in_order(U, statements), built), losses


def search_and_hash(judge, memory, scale, seeds):
    """A Measurement a seed: by the exact search, then by both hashes at every cut.

    The buckets go when it returns, before FAISS needs the room.
    """
    statements, built = memory.statements, memory.built
    postings, built["postings_seconds"] = timed(postings_of, statements)
    cluster, built["clusters_seconds"] = timed(clusters, memory.U, scale.clusters, 0)
    buckets = Buckets(postings, cluster)
    measurements = [exact_search(memory, questions(judge, statements, scale, seed), scale)
                    for seed in seeds]
    rank = numpy.argsort(statements.order)       # back to the judge's numbers of words
    for cut in scale.cuts:
        usable = (postings.frequency <= cut)[rank]
        kept = {name: kept_shares(judge, reranking, usable, cluster[rank])
                for name, reranking in judge.sets.items()}
        for one in measurements:
            for kind, figures in hashes(memory, one.X, buckets, cut).items():
                one.searches[f"{kind} hash, cut {100 * cut:g}%"] = {
                    **figures, "kept": kept["given"][kind], "kept_extended": kept["extended"][kind]}
    return measurements


def finished(seed, searches, built):
    """A restart's record: the ways to search with their ratios, and what was built."""
    alone = searches[ALONE]["milliseconds"]
    searches = {name: {**figures, "faster": alone / figures["milliseconds"]}
                for name, figures in searches.items()}
    return {"seed": seed, "status": "ok", "train_loss": 0.0, "milliseconds": alone, **built,
            "searches": searches}


def timed(call, *arguments):
    """What a call returns, and its seconds of processor time."""
    start = time.process_time()
    result = call(*arguments)
    return result, time.process_time() - start


def in_order(U, statements):
    """The blocks by the statements' ids. A word that training never met has a random vector."""
    rng = generator(0, "new words")
    blocks = {}
    for name, block in U.items():
        size, n = block.shape
        new = rng.normal(0, n ** -0.5 / 2, (statements.words - size, n)).astype(numpy.float32)
        blocks[name] = numpy.concatenate([block, new])[statements.order]
    return blocks


def questions(judge, statements, scale, seed):
    """(Q, V) sparse: answerable test questions, drawn by a seed, by the statements' word ids."""
    numbers, rng = judge.retrieved[False][0], generator(seed, "measured questions")
    numbers = rng.choice(numbers, min(scale.questions, len(numbers)), replace=False)
    X = judge.sets["given"].X[numbers]
    X.resize(X.shape[0], statements.words)
    return X[:, statements.order]


def exact_search(memory, X, scale):
    """The Measurement in which every statement is scored."""
    statements, U = memory.statements, memory.U

    def run(size):
        parts = [statements.search(word_weights(U, X[start:start + size]), 1)[0]
                 for start in range(0, X.shape[0], size)]
        return numpy.concatenate(parts)[:, 0]
    best, alone = timed(run, 1)
    together, batch = timed(run, scale.batch)
    return Measurement(X, best, {
        ALONE: {"milliseconds": 1000 * alone / X.shape[0], "candidates": len(statements)},
        f"exact search, {scale.batch} together": {
            "milliseconds": 1000 * batch / X.shape[0], "candidates": len(statements),
            "recall_1": float((together == best).mean())}})


def hashes(memory, X, buckets, cut):
    """{"word", "cluster": the figures of the questions X under this hash}.

    cut  document frequency above which a word makes no bucket
    """
    figures, members = {}, {}
    usable = buckets.postings.frequency <= cut
    for word in numpy.flatnonzero(usable):
        members.setdefault(buckets.cluster[word], []).append(word)
    for kind in ("word", "cluster"):
        candidates, start = 0, time.process_time()
        for own in numpy.split(X.indices, X.indptr[1:-1]):
            words = own[usable[own]]
            if kind == "cluster":
                words = [word for cluster in set(buckets.cluster[words])
                         for word in members[cluster]]
            rows = buckets.postings.candidates(words)
            scores = memory.statements.scores(memory.U, rows, own)
            if len(rows):
                scores.argmax()
            candidates += len(rows)
        seconds = time.process_time() - start
        figures[kind] = {"milliseconds": 1000 * seconds / X.shape[0],
                         "candidates": candidates / X.shape[0]}
    return figures


def kept_shares(judge, reranking, usable, cluster):
    """{"word", "cluster": the share of a set's right triples (test) in a bucket of the question}.

    usable   (V,) whether a word makes a bucket, cluster (V,) its own, by the judge's numbers
    """
    test, shares = reranking.answerable & ~reranking.development, {}
    rows = numpy.flatnonzero(reranking.right[reranking.answer] & test[reranking.question])
    for kind, bucket in (("word", numpy.arange(len(cluster))), ("cluster", cluster)):
        inside = []
        for row in rows:
            own = reranking.X[reranking.question[row]].indices
            other = judge.Phi[reranking.triple[row]].indices
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


def faiss_index(faiss, memory, scale):
    """An index of every statement's vector Phi_y U_y by inner product; built block by block."""
    blocks, U_y = memory.statements.blocks, memory.U["U_y"]
    n = U_y.shape[1]
    index = faiss.index_factory(n, scale.faiss, faiss.METRIC_INNER_PRODUCT)
    step = max(1, len(blocks) // 8)
    index.train(numpy.concatenate([(Phi @ U_y)[::step] for _, Phi in blocks[::step]]))
    for _, Phi in blocks:
        index.add(Phi @ U_y)
    return index


def faiss_search(index, memory, measurement, scale):
    """{name: figures} for each number of lists looked into; the first 100 are scored exactly."""
    X, result = measurement.X, {}
    for probes in scale.probes:
        index.nprobe, hits, start = probes, 0, time.process_time()
        for number, own in enumerate(numpy.split(X.indices, X.indptr[1:-1])):
            u = memory.U["U_x"][own].sum(0)[None]
            rows = index.search(u, 100)[1][0]
            rows = rows[rows >= 0]
            scores = memory.statements.scores(memory.U, rows, own)
            hits += len(rows) > 0 and int(rows[scores.argmax()] == measurement.best[number])
        seconds = time.process_time() - start
        result[f"FAISS {scale.faiss}, {probes} lists"] = {
            "milliseconds": 1000 * seconds / X.shape[0], "recall_1": hits / X.shape[0],
            "candidates": len(memory.statements) * probes / index.nlist}
    return result
