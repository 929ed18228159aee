"""The strongly supervised MemNN on bAbI: equations, stop memory and stop word, restarts."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from replication.training.babi_task import Task
from replication.training.memnn_adaptive import (OutputTask, ResponseTask, Training,
                                        generator, limits, new_matcher, respond, rivals, slots,
                                        train_restart, train_task)
from replication.training.memnn_adaptive_inputs import encode, grams, hop_queries, word_queries
from replication.training.protocols import AM_NG_NL
from replication.models.memnn_adaptive import (STOP, Questions, emit_words, find_supports,
                                               ranking_loss, word_loss)
from tasks.babi import Question, Statement, file_name, read
from tasks.errors import UserError
from tests.helpers.initial_weights import normal_about_0
from tests.helpers.memnn_adaptive_by_hand import ByHand
from tests.helpers.small_babi import questions, write

# With and without each part: adaptive memory, n-grams, nonlinear match.
VARIANTS = {
    "AM+NG+NL": AM_NG_NL,
    "AM+NG": replace(AM_NG_NL, nonlinear=False),
    "AM+NL": replace(AM_NG_NL, grams=1),
    "AM": replace(AM_NG_NL, grams=1, nonlinear=False),
    "NG+NL": replace(AM_NG_NL, adaptive=False),
}
SMALL = replace(AM_NG_NL, n=6, epochs=2, batch=16)


def story(*sentences):
    return tuple(Statement(text, tuple(text.lower().split())) for text in sentences)


def asked(statements, question, answer, supports):
    return Question(statements, question, tuple(question.lower().split()), answer, supports, 0, 1)


TOLD = story("Nora strolled to the attic", "Tess took the lamp", "Nora took the atlas",
             "Nora strolled to the porch", "Nora dropped the atlas", "Nora took the atlas")
MIXED = [
    asked(TOLD[:1], "Where is Nora", "attic", (0,)),
    asked(TOLD[:4], "Where is the atlas", "porch", (2, 3)),
    asked(TOLD, "What does Nora hold", "atlas,lamp", (2, 4, 5, 1)),
    asked(TOLD[:3], "What does Tess hold", "lamp", (1,)),
]


def double(matcher):
    """The same weights, larger and in float64, so that hinges are of both kinds."""
    return type(matcher)(**{name: tensor.detach().double() * 4
                            for name, tensor in matcher.tensors().items()})


def in_double(split):
    questions = split.questions
    return replace(split, questions=replace(questions, texts=questions.texts.double(),
                                            statements=questions.statements.double()))


@pytest.fixture(params=list(VARIANTS), ids=lambda name: name)
def case(request):
    """(protocol, encoded, O, R) with random weights in float64."""
    p = replace(VARIANTS[request.param], n=5)
    e = encode(MIXED, [], MIXED, p.grams, p.adaptive)
    e = replace(e, **{name: in_double(getattr(e, name)) for name in ("train", "valid", "test")})
    output, response = (double(new_matcher(len(e.features), p, generator(3, 1, stream), emits))
                        for stream, emits in (("output weights", False),
                                              ("response weights", True)))
    return p, e, output, response


def texts(protocol, question):
    """Feature names of the question and of each slot of its story."""
    return (grams(question.words, protocol.grams),
            [["<stop>"], *(grams(s.words, protocol.grams) for s in question.statements)])


def test_hop_losses_equal_the_transcription(case):
    p, e, output, _ = case
    task, by_hand = OutputTask(e, p), ByHand(output, e.features)
    losses = task.losses(output, torch.arange(len(task.queries)))
    expected = []
    for question in MIXED:
        x, memory = texts(p, question)
        targets = ([place + 1 for place in question.supports] + [0])[:limits(p)[0]]
        expected += [by_hand.hop_loss(x, memory, targets[:hop], right, p.margin)
                     for hop, right in enumerate(targets)]
    assert losses.dtype == torch.float64
    assert losses.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert max(expected) > 0


def test_word_losses_equal_the_transcription(case):
    p, e, _, response = case
    task, by_hand = ResponseTask(e, p), ByHand(response, e.features)
    losses = task.losses(response, torch.arange(len(task.queries)))
    expected = []
    for question in MIXED:
        x, memory = texts(p, question)
        supports = [memory[place + 1] for place in question.supports][:limits(p)[0]]
        words = question.answer.split(",") if p.adaptive else [question.answer]
        targets = (words + ["<stop>"])[:limits(p)[1]]
        expected += [by_hand.word_loss(x, supports, targets[:place], right,
                                       e.features[STOP:e.words], p.margin)
                     for place, right in enumerate(targets)]
    assert losses.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert max(expected) > 0


def test_answers_equal_the_transcription(case):
    p, e, output, response = case
    by_hand, answerer = ByHand(output, e.features), ByHand(response, e.features)
    found, answers = respond(output, response, e, e.test.questions, p)
    most_supports, most_words = limits(p)
    for question, slots_found, words in zip(MIXED, found, answers):
        x, memory = texts(p, question)
        assert slots_found == by_hand.find(x, memory, most_supports)
        assert words == answerer.emit(x, [memory[slot] for slot in slots_found],
                                      e.features[STOP:e.words], most_words, "<stop>")


@pytest.mark.parametrize("emits", [False, True])
def test_initial_weights_are_normal_as_the_protocol_has_them(emits):
    """U, all its blocks and Phi_t's rows, with its deviation 0.1; W with 1 / sqrt(n), n = 50."""
    drawn = [new_matcher(40, AM_NG_NL, np.random.default_rng(seed), emits).tensors()
             for seed in range(20)]
    assert set(drawn[0]) == {"y", "question", "supports", "W", "emitted" if emits else "time"}
    for name in drawn[0]:
        weights = torch.stack([one[name] for one in drawn])
        assert normal_about_0(weights, 50 ** -0.5 if name == "W" else 0.1), name
        assert not torch.equal(weights[0], weights[1])


