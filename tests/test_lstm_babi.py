"""The LSTM baseline on bAbI: what it reads, what its answers depend on, training, tuning."""

import json
from dataclasses import replace

import numpy
import pytest
import torch

from replication.tuning import lstm_babi as tune_lstm_babi
from replication.training import recurrent_babi as lstm_babi
from replication.training.babi_task import Task
from replication.training.protocols import LSTM
from replication.training.recurrent_babi import (dictionary, evaluate, readings, scores,
                                                 train_task)
from replication.models.recurrent import RecurrentModel
from tasks import babi
from tasks.archives import BABI
from tasks.errors import UserError
from tests.helpers.small_babi import write

# Three stories of two, one and three questions.
STORIES = """1 Ann went up.
2 Bob went down.
3 Where is Ann?\tup\t1
4 Ann took a pear.
5 What does Ann carry?\tpear,fig\t4
1 Bob went up.
2 Where is Bob?\tup\t1
1 Ann went down.
2 Where is Ann?\tdown\t1
3 Bob went up.
4 Where is Bob?\tup\t3
5 Where is Ann?\tdown\t1
"""


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "stories.txt"
    path.write_text(STORIES)
    return babi.read(path)


def words_of(reading, word_id):
    names = list(word_id)
    return " ".join(names[word] for word in reading.words)


def model_of(word_id, size=7):
    return RecurrentModel("LSTM", len(word_id), size, torch.Generator().manual_seed(5)).double()


def test_a_story_is_read_once_and_no_answer_is(questions):
    word_id = dictionary(questions)
    made = readings(questions, word_id)
    assert [words_of(reading, word_id) for reading in made] == [
        "ann went up . bob went down . where is ann ? ann took a pear . what does ann carry ?",
        "bob went up . where is bob ?",
        "ann went down . where is ann ? bob went up . where is bob ? where is ann ?"]
    names = list(word_id)
    assert [[names[word] for word in reading.answers] for reading in made] == [
        ["up", "pear,fig"], ["up"], ["down", "up", "down"]]
    assert [reading.numbers.tolist() for reading in made] == [[0, 1], [2], [3, 4, 5]]
    for reading in made:
        assert all(names[reading.words[end]] == "?" for end in reading.ends)
        assert reading.ends[-1] == len(reading.words) - 1
    assert "pear,fig" in word_id and word_id["pear,fig"] not in torch.cat(
        [reading.words for reading in made])


def test_a_story_that_the_validation_split_cuts_is_read_on_both_sides(questions):
    word_id = dictionary(questions)
    train, valid = lstm_babi.split(questions, word_id, replace(LSTM, validation_share=1 / 3))
    assert [reading.numbers.tolist() for reading in train] == [[0, 1], [2], [3]]
    assert [reading.numbers.tolist() for reading in valid] == [[4, 5]]
    assert words_of(train[-1], word_id) == "ann went down . where is ann ?"
    assert words_of(valid[0], word_id) == words_of(readings(questions, word_id)[-1], word_id)


def test_an_answer_depends_on_what_was_read_before_it_alone(questions):
    word_id = dictionary(questions)
    model, made = model_of(word_id), readings(questions, word_id)
    together = scores(model, made)
    singly = torch.cat([scores(model, [reading]) for reading in made])   # no other story
    assert torch.allclose(together, singly, rtol=0, atol=1e-12)
    for question, expected in enumerate(together):                        # nothing after it
        cut = readings(questions, word_id, last=question + 1)
        assert torch.allclose(scores(model, cut)[-1], expected, rtol=0, atol=1e-12)
    changed = readings([replace(questions[0], words=("who", "is", "ann"))], word_id | {"who": 1})
    assert not torch.allclose(scores(model, changed)[0], together[0], rtol=0, atol=1e-3)


def test_evaluation_is_in_the_order_of_the_file(questions):
    word_id = dictionary(questions)
    model, made = model_of(word_id), readings(questions, word_id)
    given, true = scores(model, made), lstm_babi.answers(model, made)
    expected = -given.log_softmax(1)[range(6), true]
    for order in (made, made[::-1]):
        wrong, losses = evaluate(model, order)
        assert numpy.allclose(losses, expected.detach(), rtol=0, atol=1e-12)
        assert wrong.tolist() == (given.argmax(1) != true).tolist()


def test_every_story_is_in_one_batch_an_epoch_and_beside_others_of_its_length():
    lengths = [10] * 30 + [100] * 30
    draws = torch.Generator().manual_seed(0)
    protocol = replace(LSTM, batch=10)
    first, second = (lstm_babi.batches(lengths, protocol, draws) for _ in range(2))
    assert sorted(sum(first, [])) == list(range(60)) and first != second
    assert all(len({lengths[number] for number in part}) == 1 for part in first)


