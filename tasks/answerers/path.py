"""Task 19: the way from one place to another.

Rule: "a is north of b" lets one step north (n) from b to a, and south (s) back. The answer
is the steps of a shortest way, joined by commas; the supporting facts are the statements of
these steps, in the order of walking. Every shortest way is a reading; in the release there
is always exactly one, of two steps.
"""

from tasks.answerers.relations import both_ways
from tasks.answerers.sentences import asked, template

HOW_GO = template("how", r"how do you go from the (?P<start>\w+) to the (?P<end>\w+)")


def path(question):
    """Readings of task 19."""
    _, parts = asked(question, HOW_GO)
    steps = both_ways(question)
    ways = [(parts["start"], "", ())]  # (where it leads, steps so far, their statements)
    visited = {parts["start"]}
    while ways:
        goals = [(",".join(letters), supports) for place, letters, supports in ways
                 if place == parts["end"]]
        if goals:
            return goals
        ways = [(step["this"], letters + step["side"][0], supports + (step["position"],))
                for place, letters, supports in ways for step in steps
                if step["that"] == place and step["this"] not in visited]
        visited |= {place for place, _, _ in ways}
    return []
