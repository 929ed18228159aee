"""Task 14: moves told out of order, each with its time of day.

Rule: put the person's moves in order, yesterday first, then this morning, afternoon and
evening. The answer to "Where was Julie before the school?" is the place just before her
latest visit to the school. Supporting facts: that visit, then the move before it. A person
moves at most once in each time, so that nothing is ambiguous.
"""

from tasks.answerers.sentences import WENT, NoAnswer, asked, facts_of, template

TIMES = ("yesterday", "this morning", "this afternoon", "this evening")

TIME = rf"(?P<time>{'|'.join(TIMES)})"
TIME_LAST = template("move", rf"(?P<who>\w+) {WENT} {TIME}")
TIME_FIRST = template("move", rf"{TIME} (?P<who>\w+) {WENT}")
WHERE_WAS = template("where before", r"where was (?P<who>\w+) before the (?P<place>\w+)")


def where_before(question):
    """Readings of task 14."""
    _, parts = asked(question, WHERE_WAS)
    moves = [fact for fact in facts_of(question, TIME_LAST, TIME_FIRST)
             if fact["who"] == parts["who"]]
    if len({move["time"] for move in moves}) < len(moves):
        raise NoAnswer(f"{parts['who']} moves twice in the same time")
    moves.sort(key=lambda move: TIMES.index(move["time"]))
    for before, after in reversed(list(zip(moves, moves[1:]))):
        if after["place"] == parts["place"]:
            return [(before["place"], (after.position, before.position))]
    raise NoAnswer(f"{parts['who']} was nowhere before the {parts['place']}")
