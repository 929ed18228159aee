"""MemNN's hashing (arXiv:1410.3916, section 3.3): memories in a bucket of the input are scored.

Word hash: a bucket for each word; a text lies in the buckets of its words. Cluster hash: K-means
over the word vectors of the trained U groups the words into K buckets; a text lies in those of its
words' clusters. A word above a document frequency, the cut, makes no bucket: "be" and "the" alone
would put a third of the memory into the buckets of a question.

Both sides use one clustering, of each word's two vectors [U_x; U_y] side by side, so that words
that match exactly share a bucket whatever was learned.

    T memories, V words, K clusters
"""

import numpy
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

NONE = -1       # the bucket of a word that makes none
ROWS = 2**14    # words whose vectors are normalised together


class Postings:
    """Which memories have a word, or lie in a bucket: the columns of a sparse matrix.

    memories, bounds  column c has memories[bounds[c]:bounds[c + 1]], sorted
    frequency         the share of memories that each column has
    """

    def __init__(self, rows):
        """rows (T, columns) sparse."""
        columns = rows.tocsc()
        self.memories, self.bounds = columns.indices.astype(numpy.int32, copy=False), columns.indptr
        self.frequency = numpy.diff(self.bounds) / rows.shape[0]

    def candidates(self, columns):
        """The memories of any of these columns, sorted."""
        lists = [self.memories[self.bounds[one]:self.bounds[one + 1]] for one in columns]
        if not lists:
            return numpy.zeros(0, numpy.int32)
        if len(lists) == 1:
            return lists[0]
        memories = numpy.sort(numpy.concatenate(lists))    # numpy.unique takes 20 times as long
        return memories[numpy.diff(memories, prepend=-1) > 0]


class Hash:
    """Buckets of memories.

    bucket    (V,) the bucket of each word, or NONE
    postings  Postings of the buckets
    """

    def __init__(self, Phi, bucket):
        """Phi (T, V) sparse, the memory's bags; bucket (V,)."""
        self.bucket = bucket
        words = numpy.flatnonzero(bucket != NONE)
        count = int(bucket.max(initial=NONE)) + 1
        belongs = sparse.csr_matrix((numpy.ones(len(words), numpy.float32), (words, bucket[words])),
                                    shape=(Phi.shape[1], count))
        self.postings = Postings(Phi @ belongs)

    def buckets(self, words):
        """The set of buckets that words (ids) fall into."""
        return {bucket for bucket in self.bucket[words].tolist() if bucket != NONE}

    def candidates(self, words):
        """The memories that share a bucket with the words (ids) of an input, sorted."""
        return self.postings.candidates(self.buckets(words))


def word_buckets(frequency, cut):
    """(V,) a bucket a word, NONE above the cut.

    frequency  (V,) the share of memories that each word is in
    """
    bucket = numpy.full(len(frequency), NONE)
    usable = frequency <= cut
    bucket[usable] = numpy.arange(usable.sum())
    return bucket


def clusters(U, K, seed):
    """(V,) the cluster of each word by its vectors [U_x; U_y], taken together at length one.

    U  {"U_x", "U_y": (V, n)}
    """
    vectors = numpy.concatenate([U["U_x"], U["U_y"]], axis=1)
    for first in range(0, len(vectors), ROWS):      # in parts: squares of all would double them
        part = vectors[first:first + ROWS]
        part /= numpy.maximum(numpy.linalg.norm(part, axis=1, keepdims=True), 1e-12)
    K = min(K, len(vectors))
    means = MiniBatchKMeans(K, random_state=seed, batch_size=4096, n_init=1, max_iter=20)
    with threadpool_limits(1):      # sums must not depend on how many threads share them
        return means.fit(vectors).labels_.astype(int)
