"""Figure 2 of Memory Networks: answers in sentences to questions about joined statements.

Difficulty 5, actor + object; word sequences in, cut by the segmenter; supports found by a MemNN
with k = 2 (+time); the sentence written by an LSTM. The model is that of Table 6's cell for the
same seed. Shown are stretches of the test set at places fixed in advance, not chosen by what is
answered there; the paper's own sample speaks of a room and a character that its section 5.2
does not count.

    python -m replication.memnn_figure2_predictions            seed 0; another: --seed 1

Writes memnn_figure2_predictions.txt under the results folder.
"""

import sys

from replication.records import files as stored_files
from replication.running import command_line, world_table
from replication.running.command_line import Table
from tasks.errors import UserError
from tasks.simulated_world import ACTORS

FILE = "memnn_figure2_predictions.txt"
STRETCHES = 5     # shown, evenly over the test set
STATEMENTS = 8    # of a stretch


NAMES = {**{actor: actor.capitalize() for actor in ACTORS}, "i": "I"}


def shown(words):
    """Words as text: "joe got the milk , then" -> "Joe got the milk, then"."""
    text = " ".join(NAMES.get(word, word) for word in words)
    for mark in ",;.?":
        text = text.replace(f" {mark}", mark)
    return text[:1].upper() + text[1:]


def stretch(stories, written, right, first):
    """The statements [first, first + STATEMENTS) joined as the model reads them, and what is asked.

    Each question with the sentence written, how many statements ago its supports are, and the
    one asked about and the true room where the sentence is wrong.
    """
    lines, words = [], []
    stop = min(first + STATEMENTS, len(stories.statements))
    for position in range(first, stop + 1):
        numbers = [number for number, question in enumerate(stories.questions)
                 if question.position == position]
        if position > first and numbers:
            lines.append(shown(words))
            words = []
            for number in numbers:
                question = stories.questions[number]
                back = " and ".join(str(position - support) for support in question.supports)
                name = NAMES.get(question.entity, question.entity)
                verdict = "" if right[number] else f"   WRONG: {name}, {question.answer}"
                lines.append(f"    {shown((*question.words, '?'))}  "
                             f"A: {shown(written[number])}   [{back} back]{verdict}")
        if position < stop:
            words += (*stories.statements[position].words,
                      *stories.statements[position].connective)
    if words:
        lines.append(shown(words))
    return "\n".join(lines)


def page(outcome, right):
    """The whole text of one seed's predictions."""
    stories, restart = outcome.stories, outcome.restart
    head = (f"MemNN k = 2 (+time), LSTM as R, seed {restart['seed']}: "
            f"{restart['test_accuracy']:.2f}% of {restart['n_test']} test answers are right.\n"
            "In brackets: how many statements ago the supporting statements were told.\n"
            "A sentence is wrong if it names another room, or speaks of somebody or something "
            "else;\nbehind a wrong one: who or what was asked about, and the room.")
    step = max(len(stories.statements) // STRETCHES, 1)
    parts = [stretch(stories, outcome.sentences, right, step * number + step // 2)
             for number in range(STRETCHES)]
    return "\n\n".join([head, *parts]) + "\n"


def main(argv=None):
    options = command_line.parse(__doc__, Table(("LSTM",), folders=(), data=False), argv)
    from replication.training import sentence_answers
    from replication.running.workers import use_one_thread
    use_one_thread()
    protocol = world_table.writer_protocol(world_table.MEMORY, "LSTM", options.smoke)
    outcome, = sentence_answers.write_answers("LSTM", protocol, options.run.seeds[:1], "cpu")
    if outcome.model is None:
        raise UserError(f"training with seed {options.run.seeds[0]} diverged; give another --seed")
    text = page(outcome, sentence_answers.correct(outcome.sentences, outcome.stories.questions))
    stored_files.write(options.run.results / FILE, text.encode())
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(command_line.run(main))
