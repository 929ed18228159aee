"""The text format of the bAbI tasks (Weston et al., arXiv:1502.05698): read and validate.

A file is a list of stories. Each line starts with an id that begins at 1 in
every story and grows by one. A line without a tab is a statement; a line with
tabs is a question, its answer, and the ids of its supporting facts:

    1 Mary moved to the bathroom.
    2 John went to the hallway.
    3 Where is Mary? <tab>bathroom<tab>1

A question sees the statements before it in its own story, never the questions.
"""

from dataclasses import dataclass
from pathlib import Path

from tasks.errors import UserError

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
    """One statement: its text as written, and its words (lower case, '.' and '?' stripped)."""
    text: str
    words: tuple


@dataclass(frozen=True)
class Question:
    """One question of a story, with all that was said before it.

    statements  the story's statements before the question, oldest first
    supports    positions in `statements` (from 0) of the supporting facts, in the file's order
    answer      one class, also where it has several words ("apple,milk" or "n,w")
    story, line where it stands in the file: the story's number (from 0), the line's (from 1)
    """
    statements: tuple
    text: str
    words: tuple
    answer: str
    supports: tuple
    story: int
    line: int


def words_of(text):
    """Lower-cased words; '.' and '?' at the end of a word are not part of it."""
    stripped = (word.rstrip(".?") for word in text.lower().split())
    return tuple(word for word in stripped if word)


def read(path):
    """All questions of one file.

    Lines end in LF or CRLF; the last one may lack its end. Returns a list of
    Question. Raises UserError with file and line number for a line that breaks
    the format, and for a file that has no question.
    """
    path = Path(path)
    questions, statements, position = [], (), {}
    story, expected = -1, 1
    for number, line in enumerate(_lines(path), start=1):
        where = f"{path}, line {number}"
        label, rest = _label(line, where)
        if label == 1:
            statements, position, expected, story = (), {}, 1, story + 1
        if label != expected:
            raise UserError(f"{where}: id {label} where {_next_ids(expected)} is expected")
        expected += 1
        if "\t" in rest:
            text, words, answer, labels = _question(rest, where)
            supports = _supports(labels, position, where)
            questions.append(Question(statements, text, words, answer, supports, story, number))
        else:
            position[label] = len(statements)
            statements += (_statement(rest, where),)
    if not questions:
        raise UserError(f"{path}: no question in the file; is it a bAbI file?")
    return questions


def _lines(path):
    """The file's lines without their ends.

    Only LF ends a line: str.splitlines would also cut at form feeds and at
    separators of Unicode that may stand inside a sentence.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the data "
                        "folder") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8 text; is this a bAbI "
                        "file?") from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    return lines


def _label(line, where):
    """A line -> its id and what follows it."""
    if not line.strip():
        raise UserError(f"{where}: empty line; every line is an id and a sentence")
    label, _, rest = line.strip(" ").partition(" ")
    if not _is_id(label):
        raise UserError(f"{where}: starts with {label[:20]!r} where a line id is expected")
    return int(label), rest


def _is_id(text):
    """Whether `text` is a positive whole number as the format writes it."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 9


def _next_ids(expected):
    return "1" if expected == 1 else f"{expected} (or 1, a new story)"


def _statement(rest, where):
    words = words_of(rest)
    if not words:
        raise UserError(f"{where}: a statement without words")
    if any(word.endswith("?") for word in rest.split()):
        raise UserError(f"{where}: a question without a tab and an answer")
    return Statement(rest.strip(), words)


def _question(rest, where):
    """The part of a question line after its id -> text, words, answer, ids of supports."""
    fields = rest.split("\t")
    if len(fields) > 3:
        raise UserError(f"{where}: {len(fields)} tab-separated fields; a question has three: its "
                        "text, its answer and its supporting facts")
    words, answer = words_of(fields[0]), fields[1].strip().lower()
    if not words or not answer:
        raise UserError(f"{where}: a question without {'an answer' if words else 'words'}")
    return fields[0].strip(), words, answer, fields[2].split() if len(fields) == 3 else []


def _supports(labels, position, where):
    """Line ids of supporting facts -> positions among the story's statements, in their order."""
    for label in labels:
        if not _is_id(label) or int(label) not in position:
            raise UserError(f"{where}: supporting fact {label[:20]!r} is not an earlier statement "
                            "of the same story")
    return tuple(position[int(label)] for label in labels)
