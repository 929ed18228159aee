"""Task 12, conjunction: two people walk together.

Each statement takes two people and a room, all drawn evenly until neither is
in that room; two who are together stay so a little more often for it. A
statement tells two facts, one of each person in the order named, and the
question is about the person of one of the last five facts. The last statement
that names the person is the supporting fact.
"""

from tasks.generators import draw
from tasks.generators.pairs import walk_together
from tasks.generators.telling import recent, tell
from tasks.generators.world import PEOPLE, ROOMS, VERBS, last


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    room = {person: draw.choice(rng, ROOMS) for person in PEOPLE}

    def statement():
        pair = walk_together(rng, room)
        text = f"{' and '.join(pair)} {draw.choice(rng, VERBS['go'])} the {room[pair[0]]}."
        return text, pair

    def ask(history):
        who = history[draw.choice(rng, recent(history))]
        return f"Where is {who}? ", room[who], [last(history, lambda walker: walker == who)]

    return tell(statement, ask)
