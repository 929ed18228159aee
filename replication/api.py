"""From Python: train a MemN2N on files in the bAbI format, load it, ask it.

    from replication.api import answer, load, train

    run = train("mine_train.txt", "mine_test.txt", restarts=3)
    print(run.record["value"], "% of the test questions answered wrongly")
    model = load(run.checkpoint)
    reply = answer(model, ["Mary moved to the bathroom."], "Where is Mary?")
    print(reply.answer, reply.probability, reply.attention)

Mistakes in files and arguments raise tasks.errors.UserError, whose message is one line.
"""

from dataclasses import dataclass
from pathlib import Path

from replication import train_your_own
from replication.records import record as results
from replication.training.checkpoints import load  # noqa: F401, part of this module
from replication.running import lock, own_table
from replication.running.run_cells import Run
from replication.training.asking import Answer, Story  # noqa: F401, what `answer` returns
from replication.training.own import Files
from tasks.errors import UserError


@dataclass(frozen=True)
class Trained:
    """What `train` gives: the record as replication.records.record has it, where it lies, and the path
    of the selected restart's checkpoint, None where all restarts diverged.
    """
    record: dict
    path: Path
    checkpoint: Path | None


def train(train_files, test_files, valid_files=(), folder="results/local", restarts=10, **options):
    """Trains restarts of MemN2N, or goes on with those that are there -> Trained.

    train_files, test_files, valid_files  a path each, or as many paths each: one model of all
    folder    of the results
    restarts  seeds 0 to restarts - 1
    options   column, name, jobs and force as of `python -m replication.train_your_own`, whose
              record it is; memory, hops, d and epochs
    """
    unknown = set(options) - {"column", "name", "jobs", "force", "memory", "hops", "d", "epochs"}
    if unknown:
        raise UserError(f"train: no option {min(unknown)!r}; see replication.api")
    files = Files(*map(_paths, (train_files, test_files, valid_files)))
    if not files.train:
        raise UserError("train: no training file")
    numbers = {name: train_your_own.number(name, value) for name, value in
               {"jobs": 1, "restarts": restarts, **options}.items()
               if name in train_your_own.NUMBERS}
    lock.refuse_unwritable(folder)
    plan = train_your_own.planned(
        files, options.get("name"), options.get("column"), ("memn2n",),
        capacity=numbers.get("memory"), hops=numbers.get("hops"), d=numbers.get("d"),
        epochs=numbers.get("epochs"))
    run = Run(range(numbers["restarts"]), folder, numbers["jobs"],
              force=options.get("force", False))
    status, _ = train_your_own.complete(plan, run)
    if status:
        raise UserError(f"{plan.data.name}: not all restarts are complete; standard error says why")
    path = results.record_path(folder, own_table.EXPERIMENT, plan.column, row=plan.data.name)
    record = results.read(path)
    checkpoint = record["checkpoint"]
    return Trained(record, path, path.parent / checkpoint["file"] if checkpoint else None)


def answer(model, statements, question):
    """A model's Answer to a question after some statements.

    model       a Checkpoint, from `load`
    statements  texts, oldest first; may be none, or one text
    question    a text; a question mark is not needed
    Raises UserError for a word that the model does not know. Returns Answer: answer, probability,
    runner_up, attention of each statement at every hop.
    """
    story = Story(model)
    for text in [statements] if isinstance(statements, str) else statements:
        story.tell(text)
    return story.ask(question)


def _paths(files):
    return (files,) if isinstance(files, (str, Path)) else tuple(files)
