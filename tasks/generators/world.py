"""People who walk between rooms and handle objects: the world of tasks 1 to 3 and 5 to 8.

Everyone and every object starts in a room that the story does not tell. A
step draws an action, a person and, for a walk, a room, all evenly, until the
draw can be done: nobody walks to where they are, takes what is not in their
room, or drops what they do not hold. What is taken or dropped is then drawn
evenly among what can be.

A giving is not left to chance, in the release as here: of all objects whose
holder has company the first in a fixed order is given, to the first person of
that company in a fixed order. So objects often go back and forth.
"""

from dataclasses import dataclass

from tasks.generators import draw

PEOPLE = ("John", "Mary", "Sandra", "Daniel")
ROOMS = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
OBJECTS = ("apple", "football", "milk")     # in the order in which they are given

WALKS = ("go",)
HANDLES = ("go", "get", "drop")
GIVES = ("go", "get", "drop", "give")

VERBS = {
    "go": ("went to", "went back to", "travelled to", "journeyed to", "moved to"),
    "get": ("got", "took", "grabbed", "picked up"),
    "drop": ("dropped", "left", "discarded", "put down"),
    "give": ("gave", "handed", "passed"),
}
# How often "there" follows what is taken or dropped.
THERE = {"get": 1.0, "drop": 0.2}


@dataclass(frozen=True)
class Event:
    """What one statement tells: kind is 'go', 'get', 'drop' or 'give'.

    what is the room of a walk, else the object; to is who receives.
    """
    kind: str
    who: str
    what: str
    to: str | None = None


class World:
    """Where everybody is, where every object lies, and who holds it.

    people stand in the order in which they are given things;
    there gives the chance of the word "there" after a taking and after a dropping.
    """

    def __init__(self, rng, actions, people=PEOPLE, there=None):
        self.rng, self.actions, self.people = rng, actions, people
        self.there = there or THERE
        self.room = {person: draw.choice(rng, ROOMS) for person in people}
        self.lies = {thing: draw.choice(rng, ROOMS) for thing in OBJECTS}
        self.holder = {}

    def step(self):
        """One thing that happens: an Event, after which the world has changed."""
        while True:
            kind = draw.choice(self.rng, self.actions)
            who = draw.choice(self.rng, self.people)
            event = getattr(self, "_" + kind)(who)
            if event is not None:
                return event

    def _go(self, who):
        room = draw.choice(self.rng, ROOMS)
        if room == self.room[who]:
            return None
        self.room[who] = room
        return Event("go", who, room)

    def _get(self, who):
        near = [thing for thing in OBJECTS if self.lies.get(thing) == self.room[who]]
        if not near:
            return None
        thing = draw.choice(self.rng, near)
        del self.lies[thing]
        self.holder[thing] = who
        return Event("get", who, thing)

    def _drop(self, who):
        things = self._held(who)
        if not things:
            return None
        thing = draw.choice(self.rng, things)
        del self.holder[thing]
        self.lies[thing] = self.room[who]
        return Event("drop", who, thing)

    def _give(self, _):
        for thing in OBJECTS:
            who = self.holder.get(thing)
            near = [p for p in self.people if p != who and self.room[p] == self.room.get(who)]
            if near:
                self.holder[thing] = near[0]
                return Event("give", who, thing, near[0])
        return None

    def _held(self, who):
        return [thing for thing in OBJECTS if self.holder.get(thing) == who]

    def sentence(self, event):
        """One wording of an event."""
        verb = draw.choice(self.rng, VERBS[event.kind])
        text = f"{event.who} {verb} the {event.what}"
        if event.to is not None:
            text += f" to {event.to}"
        elif draw.chance(self.rng, self.there.get(event.kind, 0.0)):
            text += " there"
        return text + "."




def last(history, test, before=None, after=-1):
    """Position of the last event after `after` and before `before` that passes, or None."""
    end = len(history) if before is None else before
    for position in range(end - 1, after, -1):
        if test(history[position]):
            return position
    return None


def last_walk(history, who, before=None, after=-1):
    """Position of a person's last walk in a stretch of the history, or None."""
    return last(history, lambda event: event.kind == "go" and event.who == who, before, after)
