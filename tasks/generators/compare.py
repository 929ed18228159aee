"""How far simulated files are from the official ones: words, templates and shape.

Shape is compared by distributions: for numbers the largest difference of the
cumulative distributions, for categories the total variation (half the summed
absolute difference); both go from 0 to 1. A difference of up to BOUND passes,
and so does one that two official samples show between themselves. The 1k set
is the beginning of the 10k set, so those two samples are the 1k set (training
and test) and the rest of the 10k training set; where that is missing, random
halves of the 1k set, of which the largest difference counts.
"""

import hashlib
import json
import os
import random
import re
import tempfile
from collections import Counter
from functools import lru_cache
from itertools import chain
from pathlib import Path

from tabulate import tabulate

from tasks.babi import file_name, read
from tasks.errors import UserError
from tasks.generators import VERSION, draw
from tasks.generators.simulate import RELEASE, write_dataset

BOUND = 0.05
TRAIN = 10_000      # simulated training questions a task, at least
TEST = 1_000        # simulated test questions a task
HALVINGS = 20       # random halvings of an official set that has no second sample

# What a template leaves open, as the words stand in the files.
MASKS = {
    "NAME": "Mary John Sandra Daniel Bill Fred Jeff Julie Gertrude Winona Jessica Emily gertrude "
            "winona jessica emily Lily Julius Greg Brian Bernhard Jason Antoine Yann Sumit jason "
            "antoine yann sumit",
    "PLACE": "bathroom bedroom garden hallway kitchen office cinema park school",
    "THING": "apple football milk pajamas",
    "ANIMAL": "mouse wolf cat sheep frog swan lion rhino",
    "ANIMALS": "mice Mice wolves Wolves cats Cats Sheep",
    "COLOR": "green gray white yellow red blue pink",
    "SHAPE": "square rectangle triangle sphere",
    "BOX": "box container chest suitcase chocolate",
}
_MASK_OF = {word: mask for mask, words in MASKS.items() for word in words.split()}
_WORD = re.compile(r"[A-Za-z]+")


@lru_cache(maxsize=100_000)
def template(text):
    """A sentence or question with its names, places and objects masked."""
    text = text.replace("box of chocolates", "box")
    return _WORD.sub(lambda match: _MASK_OF.get(match[0], match[0]), text)


def stories(questions):
    """The questions of each story: those that share their first statement, the same object."""
    runs = []
    for question in questions:
        if not runs or runs[-1][-1].statements[0] is not question.statements[0]:
            runs.append([])
        runs[-1].append(question)
    return runs


def sentences(questions):
    """Every statement once, and every question."""
    for story in stories(questions):
        yield from (statement.text for statement in story[-1].statements)
        yield from (question.text for question in story)


def vocabulary(questions):
    """All words as written, of sentences and answers."""
    words = {word for text in sentences(questions) for word in text.split()}
    return words | {word for question in questions for word in question.answer.split(",")}


def repetitions(questions):
    """For every statement, how often the same sentence stands before it in its story."""
    for story in stories(questions):
        count = Counter()
        for statement in story[-1].statements:
            yield count[statement.text]
            count[statement.text] += 1


# name: (what is compared, its values over a list of questions)
MEASURES = {
    "statements": ("numbers", lambda qs: (len(story[-1].statements) for story in stories(qs))),
    "questions": ("numbers", lambda qs: map(len, stories(qs))),
    "position": ("numbers", lambda qs: (len(q.statements) - s for q in qs for s in q.supports)),
    "supports": ("numbers", lambda qs: (len(q.supports) for q in qs)),
    "answers": ("categories", lambda qs: (q.answer for q in qs)),
    "repetition": ("numbers", repetitions),
    "wording": ("categories", lambda qs: (template(text) for text in sentences(qs))),
}


def difference(kind, ours, theirs):
    """Distance in [0, 1] of two samples: of the cumulative distributions, or total variation."""
    a, b = Counter(ours), Counter(theirs)
    n, m = sum(a.values()), sum(b.values())
    steps = [a[value] / n - b[value] / m for value in sorted(a.keys() | b.keys())]
    if kind == "categories":
        return sum(map(abs, steps)) / 2
    largest = total = 0.0
    for step in steps:
        total += step
        largest = max(largest, abs(total))
    return largest


def seen(train, test):
    """The share of test questions whose story so far and question also stand in training."""
    def keys(questions):
        return [(tuple(s.words for s in q.statements), q.words) for q in questions]

    of_train = set(keys(train))
    return sum(key in of_train for key in keys(test)) / len(test)


