"""Tasks 1, 6, 11, 12, 13: where a person is.

Rule: a person is where the latest sentence that moves them says. Two people joined by
"and" move together. "He", "she" and "they" are the people whom the latest sentence with
names moves.

Supporting facts: that latest sentence; where it has a pronoun, the sentence that names the
people comes first (two facts). "Is Mary in the office?" is yes if that place is the asked
one, and has the same supporting fact. Nothing is ambiguous.
"""

from tasks.answerers.sentences import (DROP, MOVE, TAKE, THEN, WENT, NoAnswer, asked, facts_of,
                                       template, yes_no)

MOVE_TOGETHER = template("move", rf"(?P<who>\w+) and (?P<other>\w+) {WENT}")
MOVE_PRONOUN = template("move again", rf"{THEN} (?:he|she|they) {WENT}")

WHERE_IS = template("where", r"where is (?P<who>\w+)")
IS_IN = template("is in", r"is (?P<who>\w+) in the (?P<place>\w+)")


def where_is(question):
    """Readings of "Where is Mary?" (tasks 1, 11, 12, 13)."""
    _, parts = asked(question, WHERE_IS)
    place, supports = _whereabouts(question, parts["who"])
    return [(place, supports)]


def is_in(question):
    """Readings of "Is Mary in the office?" where every statement is certain (task 6)."""
    _, parts = asked(question, IS_IN)
    place, supports = _whereabouts(question, parts["who"])
    return [(yes_no(place == parts["place"]), supports)]


def _whereabouts(question, person):
    """(place, supports) of a person at the time of the question."""
    place, walk = None, None
    facts = facts_of(question, MOVE, MOVE_TOGETHER, MOVE_PRONOUN, TAKE, DROP)
    for fact in facts:
        if fact.kind == "move":
            walk = fact
            if person in _people(fact):
                place = fact["place"], (fact.position,)
        elif fact.kind == "move again":
            if walk is None:
                raise NoAnswer(f"statement {fact.position + 1}: the pronoun refers to nobody")
            if person in _people(walk):
                place = fact["place"], (walk.position, fact.position)
    if place is None:
        raise NoAnswer(f"the story does not say where {person} is")
    return place


def _people(fact):
    return fact["who"], fact.parts.get("other")
