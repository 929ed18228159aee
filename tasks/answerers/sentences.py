"""What a statement says: sentence templates, and the facts of a story in order.

Each family of tasks lists the sentences that it knows. A sentence outside that list
raises NoAnswer: an answerer never guesses about text that it does not understand.
"""

import re
from dataclasses import dataclass
from functools import lru_cache


class NoAnswer(Exception):
    """The text does not settle the question, or holds a sentence that the task does not have."""


@dataclass(frozen=True)
class Template:
    """One kind of sentence: its name and a pattern over the space-joined words.

    The pattern's named groups are the parts of the sentence, e.g. who and place.
    """
    kind: str
    pattern: re.Pattern


def template(kind, pattern):
    return Template(kind, re.compile(pattern))


@dataclass(frozen=True)
class Fact:
    """One statement understood: where it stands in the story (from 0), its kind, its parts."""
    position: int
    kind: str
    parts: dict

    def __getitem__(self, part):
        return self.parts[part]


WENT = r"(?:went back|went|moved|travelled|journeyed) to the (?P<place>\w+)"
THEN = "(?:after that|afterwards|following that|then)"

MOVE = template("move", rf"(?P<who>\w+) {WENT}")
TAKE = template("take",
                r"(?P<who>\w+) (?:got|grabbed|picked up|took) the (?P<thing>\w+)(?: there)?")
DROP = template("drop",
                r"(?P<who>\w+) (?:discarded|dropped|left|put down) the (?P<thing>\w+)(?: there)?")
GIVE = template("give",
                r"(?P<who>\w+) (?:gave|handed|passed) the (?P<thing>\w+) to (?P<receiver>\w+)")


@lru_cache(maxsize=65536)  # the same few hundred sentences come back in every story
def understand(words, templates):
    """(kind, parts) of one sentence; NoAnswer where no template fits it."""
    text = " ".join(words)
    for candidate in templates:
        if match := candidate.pattern.fullmatch(text):
            return candidate.kind, match.groupdict()
    raise NoAnswer(f"not a sentence of this task: {text!r}")


def facts_of(question, *templates):
    """The story's statements as Facts, oldest first."""
    return [Fact(position, *understand(statement.words, templates))
            for position, statement in enumerate(question.statements)]


def asked(question, *templates):
    """(kind, parts) of the question."""
    return understand(question.words, templates)


def latest(facts, fits):
    """The last of the facts for which fits(fact) holds; NoAnswer if there is none."""
    for fact in reversed(facts):
        if fits(fact):
            return fact
    raise NoAnswer("the story says nothing of what is asked")


def yes_no(holds):
    return "yes" if holds else "no"
