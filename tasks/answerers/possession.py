"""Tasks 2, 3, 5, 7, 8: who has what, and where it went.

A thing changes hands when it is taken, dropped or given. Between taking and dropping it is
where its holder is.

Task 2, "Where is the football?": the thing's latest change of hands, then the latest move
of the person in it; if the thing was dropped, the latest move before that.

Task 3, "Where was the football before the bathroom?": list the places of the thing, that is
where it was taken, then each place its holder moves to. The answer comes just before the
latest arrival in the asked place. Supporting facts: the thing's latest change of hands, the
move that brought it to the asked place, the move before that.

Task 5, "What did Fred give to Bill?" and the like: each thing's latest giving counts, and
that of them which fits the question is the answer and the supporting fact. "What did Fred
give to Bill?" can fit two things, each given last by Fred to Bill; both are then readings,
the later one first. No rule can decide: in the released test file such a story is asked the
same question twice in a row (lines 2061 and 2064), with the earlier thing as answer and then
the later one.

Task 7, "How many objects is Mary carrying?": count the things that came to her and did not
leave. Supporting facts: every change of hands that she has a part in, in the story's order.

Task 8, "What is Mary carrying?": those things, in the order in which each first came to
her. Supporting facts: the same, but thing by thing in that order.
"""

from tasks.answerers.sentences import (DROP, GIVE, MOVE, TAKE, NoAnswer, asked, facts_of, latest,
                                       template)

NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

WHERE_IS = template("where", r"where is the (?P<thing>\w+)")
WHERE_WAS = template("where before",
                     r"where was the (?P<thing>\w+) before the (?P<place>\w+)")
HOW_MANY = template("how many", r"how many objects is (?P<who>\w+) carrying")
WHAT_CARRYING = template("what carrying", r"what is (?P<who>\w+) carrying")
GIVING = (
    template("thing", r"what did (?P<who>\w+) give to (?P<receiver>\w+)"),
    template("receiver", r"who did (?P<who>\w+) give the (?P<thing>\w+) to"),
    template("receiver", r"who received the (?P<thing>\w+)"),
    template("who", r"who gave the (?P<thing>\w+) to (?P<receiver>\w+)"),
    template("who", r"who gave the (?P<thing>\w+)"),
)


def where_thing_is(question):
    """Readings of task 2."""
    _, parts = asked(question, WHERE_IS)
    facts = facts_of(question, MOVE, TAKE, DROP)
    change = latest(facts, lambda fact: fact.parts.get("thing") == parts["thing"])
    until = change.position if change.kind == "drop" else len(facts)
    move = latest(facts[:until],
                  lambda fact: fact.kind == "move" and fact["who"] == change["who"])
    return [(move["place"], (change.position, move.position))]


def where_thing_was(question):
    """Readings of task 3."""
    _, parts = asked(question, WHERE_WAS)
    facts = facts_of(question, MOVE, TAKE, DROP)
    change = latest(facts, lambda fact: fact.parts.get("thing") == parts["thing"])
    journey = _journey(facts, parts["thing"])
    for before, after in reversed(list(zip(journey, journey[1:]))):
        if after["place"] == parts["place"]:
            return [(before["place"], (change.position, after.position, before.position))]
    raise NoAnswer(f"the {parts['thing']} was nowhere before the {parts['place']}")


def _journey(facts, thing):
    """The moves (Facts) that brought the thing from place to place, oldest first."""
    journey, holder, last_move = [], None, {}
    for fact in facts:
        if fact.kind == "move":
            last_move[fact["who"]] = fact
            if fact["who"] == holder:
                journey.append(fact)
        elif fact["thing"] == thing:
            holder = fact["who"] if fact.kind == "take" else None
            # Before its first taking the thing lay where the taker is, if that is known;
            # later takings are where it was dropped, which the journey already has.
            if not journey and holder in last_move:
                journey.append(last_move[holder])
    return journey


def giving(question):
    """Readings of task 5."""
    part_asked, parts = asked(question, *GIVING)
    givings = [fact for fact in facts_of(question, MOVE, TAKE, DROP, GIVE) if fact.kind == "give"]
    last_of_thing = {fact["thing"]: fact for fact in givings}
    fitting = [fact for fact in last_of_thing.values()
               if all(fact[part] == value for part, value in parts.items())]
    fitting.sort(key=lambda fact: fact.position, reverse=True)
    return [(fact[part_asked], (fact.position,)) for fact in fitting]


def how_many(question):
    """Readings of task 7."""
    _, parts = asked(question, HOW_MANY)
    changes = _changes(question, parts["who"])
    things = [thing for thing, of_thing in changes.items() if of_thing[-1][1]]
    supports = sorted(position for of_thing in changes.values() for position, _ in of_thing)
    if len(things) >= len(NUMBERS):
        raise NoAnswer(f"{parts['who']} has more than {NUMBERS[-1]} things")
    return [(NUMBERS[len(things)], tuple(supports))]


def what_carrying(question):
    """Readings of task 8; the answer is "nothing" or things joined by commas."""
    _, parts = asked(question, WHAT_CARRYING)
    changes = _changes(question, parts["who"])
    things = [thing for thing, of_thing in changes.items() if of_thing[-1][1]]
    supports = tuple(position for of_thing in changes.values() for position, _ in of_thing)
    return [(",".join(things) or "nothing", supports)]


def _changes(question, person):
    """{thing: [(position, whether the person has it after that), ...]} in order of coming."""
    changes = {}
    for fact in facts_of(question, MOVE, TAKE, DROP, GIVE):
        if fact.kind != "move" and person in (fact["who"], fact.parts.get("receiver")):
            has_it = fact.kind == "take" or fact.parts.get("receiver") == person
            changes.setdefault(fact["thing"], []).append((fact.position, has_it))
    return changes
