"""MemNN with adaptive memory, n-grams and a nonlinear match (AM+NG+NL of arXiv:1502.05698).

Memory Networks (arXiv:1410.3916) with three changes, each of which can be left out:

    AM  O takes supporting facts until it takes the stop memory; R likewise emits words until it
        emits the stop word. The stop memory lies in slot 0 of every story.
    NG  a text is its bag of words, pairs and triples of words, not of words alone.
    NL  s(x, y) = g(U Phi_x(x)) . g(U Phi_y(y)) with g(h) = tanh(W tanh(h)) instead of g(h) = h.

    Q  queries: a question at one of its hops, or at one of the words of its answer
    S  distinct statements, row 0 the stop memory    T  slots of a story, oldest statement first
    D  features: the words first, then n-grams       H  supports, in the order they were found
    n  embedding size    B  blocks of features for supports    M  words of an answer

As in memnn.py, the code holds U^T, one row a feature, in blocks. Phi of a text counts each of its
features. Phi_x has a block for the question, some for the supports found before, and, in R, one
for the words emitted before.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import embedding_bag

from replication.models.memnn import in_use, loop_parts, older_newer, search

PAD = 0     # feature id that stands for no word; counted in no text, never an answer
STOP = 1    # feature id of the stop memory and of the stop word
FIRST = 2   # id of the first word


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


def facts_of(statements, stories, found):
    """Phi of supports: statements (S, D), stories (Q, T), slots (Q, H) -> (Q, H, D).

    Slot 0 stands for no support: zero.
    """
    return statements[stories.gather(1, found)] * (found > 0).unsqueeze(-1)


def ranking_loss(hinges):
    """The mean of the hinges that are not zero, or 0: (Q, candidates) -> (Q,).

    It is what one negative costs on average that is drawn until it violates the margin.
    """
    return hinges.sum(1) / (hinges > 0).sum(1).clamp(min=1)


def hop_loss(scores, time_scores, right, reference, rivals, margin):
    """Loss of O at one hop with write time (Memory Networks, appendix C), (Q,).

    scores       (Q, T) s_O of each memory
    time_scores  (Q, TIME) g(U Phi_x) with each row of Phi_t, 0 for features not in use
    right        (Q,) slot of the supporting fact m_o, or of the stop memory
    reference    (Q,) slot that Phi_t calls x: the last support's, the question's before there is
    rivals       (Q, T) whether a memory can be taken; m_o itself is no negative
    A memory f costs [margin - s(x, m_o, f)]_+ + [margin + s(x, f, m_o)]_+.
    """
    o, x, f = right[:, None], reference[:, None], torch.arange(scores.shape[1])
    difference = scores.gather(1, o) - scores
    first = difference + _time(time_scores, x, o, f)
    second = _time(time_scores, x, f, o) - difference
    return ranking_loss(((margin - first).relu() + (margin + second).relu()) * rivals * (f != o))


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


def find_supports(matcher, questions, statements, asked, most, time_features):
    """O: takes supporting facts, each with those before it, until it takes the stop memory.

    questions (Sq, D), statements (S, D)  Phi of the distinct texts
    asked   has stories (Q, T) rows of statements, 0 in slot 0 and beyond the last; lengths (Q,)
            statements of each story; questions (Q,) row of each question
    most    most supports that are taken; none is taken twice
    Returns (Q, most) slots in the order found, 0 where there is none.
    """
    # `search` wants the questions by the length of their stories
    order = torch.sort(asked.lengths, stable=True).indices
    stories, lengths = asked.stories[order], asked.lengths[order]
    phi, Y = questions[asked.questions[order]], matcher.candidates(statements)
    used = in_use(time_features, Y.dtype)
    found = torch.zeros(len(order), most, dtype=torch.int64)
    going, reference = torch.ones(len(order), dtype=torch.bool), lengths + 1
    for hop in range(most):
        x = matcher.queries(phi, facts_of(statements, stories, found[:, :hop]))
        scores = (x @ Y.T).gather(1, stories).T                            # (T, Q)
        plus, minus = loop_parts(scores, reference, (x @ matcher.time.T * used).T)
        # A memory replaces the winner where its plus exceeds the winner's minus: never, at -inf
        taken = torch.zeros_like(plus, dtype=torch.bool).scatter_(0, found.T, True)
        plus = plus.masked_fill(taken, -torch.inf)
        winner = search(plus, minus, torch.ones_like(lengths), lengths + 1, null=True)
        going = going & (winner > 0)
        found[:, hop] = torch.where(going, winner, 0)
        reference = torch.where(going, winner, reference)
        if not going.any():
            break
    return torch.empty_like(found).index_copy_(0, order, found)


def emit_words(matcher, questions, statements, asked, found, words, most):
    """R: emits words, each with those before it, until it emits the stop word.

    found   (Q, H) slots of supports; words: the first so many features are words
    Returns (Q, most) feature ids, 0 beyond the last word; other arguments as in `find_supports`.
    """
    phi, facts = questions[asked.questions], facts_of(statements, asked.stories, found)
    Y = matcher.words(words)
    emitted = torch.full((len(found), most), PAD)
    going = torch.ones(len(found), dtype=torch.bool)
    for place in range(most):
        scores = matcher.queries(phi, facts, emitted) @ Y.T
        scores[:, PAD] = -torch.inf
        word = scores.argmax(1)
        going = going & (word != STOP)
        emitted[:, place] = torch.where(going, word, PAD)
        if not going.any():
            break
    return emitted
