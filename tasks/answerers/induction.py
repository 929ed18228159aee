"""Task 16: an animal's colour, induced from another of its kind.

Rule: the example is that animal of the same kind, with a known colour, whose kind was told
last; the answer is its colour. The paper leaves open which example counts when those of one
kind differ in colour; in every question of the release it is this one, while the last colour
told and the most frequent colour are wrong in some. Supporting facts: the asked animal's
kind, the example's kind, the example's colour. Nothing is ambiguous.
"""

from tasks.answerers.sentences import asked, facts_of, latest, template

IS_A = template("is a", r"(?P<who>\w+) is an? (?P<kind>\w+)")
IS_COLOUR = template("colour", r"(?P<who>\w+) is (?P<colour>\w+)")
WHAT_COLOUR = template("what", r"what color is (?P<who>\w+)")


def colour_of(question):
    """Readings of task 16."""
    _, parts = asked(question, WHAT_COLOUR)
    facts = facts_of(question, IS_A, IS_COLOUR)
    colours = {fact["who"]: fact for fact in facts if fact.kind == "colour"}
    kinds = [fact for fact in facts if fact.kind == "is a"]
    mine = latest(kinds, lambda fact: fact["who"] == parts["who"])
    example = latest(kinds, lambda fact: fact["kind"] == mine["kind"] and fact["who"] in colours)
    colour = colours[example["who"]]
    return [(colour["colour"], (mine.position, example.position, colour.position))]
