"""Task 8, lists and sets: what is somebody carrying?

People walk, take and drop. The question is about the person who takes or
drops in one of the last five statements. The supporting facts are all the
person's takings and droppings, object by object in the order in which the
person first took them; the answer lists what is held in that order.
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import HANDLES, World


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        handlers = [history[p].who for p in recent(history) if history[p].kind != "go"]
        if not handlers:
            return None
        who = draw.choice(rng, handlers)
        of_thing = {}
        for p, event in enumerate(history):
            if event.kind != "go" and event.who == who:
                of_thing.setdefault(event.what, []).append(p)
        carried = [thing for thing, facts in of_thing.items() if history[facts[-1]].kind == "get"]
        facts = [fact for facts in of_thing.values() for fact in facts]
        return f"What is {who} carrying? ", ",".join(carried) or "nothing", facts

    return tell_world(World(rng, HANDLES), ask)
