"""What a trained MemN2N answers to a story that is told line by line, and where it looks."""

import difflib
from dataclasses import dataclass

import numpy as np
import torch

from replication.training.attention import answers_of
from replication.training.memn2n_inputs import Encoded, Split, word_of, word_rows
from tasks import babi
from tasks.errors import UserError
from tasks.words import answer_of, is_question, words_of


@dataclass(frozen=True)
class Answer:
    """What a model answers, and where it looked. K hops; probabilities and attention in 0..1.

    expected   the answer that was given with the question, or None
    attention  of each statement in memory, oldest first: {"statement", "hops": K numbers}
    empty      K numbers: attention on memory slots without a statement
    forgotten  statements that were too old for the memory
    """
    question: str
    answer: str
    probability: float
    runner_up: str
    runner_up_probability: float
    expected: str | None
    attention: list
    empty: list
    forgotten: int


class Story:
    """What was told so far, to one model.

    `take` gives each line its meaning; it raises UserError, and changes nothing, for a line that
    the model cannot read (of lines with a place: see there).

    Lines may have the ids of a bAbI file. A number at the begin of a line is one where every
    line of the story has one, 1, 2, ...; else it is a word ("3 crates are in the shed."). While
    all lines so far might have ids they are taken so; the first line that has none makes words
    of them, unless the model does not know these words or has answered already.
    """

    def __init__(self, checkpoint):
        self.checkpoint = checkpoint
        self.numerals = any(word.isdigit() for word in checkpoint.words)
        self.begin()

    def begin(self):
        """Forgets everything told."""
        self.statements, self._lines = [], []    # `_lines`: the statements with their numbers
        self._unread = {}    # {place of a statement that cannot be read: the UserError}
        self._numbered, self._next, self._answered = None, 1, False

    def undo(self):
        """Takes the last statement back; returns its text."""
        self._lines.pop()
        self._next -= 1
        self._unread.pop(len(self.statements) - 1, None)
        return self.statements.pop().text

    def take(self, line, where=""):
        """One statement (returns None) or question (returns an Answer).

        where  the place of a line that nobody can say again; a complaint begins with it. A
               statement there that the model cannot read is refused with the question that
               follows, if any: without one the model never reads it.
        """
        try:
            return self._take(line, where)
        except UserError as error:
            if not where or error in self._unread.values():
                raise
            raise UserError(f"{where}: {error}") from None

    def _take(self, line, where):
        line = line.lstrip("\ufeff").strip(" \r\n")
        text, tab, rest = line.partition("\t")
        label, sentence = babi.split_id(text)
        number = int(label) if babi.is_id(label) and sentence.strip() else None
        expected = answer_of(rest.partition("\t")[0]) or None
        self._refuse_broken(line, text, tab, expected)
        statements, numbered = self._as_words_or_ids(number)
        text = (sentence if numbered and number else text).strip()
        begins, asks = number == 1 and numbered, bool(tab or is_question(text))
        unread = {} if begins else self._unread
        if asks and unread:
            raise next(iter(unread.values()))
        words, problem = self._words(text), None
        try:
            self._refuse_unknown(words)
        except UserError as error:
            if asks or not where:
                raise
            problem = UserError(f"{where}: {error}")
        if begins:
            statements, self._lines = [], []
        self.statements, self._numbered, self._unread = statements, numbered, unread
        self._next = (number if numbered and number else self._next) + 1
        if asks:
            self._answered = True
            return answer(self.checkpoint, self.statements, text, words, expected)
        if problem:
            unread[len(self.statements)] = problem
        self.statements.append(babi.Statement(text, words))
        self._lines.append(line)
        return None

    def _refuse_broken(self, line, text, tab, expected):
        """UserError for a line that training would not take either."""
        if "\r" in line:
            raise UserError("a CR inside the line; lines end in LF or CRLF")
        if tab and babi.is_id(text.strip()) and text.strip() not in self.checkpoint.words:
            raise UserError(f"a tab behind id {text.strip()}, where a blank is expected")
        if tab and text.strip() and not expected and not is_question(text):
            raise UserError(babi.EMPTY_TAB)
        if not tab and babi.BROKEN_QUESTION.search(text) and not is_question(text):
            raise UserError(babi.BROKEN)

    def tell(self, text):
        """One statement, whatever it begins and ends with."""
        self.statements.append(babi.Statement(text, self._known_words(text)))
        self._lines.append(text)

    def ask(self, text):
        """One question likewise; returns an Answer."""
        return answer(self.checkpoint, self.statements, text, self._known_words(text))

    def _as_words_or_ids(self, number):
        """The statements so far, and whether the next line's number, or None, is an id."""
        if self._numbered is None:
            return [], number == 1
        if not self._numbered:
            return self.statements, number == 1 and not self.numerals
        if number not in (1, self._next) and self.numerals and not self._answered:
            try:
                lines = self._lines
                return [babi.Statement(line, self._known_words(line)) for line in lines], False
            except UserError:
                pass   # the model does not know these numbers as words
        if number not in (None, 1, self._next):
            raise UserError(f"id {number} where {self._next} (or 1, a new story) is expected: all "
                            "lines so far have ids")
        return self.statements, True

    def _known_words(self, text):
        words = self._words(text)
        self._refuse_unknown(words)
        return words

    def _words(self, text):
        words = words_of(text)
        if not words:
            raise UserError(f"no words in {text!r}")
        return words

    def _refuse_unknown(self, words):
        """UserError for a sentence that the model cannot read."""
        known = self.checkpoint.words
        unknown = list(dict.fromkeys(word for word in words if word not in known))
        if unknown:
            raise UserError("the model does not know " + ", ".join(
                _with_suggestion(word, known) for word in unknown))
        longest = self.checkpoint.J - 1
        if len(words) > longest:
            raise UserError(f"{len(words)} words, and the longest sentence that the model knows "
                            f"has {longest}")


def _with_suggestion(word, known):
    near = difflib.get_close_matches(word, known, n=1)
    return f"{word!r} (perhaps {near[0]!r})" if near else repr(word)


@torch.inference_mode()
def answer(checkpoint, statements, text, words, expected=None):
    """The model's Answer to a question (text and words) after some statements, oldest first."""
    words_of_rows, N, J = checkpoint.words, checkpoint.N, checkpoint.J
    index = {word: i for i, word in enumerate(words_of_rows)}
    memory = statements[-N:]
    n = len(memory)
    stories = np.zeros((1, N), dtype=np.int64)
    stories[0, :n] = np.arange(n, 0, -1)                                 # the most recent first
    none = np.zeros(1, dtype=np.int64)
    split = Split(stories, np.array([n]), none, none, none)
    encoded = Encoded(words_of_rows, word_rows([(), *(s.words for s in memory)], index, J - 1),
                      word_rows([words], index, J - 1), n + 1, J, N, split, split)
    p, chances = answers_of(checkpoint.model, encoded, split)            # (1, K, N), (1, V)
    (first, second), (best, other) = (x.tolist() for x in chances[0].topk(2))
    return Answer(
        text, word_of(words_of_rows, N, best), first, word_of(words_of_rows, N, other), second,
        expected, [{"statement": statement.text, "hops": p[0, :, n - 1 - i].tolist()}
                   for i, statement in enumerate(memory)],
        # A sum in float32 may lie above 1.
        p[0, :, n:].sum(1).clamp(max=1).tolist(), len(statements) - n)
