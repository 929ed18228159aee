"""The bAbI tasks for MemNN: stories as stretches of one stream, and the valid hops of the heuristic.

    Q  questions           T  positions of the stream, the null memory first
    S  distinct statements L, J  words of a statement, of a question
    N  slots that a question sees: the null memory, then the story's statements, oldest first
"""

from dataclasses import dataclass

import torch

from replication.models import memnn
from replication.models.memnn import NULL

# Words that tell a statement's form, not what it is about; sharing one of them is no link.
FUNCTION_WORDS = frozenset(
    "a an the this that there to of in at on from for and or either is are was were be did do does "
    "will where what who why how which many he she they it him her them no not".split())


@dataclass(frozen=True)
class Data:
    """One file's questions. Memories are positions in the stream, lower is older.

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
        """The questions at `rows` (a slice), as Data over the same stream."""
        return Data(self.sentences, self.stream, self.questions[rows], self.start[rows],
                    self.stop[rows], self.supports[:, rows], self.answers[rows],
                    self.answerable[rows])


def encode(splits, several_words):
    """The questions of some files over one dictionary.

    splits         lists of tasks.babi.Question
    several_words  of an answer such as "apple,milk": "first word" or "one class"
    Returns (words, [Data]): the dictionary in the order of its ids, and one Data a split.
    """
    everything = [q for questions in splits for q in questions]
    said = lambda q: q.answer.split(",")[0] if several_words == "first word" else q.answer
    words = {word for q in everything for s in q.statements for word in s.words}
    words |= {word for q in everything for word in (*q.words, said(q))}
    words = ("<pad>", "<null>", *sorted(words - {"<pad>", "<null>"}))
    word_id = {word: number for number, word in enumerate(words)}
    width = max(len(s.words) for q in everything for s in q.statements)
    asked = max(len(q.words) for q in everything)
    return words, [_split(questions, word_id, width, asked, said) for questions in splits]


def _split(questions, word_id, width, asked, said):
    texts, stream, starts, number = {("<null>",): 0}, [0], [], {}
    for i, q in enumerate(questions):
        if i == 0 or questions[i - 1].story != q.story:
            start = len(stream)
        # A later question of a story sees what the earlier ones saw, and more.
        for statement in q.statements[len(stream) - start:]:
            stream.append(texts.setdefault(statement.words, len(texts)))
        starts.append(start)
    start = torch.tensor(starts)
    first, second = ([q.supports[hop] + s if len(q.supports) > hop else 0
                      for q, s in zip(questions, starts)] for hop in (0, 1))
    return Data(
        sentences=memnn.bags(list(texts), word_id, width), stream=torch.tensor(stream),
        questions=memnn.bags([q.words for q in questions], word_id, asked),
        start=start, stop=start + torch.tensor([len(q.statements) for q in questions]),
        supports=torch.tensor([first, second]),
        answers=torch.tensor([word_id[said(q)] for q in questions]),
        answerable=torch.tensor([said(q) == q.answer for q in questions]))


def slots(data, rows):
    """What the questions `rows` (...) see: positions (..., N), and which slots there are.

    Slot 0 is the null memory, slot i the story's i-th statement; N is the longest story's.
    """
    N = 1 + int((data.stop - data.start).max())
    number = torch.arange(N)
    start, stop = (x[rows].unsqueeze(-1) for x in (data.start, data.stop))
    there = number <= stop - start
    return torch.where(there & (number > 0), start + number - 1, 0), there


class Links:
    """Which memories are valid hops by MemN2N's heuristic, section 4.3 (MemNN-WSH).

    A valid first hop shares a word with the question; a valid second hop shares one with the
    first and one with the answer. The null memory shares none. Supporting facts are not looked at.

    asked (Q, S), said (Q, S), told (S, S): whether a statement shares a word that counts with the
    question, with the answer, with another statement
    """

    def __init__(self, data, words, ignored=FUNCTION_WORDS):
        counts = torch.tensor([word not in ignored for word in words])
        counts[:NULL + 1] = False
        occurs = lambda ids: torch.zeros(len(ids), len(words)).scatter_(1, ids, 1)
        statements = occurs(data.sentences) * counts
        self.asked = occurs(data.questions) @ statements.T > 0
        self.said = occurs(data.answers.view(-1, 1)) @ occurs(data.sentences).T > 0
        self.told = statements @ statements.T > 0
        self.stream = data.stream

    def first(self, rows, positions):
        """Whether positions (..., N) are valid first hops of the questions rows (...)."""
        return self.asked[rows.unsqueeze(-1), self.stream[positions]]

    def second(self, rows, first, positions):
        """Whether positions (..., N) are valid second hops after `first` (...)."""
        there = self.stream[positions]
        return (self.told[self.stream[first].unsqueeze(-1), there]
                & self.said[rows.unsqueeze(-1), there])