def test_only_answers_are_learned(questions):
    # Words after the last question that counts, and the answers of others, have no part.
    word_id = dictionary(questions)
    other = [replace(question, answer="up") if number == 4 else question
             for number, question in enumerate(questions)]
    other[5] = replace(other[5], words=("what", "does", "bob", "carry"))

    def trained(told):
        model = model_of(word_id)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        lstm_babi._epoch(model, optimizer, readings(told, word_id, last=4), [[0, 1, 2]], LSTM)
        return model.state_dict()
    one, two, start = trained(questions), trained(other), model_of(word_id).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    changed = (one["embedding.weight"] != start["embedding.weight"]).any(1).nonzero().flatten()
    read = torch.cat([reading.words for reading in readings(questions, word_id, last=4)])
    assert set(changed.tolist()) == set(read.tolist())


QUICK = replace(LSTM, size=12, rate=0.02, epochs=3)


def task_of(root, number):
    return Task(number, *(root / BABI / "en" / babi.file_name(number, split)
                          for split in ("train", "test")))


@pytest.fixture(scope="module")
def some_tasks(small_babi):
    return [task_of(small_babi, number) for number in (1, 3, 16)]


def test_a_restart_is_the_same_alone_beside_others_and_again(some_tasks):
    for task in some_tasks:
        both = train_task(task, QUICK, [0, 1], "cpu")
        alone = train_task(task, QUICK, [1], "cpu")
        assert both.restarts[1] == alone.restarts[0] and both.restarts[0] != both.restarts[1]
        for name, curve in both.curves.items():
            assert curve.shape == (2, 3) and numpy.array_equal(curve[1], alone.curves[name][0])
        assert all(torch.equal(both.weights[1][name], weight)
                   for name, weight in alone.weights[0].items())


def test_the_figures_of_a_restart_are_those_of_its_weights(some_tasks):
    questions, test_questions = some_tasks[1].questions()
    protocol = replace(QUICK, epochs=40, patience=3)
    trained = train_task(some_tasks[1], protocol, [4], "cpu")
    restart, words = trained.restarts[0], json.loads(trained.metadata["dictionary"])
    model = RecurrentModel("LSTM", len(words), QUICK.size, torch.Generator())
    model.load_state_dict(trained.weights[0])
    word_id = {word: number for number, word in enumerate(words)}
    train, valid = lstm_babi.split(questions, word_id, QUICK)
    test = readings(test_questions, word_id)
    for name, stories in (("train", train), ("valid", valid), ("test", test)):
        wrong, losses = evaluate(model, stories)
        assert restart[f"{name}_error"] == pytest.approx(100 * wrong.mean())
        loss = (trained.curves["valid_loss"][0, restart["epoch"] - 1] if name == "valid"
                else restart[f"{name}_loss"])
        assert loss == pytest.approx(losses.mean(), abs=1e-6)
    assert (restart["n_wrong"], restart["n_test"]) == (wrong.sum(), 20)
    seen = trained.curves["valid_loss"][0]
    assert restart["epoch"] - 1 == numpy.nanargmin(seen)
    ended = numpy.isfinite(seen).sum()
    assert ended == 40 or ended == restart["epoch"] + 3


def test_an_easy_task_is_learned(tmp_path):
    task = task_of(write(tmp_path, (16,), train=300, test=100), 16)
    protocol = replace(LSTM, size=30, rate=0.01, batch=8, epochs=18, patience=18)
    restart = train_task(task, protocol, [0], "cpu").restarts[0]
    assert restart["test_error"] < 10        # chance over three colours: 67


def test_a_loss_that_is_no_number_is_recorded_as_diverged(some_tasks, monkeypatch):
    epoch, calls = lstm_babi._epoch, []

    def breaks(*arguments):
        calls.append(arguments)
        return epoch(*arguments) if len(calls) < 2 else float("nan")
    monkeypatch.setattr(lstm_babi, "_epoch", breaks)
    trained = train_task(some_tasks[0], QUICK, [0], "cpu")
    restart = trained.restarts[0]
    assert (restart["status"], restart["diverged_epoch"]) == ("diverged", 2)
    assert {restart[key] for key in ("train_error", "valid_error", "test_error", "train_loss",
                                     "test_loss", "n_wrong", "epoch")} == {None}
    assert trained.weights == [None] and restart["n_test"] == 20


