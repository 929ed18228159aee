"""Training on a user's own files: the protocol of Table 1, and clear words where that cannot be."""

import io
import shutil

import pytest

from replication import ask, train_your_own, verify
from replication.records import record as results
from replication.running import command_line
from replication.training import checkpoints
from replication.memn2n_table1_babi_1k import VARIANTS
from tasks import babi
from tests import small_babi


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Training and test file, of 40 and 20 questions."""
    root = small_babi.write(tmp_path_factory.mktemp("own"), tasks=(1,))
    folder = root / "tasks_1-20_v1-2" / "en"
    return [folder / babi.file_name(1, split) for split in ("train", "test")]


def command(train, test, folder, *arguments):
    return command_line.run(train_your_own.main, [
        "--train", str(train), "--test", str(test), "--results", str(folder), "--column", "PE",
        *arguments])


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
    line = next(line for line in shown.out.splitlines() if line.startswith("selected"))
    assert line.split() == ["selected", "(seed", f"{chosen['seed']})"] + [
        f"{chosen[key]:.1f}" for key in ("train_error", "valid_error", "test_error")]
    errors = sorted(restart["test_error"] for restart in record["restarts"])
    assert f"{errors[0]:.1f}" == next(
        line for line in shown.out.splitlines() if line.startswith("lowest of 10")).split()[-1]
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


def written(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def stories(count, answer="attic"):
    return [line for _ in range(count)
            for line in ("1 Nora strolled to the attic.", f"2 Where is Nora?\t{answer}\t1")]


def test_answers_that_no_training_question_has_are_said_and_never_right(files, tmp_path, capsys):
    test = written(tmp_path / "test.txt", stories(4, "moon") + stories(1))
    assert command(files[0], test, tmp_path / "results", "--restarts", "1") == 0
    assert "note: 4 of 5 test questions have an answer that no training" in capsys.readouterr().out
    [restart] = results.read(next((tmp_path / "results").rglob("memn2n-pe.json")))["restarts"]
    assert restart["n_wrong"] >= 4


def test_stories_longer_than_the_memory_are_said(files, tmp_path):
    long = [f"{i} Nora strolled to the attic." for i in range(1, 61)] + ["61 Where is Nora?\tattic"]
    questions = babi.read(written(tmp_path / "long.txt", long))
    [line] = train_your_own.remarks(babi.read(files[0]) + questions, questions, 50)
    assert "up to 60 statements" in line and "last 50" in line


@pytest.mark.parametrize("train, test, said", [
    (stories(34), stories(2), "34 questions, and at least 35 are needed"),
    (stories(40), stories(40), "a test needs others"),
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


def test_the_least_number_of_questions_is_enough(tmp_path):
    made, _, _ = train_your_own.cell(written(tmp_path / "train.txt", stories(35)),
                                     written(tmp_path / "test.txt", stories(1)), "MemN2N PE", "x")
    assert made.data["n_train"] == 32


@pytest.mark.parametrize("arguments, said", [
    (("--restarts", "0"), "--restarts: 0"), (("--jobs", "0"), "--jobs: 0"),
    (("--name", "数据"), "--name"), (("--column", "LSTM"), "the columns are MemN2N BoW")])
def test_mistakes_are_one_line(files, tmp_path, capsys, arguments, said):
    assert command(*files, tmp_path / "out", *arguments) == 2
    shown = capsys.readouterr().err
    assert said in shown and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_other_data_under_the_same_name_is_refused(trained, files, tmp_path, capsys):
    train = shutil.copy(files[0], tmp_path / files[0].name)
    test = written(tmp_path / files[1].name, stories(3))
    assert command(train, test, trained) == 2
    assert "is of another run: data.files" in capsys.readouterr().err


@pytest.mark.parametrize("file, name", [
    ("qa1_mine_train.txt", "qa1_mine"), ("birds-train.txt", "birds"), ("train.txt", "folder"),
    ("birds.train.txt", "birds"), ("trains.txt", "trains"), ("Train_a.txt", "a")])
def test_data_sets_are_named_by_their_training_file(tmp_path, file, name):
    assert train_your_own.name_of(tmp_path / "folder" / file) == name


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    assert train_your_own.names_of(tmp_path / "train/a.txt", tmp_path / "test/a.txt") == (
        "train/a.txt", "test/a.txt")
    with pytest.raises(train_your_own.UserError, match="same name"):
        train_your_own.names_of(tmp_path / "x/train/a.txt", tmp_path / "y/train/a.txt")
