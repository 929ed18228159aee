"""Memory Networks (arXiv:1410.3916), Figure 4: one dialogue about a story and about the world.

The model of section 5.1, over the triples of Table 1's substitute, and that of section 5.2 both get
every question; the answer with the higher score is given (section 5.3). Shown is which of the two
answers, with its supporting memories: first the paper's dialogue, whose general facts are here only
as far as the substitute has them, then three evaluation questions of the substitute in a story.

The record's value is how often, in %, the right model answers of 1,000 questions, half about short
stories, half general: with the scores as they are, as the paper says; its restarts have two other
ways to compare them (see replication/training/dialogue.py).

    python -m replication.memnn_figure4_dialogue --jobs 2
    python -m replication.memnn_figure4_dialogue --interactive        a prompt, after its training
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.command_line import Flag, Table
from replication.running.run_cells import run_cells
from replication.training.protocols import Dialogue
from tasks import openqa
from tasks.errors import UserError

EXPERIMENT = "memnn_figure4_dialogue"
COLUMN = "1,000 mixed questions"
STORY = ("Joe went to the garden", "Joe got the football", "Joe journeyed to the bathroom")
RULE = "higher standardised score"
INTERACTIVE = Flag("--interactive", "no value: a prompt, after its training",
                   kind={"action": "store_true"})


def protocols():
    """{column: the protocol of its record}."""
    return {COLUMN: Dialogue()}


def cells(source, protocol):
    from replication.training.dialogue import train_cell  # here: --help need not load torch
    experiment = EXPERIMENT + ("@simulated" if source.kind == "simulated" else "")
    return [Cell(experiment, COLUMN, partial(train_cell, protocol=protocol, root=source.root),
                 "memnn_dialogue", asdict(protocol), openqa.described(source), stack=2,
                 metric="right model %", selection="mean over seeds", device="cpu")]


def small(protocol):
    """The same with almost nothing to learn from: to see that everything runs."""
    world = replace(protocol.world.world, statements=240, questions=60)
    return Dialogue(replace(protocol.facts, size=16, epochs=1),
                    replace(protocol.world, world=world, epochs=1, draws=20), questions=20)


def talk(source, protocol, seed, lines):
    """Trains both models, shows two dialogues, then answers lines until they end."""
    from replication.running.workers import use_one_thread
    from replication.training import dialogue
    from replication.training.large_scale_cells import Judge
    use_one_thread()
    judge = Judge.read(source.root)
    both, _ = dialogue.train_both(judge, protocol, seed)
    own = [question.text for question in judge.sets["given"].questions
           if question.answerable and not question.development][:3]
    for statements, questions in ((dialogue.STATEMENTS, dialogue.QUESTIONS),
                                  (STORY, ("Where is the football", *own))):
        print(". ".join(statements) + ".")
        both.story.begin(statements)
        for text in questions:
            print(both.shown(text, RULE))
        print()
    both.story.begin(())
    for line in lines:
        try:
            if line.strip().endswith("?"):
                print(both.shown(line, RULE))
            elif line.strip():
                both.story.read(dialogue.simple_words(line))
        except UserError as error:
            print(error)
    return 0


def prompted():
    """Lines of the user, until Ctrl-D."""
    print("A line that ends with ? is a question, any other a statement; Ctrl-D ends.")
    yield from iter(sys.stdin.readline, "")


def main(argv=None):
    interactive, argv = command_line.taken(argv, INTERACTIVE)
    options = command_line.parse(__doc__, Table((COLUMN,), folders=(), own=(INTERACTIVE,)), argv)
    source = openqa.simulated() if options.smoke else openqa.locate(options.data, options.source)
    print(source.description, file=sys.stderr)
    protocol = small(Dialogue()) if options.smoke else Dialogue()
    if interactive:
        return talk(source, protocol, options.run.seeds[0], prompted())
    return run_cells(cells(source, protocol), options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
