"""How a story of the moving people is told: two statements, a question, and so on to five.

A question starts from one of the last few facts told, drawn evenly among
those that allow one, and asks about that fact's person or object as things
stand now. So recent facts are asked about more often, but the answer may lie
further back. If none of them allows a question, two more statements follow.
"""

from tasks.generators.story import Line

STATEMENTS = 2      # statements before each question, or each attempt at one
QUESTIONS = 5       # questions a story
RECENT = 5          # the last facts told that a question may start from


def tell(statement, ask):
    """One whole story, as a list of Line.

    statement()   returns (text, facts): one more sentence, and the list of what it tells
    ask(history)  gets all facts so far, oldest first; returns (text, answer, positions in
                  history of the supporting facts), or None where no question is possible
    """
    lines, history, told_at, count = [], [], [], 0
    while count < QUESTIONS:
        for _ in range(STATEMENTS):
            text, facts = statement()
            history += facts
            told_at += [len(lines)] * len(facts)
            lines.append(Line(text))
        question = ask(history)
        if question is not None:
            text, answer, supports = question
            lines.append(Line(text, answer, tuple(told_at[fact] for fact in supports)))
            count += 1
    return lines


def tell_world(world, ask):
    """One whole story of a World; its facts are the events."""
    def statement():
        event = world.step()
        return world.sentence(event), [event]
    return tell(statement, ask)


def recent(history):
    """Positions in history of the facts that a question may start from, oldest first."""
    return range(max(0, len(history) - RECENT), len(history))
