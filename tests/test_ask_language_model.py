"""Asking the language model: next words, their probabilities, and each hop's attention."""

import io
import json
from dataclasses import replace

import pytest
import torch

from replication import ask
from replication.running import ask_language_model, command_line
from replication.training import language_model_checkpoint, next_words
from tests.helpers.small_text import trained  # noqa: F401, a fixture
from tests.helpers import memn2n_language_model_by_the_paper as paper
from tasks.corpora import END
from tasks.errors import UserError


def say(monkeypatch, folder, text, *arguments):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return command_line.run(ask.main, ["--language-model", "--results", str(folder), *arguments])


@pytest.fixture
def checkpoint(trained):
    return ask_language_model.stored(trained)[0]


def test_next_words_are_those_of_the_equations(checkpoint):
    reply = next_words.after(checkpoint, "w3 w4 w9")
    weights = {name: w.double() for name, w in checkpoint.model.weights().items()}
    line = [checkpoint.words.index(word) for word in ("w3", "w4", "w9")]
    context = (line * 34)[-100:]              # over and over again
    z, p = paper.scores(weights, 6, context)
    best, which = z.softmax(0).topk(10)
    assert [entry["word"] for entry in reply.words] == [checkpoint.words[i] for i in which]
    assert [entry["probability"] for entry in reply.words] == pytest.approx(best.tolist(), rel=1e-3)
    p = torch.stack(p)
    for place, entry in enumerate(reply.attention):
        assert entry["hops"] == pytest.approx(p[:, 97 + place].tolist(), rel=1e-3)
    assert reply.filled == pytest.approx(p[:, :97].sum(1).tolist(), rel=1e-3)


def test_where_lines_have_ends_each_time_the_line_is_said_again_it_is_a_line(checkpoint):
    ended = replace(checkpoint, words=(END, *checkpoint.words[1:]))
    reply = next_words.after(ended, "w3 w4 w9")
    line = [0, *(ended.words.index(word) for word in ("w3", "w4", "w9"))]
    z, _ = paper.scores({name: w.double() for name, w in ended.model.weights().items()}, 6,
                        line * 25)
    assert [entry["word"] for entry in reply.words] == [
        ended.words[i] for i in z.softmax(0).topk(10).indices]


def test_one_line_of_json_a_context(monkeypatch, capsys, trained):
    assert say(monkeypatch, trained, "w1 w2\n\nw3\n", "--json") == 0
    shown = capsys.readouterr()
    assert "(simulated data)" in shown.err and shown.err.count("\n") == 1
    replies = [json.loads(line) for line in shown.out.splitlines()]
    assert [reply["context"] for reply in replies] == [["w1", "w2"], ["w3"]]
    for reply in replies:
        for k in range(6):
            total = reply["filled"][k] + sum(entry["hops"][k] for entry in reply["attention"])
            assert total == pytest.approx(1, abs=1e-5)


def test_a_long_context_is_shown_in_part_and_only_its_end_is_remembered(checkpoint):
    reply = next_words.after(checkpoint, "w1 " * 150)
    assert len(reply.context) == 100 and reply.filled == [0.0] * 6
    lines = ask_language_model.shown(reply).splitlines()
    assert "(80 words before)" in lines[3] and len(lines) == 4 + 20


def test_words_are_read_as_the_corpus_writes_them():
    known = {"the", "N", "<unk>", "mr."}
    assert next_words.read("The 1,234.5 Mr. zyx", known) == (
        ["the", "N", "mr.", "<unk>"],
        {"The": "the", "1,234.5": "N", "Mr.": "mr.", "zyx": "<unk>"})
    with pytest.raises(UserError, match="does not know 'zyx'"):
        next_words.read("zyx", {"the"})


@pytest.mark.parametrize("text, arguments, said", [
    ("", [], "no context in it"), ("zyx\n", [], "does not know 'zyx'"),
    ("w1\n", ["--row", "3 hops, memory 100"],
     "no model of 3 hops, memory 100; there are 6 hops, memory 100; train one"),
    ("w1\n", ["--row", "3 hops"],
     "--row: no row '3 hops'; the rows are 2 hops, memory 100; 3 hops, memory 100;")])
def test_a_mistake_is_one_line(monkeypatch, capsys, trained, text, arguments, said):
    assert say(monkeypatch, trained, text, *arguments) == 2
    err = capsys.readouterr().err
    assert said in err and len(err.strip().splitlines()) == 1


def test_a_checkpoint_of_another_kind_is_refused(trained, tmp_path):
    [file] = trained.rglob("*.safetensors")
    content = file.read_bytes().replace(b"MemN2N language model", b"MemN2N lanzuage model")
    (tmp_path / "other.safetensors").write_bytes(content)
    with pytest.raises(UserError, match="it is of a MemN2N lanzuage model"):
        language_model_checkpoint.load(tmp_path / "other.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(content[:200])
    with pytest.raises(UserError, match="not a whole checkpoint"):
        language_model_checkpoint.load(tmp_path / "cut.safetensors")
    with pytest.raises(UserError, match="no such checkpoint"):
        language_model_checkpoint.load(tmp_path / "none.safetensors")
