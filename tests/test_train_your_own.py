"""Training on a user's own files: the protocol of Table 1, several files, and Python."""

import ast
import io
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from replication import api, ask, train_your_own, verify
from replication.memn2n_table1_babi_1k import VARIANTS
from replication.records import record as results
from replication.running import command_line, own_table
from replication.running.run_cells import Run
from replication.training import checkpoints, few_words, memory_need, own, protocols
from replication.training import recurrent_babi as lstm_babi
from replication.training.babi_task import Task
from replication.training.memn2n import train_task
from replication.training.own import Files
from tasks import babi
from tasks.errors import UserError
from tests.helpers import small_babi
from tests.helpers.own_files import command, files, files_of, stories, written  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def trained(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    assert command(*files, folder, "--jobs", "2") == 0
    return folder


@pytest.fixture
def record(trained):
    return trained / "train_your_own" / "qa1-single-supporting-fact" / "memn2n-pe.json"


def test_the_record_is_one_of_the_protocol(record, files):
    content = results.read(record)
    assert content["data"]["source"] == "own" and not content["partial"]
    assert list(content["data"]["files"]) == [file.name for file in files]
    assert [content["data"][key] for key in ("n_train", "n_valid", "n_test")] == [36, 4, 20]
    assert [restart["seed"] for restart in content["restarts"]] == list(range(10))
    assert checkpoints.load(record.parent / content["checkpoint"]["file"]).protocol == VARIANTS[
        "MemN2N PE"]


def test_the_record_is_verified(trained, files):
    report = verify.verify(trained, [files[0].parent])
    assert verify.status_of(report) == 0, report
    assert verify.status_of(verify.verify(trained)) == verify.UNCHECKED


def test_a_second_run_trains_nothing_and_shows_the_same_table(trained, files, capsys):
    assert command(*files, trained, "--restarts", "3") == 0
    shown = capsys.readouterr()
    assert "1 already there, 0 to train" in shown.err
    record = results.read(trained / "train_your_own/qa1-single-supporting-fact/memn2n-pe.json")
    chosen = record["restarts"][record["selected"]]
    line = next(line for line in shown.out.splitlines() if ", selected" in line)
    assert line.split() == ["MemN2N", "PE,", "selected", "(seed", f"{chosen['seed']})"] + [
        f"{chosen[key]:.1f}" for key in ("train_error", "valid_error", "test_error")]
    errors = sorted(restart["test_error"] for restart in record["restarts"])
    assert f"{errors[0]:.1f}" == next(
        line for line in shown.out.splitlines() if "lowest of 10" in line).split()[-1]
    answers = [question.answer for question in babi.read(files[0])]
    often = max(sorted(set(answers)), key=answers.count)
    tested = [question.answer for question in babi.read(files[1])]
    line = next(line for line in shown.out.splitlines() if line.startswith("always"))
    assert repr(often) in line
    assert line.split()[-1] == f"{100 - 100 * tested.count(often) / len(tested):.1f}"


def test_the_model_can_be_asked(trained, record, monkeypatch, capsys, files):
    file = record.parent / results.read(record)["checkpoint"]["file"]
    monkeypatch.setattr("sys.stdin", io.StringIO(files[1].read_text()))
    assert ask.main(["--checkpoint", str(file), "--json"]) == 0
    assert capsys.readouterr().out.count("\n") == 20


def test_the_restarts_do_not_depend_on_jobs(files, record, tmp_path):
    assert command(*files, tmp_path, "--restarts", "3") == 0
    some = results.read(next(tmp_path.rglob("memn2n-pe.json")))
    assert some["partial"]
    assert some["restarts"] == results.read(record)["restarts"][:3]


def test_answers_that_no_training_question_has_are_said_and_never_right(files, tmp_path, capsys):
    test = written(tmp_path / "test.txt", stories(4, "moon") + stories(1))
    assert command(files[0], test, tmp_path / "results", "--restarts", "1") == 0
    assert "note: 4 of 5 test questions have an answer that no training" in capsys.readouterr().err
    [restart] = results.read(next((tmp_path / "results").rglob("memn2n-pe.json")))["restarts"]
    assert restart["n_wrong"] >= 4


def test_every_choice_is_in_the_protocol_and_the_model(tmp_path, files):
    assert command(*files, tmp_path, "--restarts", "1", "--memory", "2", "--hops", "2", "--d", "7",
                   "--epochs", "3") == 0
    [path] = tmp_path.rglob("*.json")
    record = results.read(path)
    model = checkpoints.load(path.parent / record["checkpoint"]["file"])
    assert [record["protocol"][key] for key in ("capacity", "hops", "d", "epochs")] == [2, 2, 7, 3]
    assert (model.N, model.protocol.hops, model.model.E.shape[-1]) == (2, 2, 7)
    assert verify.status_of(verify.verify(tmp_path, [files[0].parent])) == 0


@pytest.fixture
def short_baselines(monkeypatch):
    """LSTM and supervised MemNN for a moment."""
    monkeypatch.setattr(protocols, "LSTM", replace(protocols.LSTM, epochs=2))
    monkeypatch.setattr(protocols, "AM_NG_NL", replace(protocols.AM_NG_NL, epochs=1))


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """Two data sets with files to validate, trained together by all models for a moment."""
    folder = tmp_path_factory.mktemp("two")
    for task, name in ((1, "a"), (16, "b")):
        root = small_babi.write(folder / name, tasks=(task,), seed=7)
        place = root / "tasks_1-20_v1-2" / "en"
        for split in ("train", "test"):
            shutil.copy(place / babi.file_name(task, split), folder / f"{name}_{split}.txt")
        valid = small_babi.write(folder / f"{name} valid", tasks=(task,), seed=8)
        shutil.copy(valid / "tasks_1-20_v1-2" / "en" / babi.file_name(task, "test"),
                    folder / f"{name}_valid.txt")
    return folder


def joint(beside, out, *arguments):
    named = {flag: [str(beside / f"{name}_{flag}.txt") for name in "ab"]
             for flag in ("train", "test", "valid")}
    return command_line.run(train_your_own.main, [
        *(word for flag, paths in named.items() for word in (f"--{flag}", *paths)),
        "--results", str(out), "--restarts", "2", *arguments])


def test_test_files_of_one_name_are_told_apart_by_their_folders(beside, tmp_path, capsys):
    """Each has its own error, in the table and in the record."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for part in ("train", "test"):
            shutil.copy(beside / f"{name}_{part}.txt", tmp_path / name / f"{part}.txt")
    assert command_line.run(train_your_own.main, [
        "--train", str(tmp_path / "a" / "train.txt"), str(tmp_path / "b" / "train.txt"),
        "--test", str(tmp_path / "a" / "test.txt"), str(tmp_path / "b" / "test.txt"),
        "--restarts", "1", "--epochs", "1", "--models", "memn2n", "--name", "two",
        "--results", str(tmp_path / "results")]) == 0
    [path] = (tmp_path / "results" / "train_your_own" / "two").glob("*.json")
    [restart] = results.read(path)["restarts"]
    assert list(restart["by_file"]) == ["a/test.txt", "b/test.txt"]
    shown = capsys.readouterr().out
    assert all(any(line.startswith(f"{name} ") for line in map(str.strip, shown.splitlines()))
               for name in restart["by_file"])


def test_several_files_are_one_model_beside_which_stand_all_others(beside, tmp_path, capsys,
                                                                   short_baselines):
    assert joint(beside, tmp_path, "--epochs", "2") == 0
    shown = capsys.readouterr().out
    for row in ("MemN2N PE LS RN joint, selected", "MemNN strongly supervised, mean of 2 restarts",
                "LSTM, mean of 2", "LSTM: questions alone, mean of 2", "always "):
        assert sum(line.startswith(row) for line in shown.splitlines()) == 1, shown
    assert "training (80)" in shown and "validation (40)" in shown and "test (40)" in shown
    record = results.read(tmp_path / "train_your_own" / "a" / "memn2n-pe-ls-rn-joint.json")
    assert record["data"]["parts"] == {part: [f"a_{part}.txt", f"b_{part}.txt"]
                                       for part in ("train", "valid", "test")}
    for restart in record["restarts"]:
        assert list(restart["by_file"]) == ["a_test.txt", "b_test.txt"]
        assert sum(restart["by_file"].values()) / 2 == pytest.approx(restart["test_error"])
    assert all(f"{error:.1f}" in shown.split("selected  ")[-1] for error in
               record["restarts"][record["selected"]]["by_file"].values())
    report = verify.verify(tmp_path, [beside])
    assert verify.status_of(report) == 0, report


def test_a_file_that_validates_leaves_all_others_to_train(beside, tmp_path, short_baselines):
    paths = {part: str(beside / f"b_{part}.txt") for part in ("train", "test", "valid")}
    run = [word for part, path in paths.items() for word in (f"--{part}", path)]
    assert command_line.run(train_your_own.main, [
        *run, "--results", str(tmp_path), "--restarts", "1", "--epochs", "1"]) == 0
    for path in sorted(tmp_path.rglob("*.json")):
        data = results.read(path)["data"]
        assert [data[f"n_{part}"] for part in ("train", "valid", "test")] == [40, 20, 20]
    assert len(list(tmp_path.rglob("*.json"))) == 4
    report = verify.verify(tmp_path, [beside])
    assert verify.status_of(report) == 0, report.differences


def test_parts_are_validated_apart_from_training(beside):
    parts = own.read(files_of("a", "b", folder=beside, valid=("a", "b")), 0.1)
    encoded = own.encoded(parts, 50)
    questions = [q for i in (0, 1) for q in (*parts.train[i], *parts.valid[i])]
    held = [questions[row] for row in encoded.held_out]
    assert held == [*parts.valid[0], *parts.valid[1]]
    lists = own.one_file([*parts.train, *parts.valid])
    assert len({q.story for q in lists}) == sum(
        len({q.story for q in part}) for part in (*parts.train, *parts.valid))


def test_without_files_to_validate_a_pair_is_trained_as_the_papers_task(files):
    """Bit for bit what Table 1's own trainer gives, so that the two can be compared."""
    protocol = replace(VARIANTS["MemN2N PE LS RN"], epochs=2, linear_start_epochs=1)
    mine = own.train_memn2n(Files((files[0],), (files[1],)), protocol, [0, 1], "cpu")
    task = Task(own.TASK, *files)
    papers = train_task(task, protocol, [0, 1], "cpu")
    assert mine.restarts == papers.restarts
    assert all((mine.weights[1][name] == papers.weights[1][name]).all()
               for name in mine.weights[1])
    lstm = replace(protocols.LSTM, epochs=2)
    mine = own.train_lstm(Files((files[0],), (files[1],)), lstm, [0], "cpu")
    assert mine.restarts == lstm_babi.train_task(task, lstm, [0], "cpu").restarts


def test_the_need_of_memory_is_said_and_too_much_is_refused(files, tmp_path, capsys, monkeypatch):
    assert command(*files, tmp_path, "--restarts", "1", "--epochs", "1") == 0
    assert "MemN2N needs about 0.3 GB of memory a process" in capsys.readouterr().err
    monkeypatch.setattr(memory_need, "available", lambda: 2**20)
    assert command(*files, tmp_path / "no", "--restarts", "1") == 2
    assert "this machine has 0.0 GB: give fewer --jobs" in capsys.readouterr().err


def test_many_words_are_kept_as_few(tmp_path, monkeypatch):
    """A restart a block, and the same figures whatever the number of jobs."""
    monkeypatch.setattr(few_words, "MOST_DENSE", 0)
    for split in ("train", "test"):
        written(tmp_path / f"a_{split}.txt", stories(40 if split == "train" else 3))
    run = train_your_own.planned(files_of("a", folder=tmp_path), models=("memn2n",), epochs=1)
    cells, _ = own_table.cells(run.data, run.column, run.protocol, run.models, True)
    assert cells[0].stack == 1
    status, records = train_your_own.complete(run, Run(range(2), tmp_path / "out"))
    assert status == 0 and len(records["MemN2N PE LS RN"]["made"]) == 1


@pytest.mark.parametrize("name", ["README.md", "USING.md"])
def test_the_pages_lines_of_python(tmp_path, files, monkeypatch, capsys, name):
    page = (ROOT / name).read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"```python\n(.*?)```", page, re.S)
              if "replication.api" in block]
    assert len(code.splitlines()) <= 12
    lines = [f"{i} {text}" for _ in range(20) for i, text in enumerate(
        ["Mary moved to the bathroom.", "John went home.", "Where is Mary?\tbathroom\t1",
         "Where is John?\thome\t2"], start=1)]
    written(tmp_path / "mine_train.txt", lines)
    written(tmp_path / "mine_test.txt", lines[:4])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train_your_own, "STACK", 3)
    exec(compile(code, name, "exec"), {})
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("% of the test questions answered wrongly")
    assert shown[1].split()[0] in ("bathroom", "home")
    if name == "USING.md":
        assert [line.rpartition("] ")[2] for line in shown[2:]] == ["Mary moved to the bathroom.",
                                                                    "John went home."]
    else:
        hops, = ast.literal_eval(shown[1].split(" ", 2)[2])
        assert len(hops) == 3 and all(0 < p < 1 for p in hops)    # empty memories have the rest


