"""Symbolic answerers of the 20 bAbI tasks (Weston et al., arXiv:1502.05698).

Each reads the text alone (the words of the statements and of the question) and gives the
answer and its supporting facts by a rule that its module states in plain words. They share
nothing with the simulators, so that they can judge simulated files as well as released ones:

    python -m tasks.answerers --data DIR --folder en --tasks 1 2

The rules are those that the released English files follow, checked on every question of
both sizes. Where a story and question leave several answers or supporting facts open, all of
them are readings, found from the text alone; the released one is always among them.
"""

from tasks.answerers import (deduction, indefinite, induction, motivation, movement, path,
                             position, possession, relations, size, times)
from tasks.answerers.sentences import NoAnswer

FAMILIES = {
    1: movement.where_is, 2: possession.where_thing_is, 3: possession.where_thing_was,
    4: relations.what_lies, 5: possession.giving, 6: movement.is_in, 7: possession.how_many,
    8: possession.what_carrying, 9: indefinite.negation, 10: indefinite.either_or,
    11: movement.where_is, 12: movement.where_is, 13: movement.where_is, 14: times.where_before,
    15: deduction.afraid_of, 16: induction.colour_of, 17: position.stands, 18: size.compare,
    19: path.path, 20: motivation.motive,
}


def readings(task, question):
    """All (answer, supports) that the text allows, the preferred one first.

    task: 1 to 20; question: a tasks.babi.Question, of which only the statements and the words
    are read. answer: lower case, several parts joined by commas, as in the released files;
    supports: positions (from 0) in question.statements, in the released order.
    Raises NoAnswer, with the reason, where the text allows none.
    """
    result = FAMILIES[task](question)
    if not result:
        raise NoAnswer("nothing in the story answers the question")
    return result


def answer(task, question):
    """The preferred (answer, supports); see readings()."""
    return readings(task, question)[0]
