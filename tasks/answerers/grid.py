"""Whether the places that statements put side by side fit on one map.

Each statement puts one place a step from another, so that each two places that statements
connect are a fixed number of steps apart. A statement that says otherwise contradicts those
before it, and the text then has no answer. (Two places may fall on one spot: in the release
7 of 100 maps of task 19 have such a pair.)
"""

from tasks.answerers.sentences import NoAnswer


def refuse_contradiction(steps):
    """NoAnswer for the first of (this, (right, up) from that to this, that, position) that no
    map has; position: the statement's, from 0."""
    where = {}   # place -> its map and its spot there
    maps = {}    # map -> its places
    for this, (right, up), that, position in steps:
        for place in (this, that):
            if place not in where:
                where[place], maps[place] = (place, 0, 0), [place]
        map_here, x, y = where[this]
        map_there, x_there, y_there = where[that]
        shift = x_there + right - x, y_there + up - y
        if map_here == map_there:
            if shift != (0, 0):
                raise NoAnswer(f"statement {position + 1} contradicts those before it: no map has "
                               f"{this} and {that} like this")
            continue
        for place in maps[map_here]:
            _, x, y = where[place]
            where[place] = map_there, x + shift[0], y + shift[1]
        maps[map_there] += maps.pop(map_here)