def test_a_flag_given_twice_adds_and_a_model_named_twice_is_one():
    options = train_your_own.arguments([
        "--train", "a", "--train", "b", "c", "--test", "d", "e", "--test", "f",
        "--models", "lstm", "--models", "memn2n", "lstm"])
    assert [path.name for path in (*options.train, *options.test)] == list("abcdef")
    assert options.models == ["lstm", "memn2n"]


def test_python_takes_what_the_command_line_takes(files, tmp_path):
    run = api.train(files[0], files[1], folder=tmp_path, restarts=1, column="PE", hops=1, epochs=1)
    assert run.record["protocol"]["hops"] == 1 and run.checkpoint.exists()
    assert api.answer(api.load(run.checkpoint), [], "where is Nora").attention == []
    with pytest.raises(UserError, match="does not know 'bob'"):
        api.answer(api.load(run.checkpoint), ["Bob strolled."], "Where is Nora?")
    assert api.answer(api.load(run.checkpoint), "Nora strolled.", "Where is Nora?").attention


def test_the_command_that_asks_can_be_pasted_where_the_path_has_a_blank(
        files, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "my own's results"
    assert command(*files, folder, "--restarts", "1", "--epochs", "1") == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ask it: ")]
    python, flag, module, *words = shlex.split(line.removeprefix("ask it: "))
    assert (python, flag, module) == ("python", "-m", "replication.ask")
    monkeypatch.setattr("sys.stdin", io.StringIO("Nora strolled to the attic.\nWhere is Nora?\n"))
    assert command_line.run(ask.main, [*words, "--json"]) == 0


def test_other_data_under_the_same_name_is_refused(trained, files, tmp_path, capsys):
    train = shutil.copy(files[0], tmp_path / files[0].name)
    test = written(tmp_path / files[1].name, stories(3))
    assert command(train, test, trained) == 2
    assert "is of another run: data.files" in capsys.readouterr().err


def test_a_file_that_changes_during_the_run_is_refused(tmp_path):
    """Its record would name one file, and hold the figures of another."""
    train, test = (written(tmp_path / name, stories(count)) for name, count in (
        ("a_train.txt", 40), ("a_test.txt", 5)))
    protocol = replace(VARIANTS["MemN2N PE"], epochs=2)
    data = own_table.data(Files((train,), (test,)), "a", protocol)
    [cell], _ = own_table.cells(data, "PE", protocol, ["memn2n"])
    assert len(cell.train([0], "cpu").restarts) == 1
    written(test, stories(6, "cellar"))
    with pytest.raises(UserError, match="a_test.txt: has changed since the run began"):
        cell.train([1], "cpu")


def test_the_lstm_is_left_out_wherever_the_long_story_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(own_table, "MOST_WORDS", 12)
    long = [f"{i} Nora strolled to the attic." for i in range(1, 4)] + ["4 Where is Nora?\tattic\t1"]
    test = written(tmp_path / "b_test.txt", stories(3))
    for place in (0, 20, 40):
        short = stories(40)
        train = written(tmp_path / "b_train.txt", short[:2 * place] + long + short[2 * place:])
        parts = own.read(Files((train,), (test,)), 0.1)
        assert "would read 15 words" in own_table.why_not("lstm", parts)


def test_files_in_other_roles_are_evaluated_in_these(tmp_path):
    """Two data sets of the same files: what was trained on in one is validated on in the other."""
    names = {}
    for name, room in zip("abcdef", ("attic", "cellar", "hall", "study", "yard", "barn")):
        names[name] = str(written(tmp_path / f"{name}.txt", stories(40, room) if name in "abc"
                                  else stories(9, room)))
    for folder, train, valid, test in (("one", "abc", "", "def"), ("two", "ab", "cd", "ef")):
        flags = [flag for key, part in (("--train", train), ("--valid", valid), ("--test", test))
                 if part for flag in (key, *(names[name] for name in part))]
        assert command_line.run(train_your_own.main, [
            *flags, "--results", str(tmp_path / "r"), "--models", "memn2n", "--restarts", "1",
            "--epochs", "1", "--name", folder]) == 0
    report = verify.verify(tmp_path / "r", [tmp_path])
    assert not report.differences and "2 of 2 evaluated again" in "".join(report.done)

