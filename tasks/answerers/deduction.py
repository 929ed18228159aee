"""Task 15: what an animal is afraid of, deduced from its kind.

Rule: the animal is of a kind, and that kind is afraid of another, whose singular is the
answer. Supporting facts: the animal's kind, then the kind's fear. Should an animal have two
kinds or a kind two fears, each is a reading (in the release there is one of each).
"""

from tasks.answerers.sentences import asked, facts_of, template

SINGULAR = {"mice": "mouse", "wolves": "wolf", "cats": "cat", "sheep": "sheep"}

KINDS = "|".join(SINGULAR)
IS_A = template("is a", rf"(?P<who>\w+) is a (?P<kind>{'|'.join(SINGULAR.values())})")
AFRAID = template("afraid", rf"(?P<kinds>{KINDS}) are afraid of (?P<fear>{KINDS})")
WHAT_AFRAID = template("what", r"what is (?P<who>\w+) afraid of")


def afraid_of(question):
    """Readings of task 15."""
    _, parts = asked(question, WHAT_AFRAID)
    facts = facts_of(question, IS_A, AFRAID)
    return [(SINGULAR[fear["fear"]], (kind.position, fear.position))
            for kind in facts if kind.kind == "is a" and kind["who"] == parts["who"]
            for fear in facts if fear.kind == "afraid" and SINGULAR[fear["kinds"]] == kind["kind"]]
