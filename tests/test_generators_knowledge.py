"""The simulators of tasks 4 and 15 to 20: format, bytes, rules, and closeness to the release.

The rules are those that the modules' docstrings state. Each is checked on the
simulated files and, where the official files are there, on these: a rule that
the release breaks would be ours, not the task's.
"""

import hashlib
import importlib
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tasks import generators
from tasks.babi import file_name, read
from tasks.generators.compare import compare, difference, stories, template
from tasks.generators.simulate import RELEASE, simulate, stream

TASKS = (4, 15, 16, 17, 18, 19, 20)
DIGESTS = json.loads(Path(__file__).with_name("generator_digests_knowledge.json").read_text())
SEED = 0


def simulated(folder, task, questions):
    path = folder / file_name(task, "train")
    path.write_text(simulate(task, questions, SEED, "train"), encoding="ascii", newline="\n")
    return read(path)


def official(task):
    root = os.environ.get("MEMNN_DATA")
    if not root:
        pytest.skip("needs the official files: MEMNN_DATA is not set")
    return read(Path(root) / RELEASE / "en-10k" / file_name(task, "train"))


@pytest.fixture(params=["simulated", pytest.param("official", marks=pytest.mark.official)])
def questions_of(request, tmp_path):
    """task -> questions, of the simulator and of the release."""
    if request.param == "simulated":
        return lambda task: simulated(tmp_path, task, 2000)
    return official


@pytest.mark.parametrize("task", TASKS)
def test_a_story_reads_back_as_it_was_told(task, tmp_path):
    lines, questions = next_story(task), simulated(tmp_path, task, 203)
    assert len(questions) == 203
    told = iter(questions)
    for at, line in enumerate(lines):
        if line.answer is None:
            continue
        question = next(told)
        before = [n for n in range(at) if lines[n].answer is None]
        assert [s.text for s in question.statements] == [lines[n].text for n in before]
        assert (question.text, question.answer) == (line.text, line.answer)
        assert [before[support] for support in question.supports] == list(line.supports)
        assert len(question.supports) == {4: 1, 16: 3, 20: 1}.get(task, 2)


def next_story(task):
    """The first story of the file that simulated() makes."""
    name = next(path.stem for path in Path(generators.__file__).parent.glob(f"qa{task:02}_*.py"))
    module = importlib.import_module(f"{generators.__name__}.{name}")
    return module.story(stream(SEED, task, "train"))


@pytest.mark.parametrize("task", TASKS)
def test_bytes_of_the_committed_release(task):
    assert DIGESTS["version"] == generators.VERSION
    for split in ("train", "test"):
        text = simulate(task, DIGESTS[split], DIGESTS["seed"], split)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()
        assert digest == DIGESTS["sha256"][file_name(task, split)]


def test_task4_answers_with_the_subject_of_the_supporting_fact(questions_of):
    subject_is_end = Counter()
    for question in questions_of(4):
        facts = [statement.words for statement in question.statements]
        assert facts[question.supports[0]][1] == question.answer
        middle, = set(facts[0]) & set(facts[1]) - {"the", "is", "of", "north", "south", "east",
                                                   "west"}
        subject_is_end.update(fact[1] != middle for fact in facts)
    assert subject_is_end[True] / subject_is_end.total() == pytest.approx(2 / 3, abs=0.02)


def test_task15_tells_a_species_only_after_its_rule(questions_of):
    singular = {"mice": "mouse", "cats": "cat", "wolves": "wolf", "sheep": "sheep"}
    for story in stories(questions_of(15)):
        ruled = set()
        for words in (statement.words for statement in story[-1].statements):
            if words[1] == "are":
                ruled.add(singular[words[0]])
            else:
                assert words[-1] in ruled


