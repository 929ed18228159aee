"""The simulators of the moving-people tasks, their files, and their command line."""

import hashlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tasks import generators
from tasks.babi import file_name, read
from tasks.errors import UserError
from tasks.generators import compare, draw, simulate
from tasks.generators.__main__ import main
from tasks.generators.story import Line, write_story

WORLD = (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
DIGESTS = json.loads((Path(__file__).parent / "generator_digests_world.json").read_text())


def test_story_is_written_in_the_official_bytes():
    lines = [Line("Mary took the milk there."), Line("Mary moved to the office."),
             Line("Where is the milk? ", "office", (0, 1))]
    assert write_story(lines) == ("1 Mary took the milk there.\n2 Mary moved to the office.\n"
                                  "3 Where is the milk? \toffice\t1 2\n")


@pytest.mark.parametrize("support", [-1, 1, 2])
def test_support_must_be_an_earlier_statement(support):
    lines = [Line("A."), Line("B? ", "yes", (0,)), Line("C? ", "no", (support,))]
    with pytest.raises(ValueError, match="not an earlier statement"):
        write_story(lines)


def test_draws_are_even_and_stand_on_random_alone():
    class OnlyRandom:
        def __init__(self):
            self.random = random.Random(4).random

    rng, n = OnlyRandom(), 6000
    assert min(Counter(draw.choice(rng, "abc") for _ in range(n)).values()) > 1850
    orders = Counter("".join(draw.shuffled(rng, "abc")) for _ in range(n))
    assert len(orders) == 6 and min(orders.values()) > 850
    pairs = Counter(tuple(draw.sample(rng, "abcd", 2)) for _ in range(n))
    assert len(pairs) == 12 and min(pairs.values()) > 400
    drawn = Counter(draw.weighted(rng, [("a", 3), ("b", 1), ("c", 0)]) for _ in range(n))
    assert drawn.keys() == {"a", "b"} and 4350 < drawn["a"] < 4650
    with pytest.raises(ValueError):
        draw.sample(rng, "abc", 4)


@pytest.mark.parametrize("task", WORLD)
def test_file_reads_back_as_the_stories_that_were_told(task, tmp_path):
    path = tmp_path / file_name(task, "train")
    path.write_text(simulate.simulate(task, 100, 3, "train"))
    rng, expected = simulate.stream(3, task, "train"), []
    for number in range(20):
        statements, position = [], {}
        for line_number, line in enumerate(simulate._story_of(task)(rng)):
            if line.answer is None:
                position[line_number] = len(statements)
                statements.append(line.text)
            else:
                assert line.text.endswith("? ")
                expected.append((number, tuple(statements), line.text.strip(), line.answer.lower(),
                                 tuple(position[s] for s in line.supports)))
    assert expected == [(q.story, tuple(s.text for s in q.statements), q.text, q.answer, q.supports)
                        for q in read(path)]


@pytest.mark.parametrize("task", WORLD)
def test_streams(task):
    first = simulate.simulate(task, 60, 0, "train")
    assert first == simulate.simulate(task, 60, 0, "train")
    assert first != simulate.simulate(task, 60, 0, "test")
    assert first != simulate.simulate(task, 60, 1, "train")
    shorter = simulate.simulate(task, 53, 0, "train")
    assert first.startswith(shorter) and len(re.findall("\t.*\t", shorter)) == 53


@pytest.mark.parametrize("task", WORLD)
def test_bytes_of_the_committed_release(task):
    assert DIGESTS["version"] == generators.VERSION
    for split in ("train", "test"):
        text = simulate.simulate(task, DIGESTS[split], DIGESTS["seed"], split)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()
        assert digest == DIGESTS["sha256"][file_name(task, split)]


def test_every_way_of_giving_follows_the_fixed_order():
    from tasks.generators import world

    place = world.World(random.Random(0), world.GIVES)
    place.room.update(John="office", Mary="office", Sandra="garden", Daniel="garden")
    place.holder = {"milk": "Daniel", "football": "Mary"}
    assert place._give(None) == world.Event("give", "Mary", "football", "John")
    assert place._give(None) == world.Event("give", "John", "football", "Mary")
    place.room["Mary"] = "kitchen"
    assert place._give(None) == world.Event("give", "Daniel", "milk", "Sandra")
    place.room["Daniel"] = place.room["Sandra"] = "hallway"
    place.holder = {"milk": "John"}
    assert place._give(None) is None


def test_command_line_writes_the_official_layout(tmp_path, capsys):
    out = tmp_path / "a root" / "data"
    arguments = ["--tasks", "6", "1", "--train", "20", "--test", "10", "--seed", "5",
                 "--out", str(out)]
    assert main(arguments) == 0 and "2 tasks" in capsys.readouterr().out
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    folder = "tasks_1-20_v1-2/en/"
    assert files == {"generator.json", *(folder + file_name(task, split)
                                         for task in (1, 6) for split in ("train", "test"))}
    assert json.loads((out / "generator.json").read_text()) == {
        "generator": "tasks.generators", "version": generators.VERSION, "seed": 5,
        "folder": "en", "tasks": [1, 6], "train": 20, "test": 10}
    assert (out / folder / file_name(6, "test")).read_bytes() == \
        simulate.simulate(6, 10, 5, "test").encode("ascii")

    before = (out / folder / file_name(1, "train")).read_bytes()
    assert main(arguments) == 2
    assert (out / folder / file_name(1, "train")).read_bytes() == before
    assert main([*arguments, "--seed", "6", "--folder", "en-10k", "--force"]) == 0
    assert {path.name for path in (out / "tasks_1-20_v1-2").iterdir()} == {"en-10k"}
    assert {path.name for path in out.parent.iterdir()} == {"data"}


@pytest.mark.parametrize("arguments, says", [
    (["--tasks", "21"], "task 21"),
    (["--tasks", "1", "0"], "task 0"),
    (["--tasks", "1", "--train", "0"], "train: 0 questions"),
    (["--tasks", "1", "--test", "-5"], "test: -5 questions"),
    (["--tasks", "1", "--test", "1000001"], "1000001 questions"),
])
def test_impossible_requests_are_one_line_and_write_nothing(arguments, says, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert main([*arguments, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
    assert not out.parent.exists()


def test_force_replaces_only_simulated_tasks(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    arguments = ["--tasks", "1", "--out", str(tmp_path / "mine")]
    assert main(arguments) == 2 and "--force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 2
    assert "no folder of simulated tasks" in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_out_below_a_file_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["--tasks", "1", "--out", str(tmp_path / "file" / "out")]) == 2
    error = capsys.readouterr().err
    assert "cannot be written" in error and error.count("\n") == 1


def test_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    out = tmp_path / "out"
    simulate.write_dataset(out, [1], 10, 10, 0)
    before = (out / "generator.json").read_bytes()

    def breaks(task, *_):
        if task == 2:
            raise KeyboardInterrupt
        return "1 Mary moved to the office.\n"

    monkeypatch.setattr(simulate, "simulate", breaks)
    with pytest.raises(KeyboardInterrupt):
        simulate.write_dataset(out, [1, 2], 10, 10, 1, force=True)
    with pytest.raises(KeyboardInterrupt):
        simulate.write_dataset(tmp_path / "other", [1, 2], 10, 10, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "generator.json").read_bytes() == before


def test_missing_module_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(generators, "__path__", [str(tmp_path)])
    with pytest.raises(UserError, match="task 1: 0 modules qa01_"):
        simulate.simulate(1, 5, 0, "train")


def test_module_runs_as_a_command(tmp_path):
    command = [sys.executable, "-m", "tasks.generators", "--compare", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True,
                          cwd=Path(__file__).parent.parent)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "has no tasks_1-20_v1-2/en" in done.stderr


def test_differences():
    assert compare.difference("numbers", [1, 1, 2, 3], [1, 1, 2, 3] * 5) == 0
    assert compare.difference("numbers", [1, 2], [3, 4]) == 1
    assert compare.difference("numbers", [1, 1, 3, 3], [1, 3, 3, 3]) == 0.25
    # Total variation looks at each category, the cumulative difference adds up neighbours.
    assert compare.difference("categories", "aabb", "abcc") == 0.5
    assert compare.difference("categories", "ab", "cd") == 1


def test_masks():
    assert compare.template("Who did Bill give the apple to?") == "Who did NAME give the THING to?"
    assert compare.template("Mary is no longer in the school.") == "NAME is no longer in the PLACE."
    words = [word for words in compare.MASKS.values() for word in words.split()]
    assert len(words) == len(set(words))


def test_comparison_sees_what_differs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compare, "TRAIN", 300)
    monkeypatch.setattr(compare, "TEST", 100)
    data = tmp_path / "data"
    simulate.write_dataset(data, [1], 300, 100, 0)
    arguments = ["--compare", str(data), "--tasks", "1", "--json", str(tmp_path / "report.json")]
    assert main(arguments) == 0
    task, = json.loads((tmp_path / "report.json").read_text())["tasks"]
    assert task["within"] and task["largest"] == 0 and task["simulated"] == 400

    train = data / "tasks_1-20_v1-2" / "en" / file_name(1, "train")
    train.write_text(train.read_text().replace("journeyed to", "ran to"))
    assert main(arguments) == 1 and "NO" in capsys.readouterr().out
    task, = json.loads((tmp_path / "report.json").read_text())["tasks"]
    assert task["words"] == {"extra": [], "missing": ["ran"]}
    assert task["templates"] == {"extra": [], "missing": ["NAME ran to the PLACE."]}
    assert not task["within"]

    restored = train.read_text().replace("ran to", "journeyed to")
    train.write_text(re.sub(r"\t\w+\t", r"\toffice\t", restored))
    assert main(arguments) == 1
    task, = json.loads((tmp_path / "report.json").read_text())["tasks"]
    assert task["measures"]["answers"]["simulated"] > 0.5
    assert not task["measures"]["answers"]["within"] and task["measures"]["position"]["within"]

    assert main([*arguments[:-1], str(tmp_path / "none" / "report.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
