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
"""

from tasks.answerers.sentences import asked, facts_of, template, yes_no

THING = r"\w+(?: of \w+)?"
BIGGER = template("size", rf"the (?P<big>{THING}) is bigger than the (?P<small>{THING})")
FITS = template("size", rf"the (?P<small>{THING}) fits inside the (?P<big>{THING})")
IS_BIGGER = template("is", rf"is the (?P<big>{THING}) bigger than the (?P<small>{THING})")
DOES_FIT = template("does", rf"does the (?P<small>{THING}) fit in the (?P<big>{THING})")


def compare(question):
    """Readings of task 18: all have the same answer, unless the story contradicts itself."""
    _, parts = asked(question, IS_BIGGER, DOES_FIT)
    facts = facts_of(question, BIGGER, FITS)
    down = _chains(facts, parts["big"], parts["small"], "big", "small")
    up = _chains(facts, parts["big"], parts["small"], "small", "big")
    return ([(yes_no(True), chain) for chain in down]
            + [(yes_no(False), chain) for chain in up])


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
