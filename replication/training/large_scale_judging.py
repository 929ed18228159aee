"""Judging large-scale QA: re-ranking by F1, retrieval by rank over the whole memory.

Re-ranking is the paper's task (section 5.1): candidates without a label are ignored, and an answer
scores as its best triple. Where each answerable question gets one answer, F1 is the share of right
ones; where a hash leaves a question without a candidate it is the F1 of precision (over answered
questions) and recall (over answerable ones). Ties are shared: the order of a file is no knowledge.

    Q questions, A answers, C triples of answers, T memories, V words
"""

import numpy

from replication.models.memnn_bags import word_weights
from replication.training.memnn_large_scale_inputs import question_bags

BLOCK = 32  # questions scored together against the whole memory


class Reranking:
    """Labelled candidates of questions as arrays.

    X         (Q, V) sparse, the questions; Y (C, V) sparse, triples; match (C, V) words in both
    question  (C,) of a triple; triple (C,) its number; answer (C,) of a triple; of (A,) the
              question of an answer
    right     (A,) bool
    """

    def __init__(self, memory, Phi, questions):
        self.questions = questions
        rows = [(q, a, triple) for q, question in enumerate(questions)
                for a, (_, triples, _) in enumerate(question.answers) for triple in triples]
        first = numpy.cumsum([0] + [len(question.answers) for question in questions])
        q, a, self.triple = (numpy.array(column, int) for column in zip(*rows))
        self.question, self.answer = q, first[q] + a
        self.of = numpy.repeat(numpy.arange(len(questions)), numpy.diff(first))
        self.right = numpy.array([right for question in questions
                                  for *_, right in question.answers], bool)
        self.X = question_bags(memory, [question.words for question in questions])
        self.Y = Phi[self.triple]
        self.match = self.X[self.question].multiply(self.Y).tocsr()
        self.answerable = numpy.array([question.answerable for question in questions])
        self.mixed = numpy.array([question.mixed for question in questions])
        self.development = numpy.array([question.development for question in questions])

    def scores(self, U, exact=None):
        """(C,) s(x, y) of every candidate's triple; exact (V,) as in word_weights."""
        u, v = self.X @ U["U_x"], self.Y @ U["U_y"]
        if "U_m" in U:
            v = v + self.match @ U["U_m"]
        s = (u[self.question] * v).sum(1)
        return s if exact is None else s + self.match @ exact

    def best(self, scores):
        """(Q,) how right the best answer of each question is, 0 to 1; NaN where none is scored.

        scores  (C,); -inf for a triple that is not looked at
        """
        s = numpy.full(len(self.of), -numpy.inf)
        numpy.maximum.at(s, self.answer, scores)                                  # (A,)
        top = numpy.full(len(self.questions), -numpy.inf)
        numpy.maximum.at(top, self.of, s)                                         # (Q,)
        # Sums of the same words in another order differ by rounding alone.
        tied = (s >= top[self.of] - 1e-5 * numpy.maximum(1, abs(top[self.of]))) & (s > -numpy.inf)
        count = numpy.bincount(self.of, tied, len(top))
        share = numpy.bincount(self.of, tied & self.right, len(top)) / numpy.maximum(count, 1)
        return numpy.where(count > 0, share, numpy.nan)

    def at_random(self):
        """(Q,) what a random order of the answers gives on average."""
        return (numpy.bincount(self.of, self.right, len(self.questions))
                / numpy.bincount(self.of, minlength=len(self.questions)))

    def figures(self, best, development=False):
        """{"f1", "f1_mixed"} of the test questions, or of those for development."""
        part = self.development == development
        return {"f1": f1(best[part & self.answerable]), "f1_mixed": f1(best[part & self.mixed])}


def f1(best):
    """F1 of how right each answerable question's answer is; NaN: it has none."""
    answered = ~numpy.isnan(best)
    right = best[answered].sum()
    # 2 P R / (P + R) with P = right / answered, R = right / all
    return float(2 * right / (answered.sum() + len(best))) if len(best) else 0.0


def ranks(U, Phi, X, right, exact=None):
    """The rank in the whole memory of the first triple of a right answer: (Q,), from 1.

    Phi    (T, V) sparse, the memory
    X      (Q, V) sparse
    right  a list of arrays of triples
    Memories that score the same share their places.
    """
    result = numpy.zeros(X.shape[0])
    for start in range(0, X.shape[0], BLOCK):
        s = Phi @ word_weights(U, X[start:start + BLOCK], exact)                  # (T, B)
        result[start:start + BLOCK] = [rank(s[:, b], right[start + b]) for b in range(s.shape[1])]
    return result


def rank(scores, right):
    """The rank, from 1, of the best of `right` among all scores (T,); ties share their places."""
    own = scores[numpy.unique(right)]       # one triple may stand for two answers of a question
    best = own.max()
    tied = (scores == best).sum() - (own == best).sum()
    # Among t others that tie with r right ones the first right one is, on average, here:
    return 1 + (scores > best).sum() + tied / ((own == best).sum() + 1)


def retrieval(ranks):
    """{"hit_1", "hit_10", "mrr"} of ranks (Q,)."""
    return {"hit_1": float((ranks < 1.5).mean()), "hit_10": float((ranks < 10.5).mean()),
            "mrr": float((1 / ranks).mean())}
