"""The recurrent baselines of MemNN's simulated world: model, streams, training, tuning."""

import csv

import numpy
import pytest
import torch

from replication.records import record as results
from replication.running import world_table
from replication.running.run_cells import Run, run_cells
from replication.training import protocols
from replication.training.protocols import WorldRNN
from replication.tuning import recurrent as tune_recurrent
from replication.training import word_streams
from replication.models.recurrent import KINDS, RecurrentModel
from replication.training.recurrent_world import (
    _epoch, answer, chunks, fit, lanes, named_last, train_baseline)
from replication.training.word_streams import NOT_ASKED, Stream, dictionary, split, stream
from tasks import simulated_world
from tasks.simulated_world import World

SMALL = World(kind="actor + object", difficulty=5, statements=120, questions=40)


def model_of(kind, size=5, dtype=torch.float64):
    return RecurrentModel(kind, len(dictionary()), size,
                          torch.Generator().manual_seed(3)).to(dtype)


def literal_scores(model, kind, words):
    """The scores after the last of `words`, one step at a time, as textbooks write them."""
    weight = {name.split(".")[-1].replace("_l0", ""): value
              for name, value in model.named_parameters() if name.startswith("layer")}
    n = model.output.in_features
    h, c = torch.zeros(n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)
    for word in words:
        a = (weight["weight_ih"] @ model.embedding.weight[word] + weight["bias_ih"]
             + weight["weight_hh"] @ h + weight["bias_hh"])
        if kind.endswith("RNN"):
            h = torch.sigmoid(a) if kind.startswith("sigmoid") else torch.tanh(a)
        else:
            i, f, g, o = a.split(n)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
    return model.output.weight @ h + model.output.bias


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_is_the_textbooks(kind):
    model, words = model_of(kind), torch.tensor([4, 1, 30, 7, 7, 12])
    _, state = model.read(words[:3, None])
    hidden, _ = model.read(words[3:, None], state)
    scores, expected = model.next_word(hidden[-1, 0]), literal_scores(model, kind, words)
    assert torch.allclose(scores, expected, rtol=0, atol=1e-12)
    weights = list(model.parameters())
    for found, true in zip(*(torch.autograd.grad(one.square().sum(), weights)
                             for one in (scores, expected))):
        assert torch.allclose(found, true, rtol=0, atol=1e-12)


def test_a_stream_tells_the_statements_and_asks_between_them():
    told = simulated_world.generate(SMALL, 0, "train")
    names = list(dictionary())
    for joined in (True, False):
        made = stream(told, joined)
        ends = numpy.flatnonzero(made.questions != NOT_ASKED)
        numbers = made.questions[ends].tolist()
        told_order = [told.questions[number] for number in numbers]
        assert sorted(numbers) == list(range(40))
        assert [names[word] for word in made.targets[ends]] == [q.answer for q in told_order]
        assert (made.targets != NOT_ASKED).sum() == 40
        for number, end in list(enumerate(ends))[::7]:
            question, earlier = told_order[number], told_order[:number]
            words = [names[word] for word in made.words[:end + 1]]
            asked = [*question.words, "?"]
            assert words[-len(asked):] == asked
            # Statements and earlier questions are all there is: no answer is ever read.
            expected = [word for s in told.statements[:question.position]
                        for word in (*s.words, *(s.connective if joined else (".",)))]
            expected += [word for q in earlier for word in (*q.words, "?")]
            assert sorted(words[:-len(asked)]) == sorted(expected)


def test_answers_are_read_only_where_asked_for():
    told = simulated_world.generate(SMALL, 0, "train")
    without, with_them = stream(told, True), stream(told, True, answers_read=True)
    ends = numpy.flatnonzero(with_them.questions != NOT_ASKED)
    assert (with_them.words[ends + 1] == with_them.targets[ends]).all()
    assert (numpy.delete(with_them.words, ends + 1) == without.words).all()


def test_validation_is_the_last_tenth_of_the_training_questions():
    whole = stream(simulated_world.generate(SMALL, 0, "train"), True)
    train, valid = split(whole, 0.1)
    asked = [part.questions[part.questions != NOT_ASKED].tolist() for part in (train, valid)]
    assert asked == [list(range(36)), list(range(36, 40))]
    assert train.targets[-1] != NOT_ASKED
    assert len(train.words) + len(valid.words) == len(whole.words)


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_the_state_is_carried_over_chunks_and_from_lane_to_lane(kind):
    # With a learning rate of 0 the loss says what was read: that of the whole stream, read once,
    # whatever the cuts. A lane has the true state at its beginning after as many epochs as there
    # are lanes before it.
    made = stream(simulated_world.generate(SMALL, 1, "train"), True)
    length = len(made.words) // 3 * 3
    made = made.part(0, length)
    model = model_of(kind)
    _, _, expected = answer(model, made)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    words, targets = lanes(made, 3, "cpu")
    state, losses = None, []
    for _ in range(3):
        cuts = chunks(len(words), 7, torch.Generator().manual_seed(0))
        loss, state = _epoch(model, optimizer, [(words[cut], targets[cut]) for cut in cuts], state,
                             clip=1.0)
        losses.append(loss)
    assert losses[2] == pytest.approx(expected, abs=1e-12)
    assert losses[0] != pytest.approx(expected, abs=1e-9)


