"""Task 1, single supporting fact: people walk; where is one of them?

Every statement is a walk. The question is about the person of one of the last
five statements; its one supporting fact is that person's last walk.
"""

from tasks.generators import draw
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import WALKS, World, last_walk


def story(rng):
    """One story: 10 statements and 5 questions, as a list of Line."""
    def ask(history):
        who = history[draw.choice(rng, recent(history))].who
        walk = last_walk(history, who)
        return f"Where is {who}? ", history[walk].what, [walk]

    return tell_world(World(rng, WALKS), ask)
