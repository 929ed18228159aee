"""MemNN with k = 1 over facts as bags of words (arXiv:1410.3916, sections 3.1, 3.6 and 5.1).

    s(x, y) = Phi_x(x)^T U^T U Phi_y(y)                                            (equation 5)
            + lambda Phi_x(x)^T Phi_y(y)                                           (equation 11)

Bags are binary: a word counts once. U has a block of columns for the words of x, U_x, and one for
those of y, U_y, each written here as its transpose (V, n). With matching features (3.6) Phi_y also
depends on x: a third block, U_m, has a column for each word that occurs in both.

    B questions, K negatives each, T memories, V words, n dimensions
"""

from dataclasses import dataclass

import numpy
from scipy import sparse


@dataclass(frozen=True)
class Ragged:
    """Lists of word ids of any length, in one array: list i is words[bounds[i]:bounds[i + 1]]."""
    words: numpy.ndarray
    bounds: numpy.ndarray

    @classmethod
    def of(cls, lists):
        """Of Python's lists of ids."""
        bounds = numpy.cumsum([0, *map(len, lists)])
        return cls(numpy.fromiter((i for one in lists for i in one), numpy.int32, bounds[-1]),
                   bounds)

    def __len__(self):
        return len(self.bounds) - 1

    def take(self, numbers):
        """The lists of these numbers, one after the other: (words, the length of each)."""
        start = self.bounds[numbers]
        length = self.bounds[numbers + 1] - start
        end = numpy.cumsum(length)
        places = numpy.arange(end[-1] if len(end) else 0)
        return self.words[places + numpy.repeat(start - (end - length), length)], length


def bags(ids, words):
    """Binary bags of words as a sparse matrix (B, V).

    ids    a list of the word ids of each text, each id once
    words  V
    """
    lists = Ragged.of(ids)
    ones = numpy.ones(len(lists.words), numpy.float32)
    return sparse.csr_matrix((ones, lists.words, lists.bounds), shape=(len(ids), words))


def memory_bags(words, bounds, size):
    """The binary bags Phi_y of triples (T, V), from a KnowledgeBase's words and bounds.

    A word that a triple repeats counts once: counted twice, it would match a question's word twice.
    """
    ones = numpy.ones(len(words), numpy.float32)
    rows = sparse.csr_matrix((ones, numpy.array(words), bounds[::3]),
                             shape=(len(bounds) // 3, size))
    rows.sum_duplicates()
    rows.data[:] = 1
    return rows


def word_weights(U, X, exact=None):
    """What each word of a memory adds to the score of each question: W (V, B), s = Phi_y W.

    s is linear in Phi_y, so that a memory's exact score is a sum over its words; matching features
    and equation 11 only add to the question's own words.

    U      {"U_x", "U_y" and, with matching features, "U_m": (V, n)}
    X      (B, V) sparse, the questions
    exact  (V,) lambda of equation 11 for each word; None: 0
    """
    u = X @ U["U_x"]                                                              # (B, n)
    W = U["U_y"] @ u.T                                                            # (V, B)
    question, word = X.nonzero()
    if "U_m" in U:
        W[word, question] += (U["U_m"][word] * u[question]).sum(1)
    if exact is not None:
        W[word, question] += exact[word]
    return W


def score_some(U, memories, rows, question, exact=None):
    """s(x, y) of one question with some memories (r,), where few are to be scored.

    memories  Ragged, the words of each; question its word ids; U, exact as in word_weights
    """
    ids, length = memories.take(rows)
    if not len(ids):
        return numpy.zeros(len(rows), numpy.float32)
    occurs = numpy.zeros(len(U["U_y"]), bool)
    occurs[ids] = True
    own = numpy.flatnonzero(occurs)                                               # (O,)
    u = U["U_x"][question].sum(0)
    w = U["U_y"][own] @ u
    both = numpy.isin(own, question)
    if "U_m" in U:
        w[both] += U["U_m"][own[both]] @ u
    if exact is not None:
        w[both] += exact[own[both]]
    weight = numpy.empty(len(occurs), w.dtype)      # by id; of the words that occur alone
    weight[own] = w
    # A memory that shares a bucket has a word, so that no part of the sum is empty.
    return numpy.add.reduceat(weight[ids], numpy.cumsum(length) - length)


def ranking_step(U, X, Y, negatives, margin):
    """The margin ranking loss of a batch, equation 6 with sampled negatives, and its gradients.

    X, Y       (B, V) sparse: questions and their facts; row i of Y belongs to row i of X
    negatives  (B K, V) sparse: K for each question in a row
    U          the blocks that x and y use: of facts {"U_x", "U_y"[, "U_m"]}; of paraphrases {"U_x"}
               alone, since both are questions
    Returns the loss, summed over pairs, and {name: (rows (r,), gradient (r, n))}.
    """
    K = negatives.shape[0] // Y.shape[0]
    each = numpy.repeat(numpy.arange(Y.shape[0]), K)                              # (B K,)
    name_y = "U_y" if "U_y" in U else "U_x"
    u, v, v_f = X @ U["U_x"], Y @ U[name_y], negatives @ U[name_y]
    match, match_f = None, None
    if "U_m" in U:
        match, match_f = X.multiply(Y).tocsr(), X[each].multiply(negatives).tocsr()
        v, v_f = v + match @ U["U_m"], v_f + match_f @ U["U_m"]
    right, wrong = (u * v).sum(1), (u[each] * v_f).sum(1)                         # (B,), (B K,)
    loss = margin - right[each] + wrong
    active = loss > 0
    count = numpy.bincount(each, active, Y.shape[0]).astype(u.dtype)[:, None]     # (B, 1)
    # The score's derivative is v in u, and u in v.
    g_f = active[:, None] * u[each]                                               # (B K, n)
    g = -count * u                                                                # (B, n)
    g_x = (active[:, None] * v_f).reshape(-1, K, v.shape[1]).sum(1) - count * v
    parts = {"U_x": [(X, g_x)]}
    parts.setdefault(name_y, []).extend([(Y, g), (negatives, g_f)])
    if match is not None:
        parts["U_m"] = [(match, g), (match_f, g_f)]
    return loss[active].sum(), {name: _rows(*zip(*terms)) for name, terms in parts.items()}


def _rows(bags_of, gradients):
    """The gradient of the rows of a block that any of the bags uses: (r,) and (r, n)."""
    stack = sparse.vstack(bags_of, format="csr")
    rows, local = numpy.unique(stack.indices, return_inverse=True)
    small = sparse.csr_matrix((stack.data, local.astype(numpy.int32), stack.indptr),
                              shape=(stack.shape[0], len(rows)))
    return rows, small.T @ numpy.concatenate(gradients)


def adagrad(block, squares, rows, gradient, rate):
    """One step of Adagrad with one rate a row, then the row's norm is held at most 1; in place.

    squares  (V,) sum of each row's mean squared gradients so far
    """
    squares[rows] += (gradient ** 2).mean(1)
    new = block[rows] - rate * gradient / numpy.sqrt(squares[rows] + 1e-12)[:, None]
    norm = numpy.sqrt((new ** 2).sum(1, keepdims=True))
    block[rows] = new / numpy.maximum(norm, 1)
