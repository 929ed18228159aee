"""MemNN with adaptive memory, n-grams and a nonlinear match (AM+NG+NL of arXiv:1502.05698).

Memory Networks (arXiv:1410.3916) with three changes, each of which can be left out:

    AM  O takes supporting facts until it takes the stop memory; R likewise emits words until it
        emits the stop word. The stop memory lies in slot 0 of every story.
    NG  a text is its bag of words, pairs and triples of words, not of words alone.
    NL  s(x, y) = g(U Phi_x(x)) . g(U Phi_y(y)) with g(h) = tanh(W tanh(h)) instead of g(h) = h.

    Q  queries: a question at one of its hops, or at one of the words of its answer
    S  distinct statements, row 0 the stop memory    T  slots of a story, oldest statement first
    D  features: the words first, then n-grams       H  supports, in the order O takes them
    n  embedding size    B  blocks of features for supports    M  words of an answer

As in memnn.py, the code holds U^T, one row a feature, in blocks. Phi of a text counts each of its
features. Phi_x has a block for the question, some for the supports found before, and, in R, one
for the words emitted before.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch.nn.functional import embedding_bag

from replication.models.memnn import in_use, loop_parts, older_newer, search

PAD = 0     # feature id that stands for no word; counted in no text, never an answer
STOP = 1    # feature id of the stop memory and of the stop word
FIRST = 2   # id of the first word


@dataclass(frozen=True)
class Questions:
    """What a model sees of Q questions: neither answers nor supporting facts.

    texts       (Sq, D) Phi of each distinct question
    statements  (S, D) Phi of each distinct statement, row 0 the stop memory
    rows        (Q,) each question's in `texts`
    stories     (Q, T) rows of `statements`, the oldest in slot 1; slot 0 is the stop memory, row 0,
                as are the slots beyond the last statement
    lengths     (Q,) statements of the story
    """
    texts: torch.Tensor
    statements: torch.Tensor
    rows: torch.Tensor
    stories: torch.Tensor
    lengths: torch.Tensor

    def __len__(self):
        return len(self.lengths)

    @property
    def phi(self):
        """Phi of each question, (Q, D)."""
        return self.texts[self.rows]

    def facts(self, supports):
        """Phi of supports: slots (Q, H) -> (Q, H, D). Slot 0 stands for no support: zero."""
        return self.statements[self.stories.gather(1, supports)] * (supports > 0).unsqueeze(-1)

    def take(self, numbers):
        """These questions, and no more slots than their stories fill."""
        lengths = self.lengths[numbers]
        return replace(self, rows=self.rows[numbers], lengths=lengths,
                       stories=self.stories[numbers, :1 + int(lengths.max())])


@dataclass
class Matcher:
    """The weights of s_O (with `time`) or of s_R (with `emitted`).

    y, question  (D, n) blocks of the candidates and of the question
    supports     (B, D, n) blocks of the supports: the h-th found has the h-th, the last has all
                 that follow
    W            (n, n) of the second layer; None: the match is linear, s = Phi_x^T U^T U Phi_y
    time         (TIME, n) rows of Phi_t (section 3.4 of Memory Networks)
    emitted      (D, n) block of the words emitted before
    """
    y: torch.Tensor
    question: torch.Tensor
    supports: torch.Tensor
    W: torch.Tensor | None = None
    time: torch.Tensor | None = None
    emitted: torch.Tensor | None = None

    def tensors(self):
        """{name: tensor} of the weights that there are."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def layers(self, h):
        """g of NL: (.., n) -> (.., n)."""
        return h if self.W is None else torch.tanh(torch.tanh(h) @ self.W)

    def candidates(self, phi):
        """g(U Phi_y) of texts (S, D) -> (S, n)."""
        return self.layers(phi @ self.y)

    def words(self, number):
        """g(U Phi_y) of the first `number` features, each as a text of its own: (number, n)."""
        return self.layers(self.y[:number])

    def queries(self, questions, facts, emitted=None):
        """g(U Phi_x) of queries, (Q, n).

        questions  (Q, D) Phi of each question
        facts      (Q, H, D) Phi of the supports found before, zero where there is none
        emitted    (Q, M) ids of the words emitted before, PAD where there is none
        """
        h = questions @ self.question
        last = len(self.supports) - 1
        for place, block in enumerate(self.supports[:facts.shape[1]]):
            phi = facts[:, place] if place < last else facts[:, place:].sum(1)
            h = h + phi @ block
        if emitted is not None:
            h = h + embedding_bag(emitted, self.emitted, mode="sum", padding_idx=PAD)
        return self.layers(h)


