"""Asking a stored model: the same answers as its evaluation, and nothing guessed over."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch

from replication import ask
from replication.records import files as stored_files, record as results
from replication.running import command_line
from replication.training import checkpoints
from replication.training.memn2n_batches import Batches
from tasks import babi
from replication.training.memn2n_inputs import encode
from tasks.errors import UserError
from tests.helpers import trained_small
from tests.helpers.trained_small import FOLDER, change

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Results as if of official data, which is where `ask` looks, and the data folder."""
    folder, data = trained_small.make(tmp_path_factory.mktemp("trained"))
    (folder / FOLDER).rename(folder / ask.EXPERIMENT)
    return folder, data / "tasks_1-20_v1-2" / "en"


@pytest.fixture
def checkpoint(trained):
    return ask.stored(trained[0], 1, "MemN2N PE")[0]


def files(trained, task):
    return [trained[1] / babi.file_name(task, split) for split in ("train", "test")]


def talk(checkpoint, *lines, prompt=True):
    """What a conversation of these lines prints is left to capsys."""
    waiting = iter(lines)

    def line():
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None
    return ask.converse(checkpoint, line, prompt)


@pytest.mark.parametrize("task", trained_small.TASKS)
@pytest.mark.parametrize("column", trained_small.COLUMNS)
def test_a_test_file_is_answered_as_its_record_says(trained, task, column):
    checkpoint, _ = ask.stored(trained[0], task, column)
    record = results.read(results.record_path(trained[0], ask.EXPERIMENT, column, task))
    story, wrong, asked = ask.Story(checkpoint), 0, 0
    for line in files(trained, task)[1].read_text().splitlines():
        reply = story.take(line)
        if reply:
            asked += 1
            wrong += reply.answer != reply.expected
    chosen = record["restarts"][record["selected"]]
    assert (wrong, asked) == (chosen["n_wrong"], chosen["n_test"])


def test_attention_belongs_to_the_statement_beside_it(trained, checkpoint):
    train, test = (babi.read(file) for file in files(trained, 1))
    encoded = encode({1: train}, {1: test})
    batches = Batches(encoded, checkpoint.model.form, "cpu")
    for row, question in enumerate(test[:5]):
        X, x_q, where, _ = (x[0] for x in batches.take(encoded.test, torch.tensor([[[row]]])))
        scores, hops = checkpoint.model.answer(X, x_q, where)
        reply = ask.answer(checkpoint, list(question.statements), question.text, question.words)
        n = len(question.statements)
        assert [entry["statement"] for entry in reply.attention] == [
            statement.text for statement in question.statements]
        for k, p in enumerate(hops):
            mine = [entry["hops"][k] for entry in reply.attention]
            assert mine == pytest.approx(p[0, 0, :n].flip(0).tolist(), abs=1e-5)     # float32
            assert sum(mine) + reply.empty[k] == pytest.approx(1, abs=1e-5)
        best, words = scores[0, 0].softmax(-1).topk(2)
        assert [reply.probability, reply.runner_up_probability] == pytest.approx(best.tolist(),
                                                                                abs=1e-5)
        assert [reply.answer, reply.runner_up] == [
            encoded.words[word - encoded.N] for word in words]


@pytest.mark.parametrize("line, said", [
    ("Nora strolled to the moon.", "'moon'"),
    ("Norah flew to the attic.", "'norah' (perhaps 'nora'), 'flew'"),
    ("Where is Norah?", "'norah'"), ("?", "no words"), ("3 ", "'3'"), ("3 Ivan.", "'3'"),
    ("Nora Nora Nora Nora Nora Nora Nora Nora.", "8 words"), ("\tattic", "no words"),
    ("Nora strolled.\rIvan strolled.", "a CR inside the line"),
    ("1\tNora strolled to the attic.", "a tab behind id 1"),
    ("Nora strolled to the attic.\t", "a tab at the end of the line and no answer"),
    ("Where is Nora?    attic    1", "a '?' inside the line")])
def test_what_the_model_cannot_read_is_named_and_changes_nothing(checkpoint, line, said):
    story = ask.Story(checkpoint)
    story.take("Nora strolled to the attic.")
    with pytest.raises(UserError) as error:
        story.take(line)
    assert said in str(error.value)
    assert [statement.text for statement in story.statements] == ["Nora strolled to the attic."]


