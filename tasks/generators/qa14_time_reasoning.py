"""Task 14, time reasoning: walks are told with their time of day, and not in their order.

Each person goes to one place at a time of day, first yesterday, then this
morning, this afternoon and this evening, never twice to the same place in a
row. What happens next is drawn evenly among those whose evening has not come.
Two walks are added until a question is possible; those since the last
question are then told in an order in which none keeps its place.

The question takes one of the last five walks as they happened, and asks where
its person was before that walk's place; if the person was there twice, the
later visit is meant. It is possible if the person was somewhere before. The
supporting facts are the walk to the place and the walk before it.
"""

from tasks.generators import draw
from tasks.generators.places import elsewhere
from tasks.generators.qa10_indefinite_knowledge import PEOPLE, PLACES
from tasks.generators.story import Line
from tasks.generators.telling import QUESTIONS, STATEMENTS, recent
from tasks.generators.world import VERBS

TIMES = ("yesterday", "this morning", "this afternoon", "this evening")
# How often the time stands at the start of the sentence, else at its end.
TIME_FIRST = 0.5


def deranged(rng, seq):
    """The elements of a sequence along one random cycle, so that none keeps its place."""
    result = list(seq)
    for end in range(len(result) - 1, 0, -1):
        other = draw.below(rng, end)
        result[end], result[other] = result[other], result[end]
    return result


def sentence(rng, who, number, place):
    """One wording of a person's walk number 0 (yesterday) to 3 (this evening)."""
    walk = f"{who} {draw.choice(rng, VERBS['go'])} the {place}"
    time = TIMES[number]
    if draw.chance(rng, TIME_FIRST):
        return f"{time[0].upper()}{time[1:]} {walk}."
    return f"{walk} {time}."


def question(rng, history, visited):
    """A person and the number of the walk that is asked about, or None.

    history  (person, number of the walk) as it happened
    visited  each person's places in order of time
    """
    possible = []
    for position in recent(history):
        who, number = history[position]
        places = visited[who]
        meant = max(n for n, place in enumerate(places) if place == places[number])
        if meant > 0:
            possible.append((who, meant))
    return draw.choice(rng, possible) if possible else None


def story(rng):
    """One story: 10 to 14 statements and 5 questions, as a list of Line."""
    visited = {person: [] for person in PEOPLE}
    history, untold, told_at, lines, questions = [], [], {}, [], 0
    while questions < QUESTIONS:
        for _ in range(STATEMENTS):
            who = draw.choice(rng, [p for p in PEOPLE if len(visited[p]) < len(TIMES)])
            before = visited[who][-1] if visited[who] else None
            untold.append((who, len(visited[who])))
            visited[who].append(elsewhere(rng, before, PLACES))
        history += untold[-STATEMENTS:]
        choice = question(rng, history, visited)
        if choice is None:
            continue
        for who, number in deranged(rng, untold):
            told_at[who, number] = len(lines)
            lines.append(Line(sentence(rng, who, number, visited[who][number])))
        untold = []
        who, number = choice
        text = f"Where was {who} before the {visited[who][number]}? "
        supports = (told_at[who, number], told_at[who, number - 1])
        lines.append(Line(text, visited[who][number - 1], supports))
        questions += 1
    return lines
