"""Attention of each hop: what is measured, drawn and tabled is the model's and the data's."""

import json
from pathlib import Path

import pytest

from paper_tables import attention as tables_of_attention
from paper_tables import local, tables
from replication import ask
from replication import memn2n_figure2_attention as script
from replication import verify
from replication.training import attention, attention_figure, checkpoints
from replication.verification import attention_checks
from tasks import babi
from tasks.errors import UserError

REFERENCE = tables.ROOT / "results" / "reference"
COMMITTED = tables_of_attention.read(REFERENCE / script.EXPERIMENT)
FOLDER = f"{script.EXPERIMENT}@simulated"


@pytest.fixture(scope="module")
def small(small_babi, tmp_path_factory):
    """A results folder with tiny models of tasks 1, 3 and 16 and their attention."""
    results = tmp_path_factory.mktemp("results with a space")
    for task in (1, 3, 16):
        assert script.main(["--smoke", "--data", str(small_babi), "--tasks", str(task),
                            "--results", str(results)]) == 0
    return results


def questions_of(small_babi, task):
    return babi.read(small_babi / "tasks_1-20_v1-2" / "en" / babi.file_name(task, "test"))




@pytest.mark.parametrize("task", [1, 3, 16])
def test_the_test_set_is_measured_as_the_model_answers_one_by_one(small, small_babi, task):
    """Against replication.ask, which builds each story's tensors by itself."""
    record = tables_of_attention.read(small / FOLDER)[task]
    checkpoint = checkpoints.load(small / record["model"]["checkpoint"])
    questions = questions_of(small_babi, task)
    shares, hits, every, wrong, uniform = [0.0] * 3, 0, 0, 0, 0.0
    for q in questions:
        reply = ask.answer(checkpoint, list(q.statements), q.text, q.words)
        wrong += reply.answer != q.answer
        uniform += len(set(q.supports)) / len(q.statements)
        looked = []
        for k in range(3):
            column = [entry["hops"][k] for entry in reply.attention]
            assert sum(column) + reply.empty[k] == pytest.approx(1, abs=1e-5)
            shares[k] += sum(column[i] for i in set(q.supports))
            looked.append(max(range(len(column)), key=column.__getitem__))
        hits += q.supports[0] in looked
        every += set(q.supports) <= set(looked)
    figures, n = record["test_set"], len(questions)
    assert figures["share"] == pytest.approx([share / n for share in shares], abs=1e-5)
    assert figures["uniform"] == pytest.approx(uniform / n, abs=1e-6)
    assert figures["largest"][0]["any"] == pytest.approx(hits / n, abs=1e-6)
    assert figures["every"] == pytest.approx(every / n, abs=1e-6)
    assert figures["n_wrong"] == wrong


@pytest.mark.parametrize("task", [1, 3, 16])
def test_the_example_is_the_files_and_its_attention_sums_to_one(small, small_babi, task):
    example = tables_of_attention.read(small / FOLDER)[task]["example"]
    question = questions_of(small_babi, task)[example["number"] - 1]
    assert [s["text"] for s in example["statements"]] == [s.text for s in question.statements]
    assert {i for i, s in enumerate(example["statements"]) if s["support"]} == set(
        question.supports)
    assert (example["question"], example["answer"]) == (question.text, question.answer)
    for k in range(3):
        total = example["empty"][k] + sum(s["attention"][k] for s in example["statements"])
        assert total == pytest.approx(1, abs=1e-5)


def story(statements, supports):
    line = babi.Statement("a b", ("a", "b"))
    return babi.Question((line,) * statements, "a?", ("a",), "b", supports, 0, 1)


def test_the_rule_takes_the_first_long_enough_and_else_the_longest():
    assert attention.example_of([story(3, (0,)), story(4, (1,)), story(9, (1,))]) == 1
    assert attention.example_of([story(2, (0, 1)), story(2, (1,)), story(2, (0,))]) == 1
    assert attention.example_of([story(4, (1, 1)), story(9, (1,))]) == 0  # one fact, named twice


def test_a_statement_too_old_for_the_memory_has_no_attention(small, small_babi):
    record = tables_of_attention.read(small / FOLDER)[1]
    checkpoint = checkpoints.load(small / record["model"]["checkpoint"])
    questions = questions_of(small_babi, 1)
    train = babi.read(small_babi / "tasks_1-20_v1-2" / "en" / babi.file_name(1, "train"))
    old = questions[0].statements
    longer = babi.Question(tuple(old) * 3, *(getattr(questions[0], name) for name in (
        "text", "words", "answer")), (0,), 0, 1)
    example, test_set = attention.measure(checkpoint, train, [longer])
    assert [s["attention"] is None for s in example["statements"]] == [True] * 8 + [False] * 4
    assert test_set["share"] == [0, 0, 0] and test_set["every"] == test_set["uniform"] == 0


