"""Task 18: which of two things is bigger, through a third.

Rule: "a is bigger than b" and "b fits inside a" say the same. Whether a is bigger than b
follows from a chain of two statements through a third thing: yes if it goes down from a to
b, no if it goes up; statements that compare a and b directly are passed over. Supporting
facts: the chain's statement about a, the thing asked to be the bigger one, then the one
about b.

Several chains may lead from a to b. The release keeps to one rule: having chosen the first
statement, which leads from a to some third thing, it goes on with the story's first
statement that leads from there in the same direction. Which statement it starts from is not
in the text: of 4,053 repetitions of a question within a story of en-10k, 242 name other
supporting facts than the time before. Every chain that keeps to the rule is a reading; the
one whose first statement comes last in the story is preferred, as it is the most frequent.
Sizes that go round in a circle have no answer; no released story has any.
"""

from tasks.answerers.sentences import NoAnswer, asked, facts_of, template, yes_no

THING = r"\w+(?: of \w+)?"
BIGGER = template("size", rf"the (?P<big>{THING}) is bigger than the (?P<small>{THING})")
FITS = template("size", rf"the (?P<small>{THING}) fits inside the (?P<big>{THING})")
IS_BIGGER = template("is", rf"is the (?P<big>{THING}) bigger than the (?P<small>{THING})")
DOES_FIT = template("does", rf"does the (?P<small>{THING}) fit in the (?P<big>{THING})")


def compare(question):
    """Readings of task 18: all have the same answer. NoAnswer: the story contradicts itself."""
    _, parts = asked(question, IS_BIGGER, DOES_FIT)
    facts = facts_of(question, BIGGER, FITS)
    _refuse_circle(facts)
    down = _chains(facts, parts["big"], parts["small"], "big", "small")
    up = _chains(facts, parts["big"], parts["small"], "small", "big")
    return ([(yes_no(True), chain) for chain in down]
            + [(yes_no(False), chain) for chain in up])


def _refuse_circle(facts):
    """NoAnswer for the first statement that makes a thing bigger than itself."""
    smaller = {}   # thing -> all that are smaller than it
    for fact in facts:
        big, small = fact["big"], fact["small"]
        below = {small} | smaller.get(small, set())
        if big in below:
            raise NoAnswer(f"statement {fact.position + 1} contradicts those before it: the "
                           f"{big} cannot be bigger than the {small}")
        for thing in [big, *(thing for thing in smaller if big in smaller[thing])]:
            smaller[thing] = smaller.get(thing, set()) | below


def _chains(facts, start, end, nearer, farther):
    """Chains of two statements from start to end, the latest first statement in front."""
    onward = {}  # thing -> the story's first statement that leads on from it
    for fact in facts:
        onward.setdefault(fact[nearer], fact)
    chains = []
    for first in reversed(facts):
        second = onward.get(first[farther])
        if first[nearer] == start and second is not None and second[farther] == end:
            chains.append((first.position, second.position))
    return chains