def test_the_loss_is_what_a_violating_negative_costs_on_average():
    assert ranking_loss(torch.tensor([[0.0, 3.0, 1.0], [0.0, 0.0, 0.0]])).tolist() == [2.0, 0.0]
    scores = torch.tensor([[9.0, 0.0, 1.0, 0.8, 0.7]])       # the pad word's 9 counts for nothing
    assert word_loss(scores, torch.tensor([2]), 0.5).item() == pytest.approx((0.3 + 0.2) / 2)


def test_every_hop_and_the_stop_after_them_is_a_query():
    queries = hop_queries([(4,), (2, 6)], most=10)
    assert queries.question.tolist() == [0, 0, 1, 1, 1]
    assert queries.right.tolist() == [4, 0, 2, 6, 0]
    assert queries.before.tolist() == [[0, 0, 0], [4, 0, 0], [0, 0, 0], [2, 0, 0], [2, 6, 0]]
    two = hop_queries([(4,), (2, 6), (1, 3, 5)], most=2)                  # not adaptive
    assert two.right.tolist() == [4, 0, 2, 6, 1, 3]
    assert word_queries([(7, 9)], most=5).right.tolist() == [7, 9, STOP]
    assert word_queries([(7,)], most=1).right.tolist() == [7]
    assert slots([(4,), (1, 3, 5)], most=2).tolist() == [[4, 0], [1, 3]]


def test_what_was_taken_is_no_rival_and_the_stop_memory_always_is():
    some = Questions(torch.zeros(1, 3), torch.zeros(1, 3), torch.tensor([0, 0]),
                     torch.zeros(2, 5, dtype=torch.int64), torch.tensor([4, 2]))
    assert rivals(some, torch.tensor([[3, 1], [0, 0]])).tolist() == [
        [True, False, True, False, True], [True, True, True, False, False]]


