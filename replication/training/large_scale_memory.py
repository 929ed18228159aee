"""A memory of millions of statements: exact search as a sparse product, and postings for hashes.

The score of equation 5 is a sum over the words of a memory (memnn_bags.word_weights), so that a
memory need not be embedded: word ids are enough, 4 bytes a word instead of 512 a statement.

    T memories, V words, B questions
"""

from dataclasses import dataclass

import numpy
from scipy import sparse

from replication.training.memnn_large_scale_inputs import Ragged, bags_of
from tasks.errors import UserError

ROWS = 2**17            # memories of a block
NEW_NAMES = 277_000     # words that no real statement has, so that the vocabulary grows as well
NEW_SHARE = 0.3         # of the made statements have such a subject
BYTES_A_STATEMENT = 75  # word ids, bounds and postings, with room for a block at work


@dataclass(frozen=True)
class Statements:
    """T statements as sets of word ids.

    ids     (N,) int32, each statement's words once; bounds (T + 1,) int64
    words   V
    """
    ids: numpy.ndarray
    bounds: numpy.ndarray
    words: int

    def __len__(self):
        return len(self.bounds) - 1

    def bags(self, rows):
        """Phi_y of some statements: (r, V) sparse."""
        return bags_of([(Ragged(self.ids, self.bounds), rows, numpy.arange(len(rows)))],
                       len(rows), self.words)

    def blocks(self):
        """(first row, Phi_y of the next ROWS statements), without a copy of the ids."""
        ones = numpy.ones(0, numpy.float32)
        for first in range(0, len(self), ROWS):
            bounds = self.bounds[first:first + ROWS + 1]
            ids = self.ids[bounds[0]:bounds[-1]]
            if len(ones) < len(ids):
                ones = numpy.ones(2 * len(ids), numpy.float32)
            indptr = (bounds - bounds[0]).astype(numpy.int32)
            yield first, sparse.csr_matrix((ones[:len(ids)], ids, indptr),
                                           shape=(len(bounds) - 1, self.words), copy=False)


def made(memory, count, seed):
    """`count` statements: the real ones of a KnowledgeBase, then recombined ones and new names.

    A made statement has subject, relation and object of three random real ones; NEW_SHARE of them
    have a new name for a subject. A few minutes and two copies of the ids for 14 million.
    Raises UserError where they would not fit into memory.
    """
    fits(count)
    members, V = Ragged(memory.words, memory.bounds), len(memory.word_id)
    names = Ragged(numpy.arange(V, V + NEW_NAMES, dtype=numpy.int32), numpy.arange(NEW_NAMES + 1))
    rng = numpy.random.default_rng(numpy.random.SeedSequence(seed, spawn_key=(220,)))
    ids, bounds = [], [numpy.zeros(1, numpy.int64)]
    for first in range(0, count, ROWS):
        number = numpy.arange(first, min(first + ROWS, count))
        mixed = numpy.where((number < len(memory))[:, None], number[:, None] % len(memory),
                            rng.integers(len(memory), size=(len(number), 3)))
        new = (number >= len(memory)) & (rng.random(len(number)) < NEW_SHARE)
        rows = numpy.arange(len(number))
        parts = [(members, 3 * mixed[~new, 0], rows[~new]),
                 (names, rng.integers(NEW_NAMES, size=new.sum()), rows[new])]
        parts += [(members, 3 * mixed[:, part] + part, rows) for part in (1, 2)]
        block = bags_of(parts, len(number), V + NEW_NAMES)
        ids.append(block.indices.astype(numpy.int32))
        bounds.append(bounds[-1][-1] + block.indptr[1:].astype(numpy.int64))
    return Statements(numpy.concatenate(ids), numpy.concatenate(bounds), V + NEW_NAMES)


def fits(count):
    """Raises UserError, before anything is made, where so many statements need too much memory."""
    need, total = count * BYTES_A_STATEMENT + 3 * 10**8, physical_memory()
    if total is not None and need > total:
        raise UserError(f"{count:,} statements need about {need / 1e9:.1f} GB of memory, this machine "
                        f"has {total / 1e9:.1f} GB; ask for fewer with --statements")


def physical_memory():
    """Bytes of this machine's memory; None where the system does not say."""
    import os
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def search(statements, W, count):
    """Exact search: the best `count` memories of each question, best first, and their scores.

    W  (V, B) word weights, as memnn_bags.word_weights
    Returns (B, count) numbers and (B, count) scores.
    """
    W = numpy.ascontiguousarray(W)
    B = W.shape[1]
    numbers, values = numpy.zeros((B, count), int), numpy.full((B, count), -numpy.inf, W.dtype)
    for first, Phi in statements.blocks():
        scores = Phi @ W                                                          # (rows, B)
        # Only what beats the worst so far can enter: of most blocks few.
        for b in numpy.flatnonzero((scores > values[:, -1]).any(0)):
            rows = numpy.flatnonzero(scores[:, b] > values[b, -1])
            together = numpy.concatenate([values[b], scores[rows, b]])
            order = numpy.argsort(-together, kind="stable")[:count]
            numbers[b] = numpy.concatenate([numbers[b], first + rows])[order]
            values[b] = together[order]
    return numbers, values


def score(statements, rows, U, words):
    """s(x, y) of a question's words (ids) with some statements: (r,); only their words are scored.

    U  {"U_x", "U_y"[, "U_m"]: (V, n)}
    """
    ids, length = Ragged(statements.ids, statements.bounds).take(rows)
    own, place = numpy.unique(ids, return_inverse=True)
    u = U["U_x"][words].sum(0)
    w = U["U_y"][own] @ u
    if "U_m" in U:
        both = numpy.isin(own, words)
        w[both] += U["U_m"][own[both]] @ u
    ends = numpy.cumsum(length)
    return numpy.add.reduceat(w[place], ends - length) if len(rows) else numpy.zeros(0, w.dtype)


class Postings:
    """For each word the memories that have it; the buckets of both hashes are made of them."""

    def __init__(self, statements):
        ones = numpy.ones(len(statements.ids), numpy.int8)
        columns = sparse.csr_matrix((ones, statements.ids, statements.bounds),
                                    shape=(len(statements), statements.words), copy=False).tocsc()
        self.memories, self.bounds = columns.indices.astype(numpy.int32, copy=False), columns.indptr
        self.frequency = numpy.diff(self.bounds) / len(statements)                # (V,)

    def candidates(self, words):
        """The memories that have one of the words (ids), sorted."""
        lists = [self.memories[self.bounds[word]:self.bounds[word + 1]] for word in words]
        if not lists:
            return numpy.zeros(0, numpy.int32)
        return lists[0] if len(lists) == 1 else numpy.unique(numpy.concatenate(lists))
