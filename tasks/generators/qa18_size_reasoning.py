"""Task 18, size reasoning: the chest is bigger than the chocolate and fits inside the box.

Six things of different sizes: the chocolate is the smallest, the box of
chocolates the next, the four containers above them come in any order. The
story tells five random true comparisons (repeats included), then asks five
questions. Where no more than a few questions, or none, can be found, five more
comparisons follow and another five questions, until five in a row succeed.

A question is made from two statements that share a thing. One statement is
drawn, then one of its two things, the link; the other statement is the first
other one of the story that has the link. If the link lies between their other
things in size, these two are compared: "Is X bigger than Y?" or "Does Y fit in
X?", where X is the drawn statement's. If not, all is drawn again. So X, and
with it the answer, depends on which statements come first: in "a < b, a < c,
d < a" only the third leads to a first statement above a, and all answers are no.
Supports: the drawn statement, then the other one.
"""

from dataclasses import dataclass

from tasks.generators.draw import choice, sample, shuffled
from tasks.generators.story import Line

SMALL = ("chocolate", "box of chocolates")      # in this order in every story
CONTAINERS = ("box", "chest", "container", "suitcase")
BLOCK = 5       # statements, and questions, at a time
# Tries for all questions of one block: with 100, as in the released files, 2 stories in 100 have
# a block with fewer than five.
DRAWS = 100
# Statements with the same content are of one of two sides, which the words do not show (it is no
# matter of "fits inside" against "is bigger than"). On the same side, half of the time, the
# latest of them stands for all when it is drawn as a support.
SIDES = ("small inside big", "big around small")


@dataclass(frozen=True)
class Comparison:
    """What a statement says; equal ones are one fact to the asker."""
    small: str
    big: str
    side: str


def story(rng):
    by_size = (*SMALL, *shuffled(rng, CONTAINERS))
    lines, comparisons = [], {}    # position -> Comparison
    while True:
        for _ in range(BLOCK):
            comparisons[len(lines)], line = _statement(rng, by_size)
            lines.append(line)
        questions = _questions(rng, comparisons)
        lines += questions
        if len(questions) == BLOCK:
            return lines


def _statement(rng, by_size):
    one, other = sample(rng, range(len(by_size)), 2)
    small, big = by_size[min(one, other)], by_size[max(one, other)]
    text = choice(rng, (f"The {small} fits inside the {big}.",
                        f"The {big} is bigger than the {small}."))
    return Comparison(small, big, choice(rng, SIDES)), Line(text)


def _questions(rng, comparisons):
    """As many questions, at most five, as a limited number of draws finds."""
    positions, questions = tuple(comparisons), []
    for _ in range(DRAWS):
        one = comparisons[choice(rng, positions)]
        at = max(position for position in positions if comparisons[position] == one)
        link = choice(rng, (one.small, one.big))
        partner_at = next((position for position, two in comparisons.items() if position != at
                           and link in (two.small, two.big)), None)
        if partner_at is None:
            continue
        partner = comparisons[partner_at]
        if one.small == link == partner.big:
            questions.append(_line(rng, one.big, partner.small, "yes", (at, partner_at)))
        if one.big == link == partner.small:
            questions.append(_line(rng, one.small, partner.big, "no", (at, partner_at)))
        if len(questions) == BLOCK:
            break
    return questions


def _line(rng, x, y, answer, supports):
    text = choice(rng, (f"Is the {x} bigger than the {y}?", f"Does the {y} fit in the {x}?"))
    return Line(text, answer, supports)
