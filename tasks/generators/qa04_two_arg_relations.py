"""Task 4, two argument relations: three rooms in a row, one of them asked for.

A room has one neighbour to its north (east, south, west) and one on the
opposite side. Both neighbourhoods are told, in either order; a statement has
one of the outer rooms as its subject twice as often as the middle one (see
grid.py). One of the two statements "A is north of B" is asked about, always
for its subject A: "What is north of B?" or, the other way round, "What is B
south of?". Nothing but the order of the words tells subject from object.
"""

from tasks.generators.draw import choice, sample
from tasks.generators.grid import COMPASS, ROOMS, put_beside, told_neighbours
from tasks.generators.story import Line


def story(rng):
    rooms = sample(rng, ROOMS, 3)
    one_end, middle, other_end = rooms
    direction = choice(rng, tuple(COMPASS))
    beside = {}
    put_beside(beside, one_end, direction, middle, COMPASS)
    put_beside(beside, middle, direction, other_end, COMPASS)

    pairs = told_neighbours(rng, rooms, beside)
    lines = [Line(f"The {x} is {beside[x, y]} of the {y}.") for x, y in pairs]
    number = choice(rng, (0, 1))
    x, y = pairs[number]
    question = choice(rng, (f"What is {beside[x, y]} of the {y}?",
                            f"What is the {y} {beside[y, x]} of?"))
    return lines + [Line(question, x, (number,))]
