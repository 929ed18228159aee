"""Task 5, three-argument relations: people also give each other things; who gave what to whom?

A question is about one of the last five statements that tells a giving, as
long as its object was not given again since. The giving is the one supporting
fact. "What did A give to B?" is not asked where A gave B another thing since;
the release has 22 such questions among 11,000 (10k training and test sets).
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import GIVES, World, last

PEOPLE = ("Mary", "Fred", "Bill", "Jeff")     # in the order in which they are given things
# The object is asked for twice as often as in each of the other four forms.
FORMS = (("what", 2), ("giver", 1), ("giver of pair", 1), ("receiver", 1), ("receiver of pair", 1))


def last_giving(history, **like):
    """Position of the last giving that has the given fields (who, what, to), or None."""
    return last(history, lambda event: event.kind == "give" and all(
        getattr(event, field) == value for field, value in like.items()))


def wording(form, event):
    """The question's text and its answer."""
    giver, thing, receiver = event.who, event.what, event.to
    return {
        "what": (f"What did {giver} give to {receiver}? ", thing),
        "giver": (f"Who gave the {thing}? ", giver),
        "giver of pair": (f"Who gave the {thing} to {receiver}? ", giver),
        "receiver": (f"Who received the {thing}? ", receiver),
        "receiver of pair": (f"Who did {giver} give the {thing} to? ", receiver),
    }[form]


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        givings = [p for p in recent(history) if history[p].kind == "give"]
        current = [p for p in givings if last_giving(history, what=history[p].what) == p]
        if not current:
            return None
        fact = draw.choice(rng, current)
        event = history[fact]
        clear = last_giving(history, who=event.who, to=event.to) == fact
        form = draw.weighted(rng, FORMS if clear else FORMS[1:])
        text, answer = wording(form, event)
        return text, answer, [fact]

    return tell_world(World(rng, GIVES, PEOPLE), ask)
