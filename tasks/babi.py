"""The text format of the bAbI tasks (Weston et al., arXiv:1502.05698): read and validate.

A file is a list of stories. Each line starts with an id that begins at 1 in
every story and grows by one. A line without a tab is a statement; a line with
tabs is a question, its answer, and the ids of its supporting facts:

    1 Mary moved to the bathroom.
    2 John went to the hallway.
    3 Where is Mary? <tab>bathroom<tab>1

A question sees the statements before it in its own story, never the questions.
Blank lines may stand before, between and behind stories. What is one word, and
one answer, tasks/words.py says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.errors import UserError
from tasks.text_lines import lines
from tasks.words import QUESTION_MARKS, QUOTES, answer_of, is_question, words_of

# A question mark with words behind it that no quotation mark closes: tabs have become blanks.
BROKEN_QUESTION = re.compile(rf"[{QUESTION_MARKS}](?!\s*[{QUOTES}])\s+\S")
BROKEN = ("a '?' inside the line: a question without a tab and an answer, or one that a statement "
          "quotes, which needs quotation marks")
EMPTY_TAB = "a tab at the end of the line and no answer behind it; a statement has no tab"
ANSWER_IT = "put a tab and the answer behind it"
# Several blanks, and numbers at the end of the line.
LOOSE_IDS = re.compile(r"\s{2,}(\d+(?:\s+\d+)*)\s*$")
# An id, one blank of any script but a tab, and what follows it.
ID = re.compile(r"[^\S\t]*(\S*)[^\S\t]?(.*)", re.DOTALL)

TASK_NAMES = {
    1: "single-supporting-fact", 2: "two-supporting-facts", 3: "three-supporting-facts",
    4: "two-arg-relations", 5: "three-arg-relations", 6: "yes-no-questions", 7: "counting",
    8: "lists-sets", 9: "simple-negation", 10: "indefinite-knowledge", 11: "basic-coreference",
    12: "conjunction", 13: "compound-coreference", 14: "time-reasoning", 15: "basic-deduction",
    16: "basic-induction", 17: "positional-reasoning", 18: "size-reasoning", 19: "path-finding",
    20: "agents-motivations",
}


def file_name(task, split):
    """The official name of one file, e.g. qa1_single-supporting-fact_train.txt."""
    return f"qa{task}_{TASK_NAMES[task]}_{split}.txt"


@dataclass(frozen=True)
class Statement:
    """One statement: its text as written, and its words (tasks.words.words_of)."""
    text: str
    words: tuple


class Statements(Sequence):
    """The first statements of a story, oldest first; a sequence, equal to the tuple of them.

    All questions of a story share its list, so that a story of any length is kept once.
    """
    __slots__ = ("_story", "_count")

    def __init__(self, story, count):
        self._story, self._count = story, count

    def __len__(self):
        return self._count

    def __getitem__(self, which):
        places = range(self._count)[which]
        if isinstance(which, slice):
            return tuple(self._story[place] for place in places)
        return self._story[places]

    def __iter__(self):
        return map(self._story.__getitem__, range(self._count))

    def __eq__(self, other):
        if not isinstance(other, (Statements, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        return repr(tuple(self))

    def continues(self, earlier):
        """Whether `earlier` is the begin of the same story."""
        return isinstance(earlier, Statements) and earlier._story is self._story

    def behind(self, earlier):
        """Those that are not among `earlier`, where that is the begin of the same story."""
        return self[len(earlier):] if self.continues(earlier) else tuple(self)


@dataclass(frozen=True)
class Question:
    """One question of a story, with all that was said before it.

    statements  the story's statements before the question, oldest first
    supports    positions in `statements` (from 0) of the supporting facts, in the file's order
    answer      one class, also where it has several words ("apple,milk" or "n,w")
    story, line where it stands in the file: the story's number (from 0), the line's (from 1)
    """
    statements: Sequence
    text: str
    words: tuple
    answer: str
    supports: tuple
    story: int
    line: int


def statements_of(questions):
    """The statements of questions in a file's order, each of a story once, however many see it."""
    before = ()
    for question in questions:
        now = question.statements
        yield from now.behind(before) if isinstance(now, Statements) else now
        before = now


