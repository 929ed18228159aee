"""Answers in sentences: what is read, what is learned, what is written, Table 6 and Figure 2."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch

from replication import memnn_figure2_predictions
from replication.records import record as results
from replication.training import sentence_answers
from replication import memnn_table6_sentence_answers as table6
from replication.tuning import sentence_answers as tuning
from replication.running.world_table import (
    MEMORY, WORDS, WRITERS, writer_cell, writer_protocol)
from replication.training.protocols import WRITERS_OF_WORDS, Writer
from replication.models.recurrent import RecurrentModel
from replication.training.sentence_answers import (
    END, LONGEST, answer_ids, dictionary, fit, loss_of, memory_features, new_writer, word_features,
    write)
from tasks import simulated_world
from tasks.errors import UserError
from tasks.simulated_world import ACTORS, Question, World
from tasks.simulated_world_answers import variants, written_answers

SMALL = World(kind="actor + object", difficulty=5, statements=150, questions=60)
BILL = Question(9, 0, "actor", "bill", ("where", "is", "bill"), "kitchen", (3,))
MILK = Question(9, 0, "object", "milk", ("where", "is", "the", "milk"), "office", (3, 1))


def cells():
    return [writer_cell((table6.EXPERIMENT, column, row), row, writer_protocol(column, row))
            for column in table6.COLUMNS for row in WRITERS]


def test_what_is_read():
    told = simulated_world.generate(SMALL, 0, "train")
    names = list(dictionary())
    words = [[names[word] for word in row] for row in word_features(told, 30).tolist()]
    for question, row in zip(told.questions, words):
        assert row[-len(question.words) - 1:] == [*question.words, "?"]
    assert words[0][0] == sentence_answers.PAD and words[-1][0] != sentence_answers.PAD
    rows = memory_features([BILL, MILK], [[("bill", "went", "to", "the", "kitchen"), ()],
                                          [("dan", "got", "milk"), ("dan", "left", "milk")]])
    texts = [" ".join(names[word] for word in row if names[word] != sentence_answers.PAD)
             for row in rows.tolist()]
    assert texts[0] == "where is bill ? bill went to the kitchen ." and rows[0, 0] == 0
    assert texts[1] == "where is the milk ? dan got milk . dan left milk ."


def test_no_true_answer_is_longer_than_what_can_be_written():
    longest = max(len(words) for question in (BILL, MILK) for words in variants(question))
    assert longest + 1 <= LONGEST


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_the_loss_is_the_log_likelihood_of_the_answer_words_alone(kind):
    model = RecurrentModel(kind, len(dictionary()), 6, torch.Generator().manual_seed(1)).double()
    read = torch.tensor([[5, 9, 2], [0, 3, 3]])
    answers = answer_ids([("kitchen",), ("he", "is", "in", "the", "office")])
    expected = 0.0
    for words, answer in zip(read.tolist(), answers.tolist()):
        for word in answer[:answer.index(dictionary()[END]) + 1]:
            hidden, _ = model.read(torch.tensor(words)[:, None])
            expected -= model.next_word(hidden[-1, 0]).log_softmax(0)[word].item()
            words = [*words, word]
    assert loss_of(model, read, answers).item() == pytest.approx(expected, abs=1e-10)


def test_a_writer_learns_what_its_features_say():
    told, asked = (simulated_world.generate(replace(SMALL, statements=2100, questions=900), 0, part)
                   for part in ("train", "test"))
    def features(stories):
        return memory_features(stories.questions, [
            [stories.statements[position].words for position in question.supports]
            for question in stories.questions])
    protocol = Writer(size=40, rate=0.01, epochs=20, batch=10, optimizer="Adam")
    draws = torch.Generator().manual_seed(0)
    model = new_writer("LSTM", protocol, draws, "cpu")
    curves, failed = fit(model, features(told), answer_ids(written_answers(told, 0, "train")),
                         protocol, draws)
    written = write(model, features(asked))
    assert sentence_answers.correct(written, asked.questions).mean() > 0.9
    assert len(set(written)) > 10 and curves["valid_loss"].shape == (20,) and not failed


def test_words_are_drawn_from_the_models_probabilities():
    model = RecurrentModel("RNN", len(dictionary()), 5, torch.Generator().manual_seed(3))
    read = torch.full((20_000, 1), 7)
    hidden, _ = model.read(read[:1].T)
    expected = model.next_word(hidden[-1, 0]).softmax(0)[torch.tensor(
        [number for word, number in dictionary().items() if word != END])]
    words = [word for word in dictionary() if word != END]
    written = write(model, read, torch.Generator().manual_seed(0))
    first = [sentence[0] for sentence in written if sentence]
    found = torch.tensor([first.count(word) for word in words]) / len(written)
    assert (found - expected).abs().max() < 0.01 < (expected.max() - expected.min())
    assert written == write(model, read, torch.Generator().manual_seed(0))
    assert len(set(write(model, read))) == 1


@pytest.mark.parametrize("column", [MEMORY, WORDS])
def test_a_restart_is_the_same_alone_and_beside_others(column):
    protocol = writer_protocol(column, "LSTM", small=True)
    both = sentence_answers.train_writers("LSTM", protocol, [0, 1], "cpu")
    alone = sentence_answers.train_writers("LSTM", protocol, [1], "cpu")
    assert both.restarts[1] == alone.restarts[0]
    assert all(torch.equal(both.weights[1][name], alone.weights[0][name])
               for name in alone.weights[0])
    assert ("given_true_supports" in alone.restarts[0]) == (column == MEMORY)


def test_drawn_and_most_probable_words_are_both_judged():
    drawn = writer_protocol(WORDS, "RNN", small=True)
    probable = replace(drawn, writer=replace(drawn.writer, writing="most probable"))
    ones, others = (sentence_answers.write_answers("RNN", protocol, [0], "cpu")[0]
                    for protocol in (drawn, probable))
    assert ones.sentences != others.sentences
    assert (ones.restart["most_probable_words"] == others.restart["most_probable_words"]
            == others.restart["test_accuracy"])


def test_the_true_answers_to_other_questions_are_seldom_right():
    told = simulated_world.generate(replace(SMALL, statements=700, questions=300), 0, "test")
    right = sentence_answers.another_answer(told, 0)
    assert 8 < right < 20       # below one room in five, for many name the wrong subject
    same = replace(told, questions=told.questions[:1] * 300)
    assert sentence_answers.another_answer(same, 0) == 100


def test_the_baselines_are_the_points_that_tuning_chose():
    rows = tuning.RUNS.read(tuning.REFERENCE)
    assert set(rows) == {tuple(map(str, settings)) for settings in tuning.all_settings()}
    for kind, (_, point) in tuning.choices(rows).items():
        assert point == (WRITERS_OF_WORDS[kind].size, WRITERS_OF_WORDS[kind].window,
                         WRITERS_OF_WORDS[kind].rate)


def test_the_lowest_validation_loss_of_each_kind_is_chosen(tmp_path, capsys):
    a, b, c = tuning.GRID[:3]
    rows = {}
    for kind, point, loss in (("RNN", a, 4.0), ("RNN", b, 3.5), ("RNN", c, ""), ("LSTM", a, 3.0)):
        measured = {"epoch": 9, "valid_loss": loss, "seconds": 1} if loss else {}
        tuning.RUNS.add(rows, tuning.RUNS.row_of((kind, *point, tuning.SEED), **measured))
    assert tuning.choices(rows) == {"RNN": (3.5, b), "LSTM": (3.0, a)}
    with pytest.raises(UserError, match="there are no runs"):
        tuning.main(["--choose", "--results", str(tmp_path)])
    tuning.RUNS.write(tmp_path / tuning.FILE, rows, tuning.all_settings())
    assert tuning.main(["--choose", "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("LSTM: hidden layer 50, 30 words")


def test_a_tuning_run_sees_no_test_question(monkeypatch):
    parts, real = [], simulated_world.generate
    monkeypatch.setattr(simulated_world, "generate", lambda world, seed, part: (
        parts.append(part), real(SMALL, seed, part))[1])
    row = tuning.run(("RNN", 5, 20, 0.01, 1000))
    assert parts == ["train"] and tuple(row) == tuning.RUNS.columns and row["valid_loss"] > 0


def test_the_cells_are_those_published():
    path = Path(__file__).parents[1] / "paper_tables/published/memnn_table6_sentence_answers.csv"
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    made = {(cell.column, cell.row) for cell in cells()}
    assert made == {(column, row[0]) for row in rows for column in header[1:]}


def test_figure_2_shows_the_story_the_answers_and_what_is_wrong():
    told = simulated_world.generate(SMALL, 0, "test")
    written = [(question.answer,) for question in told.questions]
    right = numpy.ones(len(written), bool)
    wrong = next(n for n, question in enumerate(told.questions) if question.position > 103)
    right[wrong] = False
    text = memnn_figure2_predictions.stretch(told, written, right, 100)
    asked = [q for q in told.questions if 100 < q.position <= 108]
    assert text.count("A: ") == len(asked) >= 2
    name = told.questions[wrong].entity
    true = f"{name.capitalize() if name in ACTORS else name}, {told.questions[wrong].answer}"
    assert text.count("WRONG: " + true) == text.count("WRONG") == 1
    story = " ".join(line for line in text.splitlines() if not line.startswith("    "))
    for statement in told.statements[100:108]:
        assert " ".join(statement.words[1:]) in story.lower()


def test_a_smoke_run_fills_every_cell(tmp_path):
    assert table6.main(["--smoke", "--results", str(tmp_path)]) == 0
    paths = [cell.path(tmp_path) for cell in cells()]
    for record in map(results.read, paths):
        assert len(record["restarts"]) == 2 and record["protocol"]["response"] == record["row"]
        for restart in record["restarts"]:
            wrong = 100 * restart["n_wrong"] / restart["n_test"]
            assert restart["test_accuracy"] == pytest.approx(100 - wrong)


def test_figure_2_is_written_as_text(tmp_path, capsys):
    assert memnn_figure2_predictions.main(["--smoke", "--results", str(tmp_path)]) == 0
    text = (tmp_path / memnn_figure2_predictions.FILE).read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    assert text.count("A: ") >= memnn_figure2_predictions.STRETCHES
