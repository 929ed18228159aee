"""Task 10, indefinite knowledge: some statements leave two places open.

In every statement a person, drawn evenly, goes to another place. Half of them
tell a walk, a quarter that the person is now there, and a quarter that the
person is "either" there "or" in a place drawn evenly, in random order. The
release draws that second place without looking at the first, so that one in
six such statements names the same place twice, and so do we. The question is
about the person of one of the last five statements and names the true place
half of the time. The answer is maybe where the last statement about the
person names the place among its two, else yes or no; that statement is the
supporting fact.
"""

from tasks.generators import draw
from tasks.generators.places import elsewhere, is_in
from tasks.generators.telling import recent, tell
from tasks.generators.world import VERBS, last

PEOPLE = ("Mary", "Bill", "Fred", "Julie")
PLACES = ("bedroom", "cinema", "kitchen", "office", "park", "school")
KINDS = (("walk", 2), ("is", 1), ("either", 1))


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    place = {person: draw.choice(rng, PLACES) for person in PEOPLE}

    def statement():
        who, kind = draw.choice(rng, PEOPLE), draw.weighted(rng, KINDS)
        place[who] = elsewhere(rng, place[who], PLACES)
        if kind == "either":
            pair = draw.shuffled(rng, (place[who], draw.choice(rng, PLACES)))
            text = f"{who} is either in the {pair[0]} or the {pair[1]}."
            return text, [(who, pair)]
        verb = "is in" if kind == "is" else draw.choice(rng, VERBS["go"])
        return f"{who} {verb} the {place[who]}.", [(who, [place[who]])]

    def ask(history):
        who = history[draw.choice(rng, recent(history))][0]
        fact = last(history, lambda event: event[0] == who)
        places = history[fact][1]
        place_asked = is_in(rng, place[who], PLACES)
        answer = "no" if place_asked not in places else "yes" if len(places) == 1 else "maybe"
        return f"Is {who} in the {place_asked}? ", answer, [fact]

    return tell(statement, ask)
