"""Task 4: which place lies where, seen from another.

Rule: "a is north of b" also says that b is south of a. "What is north of b?" asks for a,
"What is a north of?" for b. The statement that answers, read either way round, is the
supporting fact. Should several statements answer, each is a reading (in the release exactly
one does). Statements that no map can have together have no answer.
"""

from tasks.answerers.grid import refuse_contradiction
from tasks.answerers.sentences import asked, facts_of, template

STEP = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}

SIDE = f"(?P<side>{'|'.join(OPPOSITE)})"
LIES = template("lies", rf"the (?P<this>\w+) is {SIDE} of the (?P<that>\w+)")
WHAT_IS = template("this", rf"what is {SIDE} of the (?P<that>\w+)")
WHAT_OF = template("that", rf"what is the (?P<this>\w+) {SIDE} of")


def what_lies(question):
    """Readings of task 4."""
    part_asked, parts = asked(question, WHAT_IS, WHAT_OF)
    return [(fact[part_asked], (fact["position"],)) for fact in both_ways(question)
            if all(fact[part] == value for part, value in parts.items())]


def both_ways(question):
    """Every statement and its converse, as dictionaries of this, side, that and position."""
    both, facts = [], facts_of(question, LIES)
    refuse_contradiction((fact["this"], STEP[fact["side"]], fact["that"], fact.position)
                         for fact in facts)
    for fact in facts:
        this, side, that = fact["this"], fact["side"], fact["that"]
        both.append(dict(this=this, side=side, that=that, position=fact.position))
        both.append(dict(this=that, side=OPPOSITE[side], that=this, position=fact.position))
    return both