def ranking_loss(hinges):
    """The mean of the hinges that are not zero, or 0: (Q, candidates) -> (Q,).

    It is what one negative costs on average that is drawn until it violates the margin.
    """
    return hinges.sum(1) / (hinges > 0).sum(1).clamp(min=1)


class Hop(NamedTuple):
    """One hop of each query.

    right      (Q,) slot of the supporting fact m_o, or of the stop memory
    reference  (Q,) slot that Phi_t calls x: the last support's, the question's before there is one
    rivals     (Q, T) whether a memory can be taken; m_o itself is no negative
    """
    right: torch.Tensor
    reference: torch.Tensor
    rivals: torch.Tensor


def hop_loss(scores, time_scores, hop, margin):
    """Loss of O at one hop with write time (Memory Networks, appendix C), (Q,).

    scores       (Q, T) s_O of each memory
    time_scores  (Q, TIME) g(U Phi_x) with each row of Phi_t, 0 for features not in use
    A memory f costs [margin - s(x, m_o, f)]_+ + [margin + s(x, f, m_o)]_+.
    """
    o, x, f = hop.right[:, None], hop.reference[:, None], torch.arange(scores.shape[1])
    difference = scores.gather(1, o) - scores
    first = difference + _time(time_scores, x, o, f)
    second = _time(time_scores, x, f, o) - difference
    hinges = (margin - first).relu() + (margin + second).relu()
    return ranking_loss(hinges * hop.rivals * (f != o))


def _time(time_scores, x, y, y2):
    """Phi_x^T U^T U Phi_t(x, y, y') of slots: (Q, TIME), (Q, 1 or T) -> (Q, T)."""
    return sum(active * time_scores[:, feature, None]
               for feature, active in enumerate(older_newer(x, y, y2)))


def word_loss(scores, right, margin):
    """Loss of R for one word (equation 8 of Memory Networks): (Q, W), right (Q,) -> (Q,)."""
    hinges = (margin - scores.gather(1, right[:, None]) + scores).relu()
    rivals = torch.ones_like(hinges).scatter_(1, right[:, None], 0)
    rivals[:, PAD] = 0
    return ranking_loss(hinges * rivals)


def find_supports(matcher, questions, most, time_features):
    """O: takes supporting facts, each with those before it, until it takes the stop memory.

    questions  Questions; most: most supports that are taken; none is taken twice
    Returns (Q, most) slots in the order they are taken, 0 where there is none.
    """
    # `search` wants the questions by the length of their stories
    order = torch.sort(questions.lengths, stable=True).indices
    questions = questions.take(order)
    lengths, phi = questions.lengths, questions.phi
    Y = matcher.candidates(questions.statements)
    mask = in_use(time_features, Y.dtype)
    supports = torch.zeros(len(order), most, dtype=torch.int64)
    going, reference = torch.ones(len(order), dtype=torch.bool), lengths + 1
    for hop in range(most):
        x = matcher.queries(phi, questions.facts(supports[:, :hop]))
        scores = (x @ Y.T).gather(1, questions.stories).T                  # (T, Q)
        plus, minus = loop_parts(scores, reference, (x @ matcher.time.T * mask).T)
        # A memory replaces the winner where its plus exceeds the winner's minus: never, at -inf
        before = torch.zeros_like(plus, dtype=torch.bool).scatter_(0, supports.T, True)
        plus = plus.masked_fill(before, -torch.inf)
        winner = search(plus, minus, torch.ones_like(lengths), lengths + 1, null=True)
        going = going & (winner > 0)
        supports[:, hop] = torch.where(going, winner, 0)
        reference = torch.where(going, winner, reference)
        if not going.any():
            break
    return torch.empty_like(supports).index_copy_(0, order, supports)


def emit_words(matcher, questions, supports, words, most):
    """R: emits words, each with those before it, until it emits the stop word.

    supports  (Q, H) slots; words: the first so many features are words; most: so many are emitted
    Returns (Q, most) feature ids, 0 beyond the last word.
    """
    phi, facts = questions.phi, questions.facts(supports)
    Y = matcher.words(words)
    emitted = torch.full((len(questions), most), PAD)
    going = torch.ones(len(questions), dtype=torch.bool)
    for place in range(most):
        scores = matcher.queries(phi, facts, emitted) @ Y.T
        scores[:, PAD] = -torch.inf
        word = scores.argmax(1)
        going = going & (word != STOP)
        emitted[:, place] = torch.where(going, word, PAD)
        if not going.any():
            break
    return emitted
