"""Task 2, two supporting facts: people walk, take and drop things; where is one of the things?

A question is about the object of one of the last five statements. It is asked
where two facts give the answer: a person took the object and walked on (the
taking, then the last walk), or dropped it after a walk that was told (the
dropping, then that walk).
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import HANDLES, World, last, last_walk


def supports(history, thing):
    """(the object's last taking or dropping, the walk that gives its room), or None."""
    handled = last(history, lambda event: event.kind != "go" and event.what == thing)
    event = history[handled]
    if event.kind == "get":
        walk = last_walk(history, event.who, after=handled)
    else:
        walk = last_walk(history, event.who, before=handled)
    return None if walk is None else (handled, walk)


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        things = [history[p].what for p in recent(history) if history[p].kind != "go"]
        possible = [(thing, facts) for thing in things if (facts := supports(history, thing))]
        if not possible:
            return None
        thing, facts = draw.choice(rng, possible)
        return f"Where is the {thing}? ", history[facts[1]].what, facts

    return tell_world(World(rng, HANDLES), ask)
