"""The simulators against the official files: words, templates, shape and bytes of the format.

On samples of the 10k sets, for time; `python -m tasks.generators --compare` takes all of them.
"""

import os
import re
from pathlib import Path

import pytest

from tasks.babi import TASK_NAMES, file_name
from tasks.generators import compare
from tasks.generators.simulate import RELEASE, simulate

SAMPLE = 3500     # training questions of each side, of tasks with an official 10k set

pytestmark = [pytest.mark.official, pytest.mark.exhaustive]


@pytest.fixture(scope="module")
def data():
    root = os.environ.get("MEMNN_DATA")
    if not root:
        pytest.skip("needs the official data in $MEMNN_DATA")
    return Path(root)


@pytest.fixture(scope="module")
def report(data, tmp_path_factory):
    """The comparison with the first SAMPLE questions of each official training file."""
    root = tmp_path_factory.mktemp("sample")
    for folder in ("en", "en-10k"):
        (root / RELEASE / folder).mkdir(parents=True)
        for file in (data / RELEASE / folder).glob("qa*.txt"):
            (root / RELEASE / folder / file.name).write_text(beginning(file.read_text()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "TRAIN", SAMPLE)
        return {task["task"]: task for task in compare.compare(root, TASK_NAMES)["tasks"]}


def beginning(text):
    """A file's first SAMPLE questions."""
    end = 0
    for number, found in enumerate(re.finditer(r"\t.*\n", text), start=1):
        end = found.end()
        if number == SAMPLE:
            break
    return text[:end]


@pytest.mark.parametrize("task", TASK_NAMES)
def test_same_words_and_templates(task, report):
    same = {"extra": [], "missing": []}
    assert report[task]["words"] == same
    assert report[task]["templates"] == same


@pytest.mark.parametrize("task", TASK_NAMES)
def test_same_shape(task, report):
    assert report[task]["simulated"] == SAMPLE + compare.TEST
    measures = report[task]["measures"]
    assert {"statements", "questions", "position", "supports", "answers", "repetition",
            "seen in 1k"} <= measures.keys()
    # Task 3 has no official 10k training set: there two halves of 1,000 questions set the bound.
    for name, found in measures.items():
        assert found["simulated"] <= max(compare.BOUND, found["official"]), name
    if task != 3:
        assert report[task]["largest"] <= compare.BOUND


@pytest.mark.parametrize("task", TASK_NAMES)
def test_same_separators(task, data):
    """Letters and numbers masked, lines end and fields are parted in the same ways."""
    official = (data / RELEASE / "en" / file_name(task, "train")).read_bytes().decode("ascii")
    ours, theirs = (set(map(separators, text.splitlines(keepends=True)))
                    for text in (simulate(task, 1000, 0, "train"), official))
    assert ours == theirs


def separators(line):
    """What stands between a line's words, from its last word on; "\\t" fields, each likewise."""
    return re.match(r"\d+ ", line)[0][-1], tuple(
        re.sub(r"\d+( \d+)*", "N", field) if number == 2 else re.search(r"\W*$", field)[0]
        for number, field in enumerate(line.split("\t"))), line.endswith("\r\n")
