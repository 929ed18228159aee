"""Triples, paraphrases, labels, candidates: what is read, and what is refused with line and field."""

import random
import re
import tracemalloc
from pathlib import Path

import numpy
import pytest

from tasks import knowledge_base, openqa, simulated_facts
from tasks.errors import UserError
from tasks.knowledge_base import CANDIDATE_COLUMNS

TRIPLES = "Milne\twrote\tWinnie-the-Pooh\nthe cows\tgave\t1,000 liters\nMilne\tis\tan author\n"
HEADER = "\t".join(CANDIDATE_COLUMNS) + "\n"


def file_of(tmp_path, text):
    path = tmp_path / "facts.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_words_are_lemmas():
    assert knowledge_base.words_of("Who wrote the Cows' 2 BOOKS?") == (
        "who", "write", "the", "cow", "2", "book")
    assert knowledge_base.words_of(" ?! ") == ()


def test_streamed_arrays_are_those_in_memory(tmp_path, monkeypatch):
    rng = random.Random(0)
    triples = [tuple(" ".join(rng.choices(["Cats", "cat", "saw", "Émile", "x-ray", "7"], k=3))
                     for _ in range(3)) for _ in range(50)]
    path = file_of(tmp_path, "".join("\t".join(triple) + "\n" for triple in triples))
    monkeypatch.setattr(knowledge_base, "_AT_ONCE", 7)
    streamed = knowledge_base.stream_triples(path, tmp_path / "arrays")
    in_memory = knowledge_base.of_triples(triples)
    assert len(streamed) == len(in_memory) == 50
    assert streamed.word_id == in_memory.word_id
    assert (streamed.words == in_memory.words).all() and (streamed.bounds == in_memory.bounds).all()
    assert [streamed.text(i) for i in range(50)] == triples
    assert streamed.member(3, 2).tolist() == in_memory.member(3, 2).tolist()
    assert isinstance(streamed.words, numpy.memmap)


def test_what_reading_holds_does_not_grow_with_the_file(tmp_path, monkeypatch):
    """So that 14 million triples fit where the words of a part of them, and all words, fit."""
    monkeypatch.setattr(knowledge_base, "_AT_ONCE", 1000)
    peaks = {}
    for count in (2000, 16_000):
        path = file_of(tmp_path, "Milne\twrote\tWinnie-the-Pooh\n" * count)
        tracemalloc.start()
        knowledge_base.stream_triples(path, tmp_path / str(count))
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[16_000] < 1.1 * peaks[2000]


def test_arrays_are_made_again_only_for_another_file(tmp_path, monkeypatch):
    path = file_of(tmp_path, TRIPLES)
    knowledge_base.stream_triples(path, tmp_path / "arrays")
    with monkeypatch.context() as patched:
        patched.setattr(knowledge_base, "_write_arrays", lambda *_: pytest.fail("read again"))
        assert len(knowledge_base.stream_triples(path, tmp_path / "arrays")) == 3
    path.write_text(TRIPLES + "a\tb\tc\n")
    assert len(knowledge_base.stream_triples(path, tmp_path / "arrays")) == 4


@pytest.mark.parametrize(("text", "complaint"), [
    ("a\tb\tc\na\tb\n", "line 2: 2 fields where 3 are expected"),
    ("a\tb\tc\td\n", "line 1: 4 fields where 3"),
    ("a\tb\tc\n\n", "line 2: 1 fields"),
    ("a\t \tc\n", r"line 1: field 2 \(relation\) is empty"),
    (b"a\tb\tc\n\xff\tb\tc\n", "line 2: byte 1 is not UTF-8"),
    ("", "the file is empty"),
    ("a\tb\tc\n".encode("utf-16"), "UTF-16, not UTF-8 text; save it as UTF-8"),
    (b"a\tb\tc\ncaf\xe9\tb\tc\n", "line 2: byte 4 is not UTF-8 text; save the file as UTF-8"),
], ids=["too few", "too many", "empty line", "empty field", "not UTF-8", "empty file", "UTF-16",
        "Latin-1"])
