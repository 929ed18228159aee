"""Places (or shapes) side by side on a grid, and how a story tells who is beside whom.

Shared by tasks 4, 17 and 19. What is beside what is a dictionary: (x, y) -> the
direction of x as seen from y, for both (x, y) and (y, x).
"""

from tasks.generators.draw import choice

ROOMS = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")

COMPASS = {"north": "south", "south": "north", "east": "west", "west": "east"}


def put_beside(beside, x, direction, y, opposite):
    """Add to `beside` that x lies in a direction of y, and so y in the opposite one of x."""
    beside[x, y] = direction
    beside[y, x] = opposite[direction]


def told_neighbours(rng, nodes, beside):
    """Every pair of neighbours once: the order of telling, and from whose viewpoint.

    Again and again one of the nodes is drawn, then one of its neighbours; a
    pair already told is passed over. A node at the end of a path is drawn as
    often as one in its middle but has only one pair, so its pair comes earlier
    and mostly from its own viewpoint: on a line of three, two times in three.

    Returns a list of (node drawn, its neighbour).
    """
    neighbours = {node: [y for x, y in beside if x == node] for node in nodes}
    pairs = []
    while 2 * len(pairs) < len(beside):
        node = choice(rng, nodes)
        neighbour = choice(rng, neighbours[node])
        if (node, neighbour) not in pairs and (neighbour, node) not in pairs:
            pairs.append((node, neighbour))
    return pairs


def position(pairs, x, y):
    """The position in the list of pairs of the pair of x and y."""
    return next(i for i, pair in enumerate(pairs) if set(pair) == {x, y})
