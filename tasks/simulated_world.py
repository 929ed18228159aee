"""The simulated world of Memory Networks (Weston et al., arXiv:1410.3916), section 5.2, appendix A.

Four characters walk between five rooms, get and drop three objects, and each
action is told in a few words. Questions ask where somebody or something is, or
where somebody was before, and carry the statements that the answer follows from.

The paper describes this world and did not release it: what it leaves open is a
field of `World`, and every field says what the paper has to say about it.
"""

from dataclasses import dataclass

import numpy

from tasks.errors import UserError

VERSION = 1     # of this generator: the same world, seed and split give the same data set

ACTORS = ("joe", "fred", "bill", "dan")
OBJECTS = ("milk", "football", "apple")
ROOMS = ("kitchen", "office", "bathroom", "garden", "bedroom")

# Appendix A: the synonyms of each command.
VERBS = {
    "go": (("went", "to"), ("travelled", "to"), ("journeyed", "to"), ("moved", "to"),
           ("went", "back", "to")),
    "get": (("picked", "up"), ("got",), ("grabbed",), ("took",)),
    "drop": (("dropped",), ("left",), ("discarded",), ("put", "down")),
}

# Appendix A, "Joining Statements": what may stand between two statements of a word sequence.
CONNECTIVES = ((".",), ("and",), ("then",), (",", "then"), (";",), (",", "later"),
               (",", "after", "that"), (",", "and", "then"), (",", "next"))

# The columns of Tables 3 to 5: the kinds of question, by the paper's names for them.
KINDS = {
    "actor without before": {"objects": False, "before": False},
    "actor": {"objects": False, "before": True},
    "actor without before + object": {"objects": True, "before": False},
    "actor + object": {"objects": True, "before": True},
}

SPLITS = ("train", "valid", "test")
_STREAMS = ("actions", "wording", "joining", "asking")


@dataclass(frozen=True)
class World:
    """What one data set is drawn from: the paper's settings, and ours where it is silent."""
    kind: str = "actor + object"    # one of KINDS (section 5.2)
    difficulty: int = 5             # the asked statement is one of the last 1 or 5 (section 5.2)
    statements: int = 7000          # section 5.2, training and test each
    questions: int = 3000           # section 5.2, training and test each
    story_length: int | None = None  # statements until all starts anew; None: one stream (ours)
    action_choice: str = "pair"     # "a random valid action" (appendix A); see _choose (ours)
    question_schedule: str = "even"  # "even" or "random" over the statements (ours)
    before_share: float = 0.5       # of the actor questions where both kinds can be asked (ours)
    there_share: float = 0.3        # of get and drop; Figure 2 has 2 in 5 (ours)
    article_share: float = 0.75     # "we simply add articles or not" (appendix A; share ours)
    now_share: float = 0.5          # "where is John ?" or "where is John now ?" (share ours)
    joining_phrases: int = len(CONNECTIVES)     # that are drawn, the first ones; appendix A: all
                                    # Older records lack it: records.record.BEFORE

    def __post_init__(self):
        for name, valid in (("kind", tuple(KINDS)), ("action_choice", tuple(_ACTION_CHOICES)),
                            ("question_schedule", ("even", "random"))):
            if getattr(self, name) not in valid:
                raise UserError(f"world: {name} {getattr(self, name)!r} is unknown; "
                                f"choose one of {', '.join(valid)}")
        shortest = 4 if self.story_length is None else self.story_length
        if self.difficulty < 1 or self.questions < 1 or self.statements < 4 or shortest < 4:
            raise UserError("world: needs a difficulty and questions of at least 1, and at least "
                            "4 statements in all and in a story")
        if not 1 <= self.joining_phrases <= len(CONNECTIVES):
            raise UserError(f"world: joining_phrases is {self.joining_phrases}; there are 1 to "
                            f"{len(CONNECTIVES)}")


@dataclass(frozen=True)
class Statement:
    """One action as told: who, the command, a room or an object, the words, what follows them.

    words       lower case, without punctuation
    connective  the words that join it to the next statement of a word sequence
    """
    actor: str
    command: str
    thing: str
    words: tuple
    connective: tuple