def test_no_support_is_taken_twice_and_the_limit_holds():
    e = encode(MIXED, [], MIXED, 1, True)
    output = new_matcher(len(e.features), SMALL, generator(0, 1, "output weights"), False)
    with torch.no_grad():
        output.time.zero_()
        output.y[STOP] = -100 * torch.ones(SMALL.n)       # the stop memory never wins ..
        for block in (output.question, *output.supports):
            block.copy_(block.abs() + 0.1)                # .. against positive queries
        output.W.copy_(torch.eye(SMALL.n))
        found = find_supports(output, e.test.questions, 4, "complements")
    lengths = e.test.questions.lengths.tolist()
    assert lengths == [1, 4, 6, 3]
    for row, length in zip(found.tolist(), lengths):
        taken = [slot for slot in row if slot]
        assert len(taken) == len(set(taken)) == min(4, length)
        assert max(taken) <= length


def test_a_question_is_answered_alike_alone_and_among_others(case):
    p, e, output, response = case
    together = respond(output, response, e, e.test.questions, p)
    for i in range(len(MIXED)):
        alone = respond(output, response, e, e.test.questions.take(torch.tensor([i])), p)
        assert (together[0][i], together[1][i]) == (alone[0][0], alone[1][0])


def test_features_are_those_of_the_training_questions():
    other = [asked(story("Omar strolled to the attic"), "Where is Omar", "attic", (0,))]
    e = encode(MIXED, [], other, 2, True)
    assert "nora strolled" in e.features and "took the lamp" not in e.features
    assert not any("omar" in name for name in e.features)
    row = e.test.questions.statements[e.test.questions.stories[0, 1]]
    known = {e.features[i] for i in row.nonzero()[:, 0].tolist()}
    assert known == {"strolled", "to", "the", "attic", "strolled to", "to the", "the attic"}
    assert e.test.questions.statements[0].nonzero().tolist() == [[STOP]]
    assert e.test.supports == [(1,)]


def test_words_counted_twice_count_twice():
    e = encode([asked(story("the lamp by the atlas"), "Where", "atlas", (0,))], [], [], 1, True)
    assert e.train.questions.statements[1, e.features.index("the")] == 2


def test_answers_of_several_words_are_one_class_without_adaptive_answers():
    assert "atlas,lamp" in encode(MIXED, [], [], 1, adaptive=False).features
    assert "atlas,lamp" not in encode(MIXED, [], [], 1, adaptive=True).features


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = write(tmp_path_factory.mktemp("babi"))
    folder = root / "tasks_1-20_v1-2" / "en"
    return lambda task: Task(task, *(folder / file_name(task, part) for part in ("train", "test")))


def same(a, b):
    return np.array_equal(a, b, equal_nan=True)


def test_a_restart_alone_equals_the_one_in_a_stack(files):
    stack = train_task(files(3), SMALL, [0, 1, 2])
    alone = train_task(files(3), SMALL, [1])
    assert alone.restarts == [stack.restarts[1]]
    assert stack.restarts[0]["train_loss"] != stack.restarts[1]["train_loss"]
    for name, tensor in alone.weights[0].items():
        assert torch.equal(tensor, stack.weights[1][name])
    assert all(same(curve[0], stack.curves[name][1]) for name, curve in alone.curves.items())


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_trains_and_reports(files, name):
    p = replace(VARIANTS[name], n=6, epochs=2, batch=16)
    trained = train_task(files(16), p, [0])
    restart = trained.restarts[0]
    assert restart["status"] == "ok" and restart["n_test"] == 20
    assert restart["test_error"] == 100 * restart["n_wrong"] / 20
    assert {curve.shape for curve in trained.curves.values()} == {(1, 2)}
    assert trained.curves["valid_error"][0, -1] == restart["valid_error"]
    assert ("output.W" in trained.weights[0]) == p.nonlinear
    assert trained.weights[0]["output.y"].shape == (
        len(json.loads(trained.metadata["features"])), 6)


def test_it_learns_to_find_the_facts_and_to_answer(files):
    restart = train_task(files(1), replace(AM_NG_NL, epochs=40, batch=16), [0]).restarts[0]
    assert restart["train_error"] == 0 and restart["train_supports_error"] == 0
    assert restart["test_error"] <= 30        # chance is 80; 36 questions were learnt from


