"""Tasks 9 and 10: where a person is, told with negation or with "either ... or".

Rule: only the latest statement about the person counts, and it is the supporting fact.
"Is (not) in", "is no longer in" and moves settle the asked place with yes or no; "either in
the school or the park" makes both of these maybe, and every other place no. That somebody
is not in one place says nothing of another place: no answer. (The release asks no such
question.) Nothing is ambiguous.
"""

from tasks.answerers.sentences import (MOVE, NoAnswer, asked, facts_of, latest, template, yes_no)

IS = template("is", r"(?P<who>\w+) is in the (?P<place>\w+)")
IS_NOT = template("is not", r"(?P<who>\w+) is (?:not|no longer) in the (?P<place>\w+)")
IS_EITHER = template("either",
                     r"(?P<who>\w+) is either in the (?P<place>\w+) or the (?P<other>\w+)")
IS_IN = template("is in", r"is (?P<who>\w+) in the (?P<place>\w+)")


def negation(question):
    """Readings of task 9."""
    return _latest_says(question, MOVE, IS, IS_NOT)


def either_or(question):
    """Readings of task 10."""
    return _latest_says(question, MOVE, IS, IS_EITHER)


def _latest_says(question, *templates):
    _, parts = asked(question, IS_IN)
    fact = latest(facts_of(question, *templates), lambda fact: fact["who"] == parts["who"])
    same = fact["place"] == parts["place"]
    if fact.kind == "is not":
        if not same:
            raise NoAnswer(f"{parts['who']} may or may not be in the {parts['place']}")
        answer = "no"
    elif fact.kind == "either":
        answer = "maybe" if same or fact["other"] == parts["place"] else "no"
    else:
        answer = yes_no(same)
    return [(answer, (fact.position,))]