def test_only_answers_are_learned():
    # Words after the last answer, and targets of no question, have no part in the update.
    def update(tail):
        told = Stream(numpy.array([5, 9, 3, 3, tail]), numpy.array([-1, 8, -1, -1, -1]),
                      numpy.array([-1, 0, -1, -1, -1]))
        model = model_of("LSTM")
        words, targets = lanes(told, 1, "cpu")
        cuts = chunks(len(words), 50, torch.Generator().manual_seed(0))
        _epoch(model, torch.optim.SGD(model.parameters(), lr=0.5),
               [(words[cut], targets[cut]) for cut in cuts], None, clip=1.0)
        return model.state_dict()
    one, other, start = update(11), update(20), model_of("LSTM").state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    changed = (one["embedding.weight"] != start["embedding.weight"]).any(1).nonzero().flatten()
    assert set(changed.tolist()) <= {5, 9} and len(changed)


QUICK = WorldRNN(size=12, bptt=20, rate=0.01, optimizer="Adam", epochs=2, lanes=4)


def test_a_restart_is_the_same_alone_and_beside_others():
    both = train_baseline("LSTM", SMALL, QUICK, [0, 1], "cpu")
    alone = train_baseline("LSTM", SMALL, QUICK, [1], "cpu")
    assert both.restarts[1] == alone.restarts[0] and both.restarts[0] != both.restarts[1]
    assert numpy.array_equal(both.curves["train_loss"][1], alone.curves["train_loss"][0])
    assert all(torch.equal(both.weights[1][name], alone.weights[0][name])
               for name in alone.weights[0])
    restart = alone.restarts[0]
    assert restart["test_accuracy"] == pytest.approx(100 * (1 - restart["n_wrong"] / 40))
    assert restart["n_test"] == 40 and both.curves["valid_loss"].shape == (2, 2)


@pytest.mark.parametrize("kind,optimizer,rate", [("RNN", "SGD", 0.3), ("LSTM", "Adam", 0.01)])
def test_the_easiest_task_is_learned(kind, optimizer, rate):
    world = World(kind="actor without before", difficulty=1, statements=1000, questions=700)
    protocol = WorldRNN(size=20, bptt=25, rate=rate, optimizer=optimizer, epochs=20, lanes=5)
    restart = train_baseline(kind, world, protocol, [0], "cpu").restarts[0]
    assert restart["test_accuracy"] > 90


def test_a_diverged_restart_is_recorded_without_values():
    trained = train_baseline("RNN", SMALL, WorldRNN(size=5, epochs=3, rate=1e38), [0], "cpu")
    restart = trained.restarts[0]
    assert restart.pop("diverged_epoch") in (1, 2)      # rounding decides
    assert restart == {"seed": 0, "status": "diverged", "n_test": SMALL.questions}
    assert trained.weights == [None]


def test_the_room_named_last_is_read_off_the_story():
    told = simulated_world.generate(SMALL, 0, "test")
    right = named_last(told)
    for question, hit in zip(told.questions, right, strict=True):
        moves = [s for s in told.statements[:question.position] if s.command == "go"]
        assert hit == (bool(moves) and moves[-1].words[-1] == question.answer)
    assert 0 < right.sum() < len(right)
    easiest = World(kind="actor without before", difficulty=1, statements=120, questions=40)
    assert named_last(simulated_world.generate(easiest, 0, "test")).all()


def test_training_ends_when_the_validation_loss_no_longer_falls():
    train, valid = split(stream(simulated_world.generate(SMALL, 0, "train"), True), 0.1)
    protocol = WorldRNN(rate=0.0, epochs=9, patience=2, lanes=4)
    curves, failed = fit(model_of("RNN", dtype=torch.float32), train, valid, protocol,
                         torch.Generator().manual_seed(0))
    trained = numpy.isfinite(curves["valid_loss"]).sum()
    assert trained < 9 and failed is None
    assert trained - 1 - numpy.nanargmin(curves["valid_loss"]) == 2


