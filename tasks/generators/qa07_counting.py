"""Task 7, counting: how many objects is somebody carrying?

People walk, take, drop and give. The question is about the person who takes,
drops or gives in one of the last five statements. Its supporting facts are
all takings, droppings and givings so far that changed what the person holds.
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import GIVES, World

NUMBERS = ("none", "one", "two", "three")


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        handlers = [history[p].who for p in recent(history) if history[p].kind != "go"]
        if not handlers:
            return None
        who = draw.choice(rng, handlers)
        facts = [p for p, event in enumerate(history)
                 if event.kind != "go" and who in (event.who, event.to)]
        count = sum(1 if event.kind == "get" or event.to == who else -1
                   for event in (history[p] for p in facts))
        return f"How many objects is {who} carrying? ", NUMBERS[count], facts

    return tell_world(World(rng, GIVES), ask)
