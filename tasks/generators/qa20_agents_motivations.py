"""Task 20, agents' motivations: Sumit is tired, so he goes to the bedroom for the pajamas.

Each of four people comes to feel one of four needs, goes where it can be met,
and takes what meets it. Who acts next is drawn among those who still can. Of
those with the same need only the first takes the thing, since there is one of
each; the story is over when nobody can do anything more. After each sentence
comes its question: where the person will go, why there, why that thing.
"""

from tasks.generators.draw import choice
from tasks.generators.story import Line

PEOPLE = ("Antoine", "Jason", "Sumit", "Yann")
# need: (place, thing)
MEANS = {"thirsty": ("kitchen", "milk"), "hungry": ("kitchen", "apple"),
         "tired": ("bedroom", "pajamas"), "bored": ("garden", "football")}
GOES = ("went", "went back", "journeyed", "moved", "travelled")
TAKES = ("got", "took", "grabbed", "picked up")


def story(rng):
    lines = []
    need, need_at, arrived, taken = {}, {}, set(), set()
    while True:
        can_act = [person for person in PEOPLE
                   if person not in arrived or need[person] not in taken]
        if not can_act:
            return lines
        person = choice(rng, can_act)
        if person not in need:
            need[person] = choice(rng, tuple(MEANS))
            need_at[person] = len(lines)
            place, _ = MEANS[need[person]]
            statement = f"{person} is {need[person]}."
            question, answer = f"Where will {person.lower()} go?", place
        elif person not in arrived:
            arrived.add(person)
            place, _ = MEANS[need[person]]
            statement = f"{person} {choice(rng, GOES)} to the {place}."
            question, answer = f"Why did {person.lower()} go to the {place}?", need[person]
        else:
            taken.add(need[person])
            _, thing = MEANS[need[person]]
            statement = f"{person} {choice(rng, TAKES)} the {thing} there."
            question, answer = f"Why did {person.lower()} get the {thing}?", need[person]
        lines += [Line(statement), Line(question, answer, (need_at[person],))]
