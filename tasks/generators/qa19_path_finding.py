"""Task 19, path finding: two steps through rooms that lie beside one another.

A path of three rooms is laid on a grid, straight on or around a corner. The
three other rooms lead nowhere: each is put on one of the eight free sides of
the path's rooms (two of them may by chance share a spot of the grid). The
five neighbourhoods are told; dead ends tend to come earlier, and as the
sentence's subject (see grid.py). The question asks the way from one end of
the path to the other; the answer is its two directions, as letters.
"""

from tasks.generators.draw import choice, sample, shuffled
from tasks.generators.grid import COMPASS, ROOMS, position, put_beside, told_neighbours
from tasks.generators.story import Line


def story(rng):
    rooms = shuffled(rng, ROOMS)
    (start, middle, goal), dead_ends = rooms[:3], rooms[3:]
    first = choice(rng, tuple(COMPASS))
    second = choice(rng, [step for step in COMPASS if step != COMPASS[first]])
    beside = {}
    put_beside(beside, middle, first, start, COMPASS)
    put_beside(beside, goal, second, middle, COMPASS)

    sides = {(start, first), (middle, COMPASS[first]), (middle, second), (goal, COMPASS[second])}
    free = [(room, side) for room in (start, middle, goal) for side in COMPASS
            if (room, side) not in sides]
    for dead_end, (room, side) in zip(dead_ends, sample(rng, free, len(dead_ends))):
        put_beside(beside, dead_end, side, room, COMPASS)

    pairs = told_neighbours(rng, rooms, beside)
    lines = [Line(f"The {x} is {beside[x, y]} of the {y}.") for x, y in pairs]
    supports = position(pairs, start, middle), position(pairs, middle, goal)
    return lines + [Line(f"How do you go from the {start} to the {goal}?",
                         f"{first[0]},{second[0]}", supports)]
