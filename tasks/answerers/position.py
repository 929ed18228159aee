"""Task 17: the position of one thing against another, through a third.

Rule: each statement puts its two things one step apart on a grid. Two statements share a
third thing; the sum of both steps is the offset between the asked things. The answer is yes
if this offset has a part in the asked direction, whatever its other part ("the triangle is
above the square" and "the square is left of the sphere" make the triangle both above and
left of the sphere), and no if it has none or an opposite one. Supporting facts: the
statement about the first thing asked, then the one about the second. In the release there
are exactly two statements, so nothing is ambiguous.
"""

from tasks.answerers.grid import refuse_contradiction
from tasks.answerers.sentences import asked, facts_of, template, yes_no

STEP = {"above": (0, 1), "below": (0, -1), "to the left of": (-1, 0), "to the right of": (1, 0)}

SIDE = f"(?P<side>{'|'.join(STEP)})"
THING = r"\w+(?: \w+)?"  # a shape, with or without a colour
STANDS = template("stands", rf"the (?P<this>{THING}) is {SIDE} the (?P<that>{THING})")
DOES_STAND = template("does", rf"is the (?P<this>{THING}) {SIDE} the (?P<that>{THING})")


def stands(question):
    """Readings of task 17."""
    _, parts = asked(question, DOES_STAND)
    facts = facts_of(question, STANDS)
    refuse_contradiction((fact["this"], STEP[fact["side"]], fact["that"], fact.position)
                         for fact in facts)
    readings = []
    for first in facts:
        for second in facts:
            third, (right, up) = _seen_from_other(first, parts["this"])
            same, (right_back, up_back) = _seen_from_other(second, parts["that"])
            if first is not second and third is not None and third == same:
                towards = STEP[parts["side"]]
                along = (right - right_back) * towards[0] + (up - up_back) * towards[1]
                readings.append((yes_no(along > 0), (first.position, second.position)))
    return readings


def _seen_from_other(fact, thing):
    """The fact's other thing, and the step from it to `thing`; (None, no step) if not in it."""
    right, up = STEP[fact["side"]]
    if fact["this"] == thing:
        return fact["that"], (right, up)
    if fact["that"] == thing:
        return fact["this"], (-right, -up)
    return None, (0, 0)