def test_a_refused_first_line_does_not_end_the_story(checkpoint):
    story = ask.Story(checkpoint)
    story.take("Nora strolled to the attic.")
    with pytest.raises(UserError):
        story.take("1 Nora flew to the attic.")
    assert len(story.statements) == 1
    story.take("1 Ivan strolled to the attic.")
    assert [statement.words[0] for statement in story.statements] == ["ivan"]


def test_a_question_before_any_statement_has_an_empty_memory(checkpoint):
    reply = ask.Story(checkpoint).take("Where is Nora?")
    assert reply.attention == [] and reply.empty == pytest.approx([1.0] * 3, abs=1e-5)  # float32
    assert "(empty memory)" in ask.shown(reply)


@pytest.mark.parametrize("first, second", [
    ("\ufeff\ufeff1 Nora", "2 Where"), ("1\u00a0Nora", "2\u00a0Where"),
    ("1\u3000Nora", "2\u3000Where"), (" \u30001 Nora", "  2  Where")])
def test_marks_and_blanks_before_and_behind_ids_are_taken_as_in_training(checkpoint, first, second):
    story = ask.Story(checkpoint)
    story.take(f"{first} strolled to the attic.")
    assert story.take(f"{second} is Nora?\tattic\t1").expected == "attic"
    assert [statement.text for statement in story.statements] == ["Nora strolled to the attic."]


@pytest.mark.parametrize("line", ["Nora strolled to the\tattic", "Where is Nora？", "Where is Nora؟",
                                  "Where is Nora?\t\t", "2 Where is Nora\tattic\t1"])
def test_a_tab_or_any_scripts_question_mark_makes_a_question(checkpoint, line):
    story = ask.Story(checkpoint)
    story.take("\ufeff1 Nora strolled to the attic." if line[0] == "2" else
               "Nora strolled to the attic.")
    reply = story.take(line)
    assert reply.expected == ("attic" if "attic" in line else None)
    assert len(story.statements) == 1


def numerate(checkpoint):
    """A checkpoint that knows 1, 2 and 3 as words."""
    return replace(checkpoint, words=tuple(
        {"cellar": "1", "porch": "2", "studio": "3"}.get(word, word) for word in checkpoint.words))


@pytest.mark.parametrize("lines, told", [
    (["3 Ivan strolled.", "1 Nora strolled.", "Where is Nora?"],
     ["3 Ivan strolled.", "1 Nora strolled."]),
    (["1 Ivan strolled.", "2 Nora strolled.", "Where is Nora?"],
     ["1 Ivan strolled.", "2 Nora strolled."]),
    (["1 Ivan strolled.", "3 Nora strolled."], ["1 Ivan strolled.", "3 Nora strolled."]),
    (["1 Ivan strolled.", "2 Where is Ivan?\tattic", "3 Nora strolled."],
     ["Ivan strolled.", "Nora strolled."]),
    (["1 3 Ivan strolled.", "2 Where is 3 Ivan?\t1", "1 2 Nora strolled."], ["2 Nora strolled."])])
def test_a_number_is_an_id_only_where_all_lines_have_one(checkpoint, lines, told):
    story = ask.Story(numerate(checkpoint))
    for line in lines:
        story.take(line)
    assert [statement.text for statement in story.statements] == told


def test_an_id_that_jumps_is_refused_as_in_training(checkpoint):
    story = ask.Story(numerate(checkpoint))
    for line in ("1 Ivan strolled.", "2 Where is Ivan?\tattic"):
        story.take(line)
    with pytest.raises(UserError, match="id 7 where 3"):
        story.take("7 Nora strolled.")


def test_what_the_memory_has_forgotten_is_said(checkpoint):
    story = ask.Story(checkpoint)
    for _ in range(checkpoint.N + 2):
        story.take("Nora strolled to the attic.")
    reply = story.take("Where is Nora?")
    assert (reply.forgotten, len(reply.attention)) == (2, checkpoint.N)
    shown = ask.shown(reply)
    assert "the first 2 of the story are forgotten" in shown
    assert "  3  Nora strolled" in shown and "  2  Nora strolled" not in shown


