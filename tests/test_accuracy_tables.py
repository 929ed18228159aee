"""Tables 3 to 6 of Memory Networks from records: intervals, statuses, reasons, files."""

import csv
import io
import json
import re
import shutil

import numpy as np
import pytest

from tests.helpers import fake_accuracies
from tests.helpers.fake_accuracies import K1_TIME, K2, TABLE3, TABLE4, TABLE5, TABLE6
from paper_tables import (catalogue, comparison, judge, local, published, reasons, records,
                          sections, tables, world_pages)
from paper_tables import __main__ as command
from paper_tables.table import STATUSES
from tasks.errors import UserError

HARD = "difficulty 5 / actor + object"
EASY = "difficulty 1 / actor without before"
BY_SCRIPT = {table.script: table for table in catalogue.SIMULATED_WORLD}


def judged(results, script):
    return tables.judged_table(BY_SCRIPT[script], results / script)


def one_cell(tmp_path, centre, row=K1_TIME, column=HARD, script=TABLE3, **options):
    entries = fake_accuracies.runs(centre, options.pop("count", 10), np.random.default_rng(7),
                                   diverged=options.pop("diverged", 0))
    fake_accuracies.write(tmp_path,
                          fake_accuracies.record(script, column, row, entries, **options))
    return judged(tmp_path, script).cells[column, row], entries


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Table 3 whole, with one cell 20 points low and one 2 high; Table 4 begun; 5 and 6 not."""
    root = tmp_path_factory.mktemp("root with a space")
    reference = root / "results" / "reference"
    fake_accuracies.write_table(reference, TABLE3, shift={(HARD, "LSTM"): -20.0,
                                                          (HARD, "RNN"): 4.0})
    fake_accuracies.write_table(reference, TABLE4, only=["3000"])
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    return root


@pytest.fixture(scope="module")
def built(root):
    return tables.build(root)


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- what is published ------------------------------------------------------------------------

def test_published_tables_have_rows_columns_and_figures_as_printed():
    shapes = {TABLE3: (5, 5), TABLE4: (4, 4), TABLE5: (4, 4), TABLE6: (2, 2)}
    for script, (rows, columns) in shapes.items():
        paper = published.read(script)
        assert (len(paper.rows), len(paper.columns)) == (rows, columns)
        assert len(paper.printed) == rows * columns
        assert all(0 <= float(text) <= 100 for text in paper.printed.values())
    paper = published.read(TABLE5)
    assert paper.printed[EASY, "MemNN k=1"] == "90"
    assert paper.printed["difficulty 1 / actor without before + object", K2] == "99.95"
    assert published.read(TABLE4).printed["difficulty 1 / actor", "3000"] == "100.0"


def test_record_paths_of_a_table_are_unique():
    for script in BY_SCRIPT:
        paper = published.read(script)
        paths = {records.path_of(script, *key) for key in paper.printed}
        assert len(paths) == len(paper.printed)


# --- cells ------------------------------------------------------------------------------------

def test_figures_and_interval_of_a_cell(tmp_path):
    cell, entries = one_cell(tmp_path, 45.0)
    values = np.array([entry["test_accuracy"] for entry in entries])
    assert cell.ours == pytest.approx(values.mean())
    assert (cell.worst, cell.best, cell.n) == (values.min(), values.max(), 10)
    variance = max(values.var(ddof=1) * 1.1,
                   values.var(ddof=1) * 0.1 + comparison.question_variance(values.mean(), 3000))
    reach = 2.262 * np.sqrt(variance) + 0.05
    assert cell.interval == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.01)
    assert cell.status == "fitted"
    assert cell.measured == pytest.approx({
        "first_hop": 99, "second_hop": 98.45, "response": 100, "segments_right": 99,
        "accuracy_before": 30, "last_room": 40})


@pytest.mark.parametrize("row, centre, expected", [
    (K1_TIME, 44.4, "fitted"), ("LSTM", 29.0, "match"), (K1_TIME, 60, "better"),
    (K1_TIME, 30, "worse")])
def test_a_higher_accuracy_is_better(tmp_path, row, centre, expected):
    """The MemNN's cells took part in choosing the world, the LSTM's did not."""
    assert one_cell(tmp_path, centre, row=row)[0].status == expected


@pytest.mark.parametrize("options", [
    {"count": 9}, {"diverged": 1}, {"count": 1},
    {"data": {"source": "simulated", "n_test": 2999}}])
def test_what_is_partial(tmp_path, options):
    cell, _ = one_cell(tmp_path, 44.4, **options)
    assert cell.status == "partial"
    assert (cell.interval is None) == (options.get("count") == 1)


def test_a_diverged_run_counts_as_0_and_leaves_no_mean(tmp_path):
    cell, _ = one_cell(tmp_path, 44.4, diverged=1)
    assert cell.ours is None and cell.worst == 0 and cell.diverged == 1
    assert not reasons.far(BY_SCRIPT[TABLE3], cell)


def test_whole_percents_have_half_a_point_of_rounding(tmp_path):
    """All seeds at 99.6% exactly: the printed 100 holds down to 99.5, a printed 100.0 does not."""
    entries = [{"seed": seed, "status": "ok", "test_accuracy": 99.6} for seed in range(10)]
    for script in (TABLE5, TABLE3):
        fake_accuracies.write(tmp_path, fake_accuracies.record(script, EASY, K2, entries))
    sampling = 2.262 * np.sqrt(comparison.question_variance(99.6, 3000))
    low, high = judged(tmp_path, TABLE5).cells[EASY, K2].interval
    assert low == pytest.approx(99.6 - sampling - 0.5, abs=0.001) and high == 100
    assert judged(tmp_path, TABLE5).cells[EASY, K2].status == "fitted"
    cell = judged(tmp_path, TABLE3).cells[EASY, K2]
    assert cell.interval.high == pytest.approx(99.6 + sampling + 0.05, abs=0.001)
    assert cell.status == "worse"


def test_runs_that_are_all_perfect_leave_only_the_rounding(tmp_path):
    entries = [{"seed": seed, "status": "ok", "test_accuracy": 100.0} for seed in range(10)]
    fake_accuracies.write(tmp_path, fake_accuracies.record(TABLE3, HARD, K2, entries))
    cell = judged(tmp_path, TABLE3).cells[HARD, K2]
    assert cell.interval == pytest.approx((99.95, 100)) and cell.status == "better"


@pytest.mark.parametrize("rate, spread", [(0.45, 0.0), (0.45, 0.01), (0.7, 0.003), (0.97, 0.0)])
def test_the_interval_holds_one_more_run_as_often_as_it_says(rate, spread):
    """Each run has a rate of its own and 3,000 questions of its own, as has the published one."""
    rng = np.random.default_rng(3)
    trials = 2000
    rates = np.clip(rate + spread * rng.normal(size=(trials, 11)), 0, 1)
    drawn = 100 * rng.binomial(3000, rates) / 3000
    held = np.mean([judge.next_run(run[:10], 0.0, BY_SCRIPT[TABLE3]).holds(run[10]) for run in drawn])
    assert 0.94 <= held <= 0.985


# --- reasons ----------------------------------------------------------------------------------

def test_far_cells_and_unsolved_ones_need_a_reason(tmp_path):
    fake_accuracies.write_table(tmp_path, TABLE3, shift={
        (HARD, "LSTM"): -6.0, (HARD, "RNN"): 4.0, (HARD, K2): -2.0})
    table = judged(tmp_path, TABLE3)
    texts = reasons.explain(table, {})
    assert texts[HARD, "LSTM"] == texts[HARD, K2] == reasons.UNKNOWN
    assert table.cells[HARD, "RNN"].status == "better" and texts[HARD, "RNN"]
    given = {(HARD, "LSTM"): "{published} and {ours}, second hop {second_hop}", (EASY, K2): "idle"}
    texts = reasons.explain(table, given)
    assert texts[HARD, "LSTM"] == f"29.0 and {table.cells[HARD, 'LSTM'].ours:.1f}, second hop 98.5"
    assert (EASY, K2) not in texts and reasons.idle(table, given) == [(EASY, K2)]
    with pytest.raises(UserError, match="LSTM: no figure 'oops'"):
        reasons.explain(table, {(HARD, "LSTM"): "{oops}"})


def test_a_run_that_stands_in_two_tables_is_counted_once(tmp_path):
    fake_accuracies.write_table(tmp_path, TABLE4)
    counted = judged(tmp_path, TABLE4).counted()
    assert len(counted) == 12 and "3000" not in {cell.row for cell in counted}


def test_reasons_of_named_rows(tmp_path):
    path = tmp_path / "reasons.csv"
    path.write_text(f"table,column,task,reason\n{TABLE4},difficulty 1 / actor,100,few\n"
                    f"memn2n_table1_babi_1k,MemN2N PE,5,why\n", encoding="utf-8")
    rows = published.read(TABLE4).rows
    assert reasons.read(TABLE4, path, rows) == {("difficulty 1 / actor", "100"): "few"}
    assert reasons.read("memn2n_table1_babi_1k", path) == {("MemN2N PE", 5): "why"}
    path.write_text(f"table,column,task,reason\n{TABLE4},difficulty 1 / actor,7,few\n",
                    encoding="utf-8")
    with pytest.raises(UserError, match="line 2: .*the table's rows are 100, 500, 1000, 3000"):
        reasons.read(TABLE4, path, rows)


def test_the_committed_reasons_belong_to_tables_and_hold_no_figures_of_their_own():
    known = {*BY_SCRIPT, *(table.script for table in catalogue.BABI)}
    for line in csv.DictReader(io.StringIO(reasons.FILE.read_text(encoding="utf-8"))):
        assert line["table"] in known
        if line["table"] in BY_SCRIPT:
            bare = re.sub(r"\{\w+\}|k=[12]|\b[MR]\d+\b|[Tt]ables? \d|\bdifficulty [15]\b", "",
                          line["reason"])
            assert not re.search(r"\d", bare), line["reason"]


# --- files ------------------------------------------------------------------------------------

def test_building_twice_gives_the_same_bytes(root, built):
    assert tables.build(root) == built


def test_the_csv_holds_every_cell(root, built):
    files, remarks = built
    cells = {script: read_csv(files[root / "paper_tables" / f"{script}.csv"])
             for script in BY_SCRIPT}
    assert {script: len(lines) for script, lines in cells.items()} == {
        TABLE3: 25, TABLE4: 16, TABLE5: 16, TABLE6: 4}
    assert {line["status"] for lines in cells.values() for line in lines} <= set(STATUSES)
    by_key = {(line["method"], line["column"]): line for line in cells[TABLE3]}
    low = by_key["LSTM", HARD]
    assert low["status"] == "worse" and low["reason"] == reasons.UNKNOWN and low["restarts"] == "10"
    assert by_key["RNN", HARD]["status"] == "better"
    assert "named last is right on 40.0%" in by_key["RNN", HARD]["reason"]
    assert {line["status"] for line in cells[TABLE6]} == {"not run"}
    assert [line for line in remarks if "100/difficulty-1-actor.json: no such record (and 2 more"
            in line]
    measured = read_csv(files[root / "paper_tables" / f"{TABLE3}_parts.csv"])
    assert len(measured) == 25 and measured[0]["second_hop"] == "98.45"
    assert root / "paper_tables" / f"{TABLE6}_parts.csv" not in files


def test_the_pages_show_rows_in_full_and_reasons(root, built):
    files, _ = built
    text = files[root / "paper_tables" / f"{TABLE3}.md"]
    for row in published.read(TABLE3).rows:
        assert f"\n## {row}\n" in text
    assert f"- LSTM, {HARD}: {reasons.UNKNOWN}" in text
    text = files[root / "paper_tables" / f"{TABLE4}.md"]
    assert "\n## 3000 training questions\n" in text and "## 100 " not in text
    assert "73.8 / not run" in text


def test_latex_is_balanced_and_escaped(root, built):
    files, _ = built
    names = [path for path in files
             if path.suffix == ".tex" and path.stem.startswith("memnn_table")]
    assert len(names) == 6
    for text in map(files.get, names):
        assert text.isascii()
        assert text.count(r"\begin{table}") == text.count(r"\end{table}") > 0
        for columns, body in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end", text, re.DOTALL):
            for line in body.splitlines():
                if line.rstrip().endswith(r"\\"):
                    assert line.count("&") - line.count(r"\&") == len(columns) - 1
        assert not re.search(r"(?<!\\)[%_#$]", re.sub(r"^%.*", "", text, flags=re.MULTILINE))


def test_the_front_page_counts_cells_and_says_what_unmended_readings_give(root, built):
    files, _ = built
    text = files[root / "README.md"]
    cells = judged(root / "results" / "reference", TABLE3).cells
    states = [cell.status for cell in cells.values()]
    line = next(line for line in text.splitlines() if f"({'paper_tables/' + TABLE3}.md)" in line)
    counts = [int(part) for part in line.strip("|").split("|")[1:]]
    assert counts[:6] == [25, 25, *(states.count(name) for name in (
        "match", "fitted", "better", "worse"))]
    lowest = min(cell.ours for (_, row), cell in cells.items() if row == K2)
    assert f"has {lowest:.1f}% or more in its 5 cells" in text


def test_pages_without_published_numbers(tmp_path):
    results = tmp_path / "results"
    assert world_pages.pages(results) == {}
    pages = world_pages
    right = [3] * 9 + [1]
    entries = [entry | {"figure3_right": n, "figure3_answers": ["mount-doom", "shire", "shire"],
                        "accuracy_5": 50.0 + n, "searched_5": 4.0, "accuracy_160": 90.0,
                        "searched_160": 99.0}
               for entry, n in zip(fake_accuracies.runs(90, 10, np.random.default_rng(1)), right)]
    fake_accuracies.write(results, fake_accuracies.record(
        pages.FIGURE3, pages.NEW_NAMES, pages.VARIANTS[0], entries))
    fake_accuracies.write(results, fake_accuracies.record(
        pages.MEMORY, pages.SLOTS, "least used", entries))
    (results / f"{pages.FIGURE2}.txt").write_text("Joe went to the office.\n", encoding="utf-8")
    files = sections.files(pages.pages(results))
    figure = read_csv(files[f"{pages.FIGURE3}.csv"])
    assert len(figure) == 1 and figure[0]["3 of 3"] == "9/10" and figure[0]["0 of 3"] == "0/10"
    assert "mount-doom, shire, shire (10 of 10 seeds)" in files[f"{pages.FIGURE3}.md"]
    memory = read_csv(files[f"{pages.MEMORY}.csv"])
    assert [(line["slots"], float(line["accuracy"])) for line in memory] == [
        ("5", 52.8), ("160", 90.0)]
    assert "52.8 (4.0)" in files[f"{pages.MEMORY}.md"]
    assert "```text\nJoe went to the office.\n```" in files[f"{pages.FIGURE2}.md"]


# --- a user's run, and what goes wrong --------------------------------------------------------

def test_a_users_run_beside_the_reference(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "ROOT", root)
    monkeypatch.setattr(local.build, "__defaults__", (root,))
    fake_accuracies.write_table(tmp_path, TABLE3, only=[K1_TIME], shift={(HARD, K1_TIME): 30.0})
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert command.main(["--local", str(tmp_path)]) == 0
    lines = read_csv((tmp_path / "tables" / f"{TABLE3}.csv").read_text(encoding="utf-8"))
    assert [line["series"] for line in lines] == [K1_TIME] * 5
    assert [line["as reference"] for line in lines] == ["yes"] * 4 + ["no"]
    assert lines[-1]["status"] == "better"
    assert "Memory Networks, Table 3" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("change, message", [
    ({"schema": 9}, "schema 9, this version reads"),
    ({"row": "MemNN k=3"}, "row is 'MemNN k=3' where"),
    ({"experiment": TABLE5}, "experiment is"), ({"metric": "test error %"}, "a restart is incompl"),
    ({"value": 12.0}, "its restarts give"), ({"restarts": []}, "not a sorted list"),
    ({"selection": "best"}, "unknown selection rule"), ({"data": {}}, "n_test or epochs is no number"),
])
def test_a_broken_record_is_one_line_with_its_file(tmp_path, capsys, change, message):
    entries = fake_accuracies.runs(40, 10, np.random.default_rng(0))
    content = fake_accuracies.record(TABLE3, HARD, K2, entries)
    path = fake_accuracies.write(tmp_path, content)
    path.write_text(json.dumps(content | change), encoding="utf-8")
    assert command.main(["--local", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and str(path) in error and message in error
    assert not (tmp_path / "tables").exists()


def test_an_accuracy_above_100_is_refused(tmp_path):
    entries = fake_accuracies.runs(40, 10, np.random.default_rng(0))
    for entry in entries:
        entry["test_accuracy"] += 100
    path = fake_accuracies.write(tmp_path, fake_accuracies.record(TABLE3, HARD, K2, entries))
    with pytest.raises(UserError, match="not within 0 to 100"):
        records.read(path)
