"""MemNN on bAbI: what a valid hop is, what is looked at, and one restart alone and in a stack."""

from dataclasses import replace

import pytest
import torch

from tests.helpers import small_babi as small_babi_writer
from replication.training.babi_task import Task
from replication.training.memnn_babi import judge, load, train_task
from replication.training.protocols import MEMNN_2014, WSH
from replication.training.memnn_inputs import SharedWords, SupportingFacts, encode
from replication.training.memnn import (SupportsApart, choose, draw_negatives, draw_pair, find)
from replication.models import memnn
from tasks import babi
from tasks.archives import BABI
from tasks.errors import UserError

TASKS = tuple(small_babi_writer.STORIES)


def task_of(root, number):
    return Task(number, *(root / BABI / "en" / babi.file_name(number, split)
                          for split in ("train", "test")))


def read(tmp_path, text):
    path = tmp_path / "task.txt"
    path.write_text(text)
    return babi.read(path)


def link(one, other):
    """Whether two texts share a word: the definition, spelled out."""
    for word in one:
        for other_word in other:
            if word == other_word:
                return True
    return False


@pytest.mark.parametrize("task", TASKS)
def test_valid_hops_are_those_of_the_definition(task):
    questions = small_babi_writer.questions(task, "train")
    data, = encode([questions])
    heuristic = SharedWords(data, "all")
    for number, q in enumerate(questions):
        row = torch.tensor(number)
        positions, there = data.slots(row)
        first = heuristic.valid(0, row, None, positions) & there
        assert first.tolist()[1:1 + len(q.statements)] == [
            link(q.words, s.words) for s in q.statements]
        assert not first[0] and not first[1 + len(q.statements):].any()
        for slot, held in enumerate(q.statements, start=1):
            second = heuristic.valid(1, row, positions[slot], positions) & there
            assert second.tolist()[1:1 + len(q.statements)] == [
                link(held.words, s.words) and link([q.answer], s.words) for s in q.statements]


def test_only_words_of_content_link_where_asked(tmp_path):
    questions = read(tmp_path, "1 Nora is in the attic.\n2 Ivan left the lamp.\n"
                               "3 Where is the lamp?\tattic\t2 1\n")
    data, = encode([questions])
    row = torch.tensor(0)
    positions, _ = data.slots(row)
    valid = lambda linking, hop: SharedWords(data, linking).valid(
        hop, row, torch.tensor(2), positions).tolist()
    assert valid("all", 0) == [False, True, True]
    assert valid("content", 0) == [False, False, True]
    assert valid("all", 1) == [False, True, False]          # "the", and the answer
    assert valid("content", 1) == [False, False, False]
    assert valid("all but articles", 0) == [False, True, True]         # "is" and "lamp"
    assert valid("all but articles", 1) == [False, False, False]


@pytest.mark.parametrize("task", TASKS)
def test_stories_are_stretches_of_the_stream(task):
    questions = small_babi_writer.questions(task, "train")
    data, = encode([questions])
    spelled = lambda ids: tuple(data.words[i] for i in ids.tolist() if i)
    for number, q in enumerate(questions):
        seen = torch.arange(int(data.start[number]), int(data.stop[number]))
        assert [spelled(ids) for ids in data.words_at(seen)] == [s.words for s in q.statements]
        for hop, position in enumerate(data.supports[:, number]):
            wanted = q.statements[q.supports[hop]].words if len(q.supports) > hop else ("<null>",)
            assert spelled(data.words_at(position)) == wanted


def test_an_answer_of_several_words_is_no_word(tmp_path):
    questions = read(tmp_path, "1 Nora got the lamp.\n2 Nora got the atlas.\n"
                               "3 What does Nora hold?\tlamp,atlas\t1 2\n"
                               "4 Who holds the lamp?\tNora\t1\n")
    data, = encode([questions])
    assert data.words[data.answers[0]] == "lamp"
    assert data.answerable.tolist() == [False, True]
    data, = encode([questions], "one class")
    assert data.words[data.answers[0]] == "lamp,atlas"
    assert data.answerable.all()