def read(path):
    """All questions of one file.

    Lines end in LF or CRLF; the last one may lack its end. Returns a list of
    Question. Raises UserError with file and line number for a line that breaks
    the format, and for a file that has no question.
    """
    questions, story, position = [], [], {}
    count, expected, blank = -1, 1, None
    for number, line in enumerate(lines(path), start=1):
        where = f"{path}, line {number}"
        if not line.strip():
            blank = blank or where
            continue
        label, rest = _label(line, where)
        if label == 1:
            story, position, expected, count = [], {}, 1, count + 1
        elif blank and expected > 1:
            raise UserError(f"{blank}: an empty line inside a story; it may stand between stories")
        if label != expected:
            raise UserError(f"{where}: id {label} where {_next_ids(expected)} is expected")
        expected, blank = expected + 1, None
        if "\t" in rest:
            text, words, answer, labels = _question(rest, position, where)
            supports = _supports(labels, position, where)
            questions.append(Question(Statements(story, len(story)), text, words, answer,
                                      supports, count, number))
        else:
            position[label] = len(story)
            story.append(_statement(rest, position, where))
    if not questions:
        raise UserError(f"{path}: no question in the file; is it a bAbI file? A question has a "
                        "tab and an answer behind it")
    return questions


def _label(line, where):
    """A line -> its id and what follows it."""
    if "\r" in line:
        raise UserError(f"{where}: a CR inside the line; lines end in LF or CRLF")
    label, rest = split_id(line)
    if not is_id(label):
        raise UserError(f"{where}: starts with {(label or line)[:20]!r} where a line id is "
                        "expected, 1, 2, ... in each story, and a blank")
    if rest.startswith("\t"):
        raise UserError(f"{where}: a tab behind id {label}, where a line id is expected to have a "
                        "blank")
    return int(label), rest


def split_id(line):
    """A line -> its first word, where an id stands, and what follows the blank behind it."""
    return ID.match(line.strip(" ")).groups()


def is_id(text):
    """Whether `text` is a positive whole number as the format writes it."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 9


def _next_ids(expected):
    return "1" if expected == 1 else f"{expected} (or 1, a new story)"


def _statement(rest, position, where):
    words = words_of(rest)
    if not words:
        raise UserError(f"{where}: a statement without words")
    if is_question(rest):
        raise UserError(f"{where}: a question without a tab and an answer; {ANSWER_IT}")
    if BROKEN_QUESTION.search(rest):
        raise UserError(f"{where}: {BROKEN}")
    _refuse_loose_ids(rest, position, where)
    return Statement(rest.strip(), words)


def _refuse_loose_ids(text, position, where):
    """Blanks and ids of statements at an end are supporting facts whose tab was lost."""
    loose = LOOSE_IDS.search(text)
    if loose and all(is_id(label) and int(label) in position for label in loose[1].split()):
        raise UserError(f"{where}: several blanks and {loose[1]!r} at the end, the id of an "
                        "earlier statement: have tabs become blanks?")


def _question(rest, position, where):
    """The part of a question line after its id -> text, words, answer, ids of supports."""
    fields = rest.split("\t")
    words, answer = words_of(fields[0]), answer_of(fields[1])
    if len(fields) > 2 and not fields[-1].strip() and (len(fields) > 3 or not answer):
        raise UserError(f"{where}: a tab at the end of the line, and nothing behind it")
    if len(fields) > 3:
        raise UserError(f"{where}: {len(fields)} tab-separated fields; a question has three: its "
                        "text, its answer and its supporting facts")
    if not words:
        raise UserError(f"{where}: a question without words")
    if not answer and not is_question(fields[0]):
        raise UserError(f"{where}: {EMPTY_TAB}")
    if not answer:
        raise UserError(f"{where}: a question without an answer; {ANSWER_IT}")
    if len(fields) == 2:
        _refuse_loose_ids(fields[1], position, where)
        if BROKEN_QUESTION.search(fields[0]) and not is_question(fields[0]) and all(
                is_id(label) and int(label) in position for label in answer.split()):
            raise UserError(f"{where}: words behind the '?' and {answer!r} for an answer, the id "
                            "of an earlier statement: has a tab become a blank?")
    return fields[0].strip(), words, answer, fields[2].split() if len(fields) == 3 else []


def _supports(labels, position, where):
    """Line ids of supporting facts -> positions among the story's statements, in their order."""
    for label in labels:
        if not is_id(label):
            raise UserError(f"{where}: supporting fact {label[:20]!r} is no line id; blanks divide "
                            "several")
        if int(label) not in position:
            raise UserError(f"{where}: supporting fact {label[:20]!r} is not an earlier statement "
                            "of the same story")
    return tuple(position[int(label)] for label in labels)
