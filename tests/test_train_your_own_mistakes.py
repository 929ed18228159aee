"""Training on a user's own files: clear words where that cannot be."""

import os
import shutil
from pathlib import Path

import pytest

from replication import api, train_your_own
from replication.running import command_line, own_table
from replication.verification import record_checks
from tasks.errors import UserError
from tests.helpers.own_files import command, files, files_of, stories, written  # noqa: F401


@pytest.mark.parametrize("train, test, said", [
    (stories(34), stories(2), "34 questions, and at least 35 are needed"),
    (stories(40), stories(40), "tested on must differ"),
    (stories(40), ["1 Nora strolled to the attic."], "no question in the file"),
    (stories(40) + ["3 Where is Nora?\tattic\t7"], stories(2), "train.txt, line 81: "),
    (None, stories(2), "train.txt: cannot be read")])
def test_files_that_are_unfit_are_one_line(tmp_path, capsys, train, test, said):
    if train:
        written(tmp_path / "train.txt", train)
    status = command(tmp_path / "train.txt", written(tmp_path / "test.txt", test), tmp_path / "out")
    shown = capsys.readouterr().err
    assert status == 2 and said in shown and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_no_text_is_refused_before_anything_is_trained(files, tmp_path, capsys):
    """Bytes of another encoding: a record cannot hold them."""
    other = os.fsdecode(bytes(tmp_path) + b"/caf\xe9_train.txt")
    try:
        shutil.copy(files[0], other)
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    for train, more in ((other, ()), (files[0], ("--name", "caf\udce9"))):
        assert command(train, files[1], tmp_path / "out", *more) == 2
        shown = capsys.readouterr().err
        assert "its name is not UTF-8 text" in shown and shown.count("\n") == 1
        assert not (tmp_path / "out").exists()


def test_the_number_of_questions_is_that_of_the_training_files(tmp_path):
    for name in "ab":
        for split, count in (("train", 15), ("test", 1), ("valid", 40)):
            written(tmp_path / f"{name}_{split}.txt", stories(count + ord(name) % 2, f"no{name}"))
    need = "questions, and at least 32 are needed: a batch has 32$"
    for names, said in (("a", f"a_train.txt: 16 {need}"), ("ab", f"a_train.txt and 1 more: 31 {need}")):
        with pytest.raises(UserError, match=said):
            train_your_own.planned(files_of(*names, folder=tmp_path, valid=names))


def test_the_least_number_of_questions_is_enough(tmp_path):
    written(tmp_path / "a_train.txt", stories(35))
    written(tmp_path / "a_test.txt", stories(1))
    run = train_your_own.planned(files_of("a", folder=tmp_path), column="PE")
    assert (run.data.count("train"), run.data.count("valid")) == (32, 3)


def test_what_a_model_cannot_be_trained_on_leaves_it_out_and_says_why(tmp_path, capsys):
    bare = [line.replace("\t1", "") for line in stories(40)]
    for split in ("train", "test"):
        written(tmp_path / f"a_{split}.txt", bare if split == "train" else bare[:4])
    run = train_your_own.planned(files_of("a", folder=tmp_path))
    cells, [line] = own_table.cells(run.data, run.column, run.protocol, train_your_own.MODELS)
    assert [cell.column for cell in cells] == ["MemN2N PE LS RN", "LSTM", "LSTM: questions alone"]
    assert "MemNN strongly supervised: left out, line 2 names no supporting fact" in line


def test_too_long_stories_and_too_many_n_grams_leave_models_out(tmp_path, monkeypatch):
    for split in ("train", "test"):
        written(tmp_path / f"a_{split}.txt", stories(40 if split == "train" else 3))
    run = train_your_own.planned(files_of("a", folder=tmp_path))
    monkeypatch.setattr(own_table, "MOST_WORDS", 4)
    monkeypatch.setattr(own_table, "MOST_BYTES", 10)
    cells, lines = own_table.cells(run.data, run.column, run.protocol, train_your_own.MODELS)
    assert len(cells) == 2 and "would read 5 words" in lines[1] and "n-grams" in lines[0]


@pytest.mark.parametrize("options, said", [
    ({"hop": 1}, "no option 'hop'"), ({"hops": 0}, "hops: 0 is too small"),
    ({"d": 2.5}, "d: '?2.5'? is not a whole number"), ({"restarts": 10**9}, "restarts: .* too large"),
    ({"epochs": "many"}, "epochs: 'many' is not"), ({"valid_files": "none.txt"}, "cannot be read"),
    ({"train_files": []}, "no training file"), ({"test_files": []}, "0 files for 1 to train")])
def test_a_mistake_from_python_is_one_line(files, tmp_path, options, said):
    with pytest.raises(UserError, match=said) as error:
        api.train(**{"train_files": files[0], "test_files": files[1], "folder": tmp_path / "out",
                     **options})
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("flags, said", [
    (("--test", "{a}", "{b}"), "--test: 2 files for 1 to train"),
    (("--test", "{a}", "--valid", "{b}", "{a}"), "--valid: 2 files for 1 to train"),
    (("--test", "{a}", "--valid", "{a}"), "the same questions as"),
    (("--test", "{a}", "--hops", "0"), "--hops: 0 is too small"),
    (("--test", "{a}", "--column", "PE LS RN joint"), "no column 'PE LS RN joint'"),
    (("--test", "{a}", "--column", "PE LS RN joint"), "is there with several files to train"),
    (("--test", "{a}", "--column", "PE LS LW RN*"), "PE LS LW RN* is there with --table 3")])