def test_tasks_seeds_and_purposes_have_their_own_draws():
    keys = [(0, 1, "weights"), (1, 1, "weights"), (0, 2, "weights"), (0, 1, "order")]
    drawn = {torch.rand(1, generator=lstm_babi.generator(*key)).item() for key in keys}
    assert len(drawn) == len(keys)


def test_the_protocol_is_the_point_that_tuning_chose():
    rows = tune_lstm_babi.RUNS.read(tune_lstm_babi.REFERENCE)
    assert set(rows) == {tuple(map(str, settings)) for settings in tune_lstm_babi.all_settings()}
    assert tune_lstm_babi.judged(rows)[0][-1] == (LSTM.optimizer, LSTM.size, LSTM.rate)


def made_up(losses):
    """A tuning file's rows, {point: loss or ""}, the same on every task."""
    rows = {}
    for point, loss in losses.items():
        for task in tune_lstm_babi.TASKS:
            key = tuple(map(str, (*point, task, tune_lstm_babi.SEED)))
            rows[key] = dict(zip(tune_lstm_babi.RUNS.columns, (*key, "1", str(loss), "50", "1")))
    return rows


def test_tuning_leaves_out_what_is_incomplete_or_diverged(tmp_path, capsys):
    first, second, third = tune_lstm_babi.GRID[:3]
    rows = made_up({first: 0.9, second: 0.5, third: 0.1})
    del rows[tuple(map(str, (*third, 7, tune_lstm_babi.SEED)))]
    assert [point for *_, point in tune_lstm_babi.judged(rows)] == [second, first]
    rows[tuple(map(str, (*second, 7, tune_lstm_babi.SEED)))]["valid_loss"] = ""
    assert [point for *_, point in tune_lstm_babi.judged(rows)] == [first]
    tune_lstm_babi.RUNS.write(tmp_path / tune_lstm_babi.FILE, rows, tune_lstm_babi.all_settings())
    assert tune_lstm_babi.RUNS.read(tmp_path / tune_lstm_babi.FILE) == rows
    assert tune_lstm_babi.main(["--choose", "--results", str(tmp_path)]) == 0
    assert "chosen for all tasks: Adam at 0.001, hidden layer 50" in capsys.readouterr().out


@pytest.mark.parametrize("text, said", [
    (None, "there are no runs"),
    ("{columns}\n", "there are no runs"),
    ("{columns}\nAdam,50,0.001,1,1000,9,0.5,50,1\n", "no point is there for all tasks"),
    ("optimizer,size\nAdam,50\n", "its columns are not"),
    ("{columns}\nAdam,50,0.001,1\n", "line 2: it has not 9 values"),
    ("{columns}\nAdam,50,0.001,1,1000,9,0.5,,1\n", "line 2: valid_error is '', not a number"),
    ("{columns}\nAdam,50,0.001,1,1000,9,low,50,1\n", "line 2: valid_loss is 'low', not a number"),
    ("{columns}\nAdam,50,0.001,1,1000,9,nan,50,1\n", "valid_loss is 'nan', not a number"),
    ("\xff", "is not a table of text"),
])
def test_a_damaged_tuning_file_is_refused_in_a_line(tmp_path, text, said):
    path = tmp_path / tune_lstm_babi.FILE
    path.parent.mkdir()
    if text is not None:
        columns = ",".join(tune_lstm_babi.RUNS.columns)
        path.write_bytes(text.replace("{columns}", columns).encode("latin1"))
    with pytest.raises(UserError, match=said):
        tune_lstm_babi.main(["--choose", "--results", str(tmp_path)])


def test_a_tuning_run_is_one_row(some_tasks, tmp_path):
    row = tune_lstm_babi.run(some_tasks[0].train, ("Adam", 5, 0.01, 1, 1000))
    assert tuple(row) == tune_lstm_babi.RUNS.columns and row["valid_loss"] > 0


@pytest.mark.official
def test_every_official_question_is_asked_once_at_its_full_length(official_data):
    for task in (3, 17, 20):
        questions = babi.read(task_of(official_data, task).train)
        word_id = dictionary(questions)
        train, valid = lstm_babi.split(questions, word_id, LSTM)
        for stories, expected in ((train, range(900)), (valid, range(900, 1000))):
            numbers = torch.cat([story.numbers for story in stories])
            assert numbers.tolist() == list(expected)
            true = torch.cat([story.answers for story in stories])
            assert [word_id[questions[number].answer] for number in expected] == true.tolist()
        longest = max(len(story.words) for story in train)
        assert longest > 1300 if task == 3 else longest < 200