def test_a_choice_is_even_and_only_among_what_is_there():
    there = torch.tensor([False, True, False, True, True, False])
    draws = torch.arange(300) / 300
    assert torch.bincount(choose(there, draws), minlength=6).tolist() == [0, 100, 0, 100, 100, 0]
    assert choose(torch.zeros(6, dtype=torch.bool), draws[:1]).tolist() == [6]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["facts", "words"])
def test_pairs_are_valid_and_negatives_are_not(task, kind):
    questions = small_babi_writer.questions(task, "train")
    data, = encode([questions])
    facts = kind == "facts"
    supervision = SupportingFacts(data) if facts else SharedWords(data, "all")
    generator = torch.Generator().manual_seed(0)
    pair = draw_pair(data, supervision, generator)
    rows = torch.arange(len(questions))
    draws = torch.rand(len(rows), 2, 30, generator=generator)
    drawn = draw_negatives(supervision, rows, pair.T, data.slots(rows), draws)
    if facts:
        assert torch.equal(pair, data.supports)
    found_some = False
    for number in rows.tolist():
        row, start, stop = torch.tensor(number), data.start[number], data.stop[number]
        for hop in range(2):
            seen = torch.cat([torch.zeros(1, dtype=torch.int64), torch.arange(start, stop)])
            valid = supervision.valid(hop, row, pair[0, number], seen)
            right = pair[hop, number]
            assert right in seen[valid] or (right == 0 and not valid.any())
            wrong = set(seen[~valid].tolist()) - {int(right)}
            assert set(drawn[number, hop].tolist()) == (wrong or {int(right)})
            found_some |= bool(wrong)
    assert found_some


def test_each_support_has_a_block_of_its_own():
    apart, together = SupportsApart(10), memnn.Layout(10)
    pair = torch.tensor([[[3, 4]], [[3, 0]]])                              # (2, 1, L)
    assert together.support(pair)[0, 0, 0] == together.support(pair)[1, 0, 0]
    rows = apart.support(pair)
    assert rows[1, 0, 0] - rows[0, 0, 0] == 10
    assert int(rows.max()) < apart.features == 46
    assert int(rows[1, 0, 1]) in apart.pads() and len(set(apart.pads())) == 4
    x = memnn.hop_inputs(apart, torch.tensor([[5, 6]]), pair[0])
    assert x[0, 0].tolist() == [*apart.input(torch.tensor([5, 6])).tolist(), *[apart.pads()[2]] * 2]
    assert x[0, 1, 2:].tolist() == rows[0, 0].tolist()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("base", [MEMNN_2014, WSH])
def test_search_is_that_of_the_model_file(task, base):
    """The story's slots are searched as memnn.find_supports searches the stream."""
    questions = small_babi_writer.questions(task, "train")
    data, = encode([questions])
    protocol = replace(base, supports="one block", size=8)
    features = memnn.Layout(len(data.words), protocol.time_features)
    E = memnn.initial(features, 8, 1.0, torch.Generator().manual_seed(task))
    whole = memnn.Questions(data.memory, data.questions, data.start, data.stop, null=True)
    expected = memnn.find_supports(E, features, whole, 2)
    assert torch.equal(find(E, data, protocol), expected)
    assert len(expected.unique()) > 5


def test_among_valid_memories_the_one_is_found_that_o_prefers():
    questions = small_babi_writer.questions(16, "train")
    data, = encode([questions])
    heuristic = SharedWords(data, "content")
    features = SupportsApart(len(data.words))
    E = memnn.initial(features, 100, 1.0, torch.Generator().manual_seed(0))
    protocol = replace(WSH, time_features="none")
    found = find(E, data, protocol, heuristic)
    for number in range(len(questions)):
        seen = torch.arange(int(data.start[number]), int(data.stop[number]))
        valid = seen[heuristic.valid(0, torch.tensor(number), None, seen)]
        x = E[features.input(data.questions[number])].sum(0)
        scores = E[data.words_at(valid)].sum(1) @ x
        assert found[0, number] == valid[scores.argmax()]