def compare(data, tasks, seed=0):
    """Compare simulated files with the official ones under a data root.

    Returns a dictionary for write_json: per task the numbers of questions, the
    words and templates that are extra or missing, and per measure the
    difference simulated against official, official against official, and
    whether it passes. Raises UserError where official files are missing.
    """
    official = {task: _official(Path(data), task) for task in sorted(set(tasks))}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "simulated"
        write_dataset(root, official, TRAIN, TEST, seed)
        results = [_compare_task(task, parts, root / RELEASE / "en")
                   for task, parts in official.items()]
    files = dict(chain.from_iterable(parts["files"].items() for parts in official.values()))
    return {"generator": VERSION, "seed": seed, "bound": BOUND, "official files": files,
            "tasks": results}


def _official(data, task):
    """The official questions of a task: its sets, and pairs of separate samples."""
    en, big = data / RELEASE / "en", data / RELEASE / "en-10k"
    if not en.is_dir():
        raise UserError(f"{data}: has no {RELEASE}/en; give the data root of the official files")
    paths = {"1k": en / file_name(task, "train"), "test": en / file_name(task, "test"),
             "10k": big / file_name(task, "train")}
    if not paths["10k"].is_file():
        del paths["10k"]
    questions = {name: read(path) for name, path in paths.items()}
    small = questions["1k"]
    rest = questions.get("10k", small)[len(small):]
    return {
        **questions, "rest": rest,
        "samples": [(small + questions["test"], rest)] if rest else
                   _halves(stories(small) + stories(questions["test"])),
        "files": {f"{p.parent.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest()
                  for p in paths.values()},
    }


def _halves(all_stories):
    """HALVINGS random halvings of a list of stories: pairs of lists of questions."""
    rng, middle, pairs = random.Random(0), len(all_stories) // 2, []
    for _ in range(HALVINGS):
        mixed = draw.shuffled(rng, all_stories)
        pairs.append((list(chain(*mixed[:middle])), list(chain(*mixed[middle:]))))
    return pairs


def _compare_task(task, official, folder):
    """One task's part of the report."""
    train, test = (read(folder / file_name(task, split)) for split in ("train", "test"))
    ours, theirs = train + test, official.get("10k", official["1k"]) + official["test"]
    measures = {name: _judged(difference(kind, of(ours), of(theirs)),
                              max(difference(kind, of(a), of(b)) for a, b in official["samples"]))
                for name, (kind, of) in MEASURES.items()}
    measures |= _seen(train, test, official)
    words = _sets(vocabulary(ours), vocabulary(theirs))
    templates = _sets(set(map(template, sentences(ours))), set(map(template, sentences(theirs))))
    return {
        "task": task, "simulated": len(ours), "official": len(theirs),
        "words": words, "templates": templates, "measures": measures,
        "largest": max(m["simulated"] for m in measures.values()),
        "within": not any(chain(*words.values(), *templates.values()))
        and all(m["within"] for m in measures.values()),
    }


def _seen(train, test, official):
    """Repeated questions, with as many training questions as the official set has."""
    small, rest = official["1k"], official["rest"]
    share = seen(small, official["test"])
    among = abs(share - seen(rest[:len(small)], official["test"])) if rest else 0.0
    judged = {"seen in 1k": _judged(abs(seen(train[:len(small)], test) - share), among)}
    if rest:
        large = official["10k"]
        share = seen(large, official["test"])
        judged["seen in 10k"] = _judged(abs(seen(train[:len(large)], test) - share), 0.0)
    return judged


def _judged(simulated, official):
    return {"simulated": simulated, "official": official,
            "within": simulated <= max(BOUND, official)}


def _sets(ours, theirs):
    return {"extra": sorted(ours - theirs), "missing": sorted(theirs - ours)}


def table(report):
    """The report as text: simulated against official / official against official."""
    names = list(dict.fromkeys(chain(*(task["measures"] for task in report["tasks"]))))
    rows = []
    for task in report["tasks"]:
        cells = (task["measures"].get(name) for name in names)
        rows.append([
            task["task"], _words(task["words"]), _words(task["templates"]),
            *("-" if m is None else f"{m['simulated']:.3f}/{m['official']:.3f}" for m in cells),
            f"{task['largest']:.3f}", "yes" if task["within"] else "NO"])
    heads = ["task", "words", "templates", *names, "largest", "within"]
    note = (f"Difference simulated/official and official/official; at most {report['bound']}, or "
            f"the second. Generator {report['generator']}, seed {report['seed']}.")
    return tabulate(rows, heads, disable_numparse=True) + "\n" + note


def _words(sets):
    """'same', or how many are extra and missing."""
    if not any(sets.values()):
        return "same"
    return f"+{len(sets['extra'])} -{len(sets['missing'])}"


def write_json(report, path):
    """The whole report as JSON, atomically."""
    path = Path(path)
    try:
        handle, draft = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            json.dump(report, file, indent=1, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another "
                        "--json") from None