def test_bars_show_attention():
    reply = ask.Answer("Where?", "attic", 0.8, "porch", 0.15, "porch",
                       [{"statement": "One.", "hops": [0.7, 0.0]},
                        {"statement": "Two.", "hops": [0.2, 1.0]}], [0.1, 0.0], 0)
    assert ask.shown(reply, "#.").splitlines() == [
        "attic  80.0%  WRONG, expected porch   (then porch  15.0%)", "",
        "hop 1           hop 2",
        "#######...  70% ..........   0%  1  One.",
        "##........  20% ########## 100%  2  Two.",
        "#.........  10% ..........   0%     (empty memory)"]


def test_a_conversation(checkpoint, capsys):
    status = talk(checkpoint, "Nora strolled to the attic.", "", "Ivan flew to the porch.",
                  "Where is Nora", "where is nora?", "story", "undo", "story", "undo", "words",
                  "help", "Ivan strolled to the porch.", "NEW", "story", "quit", "Where is Nora?")
    shown = capsys.readouterr().out
    assert status == 0
    assert "not taken: the model does not know 'flew'" in shown
    assert 'not taken: a question ends with "?"' in shown
    assert shown.count("hop 1") == 1  # quit ends before the last line
    assert shown.index("1  Nora strolled") < shown.index("taken back: Nora strolled")
    assert shown.count("the story is empty") == 3
    assert "strolled studio" in shown and "take the last statement back" in shown


def test_the_end_of_input_ends_the_conversation(checkpoint):
    assert talk(checkpoint) == 0


def test_a_reader_that_ends_early_and_an_encoding_that_lacks_a_letter(trained):
    """`ask --json | head` ends quietly; what the C locale's terminal lacks is escaped."""
    words = [sys.executable, "-m", "replication.ask", "--results", trained[0], "--task", "1",
             "--column", "PE", "--json"]
    story = "1 Nora strolled to the attic.\n" + "2 Where is Nora？\tattic\t1\n1 Nora strolled.\n" * 50
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(words, input=story.encode(), capture_output=True, env=environment,
                         cwd=ROOT)
    assert run.returncode == 0, run.stderr
    replies = [json.loads(line) for line in run.stdout.decode("ascii").splitlines()]
    assert [reply["question"] for reply in replies] == ["Where is Nora？"] * 50
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        run = subprocess.run(words, input=story.encode(), stdout=gone, stderr=subprocess.PIPE,
                             env=environment, cwd=ROOT)
    assert (run.returncode, run.stderr) == (141, b"")


@pytest.mark.parametrize("lines, said", [
    (("Nora flew to the attic.", "Where is Nora?"), "line 1: the model does not know 'flew'"),
    (("Nora strolled.", "Bob strolled.", "Where is Bob?"), "line 2: the model does not know 'bob'"),
    (("Nora strolled.", "Where is Bob?"), "line 2: the model does not know 'bob'"),
    (("Nora strolled.",), "no question in it"), ((), "no question in it")])
def test_without_a_person_a_refused_line_is_an_error(checkpoint, lines, said):
    with pytest.raises(UserError, match=f"^standard input[:,] {said}"):
        talk(checkpoint, *lines, prompt=False)


@pytest.mark.parametrize("lines", [
    ("Nora strolled to the attic.", "Where is Nora?", "Bob flew to the moon."),
    ("1 Bob flew to the moon.", "2 Nora strolled.", "1 Nora strolled.", "2 Where is Nora?"),
    ("Bob flew.", "undo", "Nora strolled.", "Where is Nora?"),
    ("Bob flew.", "new", "Nora strolled.", "Where is Nora?")])
