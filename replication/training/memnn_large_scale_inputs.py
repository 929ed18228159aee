"""Batches of large-scale QA: pseudo-labelled questions, corrupted facts, paraphrases, as bags.

Section 5.1 of Memory Networks trains as Fader et al. (2013) and Bordes et al. (2014b) do: from a
triple a question is made by a pattern that leaves one member out ("who" + relation + object); the
triple is its supporting fact. The patterns here are ours, in the manner of theirs.
"""

import numpy
from scipy import sparse

from replication.models.memnn_bags import Ragged, bags
from tasks.knowledge_base import words_of

SUBJECT, RELATION, OBJECT = range(3)
# What a pattern says, as lemmas, and the members of the triple that it keeps.
PATTERNS = (
    ("who", (RELATION, OBJECT)), ("what", (RELATION, OBJECT)), ("which", (RELATION, OBJECT)),
    ("what do", (SUBJECT, RELATION)), ("who do", (SUBJECT, RELATION)),
    ("where do", (SUBJECT, RELATION)), ("when do", (SUBJECT, RELATION)),
    ("how do", (SUBJECT, RELATION)), ("what be", (SUBJECT, RELATION)),
    ("what be the of", (SUBJECT, RELATION)), ("what be the of", (RELATION, OBJECT)),
    ("who be the of", (RELATION, OBJECT)),
)
PARAPHRASES_A_QUESTION = 5  # each question is paired with at most so many that follow in its set


def bags_of(parts, rows, size):
    """Binary bags (rows, size): the union of parts, each (Ragged, numbers, their rows)."""
    columns, row = [], []
    for ragged, numbers, of in parts:
        words, length = ragged.take(numbers)
        columns.append(words)
        row.append(numpy.repeat(of, length))
    columns, row = numpy.concatenate(columns), numpy.concatenate(row)
    union = sparse.coo_matrix((numpy.ones(len(row), numpy.float32), (row, columns)),
                              shape=(rows, size)).tocsr()
    union.data[:] = 1
    return union


class Facts:
    """Batches drawn from a KnowledgeBase of T triples and V words."""

    def __init__(self, memory):
        self.members = Ragged(memory.words, memory.bounds)
        self.count, self.size = len(memory), len(memory.word_id)
        self.patterns = Ragged.of([memory.ids(text.split()) for text, _ in PATTERNS])
        self.kept = numpy.array([[part in kept for part in range(3)] for _, kept in PATTERNS])

    def bags(self, triples):
        """Phi_y of triples (B,), or of mixed ones (B, 3): a triple's number for each member."""
        triples = numpy.asarray(triples)
        mixed = numpy.broadcast_to(triples.reshape(len(triples), -1), (len(triples), 3))
        rows = numpy.arange(len(mixed))
        return bags_of([(self.members, 3 * mixed[:, part] + part, rows) for part in range(3)],
                       len(mixed), self.size)

    def questions(self, triples, rng):
        """Phi_x of a pseudo-labelled question for each triple (B,): a random pattern each."""
        pattern, rows = rng.integers(len(PATTERNS), size=len(triples)), numpy.arange(len(triples))
        parts = [(self.patterns, pattern, rows)]
        for part in range(3):
            kept = self.kept[pattern, part]
            parts.append((self.members, 3 * triples[kept] + part, rows[kept]))
        return bags_of(parts, len(triples), self.size)

    def negatives(self, triples, count, share, rng):
        """Phi_y of `count` negatives for each triple (B,), in a row: (B count, V).

        Each member is replaced, with probability `share`, by another triple's, one at least.
        """
        mixed = numpy.repeat(triples, 3 * count).reshape(-1, 3)
        swap = rng.random(mixed.shape) < share
        one, none = rng.integers(3, size=len(mixed)), ~swap.any(1)
        swap[none, one[none]] = True
        other = (mixed + rng.integers(1, self.count, size=mixed.shape)) % self.count
        return self.bags(numpy.where(swap, other, mixed))


class Paraphrases:
    """Pairs of questions that mean the same, as word ids; without a known word none is one."""

    def __init__(self, memory, sets):
        ids = [[i for i in map(memory.ids, questions) if i] for questions in sets]
        pairs = [(one, other) for questions in ids for number, one in enumerate(questions)
                 for other in questions[number + 1:number + 1 + PARAPHRASES_A_QUESTION]]
        self.first, self.second = (Ragged.of([pair[side] for pair in pairs]) for side in (0, 1))
        self.size = len(memory.word_id)

    def __len__(self):
        return len(self.first)

    def batch(self, numbers, count, rng):
        """Bags of pairs (B, V) each, and of `count` random questions for each pair (B count, V)."""
        other = rng.integers(len(self), size=count * len(numbers))
        return tuple(bags_of([(ragged, rows, numpy.arange(len(rows)))], len(rows), self.size)
                     for ragged, rows in ((self.first, numbers), (self.second, numbers),
                                          (self.second, other)))


def question_bags(memory, texts):
    """Phi_x of questions given as texts or as words (B, V); unknown words are left out."""
    words = [words_of(text) if isinstance(text, str) else text for text in texts]
    return bags([memory.ids(one) for one in words], len(memory.word_id))
