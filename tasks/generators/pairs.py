"""Two people who walk together, for tasks 12 and 13."""

from tasks.generators import draw
from tasks.generators.world import PEOPLE, ROOMS


def walk_together(rng, room):
    """Two people go to a room where neither is: changes room, returns the pair in random order."""
    while True:
        pair, target = draw.sample(rng, PEOPLE, 2), draw.choice(rng, ROOMS)
        if all(room[who] != target for who in pair):
            room.update(dict.fromkeys(pair, target))
            return pair