@pytest.mark.parametrize("base", [MEMNN_2014, WSH, replace(WSH, valid="any", supports="one block")])
def test_a_restart_is_the_same_alone_and_in_any_stack(small_babi, base):
    protocol = replace(base, epochs=2, size=20)
    together = train_task(task_of(small_babi, 3), protocol, [0, 1, 2])
    alone = train_task(task_of(small_babi, 3), protocol, [1])
    assert alone.restarts[0] == together.restarts[1]
    for name in ("E_O", "E_R"):
        assert torch.equal(alone.weights[0][name], together.weights[1][name])
        assert not torch.equal(together.weights[0][name], together.weights[1][name])
    for name, curve in together.curves.items():
        assert (alone.curves[name][0] == curve[1]).all()


def _with_other_supports(path, folder):
    """The same file, every question's supporting fact replaced by its story's first statement."""
    lines = [line.rsplit("\t", 1)[0] + "\t1" if "\t" in line else line
             for line in path.read_text().splitlines()]
    other = folder / path.name
    other.write_text("\n".join(lines) + "\n")
    return other


@pytest.mark.parametrize("task", TASKS)
def test_the_heuristic_never_looks_at_supporting_facts(small_babi, tmp_path, task):
    own = task_of(small_babi, task)
    other = replace(own, train=_with_other_supports(own.train, tmp_path))
    assert other.train.read_text() != own.train.read_text()
    for base, same in ((WSH, True), (replace(WSH, valid="any"), True), (MEMNN_2014, False)):
        protocol = replace(base, epochs=2, size=20)
        one, two = (train_task(files, protocol, [0]) for files in (own, other))
        for name in ("E_O", "E_R"):
            assert torch.equal(one.weights[0][name], two.weights[0][name]) == same, (base, name)


@pytest.mark.parametrize("base", [MEMNN_2014, WSH])
def test_one_fact_is_learned(small_babi, base):
    trained = train_task(task_of(small_babi, 1), replace(base, epochs=20), [0])
    restart = trained.restarts[0]
    assert restart["status"] == "ok"
    assert restart["train_error"] <= 10
    assert restart["n_wrong"] == restart["test_error"] * restart["n_test"] / 100
    assert trained.curves["response_loss"].shape == (1, 20)
    assert trained.curves["first_hop_loss"][0, -1] < trained.curves["first_hop_loss"][0, 0]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("base", [MEMNN_2014, WSH])
def test_stored_weights_give_the_recorded_errors(small_babi, task, base):
    protocol = replace(base, epochs=1)
    trained = train_task(task_of(small_babi, task), protocol, [3, 4])
    parts = load(task_of(small_babi, task), protocol)
    assert {name: len(part.answers) for name, part in parts.items()} == {
        "train": 36, "valid": 4, "test": 20}
    for restart, weights in zip(trained.restarts, trained.weights):
        for name, part in parts.items():
            judged = judge(weights["E_O"], weights["E_R"], part, protocol)
            assert judged["error"] == restart[f"{name}_error"]


def test_a_diverged_restart_says_so(small_babi):
    restart, = train_task(task_of(small_babi, 1), replace(WSH, rate=1e30), [0]).restarts
    assert restart["status"] == "diverged"
    assert restart["diverged_epoch"] >= 1
    assert restart["test_error"] is None


def test_a_gpu_is_refused_in_one_line(small_babi):
    with pytest.raises(UserError, match="--device cpu"):
        train_task(task_of(small_babi, 1), WSH, [0], "cuda")


def test_official_stories_and_supports(official_data):
    """Every question sees its own story, and nearly all have a valid first hop."""
    folder = official_data / BABI / "en"
    for task in babi.TASK_NAMES:
        questions = babi.read(folder / babi.file_name(task, "train"))
        data, = encode([questions])
        assert (data.stop - data.start).tolist() == [len(q.statements) for q in questions]
        assert (data.supports[0] >= data.start).all()
        assert int(data.answerable.sum()) == sum("," not in q.answer for q in questions)
        rows = torch.arange(len(questions))
        positions, there = data.slots(rows)
        shared = SharedWords(data, "all").valid(0, rows, None, positions) & there
        assert shared.any(1).float().mean() > 0.9, task