def test_task16_repeats_a_colour_only_until_a_new_member_comes(questions_of):
    repeated, free = 0, []      # free: whether it is by chance the same again
    for question in questions_of(16):
        species, coloured, last, before = {}, {}, {}, {}
        for words in (statement.words for statement in question.statements):
            if "a" in words:
                species[words[0]] = words[-1]
                last[words[-1]] = None
                continue
            kind, colour = species[words[0]], words[-1]
            if last[kind]:
                assert colour == last[kind]
                repeated += 1
            elif kind in before:
                free.append(colour == before[kind])
            coloured[words[0]] = kind
            last[kind] = before[kind] = colour
        asked, = set(species) - set(coloured)
        alike = [name for name in species if coloured.get(name) == species[asked]]
        assert len(alike) in (1, 3, 4)
        model = question.statements[question.supports[1]].words
        assert model[0] == alike[-1]
    assert repeated
    assert sum(free) / len(free) == pytest.approx(1 / 4, abs=0.05)


def test_task17_draws_the_answer_before_the_question(questions_of):
    answers = Counter()
    for question in questions_of(17):
        one, other = ("above" in s.words or "below" in s.words for s in question.statements)
        answers[one == other, question.answer] += 1
    for in_a_row in (True, False):
        total = answers[in_a_row, "yes"] + answers[in_a_row, "no"]
        assert answers[in_a_row, "yes"] / total == pytest.approx(0.5, abs=0.05)


def test_task18_asks_from_the_first_statement_with_the_link(questions_of):
    for question in questions_of(18):
        facts = [_small_and_big(statement.text) for statement in question.statements]
        drawn, partner = question.supports
        link = set(facts[drawn]) & set(facts[partner])
        assert any(partner == next(n for n, fact in enumerate(facts) if n != drawn and x in fact)
                   for x in link)
        upper = facts[drawn][0] in link and facts[partner][1] == facts[drawn][0]
        assert question.answer == ("yes" if upper else "no")


def _small_and_big(text):
    one, says, other = re.fullmatch(
        r"The (.+) (fits inside|is bigger than) the (.+)\.", text).groups()
    return (one, other) if says == "fits inside" else (other, one)


def test_task19_hangs_dead_ends_on_all_free_sides_of_the_path(questions_of):
    questions, at_middle = questions_of(19), 0
    for question in questions:
        pairs = [{statement.words[1], statement.words[-1]} for statement in question.statements]
        first, second = (pairs[support] for support in question.supports)
        assert len(first | second) == 3
        for pair in pairs:
            assert pair & (first | second)
            at_middle += pair not in (first, second) and pair >= first & second
    assert at_middle / len(questions) == pytest.approx(3 * 2 / 8, abs=0.05)


def test_task20_gives_each_thing_once(questions_of):
    for story in stories(questions_of(20)):
        told = [statement.words for statement in story[-1].statements]
        things = [words[-2] for words in told if words[-1] == "there"]
        assert len(things) == len(set(things))


# What a model could guess an answer from, without reading the supporting facts.
CUES = {
    "question": lambda q: (template(q.text), q.answer),
    "order of supports": lambda q: (q.answer if q.answer in ("yes", "no") else "",
                                    sorted(q.supports) == list(q.supports)),
    "last statement with the answer": lambda q: next(
        (n for n, s in enumerate(reversed(q.statements)) if q.answer in s.words), -1),
    "statements with the answer": lambda q: sum(q.answer in s.words for s in q.statements),
}


@pytest.mark.official
@pytest.mark.parametrize("task", TASKS)
def test_answers_are_as_hard_to_guess(task, tmp_path):
    theirs = official(task)
    # Tasks with many questions a story have few stories: more are drawn, so that ours do not vary.
    ours = simulated(tmp_path, task, 40_000 if task in (17, 18, 20) else 10_000)
    for name, cue in CUES.items():
        assert difference("categories", map(cue, ours), map(cue, theirs)) <= 0.05, name
    # How one-sided the answers of a story are.
    most = [[max(Counter(q.answer for q in story).values()) for story in stories(questions)]
            for questions in (ours, theirs)]
    assert difference("numbers", *most) <= 0.05


@pytest.mark.official
def test_words_templates_and_shape_are_the_official_ones():
    official(4)     # skips without the data
    for task in compare(os.environ["MEMNN_DATA"], TASKS)["tasks"]:
        assert task["within"], task
        assert task["largest"] <= 0.05, task
