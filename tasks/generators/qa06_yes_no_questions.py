"""Task 6, yes/no questions: people walk, take and drop things; is one of them in a room?

The question is about the person of one of the last five statements that tells
a walk, and its one supporting fact is that person's last walk. Half of the
questions name the room where the person is, half another one.
"""

from tasks.generators import draw
from tasks.generators.places import is_in
from tasks.generators.telling import recent, tell_world
from tasks.generators.world import HANDLES, ROOMS, World, last_walk


def story(rng):
    """One story with 5 questions, as a list of Line."""
    def ask(history):
        walkers = [history[p].who for p in recent(history) if history[p].kind == "go"]
        if not walkers:
            return None
        who = draw.choice(rng, walkers)
        walk = last_walk(history, who)
        room = is_in(rng, history[walk].what, ROOMS)
        answer = "yes" if room == history[walk].what else "no"
        return f"Is {who} in the {room}? ", answer, [walk]

    return tell_world(World(rng, HANDLES), ask)
