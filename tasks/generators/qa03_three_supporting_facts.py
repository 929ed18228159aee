"""Task 3, three supporting facts: where was a thing before it was in a room?

A question is about the object of one of the last five statements, and about
the rooms that its last holder walked through with it, first to last: one of
them is drawn, and its latest visit on that way is meant. It is asked where
the visit before it was also made with the object. The supporting facts are
the object's last taking or dropping, the walk into the room, and the walk
into the room before it, which is the answer.
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import HANDLES, World, last

# Here a taking has the word "there" as seldom as a dropping.
THERE = {"get": 0.2, "drop": 0.2}


def carried(history, thing):
    """The object's last taking or dropping, and its holder's walks with it, oldest first."""
    def handles(event):
        return event.kind != "go" and event.what == thing

    handled = last(history, handles)
    start, end = handled, len(history)
    if history[handled].kind == "drop":
        start, end = last(history, handles, before=handled), handled
    who = history[handled].who
    walks = [p for p in range(start + 1, end)
             if history[p].kind == "go" and history[p].who == who]
    return handled, walks


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        things = [history[p].what for p in recent(history) if history[p].kind != "go"]
        ways = [(thing, *carried(history, thing)) for thing in things]
        ways = [way for way in ways if len(way[2]) > 1]
        if not ways:
            return None
        thing, handled, walks = draw.choice(rng, ways)
        latest = {history[walk].what: number for number, walk in enumerate(walks)}
        meant = [number for walk in walks if (number := latest[history[walk].what]) > 0]
        number = draw.choice(rng, meant)
        room, before = history[walks[number]].what, history[walks[number - 1]].what
        text = f"Where was the {thing} before the {room}? "
        return text, before, (handled, walks[number], walks[number - 1])

    return tell_world(World(rng, HANDLES, there=THERE), ask)
