"""A memory of millions of statements: exact search as a sparse product, and postings for hashes.

The score of equation 5 is a sum over the words of a memory (memnn_bags.word_weights), so that a
memory need not be embedded: word ids are enough, 4 bytes a word instead of 512 a statement.

    T memories, V words, B questions
"""

import numpy
import torch
from scipy import sparse
from torch.nn.functional import embedding_bag

from replication.models.memnn_bags import Ragged, bags, score_some, word_weights
from replication.models.memnn_hashing import Postings
from replication.training.memnn_large_scale_inputs import bags_of
from replication.training.memory_need import available
from replication.training.random_streams import large_scale as generator
from tasks.errors import UserError

ROWS = 2**17            # memories of a block
FEW = 2**15             # memories; of more, weighing all words first is as fast and needs less room
NEW_NAMES = 277_000     # words that no real statement has, so that the vocabulary grows as well
NEW_SHARE = 0.3         # of the recombined statements have such a subject
BYTES_A_STATEMENT = 75  # word ids, bounds and postings, with room for a block at work


class Statements:
    """T statements as sets of word ids.

    A search reads a weight for each word of memory. It is fast where frequent words have small ids,
    whose weights then stay in the cache, and where the statements of a block are in order of their
    lengths, so that the processor foresees where each ends: `recombine` sees to both.

    ids     (N,) int32, each statement's words once; bounds (T + 1,) int64; lists both as Ragged
    words   V
    order   (V,) the number that a KnowledgeBase has for the word of each id here
    blocks  [(first row, Phi_y of the next ROWS statements, sparse)], without a copy of the ids
    """

    def __init__(self, ids, bounds, order):
        self.ids, self.bounds, self.order, self.words = ids, bounds, order, len(order)
        self.lists = Ragged(ids, bounds)
        lengths = numpy.diff(numpy.append(bounds[:-1:ROWS], bounds[-1]))
        ones, self.blocks = numpy.ones(lengths.max(), numpy.float32), []
        for first in range(0, len(self), ROWS):
            part = bounds[first:first + ROWS + 1]
            own = ids[part[0]:part[-1]]
            self.blocks.append((first, sparse.csr_matrix(
                (ones[:len(own)], own, (part - part[0]).astype(numpy.int32)),
                shape=(len(part) - 1, self.words), copy=False)))

    def __len__(self):
        return len(self.bounds) - 1

    def search(self, W, count):
        """Exact search: the best `count` statements of each question, best first, and their scores.

        W  (V, B) word weights, as memnn_bags.word_weights
        Returns (B, count) numbers and (B, count) scores.
        """
        B, W = W.shape[1], numpy.ascontiguousarray(W)
        numbers, values = numpy.zeros((B, count), int), numpy.full((B, count), -numpy.inf, W.dtype)
        for first, Phi in self.blocks:
            scores = _products(Phi, W)                                            # (rows, B)
            # Only what beats the worst so far can enter: of most blocks few.
            for b in numpy.flatnonzero(scores.max(0) > values[:, -1]):
                rows = numpy.flatnonzero(scores[:, b] > values[b, -1])
                together = numpy.concatenate([values[b], scores[rows, b]])
                top = numpy.argpartition(-together, count - 1)[:count]
                top = top[numpy.argsort(-together[top], kind="stable")]
                numbers[b] = numpy.concatenate([numbers[b], first + rows])[top]
                values[b] = together[top]
        return numbers, values

    def scores(self, U, rows, question):
        """s(x, y) of one question (its word ids) with some statements (r,): (r,)."""
        if len(rows) <= FEW:
            return score_some(U, self.lists, rows, question)
        weight = word_weights(U, bags([question], self.words))[:, 0]              # (V,)
        parts = (self.lists.take(rows[first:first + ROWS]) for first in range(0, len(rows), ROWS))
        return numpy.concatenate([numpy.add.reduceat(weight[ids], numpy.cumsum(length) - length)
                                  for ids, length in parts])


def _products(Phi, W):
    """Phi @ W; for several questions by torch's sum of embeddings, which is twice as fast."""
    if W.shape[1] == 1:
        return (Phi @ W[:, 0])[:, None]
    ids, bounds = torch.from_numpy(Phi.indices), torch.from_numpy(Phi.indptr[:-1])
    return embedding_bag(ids, torch.from_numpy(W), bounds, mode="sum").numpy()


def recombine(memory, count, seed):
    """`count` statements: the real ones of a KnowledgeBase, then recombined ones and new names.

    A recombined one has subject, relation and object of three random real ones; NEW_SHARE of them
    have a new name for a subject. Within a block the shortest come first; a word's id is its rank
    by frequency. Half a minute for 14 million. Raises UserError where they would not fit into
    memory.
    """
    fits(count)
    members, V = Ragged(memory.words, memory.bounds), len(memory.word_id)
    names = Ragged(numpy.arange(V, V + NEW_NAMES, dtype=numpy.int32), numpy.arange(NEW_NAMES + 1))
    rng = generator(seed, "recombined statements")
    ids, bounds = numpy.zeros(0, numpy.int32), numpy.zeros(count + 1, numpy.int64)
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
        block = block[numpy.argsort(numpy.diff(block.indptr), kind="stable")]
        stop = len(ids) + len(block.indices)
        bounds[first + 1:first + 1 + len(number)] = len(ids) + block.indptr[1:]
        ids.resize(stop, refcheck=False)     # grows where it is: no second copy of all ids
        ids[stop - len(block.indices):] = block.indices
    order = numpy.argsort(-numpy.bincount(ids, minlength=V + NEW_NAMES), kind="stable")
    rank = numpy.argsort(order).astype(numpy.int32)
    for first in range(0, len(ids), ROWS):
        ids[first:first + ROWS] = rank[ids[first:first + ROWS]]
    return Statements(ids, bounds, order)


def fits(count):
    """Raises UserError, before anything is made, where so many statements need too much memory."""
    need, free = count * BYTES_A_STATEMENT + 3 * 10**8, available()
    if free is not None and need > free:
        raise UserError(f"{count:,} statements need about {need / 1e9:.1f} GB of memory, this "
                        f"machine has {free / 1e9:.1f} GB left; ask for fewer with --columns")


def postings_of(statements):
    """For each word the memories that have it; the buckets of both hashes are made of them."""
    ones = numpy.ones(len(statements.ids), numpy.int8)
    return Postings(sparse.csr_matrix((ones, statements.ids, statements.bounds),
                                      shape=(len(statements), statements.words), copy=False))
