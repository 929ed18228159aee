"""The bAbI tasks for MemNN: each story a stretch of one stream, and what a valid hop is.

    Q  questions            T  positions of the stream, the null memory first
    S  distinct statements  L, J  words of a statement, of a question
    N  slots that a question sees: the null memory, then its story's statements, oldest first
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from replication.models import memnn
from replication.models.memnn import NULL

# Words of a statement's form, not of what it tells, which `linking_words` "content" leaves out.
ARTICLES = frozenset(("a", "an", "the"))
FUNCTION_WORDS = frozenset(
    "a an the this that there to of in at on from for and or either is are was were be did do does "
    "will where what who why how which many he she they it him her them no not".split())


class View(NamedTuple):
    """What questions (...) see: positions (..., N) of the stream, 0 where not full (..., N)."""
    positions: torch.Tensor
    full: torch.Tensor


@dataclass(frozen=True)
class Data:
    """One file's questions. A memory is its position in the stream; the lower is the older.

    words        the dictionary, in the order of the ids
    sentences    (S, L) word ids of the distinct statements; row 0 is the null memory
    stream       (T,) the statement at each position; position 0 is the null memory
    questions    (Q, J) word ids
    start, stop  (Q,) a question sees positions [start, stop) and position 0
    supports     (2, Q) the first two supporting facts in the file's order; 0 where there is none
    answers      (Q,) word ids, what R is to say
    answerable   (Q,) whether saying it answers the question
    """
    words: tuple
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
        own = ("questions", "start", "stop", "answers", "answerable")
        return replace(self, supports=self.supports[:, rows],
                       **{name: getattr(self, name)[rows] for name in own})

    def slots(self, rows):
        """The View of the questions rows (...)."""
        number = torch.arange(1 + int((self.stop - self.start).max()))
        start, stop = (x[rows].unsqueeze(-1) for x in (self.start, self.stop))
        full = number <= stop - start
        return View(torch.where(full & (number > 0), start + number - 1, 0), full)

    def words_at(self, positions):
        """The words of memories (...), (..., L)."""
        return self.sentences[self.stream[positions]]

    @property
    def memory(self):
        """The words of all positions, (T, L)."""
        return self.sentences[self.stream]


def encode(splits, several_words="first word"):
    """The questions of several files over one dictionary.

    splits         lists of tasks.babi.Question, each story's questions together
    several_words  what R is to say for an answer such as "apple,milk": its "first word", which
                   never answers the question, or "one class", a word of its own
    Returns one Data a list.
    """
    everything = [q for questions in splits for q in questions]

    def answer_of(q):
        return q.answer.split(",")[0] if several_words == "first word" else q.answer

    words = {word for q in everything for s in q.statements for word in s.words}
    words |= {word for q in everything for word in (*q.words, answer_of(q))}
    words = ("<pad>", "<null>", *sorted(words - {"<pad>", "<null>"}))
    word_id = {word: number for number, word in enumerate(words)}
    L = max(len(s.words) for q in everything for s in q.statements)
    J = max(len(q.words) for q in everything)

    def data(questions):
        rows, stream, starts, story = {("<null>",): 0}, [0], [], None
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
            words, sentences=memnn.bags(list(rows), word_id, L), stream=torch.tensor(stream),
            questions=memnn.bags([q.words for q in questions], word_id, J),
            start=start, stop=start + torch.tensor([len(q.statements) for q in questions]),
            supports=torch.tensor(supports),
            answers=torch.tensor([word_id[answer_of(q)] for q in questions]),
            answerable=torch.tensor([answer_of(q) == q.answer for q in questions]))

    return list(map(data, splits))


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

    linking_words  which words count: "all", "all but articles" or "content"
    with_question, with_answer  (Q, S) whether a statement shares a word with it
    with_statement              (S, S) whether two statements share a word
    """

    def __init__(self, data, linking_words):
        W = len(data.words)
        without = {"all": (), "all but articles": ARTICLES, "content": FUNCTION_WORDS}
        counts = torch.tensor([word not in without[linking_words] for word in data.words])
        counts[:NULL + 1] = False
        statements = _occur(data.sentences, W) * counts
        questions = _occur(data.questions, W) * counts
        answers = _occur(data.answers.view(-1, 1), W)
        self.stream = data.stream
        self.with_question = questions @ statements.T > 0
        self.with_answer = answers @ _occur(data.sentences, W).T > 0
        self.with_statement = statements @ statements.T > 0

    def valid(self, hop, rows, first, positions):
        """Which memories, positions (..., N), are valid at a hop of the questions rows (...).

        first  (...) positions of the first hop; not looked at where `hop` is 0
        """
        statements = self.stream[positions]
        if hop == 0:
            return self.with_question[rows.unsqueeze(-1), statements]
        return (self.with_statement[self.stream[first].unsqueeze(-1), statements]
                & self.with_answer[rows.unsqueeze(-1), statements])


def _occur(ids, words):
    """1 where a word occurs in a text: (..., L) word ids -> (..., W)."""
    return torch.zeros(len(ids), words).scatter_(1, ids, 1)