@dataclass(frozen=True)
class Question:
    """A question asked after `position` statements of the data set.

    kind      "actor", "before" or "object"
    entity    the actor or object that is asked about
    words     lower case, without the question mark
    answer    a room
    supports  one or two positions of statements, in the order that a reader needs them: the one
              that mentions what is asked about, then the one that names the place
    start     position of the story's first statement: the question sees [start, position)
    """
    position: int
    start: int
    kind: str
    entity: str
    words: tuple
    answer: str
    supports: tuple


@dataclass(frozen=True)
class Stories:
    """One data set: `world.statements` statements and `world.questions` questions, in order."""
    world: World
    statements: tuple
    questions: tuple


def generate(world, seed, split):
    """Draw one data set.

    seed, split  the key of its random streams; "train", "valid" and "test" share nothing
    Returns Stories. Raises UserError where the world cannot ask so many questions.
    """
    if split not in SPLITS:
        raise UserError(f"world: split {split!r} is unknown; choose one of {', '.join(SPLITS)}")
    statements, starts = _tell(world, seed, split)
    questions = _ask(world, statements, starts, _stream(world, seed, split, "asking"))
    statements = _join(statements, questions, CONNECTIVES[:world.joining_phrases],
                       _stream(world, seed, split, "joining"))
    return Stories(world, statements, questions)


def vocabulary():
    """All words that statements, connectives and questions can use, sorted."""
    words = {"where", "is", "was", "before", "now", "the", "there"}
    words.update(ACTORS, OBJECTS, ROOMS)
    for phrases in (*VERBS.values(), CONNECTIVES):
        words.update(word for phrase in phrases for word in phrase)
    return tuple(sorted(words))


def _stream(world, seed, split, name):
    """A generator of its own for each purpose, so that changing one leaves the others."""
    key = (tuple(KINDS).index(world.kind), world.difficulty, SPLITS.index(split),
           _STREAMS.index(name))
    sequence = numpy.random.SeedSequence(seed, spawn_key=key)
    return numpy.random.Generator(numpy.random.Philox(sequence))


def _pick(rng, items):
    return items[int(rng.random() * len(items))]


class _Scene:
    """Who is where and who holds what: the constraints of appendix A."""

    def __init__(self, rng, commands):
        self.commands = commands
        self.room = {actor: _pick(rng, ROOMS) for actor in ACTORS}
        self.place = {thing: _pick(rng, ROOMS) for thing in OBJECTS}
        self.holder = dict.fromkeys(OBJECTS)

    def valid(self, actor):
        """{command: things}, the commands that the actor can carry out now."""
        room_now = self.room[actor]
        things = {
            "go": [room for room in ROOMS if room != room_now],
            "get": [o for o in OBJECTS if self.holder[o] is None and self.place[o] == room_now],
            "drop": [o for o in OBJECTS if self.holder[o] == actor],
        }
        return {command: things[command] for command in self.commands if things[command]}

    def act(self, actor, command, thing):
        if command == "go":
            self.room[actor] = thing
        else:
            self.holder[thing] = actor if command == "get" else None
            self.place[thing] = self.room[actor]


# How "a random valid action" is drawn: the steps, each uniform over what is valid.
_ACTION_CHOICES = {
    "pair": "an actor with a command, then the room or object",
    "actor": "an actor, then a command, then the room or object",
    "instance": "an actor with a command and its room or object",
}


def _choose(scene, choice, rng):
    actors = (_pick(rng, ACTORS),) if choice == "actor" else ACTORS
    pairs = [(actor, command, things) for actor in actors
             for command, things in scene.valid(actor).items()]
    if choice == "instance":
        return _pick(rng, [(actor, command, thing) for actor, command, things in pairs
                           for thing in things])
    actor, command, things = _pick(rng, pairs)
    return actor, command, _pick(rng, things)


