"""Task 11, basic coreference: the second of two walks names its person by a pronoun.

Statements come in pairs: a person, drawn evenly, walks to a room, then "he"
or "she" walks on to another. The question is about the person of one of the
last five statements; the supporting facts are that person's last pair.
"""

from tasks.generators import draw
from tasks.generators.places import elsewhere
from tasks.generators.telling import recent, tell
from tasks.generators.world import PEOPLE, ROOMS, VERBS, last

PRONOUN = {"Mary": "she", "Sandra": "she", "John": "he", "Daniel": "he"}
THEN = ("Then", "After that", "Afterwards", "Following that")


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    room, walker = {}, []

    def statement():
        if walker:
            who = walker.pop()
            subject = f"{draw.choice(rng, THEN)} {PRONOUN[who]}"
        else:
            subject = who = draw.choice(rng, PEOPLE)
            walker.append(who)
        room[who] = elsewhere(rng, room.get(who), ROOMS)
        return f"{subject} {draw.choice(rng, VERBS['go'])} the {room[who]}.", [who]

    def ask(history):
        who = history[draw.choice(rng, recent(history))]
        fact = last(history, lambda walker: walker == who)
        return f"Where is {who}? ", room[who], [fact - 1, fact]

    return tell(statement, ask)
