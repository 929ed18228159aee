"""The simulators of tasks 4 and 15 to 20: their rules, and how easy answers are to guess.

The rules are those that the modules' docstrings state. Each is checked on the
simulated files and, where the official files are there, on these: a rule that
the release breaks would be ours, not the task's.
"""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tasks.babi import file_name, read
from tasks.generators.compare import difference, stories, template
from tasks.generators.simulate import RELEASE, simulate

TASKS = (4, 15, 16, 17, 18, 19, 20)
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
@pytest.mark.exhaustive
@pytest.mark.parametrize("task", TASKS)
def test_answers_are_as_hard_to_guess(task, tmp_path):
    theirs = official(task)
    # Tasks with many questions a story have few stories: more are drawn, so that ours do not vary.
    ours = simulated(tmp_path, task, 20_000 if task in (17, 18, 20) else 10_000)
    for name, cue in CUES.items():
        assert difference("categories", map(cue, ours), map(cue, theirs)) <= 0.05, name
    # How one-sided the answers of a story are.
    most = [[max(Counter(q.answer for q in story).values()) for story in stories(questions)]
            for questions in (ours, theirs)]
    assert difference("numbers", *most) <= 0.05