def _tell(world, seed, split):
    """All statements, and for each the position at which its story starts."""
    acting = _stream(world, seed, split, "actions")
    wording = _stream(world, seed, split, "wording")
    commands = ("go", "get", "drop") if KINDS[world.kind]["objects"] else ("go",)
    length = world.story_length or world.statements
    statements, starts = [], []
    for position in range(world.statements):
        if position % length == 0:
            scene = _Scene(acting, commands)
        action = _choose(scene, world.action_choice, acting)
        scene.act(*action)
        statements.append(Statement(*action, _wording(world, *action, wording), ()))
        starts.append(position - position % length)
    return statements, starts


def _wording(world, actor, command, thing, rng):
    """The statement in words. Draws the same numbers whatever the shares are."""
    verb, article, end = _pick(rng, VERBS[command]), rng.random(), rng.random()
    if command == "go":
        return (actor, *verb, "the", thing)
    return (actor, *verb, *(("the",) if article < world.article_share else ()), thing,
            *(("there",) if end < world.there_share else ()))


def _join(statements, questions, phrases, rng):
    """Give every statement its connective: a full stop where a question follows."""
    places = {question.position - 1 for question in questions}
    connectives = [_pick(rng, phrases) for _ in statements]
    return tuple(Statement(s.actor, s.command, s.thing, s.words,
                           (".",) if position in places else connective)
                 for position, (s, connective) in enumerate(zip(statements, connectives)))


def _ask(world, statements, starts, rng):
    """`world.questions` questions, each at the first place from its own on where one can be."""
    total = world.statements
    if world.question_schedule == "even":
        places = [1 + (number * total) // world.questions for number in range(world.questions)]
    else:
        places = sorted(1 + int(rng.random() * total) for _ in range(world.questions))
    questions = []
    for place in places:
        question = None
        while question is None:
            if place > total:
                raise UserError(f"world: only {len(questions)} of {world.questions} questions can "
                                f"be asked of {total} statements; ask for fewer")
            question = _question(world, statements, starts[place - 1], place, rng)
            place += question is None
        questions.append(question)
    # One that had to wait for its place may have been overtaken by the next.
    return tuple(sorted(questions, key=lambda question: question.position))


def _question(world, statements, start, place, rng):
    """A question about a random one of the last `difficulty` statements before `place`.

    None where the story does not hold the answer: its first statements do not say where
    everybody was.
    """
    earliest = max(start, place - world.difficulty)
    about = earliest + int(rng.random() * (place - earliest))
    before, now = rng.random() < world.before_share, rng.random() < world.now_share
    statement = statements[about]
    ending = ("now",) if now else ()
    if statement.command != "go":
        supports = _object_supports(statements, start, place, statement.thing)
        kind, words = "object", ("where", "is", "the", statement.thing, *ending)
    else:
        kind, words = "actor", ("where", "is", statement.actor, *ending)
        supports = (_last_move(statements, start, place, statement.actor),)
        if before and KINDS[world.kind]["before"]:
            earlier = _before_supports(statements, start, place, statement)
            if None not in earlier:
                kind, supports = "before", earlier
                words = ("where", "was", statement.actor, "before", "the", statement.thing)
    if None in supports:
        return None
    subject = statement.thing if kind == "object" else statement.actor
    return Question(place, start, kind, subject, words, statements[supports[-1]].thing, supports)


def _last_move(statements, start, stop, actor, room=None):
    """Position of the actor's last move (to the room, if given) in [start, stop), or None."""
    for position in range(stop - 1, start - 1, -1):
        statement = statements[position]
        if (statement.command == "go" and statement.actor == actor
                and room in (None, statement.thing)):
            return position
    return None


def _before_supports(statements, start, place, statement):
    """The actor's last move to that room, and the move before it."""
    first = _last_move(statements, start, place, statement.actor, statement.thing)
    return first, _last_move(statements, start, first, statement.actor)


def _object_supports(statements, start, place, thing):
    """What was last done with the object, and the move that says where that leaves it.

    Dropped: the last move of who dropped it, before that. Held: the holder's last move.
    """
    for position in range(place - 1, start - 1, -1):
        statement = statements[position]
        if statement.command != "go" and statement.thing == thing:
            stop = position if statement.command == "drop" else place
            return position, _last_move(statements, start, stop, statement.actor)
    return (None,)
