"""A few small tasks in the bAbI format, in words of our own.

For smoke runs where no official data is there. They have the shape of tasks 1,
3 and 16 (one, three and three supporting facts; the same file names) and none
of the release's sentences, so their errors mean nothing beyond "it runs".
"""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tasks.archives import BABI, MARKER
from tasks.babi import file_name, read

VERSION = "tests/small_babi 1"
PEOPLE = ("Nora", "Ivan", "Tess", "Omar")
PLACES = ("attic", "cellar", "porch", "studio", "library")
THINGS = ("lamp", "kettle", "atlas")
KINDS = ("heron", "newt", "otter")
COLOURS = ("amber", "teal", "violet")


def write(root, tasks=(1, 3, 16), train=40, test=20, seed=0, folder="en"):
    """Write a data root with `train` and `test` questions a task; returns its Path.

    The root is marked as simulated, so that no record made from it can pass
    for one on the official release. The same arguments give the same bytes.
    """
    root = Path(root)
    place = root / BABI / folder
    place.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        for split, n_questions in (("train", train), ("test", test)):
            rng = Random(f"{seed} {task} {split}")
            lines = []
            while sum("\t" in line for line in lines) < n_questions:
                lines += stories_of(task)(rng)
            text = "".join(line + "\n" for line in lines)
            (place / file_name(task, split)).write_text(text, encoding="utf-8", newline="\n")
    (root / MARKER).write_text(json.dumps({"version": VERSION, "seed": seed}) + "\n")
    return root


def where_is_a_person(rng):
    """Task 1: two people move, then one is asked for; one supporting fact."""
    lines, went = [], {}
    for number in range(1, 5):
        person, place = rng.choice(PEOPLE), rng.choice(PLACES)
        lines.append(f"{number} {person} strolled to the {place}.")
        went[person] = (place, number)
    person = rng.choice(sorted(went))
    return lines + [f"5 Where is {person}?\t{went[person][0]}\t{went[person][1]}"]


def where_was_a_thing(rng):
    """Task 3: a thing is carried along; three supporting facts, not in their order in time."""
    person, thing = rng.choice(PEOPLE), rng.choice(THINGS)
    first, second, third = rng.sample(PLACES, 3)
    return [f"1 {person} lifted the {thing}.", f"2 {person} strolled to the {first}.",
            f"3 {person} strolled to the {second}.", f"4 {person} strolled to the {third}.",
            f"5 Where was the {thing} before the {third}?\t{second}\t1 4 3"]


def what_colour_is_it(rng):
    """Task 16: one of a kind has a colour, so has the other; three supporting facts."""
    first, second = rng.sample(PEOPLE, 2)
    kind, colour = rng.choice(KINDS), rng.choice(COLOURS)
    return [f"1 {first} is a {kind}.", f"2 {first} is {colour}.", f"3 {second} is a {kind}.",
            f"4 What colour is {second}?\t{colour}\t3 1 2"]


STORIES = {1: where_is_a_person, 3: where_was_a_thing, 16: what_colour_is_it}

# For runs that need all 20 files: the other tasks have the shape of one of these.
ALL_TASKS = range(1, 21)


def stories_of(task):
    return STORIES.get(task) or list(STORIES.values())[task % 3]


def questions(task, split, number=40):
    """The questions of one file, as tasks.babi.read gives them."""
    with TemporaryDirectory() as root:
        write(root, (task,), number, number)
        return read(Path(root) / BABI / "en" / file_name(task, split))
