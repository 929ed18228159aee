"""Draws of places that the walking tasks share."""

from tasks.generators import draw

# How often a yes/no question names the true place.
TRUE_PLACE = 0.5


def elsewhere(rng, place, places):
    """Another place than the given one (all of them where it is None), evenly."""
    return draw.choice(rng, [other for other in places if other != place])


def is_in(rng, place, places):
    """The place that a question "is ... in the ...?" names: the true one, or any other."""
    return place if draw.chance(rng, TRUE_PLACE) else elsewhere(rng, place, places)