def written_rows(tmp_path, losses):
    """A tuning file with the given {(point, seed): loss} for the LSTM on the first data set."""
    rows = {}
    for (point, seed), loss in losses.items():
        values = (*tune_recurrent.DATA_SETS[0], "LSTM", *point, seed, 3, loss, 50.0, 1.0)
        tune_recurrent.RUNS.add(rows, dict(zip(tune_recurrent.RUNS.columns, values)))
    tune_recurrent.RUNS.write(tmp_path / "recurrent.csv", rows, tune_recurrent.all_settings())
    return tmp_path / "recurrent.csv"


def test_the_lowest_mean_validation_loss_is_chosen(tmp_path, monkeypatch):
    a, b, c, d = tune_recurrent.GRID[:4]
    first, second = seeds = 1000, 1001
    monkeypatch.setattr(tune_recurrent, "SEEDS", seeds)
    path = written_rows(tmp_path, {
        (a, first): 1.0, (a, second): 0.9, (b, first): 0.8, (b, second): 1.0,
        (c, first): 0.1, (d, first): 0.1, (d, second): ""})  # c lacks a seed, d diverged
    chosen = tune_recurrent.choices(tune_recurrent.RUNS.read(path))
    assert {data: point for data, (_, _, point) in chosen.items()} == {
        (True, "actor without before", 1, "LSTM"): b}


def test_tuning_goes_on_from_the_rows_that_are_there(monkeypatch, tmp_path, capsys):
    trained = []

    def fake(settings):
        trained.append(settings)
        values = (*settings, 3, len(trained) / 10, 50.0, 1.0)
        return dict(zip(tune_recurrent.RUNS.columns, values))
    points, seed = tune_recurrent.GRID[:2], tune_recurrent.SEEDS[:1]
    asked = [(*tune_recurrent.DATA_SETS[0], "LSTM", *point, *seed) for point in points]
    monkeypatch.setattr(tune_recurrent, "SEEDS", seed)
    monkeypatch.setattr(tune_recurrent, "run", fake)
    for number in (1, 2):
        monkeypatch.setattr(tune_recurrent, "all_settings", lambda: asked[:number])
        assert tune_recurrent.main(["--results", str(tmp_path)]) == 0
    assert trained == asked
    assert "SGD at 0.1" in capsys.readouterr().out.splitlines()[-1]
    assert len(tune_recurrent.RUNS.read(tmp_path / tune_recurrent.FILE)) == 2


def test_a_tuning_row_never_sees_test_questions(monkeypatch):
    asked = []
    real = simulated_world.generate
    monkeypatch.setattr(simulated_world, "generate", lambda world, seed, part: (
        asked.append(part), real(SMALL, seed, part))[1])
    row = tune_recurrent.run((True, "actor", 1, "RNN", "SGD", 5, 50, 0.1, 1000))
    assert asked == ["train"] and tuple(row) == tune_recurrent.RUNS.columns


def test_the_committed_tuning_is_whole():
    rows = tune_recurrent.RUNS.read(tune_recurrent.REFERENCE)
    assert set(rows) == {tuple(map(str, settings)) for settings in tune_recurrent.all_settings()}
    chosen = tune_recurrent.choices(rows)
    assert len(chosen) == 5 * 2 + 4     # Table 3 has both, Table 5 the RNN
    for (joined, questions, difficulty, kind), (_, _, point) in chosen.items():
        typed = protocols.tuned(kind, World(kind=questions, difficulty=difficulty), joined)
        assert point == (typed.optimizer, typed.size, typed.bptt, typed.rate)
    with open(tune_recurrent.REFERENCE, newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == len(rows) + 1


@pytest.mark.parametrize("number", range(len(world_table.RECURRENT[True])))
def test_a_cell_runs_and_says_how_it_was_tuned(number, tmp_path):
    cell = world_table.recurrent_cells("table", ["difficulty 1 / actor"], True, True)[number]
    assert cell.protocol["tuning"]["grid"] == tune_recurrent.GRID
    assert run_cells([cell], Run([0, 1], tmp_path)) == 0
    record = results.read(cell.path(tmp_path))
    accuracies = [restart["test_accuracy"] for restart in record["restarts"]]
    assert record["value"] == pytest.approx(numpy.mean(accuracies)) and len(accuracies) == 2


def test_every_word_of_every_stream_is_in_the_dictionary():
    for kind in simulated_world.KINDS:
        told = simulated_world.generate(World(kind=kind, difficulty=5), 2, "test")
        made = word_streams.stream(told, True)
        assert made.words.max() < len(dictionary()) and len(set(dictionary().values())) == len(
            dictionary())