def test_figures_show_the_record_and_are_the_same_each_time(small):
    record = tables_of_attention.read(small / FOLDER)[3]
    png, svg = attention_figure.draw([record])
    assert (png, svg) == attention_figure.draw([record])
    [drawn] = (small / "figures").glob("*_tasks-03.svg")
    assert drawn.read_bytes() == svg and drawn.with_suffix(".png").read_bytes() == png
    for statement in record["example"]["statements"]:
        assert statement["text"] in svg.decode()
        assert f"{statement['attention'][0]:.2f}" in svg.decode()


def test_tables_hold_the_records_figures(small):
    found = tables_of_attention.read(small / FOLDER)
    header, lines = tables_of_attention.summary(found)
    for line, (task, record) in zip(lines, found.items()):
        shown, figures = dict(zip(header, line)), record["test_set"]
        assert shown["task"].startswith(f"{task} ")
        for k in range(3):
            assert float(shown[f"hop {k + 1}"]) == pytest.approx(100 * figures["share"][k], abs=.05)
        assert float(shown["on all"]) == pytest.approx(100 * figures["every"], abs=0.05)
    assert lines[0][header.index("largest on fact 2")] == "–"
    files, text = local.build(small)
    assert f"{FOLDER}.md" in text
    assert "say nothing about the paper" in files[small / "tables" / f"{FOLDER}.md"]


def test_a_record_that_was_changed_is_named(small, small_babi, tmp_path):
    path = small / FOLDER / "memn2n-pe-ls-rn" / "task-03.json"
    equal, differences, unchecked = attention_checks.check([path], small, [small_babi])
    assert (equal, differences, unchecked) == (1, [], [])
    assert attention_checks.check([path], small, [tmp_path])[2]  # no data there
    content = path.read_bytes()
    try:
        for part, key, value in (("test_set", "share", [0.5, 0.5, 0.5]),
                                 ("test_set", "n_wrong", -1), ("example", "prediction", "x"),
                                 ("model", "sha256", "0" * 64), ("example", "empty", [2, 2, 2])):
            record = json.loads(content)
            record[part][key] = value
            path.write_text(json.dumps(record))
            equal, differences, _ = attention_checks.check([path], small, [small_babi])
            assert equal == 0 and str(path) in differences[0], (part, key)
        path.write_text("{}")
        with pytest.raises(UserError, match="not a whole record of attention"):
            tables_of_attention.read(small / FOLDER)
        assert attention_checks.check([path], small, [])[1]
    finally:
        path.write_bytes(content)


def test_a_run_with_figures_verifies(small, small_babi):
    report = verify.verify(small, [small_babi])
    assert any(line.startswith("attention: 3 of 3") for line in report.done)
    # A smoke run's models are not those of Table 1's protocol; nothing else may differ.
    assert all("protocol." in line for line in report.differences)
    stray = small / "figures" / "other.png"
    stray.write_bytes(b"")
    assert any(str(stray) in line for line in verify.verify(small, [small_babi]).differences)
    stray.unlink()


@pytest.mark.parametrize("arguments, said", [
    (["--out"], "--out takes a folder"), (["--tasks", "21"], "no task '21'"),
    (["--columns", "PE"], "no column 'PE'")])
def test_a_mistake_is_refused_in_one_line(arguments, said):
    with pytest.raises(UserError, match=said):
        script.main(arguments)


# --- the committed evidence


def test_committed_records_are_of_the_selected_models_of_table_1():
    assert list(COMMITTED) == list(babi.TASK_NAMES)
    for record in COMMITTED.values():
        model = json.loads((REFERENCE / record["model"]["record"]).read_text())
        assert record["model"]["sha256"] == model["checkpoint"]["sha256"]
        assert record["test_set"]["n_wrong"] == model["restarts"][model["selected"]]["n_wrong"]


def test_committed_figures_are_drawn_from_the_committed_records():
    folder = tables.ROOT / "paper_tables" / "figures"
    drawn = sorted(folder.glob(f"{script.EXPERIMENT}_*.svg"))
    assert len(drawn) == 4
    for path, start in zip(drawn, range(1, 21, script.PANELS)):
        records = [COMMITTED[task] for task in range(start, start + script.PANELS)]
        assert attention_figure.draw(records)[1] == path.read_bytes(), path.name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3e6


def test_committed_examples_are_the_official_files(official_data):
    for task, record in COMMITTED.items():
        questions = babi.read(
            Path(official_data) / "tasks_1-20_v1-2" / "en" / babi.file_name(task, "test"))
        example = record["example"]
        assert example["number"] == attention.example_of(questions) + 1
        question = questions[example["number"] - 1]
        assert (example["question"], example["line"]) == (question.text, question.line)
        assert [s["support"] for s in example["statements"]] == [
            i in question.supports for i in range(len(question.statements))]


@pytest.mark.parametrize("tasks, name", [
    ([1, 2, 3], "01-03"), ([4], "04"), ([1, 12], "01_12"), ([1, 11, 12], "01_11_12")])
def test_figures_of_other_tasks_have_other_names(tasks, name):
    assert script.named_by(tasks) == name
