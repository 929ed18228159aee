"""The bAbI tasks for MemNN: each story a stretch of one stream, and what a valid hop is.

    Q  questions            T  positions of the stream, the null memory first
    S  distinct statements  L, J  words of a statement, of a question
    N  slots that a question sees: the null memory, then its story's statements, oldest first
"""

from dataclasses import dataclass

import torch

from replication.models import memnn
from replication.models.memnn import NULL

# Words of a statement's form, not of what it tells; only with `linking_words` "content".
FUNCTION_WORDS = frozenset(
    "a an the this that there to of in at on from for and or either is are was were be did do does "
    "will where what who why how which many he she they it him her them no not".split())


@dataclass(frozen=True)
class Data:
    """One file's questions. A memory is its position in the stream; the lower is the older.

    sentences    (S, L) word ids of the distinct statements; row 0 is the null memory
    stream       (T,) the statement at each position; position 0 is the null memory
    questions    (Q, J) word ids
    start, stop  (Q,) a question sees positions [start, stop) and position 0
    supports     (2, Q) the first two supporting facts in the file's order; 0 where there is none
    answers      (Q,) word ids, what R is to say
    answerable   (Q,) whether saying it answers the question
    """
    sentences: torch.Tensor
    stream: torch.Tensor
    questions: torch.Tensor
    start: torch.Tensor
    stop: torch.Tensor
    supports: torch.Tensor
    answers: torch.Tensor
    answerable: torch.Tensor

    def take(self, rows):
        """The questions at `rows`, a slice, as Data over the same stream."""
        return Data(self.sentences, self.stream, self.questions[rows], self.start[rows],
                    self.stop[rows], self.supports[:, rows], self.answers[rows],
                    self.answerable[rows])

    def slots(self, rows):
        """What the questions rows (...) see: positions (..., N), and which slots there are."""
        number = torch.arange(1 + int((self.stop - self.start).max()))
        start, stop = (x[rows].unsqueeze(-1) for x in (self.start, self.stop))
        there = number <= stop - start
        return torch.where(there & (number > 0), start + number - 1, 0), there

    def words_at(self, positions):
        """The words of memories (...), (..., L)."""
        return self.sentences[self.stream[positions]]


def encode(splits, several_words="first word"):
    """The questions of several files over one dictionary.

    splits         lists of tasks.babi.Question, each story's questions together
    several_words  what R is to say for an answer such as "apple,milk": its "first word", which
                   never answers the question, or "one class", a word of its own
    Returns the dictionary, a tuple of words in the order of their ids, and one Data a list.
    """
    everything = [q for questions in splits for q in questions]
    said = (lambda q: q.answer.split(",")[0]) if several_words == "first word" else (
        lambda q: q.answer)
    words = {word for q in everything for s in q.statements for word in s.words}
    words |= {word for q in everything for word in (*q.words, said(q))}
    words = ("<pad>", "<null>", *sorted(words - {"<pad>", "<null>"}))
    word_id = {word: number for number, word in enumerate(words)}
    widths = (max(len(s.words) for q in everything for s in q.statements),
              max(len(q.words) for q in everything))
    return words, [_split(questions, word_id, *widths, said) for questions in splits]


def _split(questions, word_id, L, J, said):
    rows, stream, starts = {("<null>",): 0}, [0], []
    story = None
    for q in questions:
        if q.story != story:
            story, start = q.story, len(stream)
        # A story's later questions see what its earlier ones saw, and more.
        for statement in q.statements[len(stream) - start:]:
            stream.append(rows.setdefault(statement.words, len(rows)))
        starts.append(start)
    supports = [[q.supports[hop] + start if len(q.supports) > hop else 0
                 for q, start in zip(questions, starts)] for hop in (0, 1)]
    start = torch.tensor(starts)
    return Data(
        sentences=memnn.bags(list(rows), word_id, L), stream=torch.tensor(stream),
        questions=memnn.bags([q.words for q in questions], word_id, J),
        start=start, stop=start + torch.tensor([len(q.statements) for q in questions]),
        supports=torch.tensor(supports),
        answers=torch.tensor([word_id[said(q)] for q in questions]),
        answerable=torch.tensor([said(q) == q.answer for q in questions]))


class SupportingFacts:
    """Strong supervision: at each hop one memory is right, all others are wrong."""

    def __init__(self, data):
        self.supports = data.supports

    def valid(self, hop, rows, first, positions):
        """Which memories, positions (..., N), are right at a hop of the questions rows (...)."""
        return positions == self.supports[hop][rows].unsqueeze(-1)


class SharedWords:
    """The heuristic of MemNN-WSH (End-To-End Memory Networks, section 4.3).

    A valid first hop shares a word with the question; a valid second hop shares one with the
    first hop and one with the answer. The null memory shares none. Supporting facts are not used.

    asked, said  (Q, S) whether a statement shares a word with the question, with the answer
    told         (S, S) whether two statements share a word
    """

    def __init__(self, data, words, linking_words):
        counts = torch.tensor([linking_words == "all" or w not in FUNCTION_WORDS for w in words])
        counts[:NULL + 1] = False
        statements, questions = (_occur(ids, len(words)) * counts
                                 for ids in (data.sentences, data.questions))
        answers = _occur(data.answers.view(-1, 1), len(words))
        self.stream = data.stream
        self.asked = questions @ statements.T > 0
        self.said = answers @ _occur(data.sentences, len(words)).T > 0
        self.told = statements @ statements.T > 0

    def valid(self, hop, rows, first, positions):
        """Which memories, positions (..., N), are valid at a hop of the questions rows (...).

        first  (...) positions of the first hop; not looked at where `hop` is 0
        """
        there = self.stream[positions]
        if hop == 0:
            return self.asked[rows.unsqueeze(-1), there]
        return (self.told[self.stream[first].unsqueeze(-1), there]
                & self.said[rows.unsqueeze(-1), there])


def _occur(ids, words):
    """1 where a word occurs in a text: (..., L) word ids -> (..., W)."""
    return torch.zeros(len(ids), words).scatter_(1, ids, 1)
