"""Task 13, compound coreference: two people walk together, then "they" walk on.

Statements come in pairs: two people go to a room as in task 12, then "they"
go on to another. Every statement tells two facts, one of each person, and the
question is about the person of one of the last five facts. The supporting
facts are the last two statements about the person.
"""

from tasks.generators import draw
from tasks.generators.pairs import walk_together
from tasks.generators.places import elsewhere
from tasks.generators.qa11_basic_coreference import THEN
from tasks.generators.telling import recent, tell
from tasks.generators.world import PEOPLE, ROOMS, VERBS


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    room = {person: draw.choice(rng, ROOMS) for person in PEOPLE}
    walkers = []

    def statement():
        if walkers:
            pair = walkers.pop()
            subject = f"{draw.choice(rng, THEN)} they"
            room.update(dict.fromkeys(pair, elsewhere(rng, room[pair[0]], ROOMS)))
        else:
            pair = walk_together(rng, room)
            subject = " and ".join(pair)
            walkers.append(pair)
        return f"{subject} {draw.choice(rng, VERBS['go'])} the {room[pair[0]]}.", pair

    def ask(history):
        who = history[draw.choice(rng, recent(history))]
        facts = [p for p, walker in enumerate(history) if walker == who]
        return f"Where is {who}? ", room[who], facts[-2:]

    return tell(statement, ask)
