"""Task 20: why somebody goes somewhere or gets something.

Rule: a state makes a person go to one place and get one thing there (GOALS, the knowledge
that this task asks for and no story tells). "Where will Sumit go?" follows from his latest
state; "why" is answered by his latest state that leads to the asked place or thing. That
state is the supporting fact. Nothing is ambiguous.
"""

from tasks.answerers.sentences import MOVE, TAKE, asked, facts_of, latest, template

# state: (where it leads, what is got there)
GOALS = {"hungry": ("kitchen", "apple"), "thirsty": ("kitchen", "milk"),
         "tired": ("bedroom", "pajamas"), "bored": ("garden", "football")}

STATE = template("state", rf"(?P<who>\w+) is (?P<state>{'|'.join(GOALS)})")
WHERE_WILL = template("where", r"where will (?P<who>\w+) go")
WHY_GO = template("why", r"why did (?P<who>\w+) go to the (?P<goal>\w+)")
WHY_GET = template("why", r"why did (?P<who>\w+) get the (?P<goal>\w+)")


def motive(question):
    """Readings of task 20."""
    kind, parts = asked(question, WHERE_WILL, WHY_GO, WHY_GET)
    states = [fact for fact in facts_of(question, STATE, MOVE, TAKE)
              if fact.kind == "state" and fact["who"] == parts["who"]]
    if kind == "where":
        fact = latest(states, lambda fact: True)
        return [(GOALS[fact["state"]][0], (fact.position,))]
    fact = latest(states, lambda fact: parts["goal"] in GOALS[fact["state"]])
    return [(fact["state"], (fact.position,))]