def test_damaged_triples_are_named(tmp_path, text, complaint):
    path = file_of(tmp_path, text)
    with pytest.raises(UserError, match=complaint) as error:
        knowledge_base.read_triples(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(UserError, match=complaint):
        knowledge_base.stream_triples(path, tmp_path / "arrays")
    assert [left.name for left in tmp_path.iterdir()] == ["facts.tsv"]      # nothing half-written


def test_a_file_that_is_not_there_is_named(tmp_path):
    for read in (knowledge_base.read_triples, knowledge_base.read_labels,
                 lambda path: knowledge_base.stream_triples(path, tmp_path / "arrays")):
        with pytest.raises(UserError, match="nowhere.tsv: cannot be read"):
            read(tmp_path / "nowhere.tsv")


def test_a_memory_without_room_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = file_of(tmp_path, TRIPLES)
    free = knowledge_base.shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(knowledge_base.shutil, "disk_usage", lambda _: free)
    monkeypatch.setattr(knowledge_base, "_write_arrays", lambda *_: pytest.fail("it was read"))
    with pytest.raises(UserError, match="make room or name another folder"):
        knowledge_base.stream_triples(path, tmp_path / "arrays")


def test_labels_and_paraphrases(tmp_path):
    path = file_of(tmp_path, "LABEL\ttrue\twho ?\tme\nLABEL\t0\twho ?\tyou\r\n")
    assert knowledge_base.read_labels(path) == [("who ?", "me", True), ("who ?", "you", False)]
    for text, complaint in (("LABEL\tmaybe\tq\ta\n", r"line 1: field 2 \(label\) is 'maybe'"),
                            ("TEXT\t1\tq\ta\n", "line 1: field 1 is 'TEXT'"),
                            ("LABEL\t1\tq\n", "line 1: 3 fields where 4")):
        with pytest.raises(UserError, match=complaint):
            knowledge_base.read_labels(file_of(tmp_path, text))
    assert knowledge_base.read_paraphrases(file_of(tmp_path, "a?\tb?\nc?\td?\t\n")) == [
        ("a?", "b?"), ("c?", "d?")]
    with pytest.raises(UserError, match="line 2: 1 question"):
        knowledge_base.read_paraphrases(file_of(tmp_path, "a?\tb?\nc?\n"))


def test_candidates(tmp_path):
    text = HEADER + "q?\ta\ts\tr\to\treverb\t1\nq?\tb\ts\tr\tp\t\t\n"
    assert knowledge_base.read_candidates(file_of(tmp_path, text)) == [
        ("q?", "a", ("s", "r", "o"), True), ("q?", "b", ("s", "r", "p"), None)]
    for text, complaint in (("q?\ta\n", "line 1: the columns are not"),
                            (HEADER + "q?\ta\ts\tr\to\t\t2\n", r"line 2: field 7 \(label\)"),
                            (HEADER + "q?\ta\ts\t\to\t\t1\n", r"line 2: field 4 \(relation\)")):
        with pytest.raises(UserError, match=complaint):
            knowledge_base.read_candidates(file_of(tmp_path, text))


# The rule of the extended candidates.

def test_the_rule_wants_the_answer_as_an_argument_and_a_shared_rare_word(monkeypatch):
    monkeypatch.setattr(openqa, "COMMON", 0.6)
    memory = knowledge_base.of_triples([
        ("the cows", "eat", "grass"),           # 0: answer "grass": the rest shares "cow"
        ("Grass", "is food for", "a cow"),      # 1: likewise, the other way round
        ("horses", "eat", "grass"),             # 2: shares no word with the question
        ("cows", "eat grass in", "fields"),     # 3: the answer is no argument
        ("pigs", "eat", "corn")])
    assert openqa.by_rule(memory, [("What do cows like?", "the grass", True)]) == [
        ("What do cows like?", "the grass", i, True) for i in (0, 1)]
    # "eat" is in 4 of 5 triples: too common to link triple 2.
    assert [i for *_, i, _ in openqa.by_rule(memory, [("Who may eat?", "grass", False)])] == []
    assert openqa.by_rule(memory, [("What do cows like?", "hay", True)]) == []


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("facts")
    simulated_facts.write(root / openqa.FOLDER, seed=0)
    return root


def test_no_evaluation_question_is_in_training(root):
    data = openqa.read(root)
    evaluated = {frozenset(question.words) for questions in data.questions.values()
                 for question in questions}
    assert data.paraphrases and evaluated.isdisjoint(
        frozenset(words) for questions in data.paraphrases for words in questions)
    sets = knowledge_base.read_paraphrases(root / openqa.PARAPHRASES)
    # A set goes as a whole.
    whole = {tuple(knowledge_base.words_of(text) for text in questions) for questions in sets}
    assert {tuple(questions) for questions in data.paraphrases} < whole


def test_extended_candidates_hold_the_given_ones(root):
    questions = openqa.read(root).questions
    extended = {question.words: {answer: set(triples) for answer, triples, _ in question.answers}
                for question in questions["extended"]}
    more = 0
    for question in questions["given"]:
        for answer, triples, _ in question.answers:
            assert extended[question.words][answer] >= set(triples)
    for question in questions["extended"]:
        more += len(question.answers)
    assert more > sum(len(question.answers) for question in questions["given"])
    for part in questions.values():
        share = sum(question.development for question in part) / len(part)
        assert 0.2 < share < 0.5


def test_files_that_are_not_the_substitute_s_are_refused(root, monkeypatch, tmp_path):
    with pytest.raises(UserError, match="SHA-256 .* not the substitute's bytes"):
        openqa.locate(data=root)
    with pytest.raises(UserError, match="triples_mixed.tsv: not there"):
        openqa.locate(data=tmp_path)
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    with pytest.raises(UserError, match="not public"):
        openqa.locate(source="official", cache=tmp_path)
    source = openqa.locate(cache=tmp_path)
    assert source.kind == "simulated" and source.generator["seed"] == 0
    assert openqa.locate(cache=tmp_path).sha256 == source.sha256
    assert [path.name for path in tmp_path.iterdir()] == [source.root.name]


@pytest.mark.official
@pytest.mark.exhaustive
def test_the_substitute_is_as_described(official_data):
    if not (official_data / openqa.FOLDER).is_dir():
        pytest.skip(f"needs {openqa.FOLDER}/ in the folder that $MEMNN_DATA names")
    data = openqa.read(openqa.locate(data=official_data).root)
    assert len(data.memory) == 151084
    given = data.questions["given"]
    assert (sum(q.answerable for q in given), sum(q.mixed for q in given)) == (585, 330)


def test_the_example_for_triples_of_ones_own_runs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).resolve().parent.parent / "USING.md").read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
              if "read_triples" in block]
    monkeypatch.chdir(tmp_path)
    Path("triples.tsv").write_text("Shakespeare\twrote\tHamlet\nGoethe\twrote\tFaust\n"
                                   "Paris\tis the capital of\tFrance\n")
    Path("paraphrases.tsv").write_text("who wrote it ?\twhose work is it ?\n"
                                       "where is it ?\tin which place is it ?\n")
    exec(code, {})
    first, *others = capsys.readouterr().out.splitlines()
    assert first.endswith(" Shakespeare wrote Hamlet") and len(others) == 2


def test_a_folder_of_other_files_is_never_replaced(tmp_path):
    """Neither the folder itself, with the triples in it, nor what is in the draft's place."""
    path = tmp_path / "mine" / "triples.tsv"
    path.parent.mkdir()
    path.write_text("a\tb\tc\n")
    with pytest.raises(UserError, match="triples.tsv"):
        knowledge_base.stream_triples(path, path.parent)
    draft = tmp_path / "arrays.part"
    draft.mkdir()
    (draft / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match="thesis.tex"):
        knowledge_base.stream_triples(path, tmp_path / "arrays")
    with pytest.raises(UserError, match="no folder"):
        knowledge_base.stream_triples(path, path)
    assert path.read_text() and (draft / "thesis.tex").read_text() == "mine"
    assert len(knowledge_base.stream_triples(path, tmp_path / "new")) == 1
