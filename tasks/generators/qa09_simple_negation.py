"""Task 9, simple negation: some statements only tell where somebody is not.

In every statement a person, drawn evenly, goes to another room. Half of them
tell a walk, a quarter that the person is now in the new room, a quarter that
the person is not (or no longer) in the room just left. The yes/no question is
about the person of one of the last five statements. After a negation it names
the room left, and the answer is no; else it names the true room half of the
time. The person's last statement is the supporting fact.
"""

from tasks.generators import draw
from tasks.generators.places import elsewhere, is_in
from tasks.generators.telling import recent, tell
from tasks.generators.world import PEOPLE, ROOMS, VERBS, last

KINDS = (("walk", 2), ("is", 1), ("is not", 1))
NEGATIONS = ("is not in", "is no longer in")


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    room = {person: draw.choice(rng, ROOMS) for person in PEOPLE}

    def statement():
        who, kind = draw.choice(rng, PEOPLE), draw.weighted(rng, KINDS)
        before, room[who] = room[who], elsewhere(rng, room[who], ROOMS)
        if kind == "is not":
            return f"{who} {draw.choice(rng, NEGATIONS)} the {before}.", [(who, kind, before)]
        verb = "is in" if kind == "is" else draw.choice(rng, VERBS["go"])
        return f"{who} {verb} the {room[who]}.", [(who, kind, room[who])]

    def ask(history):
        who = history[draw.choice(rng, recent(history))][0]
        fact = last(history, lambda event: event[0] == who)
        _, kind, place = history[fact]
        room_asked = place if kind == "is not" else is_in(rng, place, ROOMS)
        answer = "yes" if kind != "is not" and room_asked == place else "no"
        return f"Is {who} in the {room_asked}? ", answer, [fact]

    return tell(statement, ask)