def test_files_that_do_not_fit_together_are_one_line(files, tmp_path, capsys, flags, said):
    a = written(tmp_path / "a.txt", stories(2))
    b = written(tmp_path / "b.txt", stories(3))
    status = command_line.run(train_your_own.main, [
        "--train", str(files[0]), "--results", str(tmp_path / "out"),
        *(flag.format(a=a, b=b) for flag in flags)])
    shown = capsys.readouterr().err
    assert status == 2 and said in shown and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments, said", [
    (("--restarts", "0"), "--restarts: 0"), (("--jobs", "0"), "--jobs: 0"),
    (("--restarts", "1000000000000"), "too large; the most is 100000"),
    (("--hops", "1e3"), "--hops: '1e3' is not a whole number"), (("--d", "2.5"), "not a whole"),
    (("--epochs", "9" * 30), "too large"), (("--hops", "5000"), "the most is 1000"),
    (("--hops",), "expected one argument"),
    (("--models", "gru"), "invalid choice"), (("--table", "2"), "invalid choice"),
    (("--nonsense",), "unrecognized arguments"), (("--name", ""), "--name: ''"),
    (("--name", "a" * 300), "--name"), (("--column", ""), "--column: no column ''"),
    (("--models", "lstm", "supervised", "--column", "PE"), "--column: of MemN2N"),
    (("--name", "数据"), "--name"), (("--column", "LSTM"), "the columns are MemN2N BoW")])
def test_mistakes_are_one_line(files, tmp_path, capsys, arguments, said):
    assert command(*files, tmp_path / "out", *arguments) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["a_file", "a_file/out", "/proc/none/out"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_files_are_read(
        tmp_path, capsys, place):
    (tmp_path / "a_file").write_text("")
    if place.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("this system has no folder that nobody can write")
    assert command(tmp_path / "none.txt", tmp_path / "none.txt", tmp_path / place) == 2
    shown = capsys.readouterr().err
    assert f"{tmp_path / place}: results cannot be written there" in shown
    assert shown.count("\n") == 1 and [*tmp_path.iterdir()] == [tmp_path / "a_file"]


def test_a_flag_of_memn2n_goes_with_memn2n(files, tmp_path, capsys):
    assert command_line.run(train_your_own.main, [
        "--train", str(files[0]), "--test", str(files[1]), "--results", str(tmp_path / "out"),
        "--models", "lstm", "--hops", "2"]) == 2
    shown = capsys.readouterr().err
    assert "--hops: of MemN2N, which is not among --models" in shown and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_pipe_is_refused_since_it_is_read_more_than_once(files, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    assert command(tmp_path / "pipe", files[1], tmp_path / "out") == 2
    shown = capsys.readouterr().err
    assert "pipe: a pipe or a device, which can be read only once" in shown
    assert shown.count("\n") == 1 and not (tmp_path / "out").exists()


def test_statements_that_no_question_follows_are_a_note(files, tmp_path, capsys):
    train = written(tmp_path / "a_train.txt", [
        *stories(40), "1 Nora strolled to the attic.", "2 XXXXX strolled to the attic nora 1"])
    assert command(train, files[1], tmp_path / "out", "--restarts", "1", "--epochs", "1") == 0
    shown = capsys.readouterr().err
    assert f"note: {train}, line 82: a statement that no question of its story follows" in shown


@pytest.mark.parametrize("file, name", [
    ("qa1_mine_train.txt", "qa1_mine"), ("birds-train.txt", "birds"), ("train.txt", "folder"),
    ("birds.train.txt", "birds"), ("trains.txt", "trains"), ("Train_a.txt", "a")])
def test_data_sets_are_named_by_their_training_file(tmp_path, file, name):
    assert train_your_own.name_of(tmp_path / "folder" / file) == name


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    assert own_table.names_of([tmp_path / "train/a.txt", tmp_path / "test/a.txt"]) == [
        "train/a.txt", "test/a.txt"]
    with pytest.raises(UserError, match="same name"):
        own_table.names_of([tmp_path / "x/train/a.txt", tmp_path / "y/train/a.txt"])


@pytest.mark.parametrize("parts", [
    None, {"train": ["a", "b"], "valid": ["c"], "test": ["d"]}, {"train": ["a"], "test": ["b"]},
    {"train": ["a", "b"], "valid": [], "test": ["c"]}, "a"])
def test_a_record_must_say_which_of_several_files_is_what(parts):
    files = dict.fromkeys("abcd", "0" * 64)
    data = {"files": files, **({} if parts is None else {"parts": parts})}
    assert record_checks._own_parts(data)
    assert not record_checks._own_parts(
        {"files": files, "parts": {"train": ["a", "b"], "valid": [], "test": ["c", "d"]}})


def test_files_too_small_to_hold_anything_back_are_one_line(tmp_path, capsys):
    for i in range(10):
        written(tmp_path / f"{i}_train.txt", stories(5))
        written(tmp_path / f"{i}_test.txt", stories(2, f"room{i}"))
    trains, tests = (sorted(map(str, tmp_path.glob(f"*_{part}.txt"))) for part in ("train", "test"))
    for path in trains:      # every file another
        Path(path).write_text(Path(path).read_text().replace("attic", "attic" + Path(path).name[0]))
    assert command_line.run(train_your_own.main, [
        "--train", *trains, "--test", *tests, "--results", str(tmp_path / "r"), "--epochs", "1",
        "--models", "memn2n"]) == 2
    said = capsys.readouterr().err
    assert "no question is left to validate on" in said and said.count("\n") == 1
