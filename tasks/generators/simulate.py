"""Simulated files of the bAbI tasks: any number of questions, from a seed.

Every file has a random stream of its own, keyed by (generator version, seed,
task, split), so a task's file does not depend on which others are made, and
training and test questions come from different streams.
"""

import hashlib
import importlib
import json
import os
import pkgutil
import random
import tempfile
from pathlib import Path

from tasks import generators
from tasks.babi import TASK_NAMES, file_name
from tasks.errors import UserError
from tasks.generators import VERSION
from tasks.generators.story import write_story

RELEASE = "tasks_1-20_v1-2"         # the official archive's folder
ABOUT = "generator.json"            # beside it: what made the files
LARGEST = 1_000_000                 # questions a file


def simulate(task, questions, seed, split):
    """The text of one file.

    task       1 to 20
    questions  how many questions it has; the last story ends with the last of them
    seed       any integer
    split      "train" or "test": names the random stream
    Raises UserError for an unknown task and an impossible size.
    """
    _check_size(questions, split)
    story = _story_of(task)
    rng = stream(seed, task, split)
    written, missing = [], questions
    while missing:
        lines = story(rng)
        numbers = [n for n, line in enumerate(lines) if line.answer is not None]
        if len(numbers) > missing:
            numbers = numbers[:missing]
            lines = lines[:numbers[-1] + 1]
        missing -= len(numbers)
        written.append(write_story(lines))
    return "".join(written)


def stream(seed, task, split):
    """The random stream of one file: random.Random, which seeds alike on every Python version."""
    key = json.dumps([VERSION, int(seed), int(task), split])
    return random.Random(int.from_bytes(hashlib.sha256(key.encode()).digest(), "big"))


def write_dataset(out, tasks, train, test, seed, force=False, folder="en"):
    """A data root with the official layout and file names, all of it or nothing.

    out          the folder to make: out/tasks_1-20_v1-2/<folder>/qa<N>_<name>_{train,test}.txt,
                 and out/generator.json with the generator's version, the seed and the sizes
    tasks        numbers of tasks; train, test: questions in each file
    force        replace `out` if an earlier call made it
    folder       "en", or "en-10k" where a reader expects the 10k set
    Returns the record that generator.json holds. Raises UserError, with nothing
    written, for an unknown task, an impossible size and an existing `out`.
    """
    out, numbers = Path(out), sorted(set(tasks))
    if not numbers:
        raise UserError("no task is asked for; give some of 1 to 20")
    for task in numbers:
        _story_of(task)
    _check_size(train, "train")
    _check_size(test, "test")
    _check_out(out, force)
    record = {"generator": "tasks.generators", "version": VERSION, "seed": int(seed),
              "folder": folder, "tasks": numbers, "train": train, "test": test}
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".simulated-", dir=out.absolute().parent) as draft:
            new = Path(draft) / "new"
            texts = new / RELEASE / folder
            texts.mkdir(parents=True)
            for task in numbers:
                for split, size in (("train", train), ("test", test)):
                    text = simulate(task, size, seed, split)
                    _write(texts / file_name(task, split), text)
            _write(new / ABOUT, json.dumps(record, indent=1) + "\n")
            _put(new, out, Path(draft) / "old")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); choose another "
                        "--out") from None
    return record


def _story_of(task):
    """The function story(rng) of a task's module, which is found by the task's number."""
    if task not in TASK_NAMES:
        raise UserError(f"task {task}: there is no such task; the tasks are 1 to 20")
    names = [module.name for module in pkgutil.iter_modules(generators.__path__)
             if module.name.startswith(f"qa{task:02}_")]
    if len(names) != 1:
        raise UserError(f"task {task}: {len(names)} modules qa{task:02}_* in tasks/generators "
                        "where one is expected; is the installation complete?")
    return importlib.import_module(f"tasks.generators.{names[0]}").story


def _check_size(questions, split):
    if isinstance(questions, bool) or not isinstance(questions, int) \
            or not 1 <= questions <= LARGEST:
        raise UserError(f"{split}: {questions} questions cannot be made; give 1 to {LARGEST:,}")


def _check_out(out, force):
    """Only a folder that this module made is ever replaced, and only when asked."""
    if not out.exists():
        return
    if not force:
        raise UserError(f"{out}: exists already; choose another --out, or give --force")
    if not (out / ABOUT).is_file():
        raise UserError(f"{out}: is no folder of simulated tasks (no {ABOUT} in it), so --force "
                        "does not replace it; choose another --out")


def _put(new, out, old):
    """Move a finished folder to its place; what stood there goes to `old`, or back."""
    if not out.exists():
        os.replace(new, out)
        return
    os.replace(out, old)
    try:
        os.replace(new, out)
    except BaseException:
        os.replace(old, out)
        raise


def _write(path, text):
    """Plain '\\n' line ends on every system."""
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