def test_a_statement_that_no_question_follows_stops_no_file(checkpoint, capsys, lines):
    assert talk(checkpoint, *lines, prompt=False) == 0
    assert capsys.readouterr().out.count("hop 1") == 1
    if not {"undo", "new"} & {*lines}:
        assert ask.as_json(checkpoint, lines) == 0
        assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("content, said", [
    ("Nora strolled.\nWhere is Nora?\n".encode("utf-16"), ": UTF-16, not UTF-8 text; save it as"),
    ("Nora strolled.\nÉva strolled.\n".encode("latin-1"),
     ", line 2: byte 1 is not UTF-8 text; save the file as UTF-8")])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_input_in_another_encoding_is_one_line(trained, monkeypatch, capsys, content, said, more):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert command_line.run(ask.main, ["--results", str(trained[0]), "--task", "1", "--column",
                                       "PE", *more]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("standard input" + said)
    assert shown.err.count("\n") == 1 and shown.out == ""


def command(trained, monkeypatch, text, *arguments):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return command_line.run(ask.main, ["--results", str(trained[0]), *arguments])


def test_json_for_scripts(trained, monkeypatch, capsys):
    text = "1 Nora strolled to the attic.\n\n2 Where is Nora?\tattic\t1\n3 Where is Nora?\n"
    assert command(trained, monkeypatch, text, "--task", "1", "--column", "pe", "--json") == 0
    shown = capsys.readouterr()
    replies = [json.loads(line) for line in shown.out.splitlines()]
    assert "(data: simulated)" in shown.err and shown.err.count("\n") == 1
    assert [reply["expected"] for reply in replies] == ["attic", None]
    assert replies[0]["answer"] == replies[1]["answer"]
    assert len(replies[0]["attention"]) == 1 and len(replies[0]["empty"]) == 3


def test_piped_input_too_is_told_of_other_data(trained, monkeypatch, capsys):
    text = "Nora strolled to the attic.\nWhere is Nora?\n"
    assert command(trained, monkeypatch, text, "--task", "1", "--column", "pe") == 0
    shown = capsys.readouterr()
    assert "(data: simulated)" in shown.err and "(data" not in shown.out


def test_attention_on_the_empty_memory_is_a_share(checkpoint):
    story = ask.Story(checkpoint)
    for count in range(checkpoint.N):
        assert all(0 <= share <= 1 for share in story.take("Where is Nora?").empty)
        story.take("Nora strolled to the attic.")


@pytest.mark.parametrize("text, arguments, said", [
    ("Nora strolled to the attic.\nWhere is Bob?\n", (), "standard input, line 2: "),
    ("Nora strolled to the attic.\n", (), "no question in it"),
    ("1 Nora strolled.\r2 Where is Nora?\tattic\r", (), "line 1: a CR inside the line"),
    ("", ("--task", "21"), "the tasks are 1 to 20"), ("", ("--task", "x"), "invalid int value"),
    ("", ("--table", "2"), "invalid choice"), ("", ("--nonsense",), "unrecognized"),
    ("", ("--joint",), "not allowed with"),
    ("", ("--column", "PE XX"), "the columns are MemN2N BoW"),
    ("", ("--task", "7"), "--columns \"MemN2N PE\" --tasks 7")])
def test_mistakes_are_one_line(trained, monkeypatch, capsys, text, arguments, said):
    status = command(trained, monkeypatch, text, "--task", "1", "--column", "PE", "--json",
                     *arguments)
    shown = capsys.readouterr()
    assert status == 2 and said in shown.err
    assert shown.err.count("\n") == 1 and shown.out == ""


@pytest.mark.parametrize("which", [("--task", "7"), ("--joint",), ("--language-model",)])
def test_the_command_that_is_given_can_be_pasted_where_the_path_has_a_blank(
        tmp_path, capsys, which):
    folder = tmp_path / "my own's results"
    assert command_line.run(ask.main, ["--results", str(folder), *which]) == 2
    words = shlex.split(capsys.readouterr().err.partition("python -m ")[2])
    assert words[0].startswith("replication.memn2n_table")
    assert words[words.index("--results") + 1:] == [str(folder)]


def test_a_checkpoint_can_be_named_by_its_file(trained, monkeypatch, capsys):
    path = next((trained[0] / ask.EXPERIMENT / "memn2n-pe").glob("task-01*.safetensors"))
    monkeypatch.setattr("sys.stdin", io.StringIO("Nora strolled to the attic.\nWhere is Nora?\n"))
    assert ask.main(["--checkpoint", str(path)]) == 0
    assert "hop 3" in capsys.readouterr().out


def test_bars_are_of_characters_that_the_terminal_has(monkeypatch):
    for encoding, bar in (("utf-8", "█·"), ("ascii", "#."), ("cp1250", "#.")):
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert ask._bar() == bar


@pytest.fixture
def record(trained, tmp_path):
    """The path of a record in a copy of the results, to spoil."""
    folder = trained_small.copy(trained[0], tmp_path / "results")
    return results.record_path(folder, ask.EXPERIMENT, "MemN2N PE", 1)


def test_a_checkpoint_that_is_not_the_records_is_refused(record):
    change(record, lambda content: content["checkpoint"].update(sha256="0" * 64))
    with pytest.raises(UserError, match="not the checkpoint that task-01.json names"):
        ask.stored(record.parents[2], 1, "MemN2N PE")


def spoilt(file, edit):
    weights = safetensors.numpy.load_file(file)
    with safetensors.safe_open(file, framework="np") as opened:
        metadata = dict(opened.metadata())
    edit(weights, metadata)
    stored_files.write(file, stored_files.checkpoint_to_bytes(weights, metadata))


@pytest.mark.parametrize("edit", [
    lambda weights, metadata: metadata.pop("vocabulary"),
    lambda weights, metadata: metadata.update(N="few"),
    lambda weights, metadata: metadata.update(protocol='{"layers": 2}'),
    lambda weights, metadata: metadata.update(vocabulary='["<null>", "a"]'),
    lambda weights, metadata: weights.pop("E2"),
    lambda weights, metadata: weights.update(H=np.zeros((20, 20), np.float32)),
    lambda weights, metadata: weights["E0"].fill(np.nan)])
def test_a_checkpoint_of_something_else_is_one_line(record, edit):
    file = next(record.parent.glob("task-01*.safetensors"))
    checkpoints.load(file)
    spoilt(file, edit)
    with pytest.raises(UserError, match="not a checkpoint of a MemN2N") as error:
        checkpoints.load(file)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_checkpoint_is_one_line(tmp_path):
    (tmp_path / "cut").write_bytes(b"\x40\0\0\0\0\0\0\0{")
    with pytest.raises(UserError, match="not a whole checkpoint"):
        checkpoints.load(tmp_path / "cut")
    with pytest.raises(UserError, match="no such checkpoint"):
        checkpoints.load(tmp_path / "none")
    (tmp_path / "task-01.json").write_text("{}")
    (tmp_path / "mine_train.txt").write_text("1 Nora strolled to the attic.")
    with pytest.raises(UserError, match="no .safetensors file and not a whole checkpoint; name"):
        checkpoints.load(tmp_path / "mine_train.txt")
    for path, what in ((tmp_path, "a folder"), (tmp_path / "task-01.json", "a record")):
        with pytest.raises(UserError, match=f"{what}, no checkpoint; name the .safetensors file"):
            checkpoints.load(path)


@pytest.mark.parametrize("arguments, said", [
    (["--language-model", "--column", "PE"], "--column: goes with --task or --joint"),
    (["--language-model", "--table", "3"], "--table: goes with --task or --joint"),
    (["--checkpoint", "a.safetensors", "--column", "PE"], "--column: goes with"),
    (["--task", "1", "--row", "2 hops"], "--row: goes with --language-model; leave it out"),
    (["--task", "21", "--results", "results/reference"], "")])
def test_what_does_not_go_together_is_one_line(capsys, arguments, said):
    assert command_line.run(ask.main, arguments) == 2
    err = capsys.readouterr().err
    assert said in err and len(err.strip().splitlines()) == 1


def test_nobody_is_told_to_train_into_the_evidence():
    told = ask._training("memn2n_table1_babi_1k", "PE", "results/reference")
    assert "--results results/local, and give the same" in told
    assert ask._training("memn2n_table1_babi_1k", "PE", "mine").endswith("--results mine")


@pytest.mark.parametrize("mark", ask.OTHERS)
def test_models_of_other_data_are_found_where_there_are_no_others(trained, tmp_path, mark):
    shutil.copytree(trained[0] / ask.EXPERIMENT, tmp_path / f"{ask.EXPERIMENT}{mark}")
    assert ask.place_of(tmp_path, ask.EXPERIMENT, "MemN2N PE", 1).exists()
