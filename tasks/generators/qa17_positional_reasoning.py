"""Task 17, positional reasoning: one shape beside two others; how do the two lie to each other?

Two shapes lie on two different sides of a third, so in a row (one time in
three) or around a corner. Both neighbourhoods are told; the statement's object
is one of the outer shapes twice as often as the middle one (see grid.py).
Eight yes-no questions follow about the two outer shapes. The answer is drawn
first, then a question among those that have it; in a row only two questions
have the answer yes and six have no, four of these about the direction in
which the shapes do not differ. Supports: the fact about the shape named first.
"""

from tasks.generators.draw import choice, sample
from tasks.generators.grid import position, put_beside, told_neighbours
from tasks.generators.story import Line

SHAPES = ("triangle", "pink rectangle", "blue square", "red square", "yellow square",
          "red sphere")
OPPOSITE = {"above": "below", "below": "above",
            "to the left of": "to the right of", "to the right of": "to the left of"}
STEP = {"above": (0, 1), "below": (0, -1), "to the left of": (-1, 0), "to the right of": (1, 0)}
QUESTIONS = 8


def story(rng):
    shapes = sample(rng, SHAPES, 3)
    one, middle, other = shapes
    side_of_one, side_of_other = sample(rng, tuple(OPPOSITE), 2)
    beside = {}
    put_beside(beside, one, side_of_one, middle, OPPOSITE)
    put_beside(beside, other, side_of_other, middle, OPPOSITE)

    pairs = told_neighbours(rng, shapes, beside)
    lines = [Line(f"The {y} is {beside[y, x]} the {x}.") for x, y in pairs]
    by_answer = _questions(one, other, STEP[side_of_one], STEP[side_of_other])
    for _ in range(QUESTIONS):
        answer = choice(rng, ("yes", "no"))
        x, side, y = choice(rng, by_answer[answer])
        supports = position(pairs, x, middle), position(pairs, y, middle)
        lines.append(Line(f"Is the {x} {side} the {y}?", answer, supports))
    return lines


def _questions(one, other, place_of_one, place_of_other):
    """The eight questions about two shapes at (right, up) coordinates, by their answer."""
    by_answer = {"yes": [], "no": []}
    for x, y, sign in ((one, other, 1), (other, one, -1)):
        right, up = (sign * (a - b) for a, b in zip(place_of_one, place_of_other))
        for side, (step_right, step_up) in STEP.items():
            is_so = right * step_right + up * step_up > 0
            by_answer["yes" if is_so else "no"].append((x, side, y))
    return by_answer