def test_it_learns_answers_of_two_words_and_when_to_stop():
    both = [asked(story(f"{a} comes first", f"{b} comes second"), f"In which order {number}",
                  f"{a},{b}", (0, 1))
            for number, (a, b) in enumerate([("x", "z"), ("z", "x"), ("x", "x")] * 8)]
    one = [asked(story(f"{a} comes first"), "Which", a, (0,)) for a in "xz" * 8]
    figures, _, _ = train_restart(encode(both + one, [], both, 3, True),
                                  replace(AM_NG_NL, epochs=60, batch=16), 8, 0)
    assert figures["train_error"] == 0


def test_the_supports_of_test_questions_are_never_looked_at(files, tmp_path):
    """The same test questions with their supporting facts taken off are answered the same."""
    own = files(3)
    stripped = tmp_path / own.test.name
    lines = [line.rsplit("\t", 1)[0] + "\n" if line.count("\t") == 2 else line + "\n"
             for line in own.test.read_text(encoding="utf-8").split("\n") if line]
    stripped.write_text("".join(lines), encoding="utf-8")
    assert all(not q.supports for q in read(stripped))
    named, bare = (train_task(task, SMALL, [0]).restarts[0]
                   for task in (own, replace(own, test=stripped)))
    assert bare["test_error"] == named["test_error"] and bare["n_wrong"] == named["n_wrong"]
    assert bare["test_supports_error"] == 100 >= named["test_supports_error"]


def test_the_gold_supports_of_training_questions_are_not_shown_when_judged(files):
    """Training error too is that of the facts found: with a blind O it is that of a blind R."""
    e = encode(questions(1, "train"), [], [], 1, True)
    output = new_matcher(len(e.features), SMALL, generator(0, 1, "output weights"), False)
    response = new_matcher(len(e.features), SMALL, generator(0, 1, "response weights"), True)
    with torch.no_grad():
        for tensor in output.tensors().values():
            tensor.zero_()                                  # every score 0: O stops at once
    found, answers = respond(output, response, e, e.train.questions, SMALL)
    assert found == [()] * len(e.train.questions)
    nothing = torch.zeros(len(found), 1, dtype=torch.int64)
    with torch.no_grad():
        blind = emit_words(response, e.train.questions, nothing, e.words, SMALL.most_words)
    assert answers == [tuple(e.features[i] for i in row if i) for row in blind.tolist()]


def test_a_diverged_restart_is_recorded_as_such(files):
    trained = train_task(files(1), replace(SMALL, optimizer="SGD", rate=1e38, nonlinear=False),
                         [0])
    restart = trained.restarts[0]
    assert restart["status"] == "diverged" and restart["diverged_epoch"] in (1, 2)
    assert restart["test_error"] is None and restart["n_wrong"] is None
    assert trained.weights == [None]


def test_training_questions_without_supporting_facts_are_refused(files, tmp_path):
    own = files(1)
    bare = tmp_path / own.train.name
    bare.write_text("1 Nora strolled to the attic.\n2 Where is Nora?\tattic\n" * 3)
    with pytest.raises(UserError, match=r"line 2: no supporting fact"):
        train_task(replace(own, train=bare), SMALL, [0])
    with pytest.raises(UserError, match="--device cpu"):
        train_task(own, SMALL, [0], device="cuda")


def test_the_rate_falls_to_zero_and_every_query_is_seen_once_an_epoch(files):
    e = encode(questions(1, "train"), [], [], 1, True)
    p = replace(SMALL, epochs=3)
    task = OutputTask(e, p)
    seen, original = [], task.losses
    task.losses = lambda matcher, rows: (seen.extend(rows.tolist()), original(matcher, rows))[1]
    matcher = new_matcher(len(e.features), p, generator(0, 1, "output weights"), False)
    training = Training(task, matcher, p, generator(0, 1, "output order"))
    for epoch in range(3):
        assert math.isfinite(training.epoch())
    n = len(task.queries)
    assert [sorted(seen[k * n:(k + 1) * n]) for k in range(3)] == [list(range(n))] * 3
    assert seen[:n] != seen[n:2 * n]
    assert training.optimizer.param_groups[0]["lr"] == pytest.approx(0)
