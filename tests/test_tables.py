"""Tables from records: judging, layout, README's marked parts, and what a user sees go wrong."""

import csv
import io
import json
import re
import shutil

import numpy as np
import pytest

import fake_records
from fake_records import TABLE1
from paper_tables import __main__ as command
from paper_tables import comparison, layout, published, readme, reasons, records, tables
from paper_tables.cells import STATUSES, TaskTable, judge
from paper_tables.published import FAILED, MEAN
from tasks.errors import UserError

PE, BOW, JOINT = "MemN2N PE", "MemN2N BoW", "MemN2N PE LS RN joint"
TABLE = TaskTable(TABLE1, "Table 1")


def judged(results, **options):
    paper = published.by_task(TABLE1)
    found = records.read_table(results / TABLE1, TABLE1, paper.columns, paper.names)
    return judge(TABLE, found, **options)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository root with fake reference records: PE near the published, but for task 5."""
    root = tmp_path_factory.mktemp("root with a space")
    reference = root / "results" / "reference"
    fake_records.write_column(reference, PE, shift={5: 20.0})
    fake_records.write_column(reference, BOW, tasks=[1, 2])
    fake_records.write_joint(reference, JOINT)
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    return root


@pytest.fixture(scope="module")
def cells(root):
    return judged(root / "results" / "reference")


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- judging ----------------------------------------------------------------------------------

def test_statuses_of_a_column(cells):
    statuses = {row: cells[PE, row].status for row in range(1, 21)}
    assert statuses.pop(5) == "worse"
    assert list(statuses.values()).count("match") >= 16
    assert cells[BOW, 1].status in STATUSES and cells[BOW, 3].status == "not run"
    assert cells[BOW, MEAN].ours is None and cells[BOW, MEAN].interval is None
    assert cells["LSTM", MEAN].status == "not run"
    assert {cell.status for cell in cells.values()} <= set(STATUSES)


def test_better_is_a_lower_error_than_the_published_one(tmp_path):
    fake_records.write_column(tmp_path, PE, tasks=[2], shift={2: -15.0})
    assert judged(tmp_path)[PE, 2].status == "better"


def test_figures_of_a_cell_are_those_of_its_restarts(root, cells):
    cell = cells[PE, 7]
    path = records.path_of(root / "results" / "reference" / TABLE1, PE, 7)
    entries = json.loads(path.read_text(encoding="utf-8"))["restarts"]
    errors = [entry["test_error"] for entry in entries]
    assert (cell.best, cell.worst, cell.n) == (min(errors), max(errors), 100)
    assert cell.median == np.median(errors)
    assert cell.ours == entries[fake_records.selected(entries)]["test_error"]
    good = [entry["test_error"] for entry in entries if entry["train_error"] == 0]
    # Nearly every draw of ten has a restart at 0 training error, and one of those is picked.
    assert cell.ties["at random"] == pytest.approx(np.mean(good), abs=0.1)


def test_mean_and_failed_rows(cells):
    ours = [cells[PE, task].ours for task in range(1, 21)]
    assert cells[PE, MEAN].ours == pytest.approx(sum(ours) / 20)
    assert cells[PE, FAILED].ours == sum(error > 5 for error in ours)
    for row in (MEAN, FAILED):
        low, high = cells[PE, row].interval
        assert low <= cells[PE, row].ours <= high
    widths = [np.ptp(cells[PE, task].interval) for task in range(1, 21)]
    assert np.ptp(cells[PE, MEAN].interval) < np.mean(widths) / 2


def test_a_joint_column_draws_whole_models(cells):
    """Its tasks err together, so that its mean is as unsure as a single task."""
    widths = [np.ptp(cells[JOINT, task].interval) for task in (2, 3, 7, 17, 19)]
    assert np.ptp(cells[JOINT, MEAN].interval) > 0.6 * np.mean(widths)
    assert cells[JOINT, MEAN].n == 30


def test_joint_records_of_different_models_are_refused(tmp_path):
    fake_records.write_joint(tmp_path, JOINT)
    path = records.path_of(tmp_path / TABLE1, JOINT, 9)
    content = json.loads(path.read_text(encoding="utf-8"))
    for entry in content["restarts"]:
        entry["train_error"] += 0.5
    fake_records.write(tmp_path / TABLE1, content)
    with pytest.raises(UserError, match="task-09.json: its train error differ"):
        judged(tmp_path)


def test_too_few_restarts_are_partial(tmp_path):
    fake_records.write_column(tmp_path, PE, count=10, tasks=[1])
    fake_records.write_column(tmp_path, BOW, count=40, tasks=[1])
    cells = judged(tmp_path)
    assert cells[PE, 1].status == "partial" and cells[PE, 1].interval is None
    assert cells[BOW, 1].status == "partial" and cells[BOW, 1].interval is not None
    assert cells[PE, MEAN].ours is None


def test_a_record_without_seeds_0_to_9_is_partial(tmp_path):
    entries = fake_records.restarts(10.0, 130, np.random.default_rng(0))[5:]
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    assert judged(tmp_path)[PE, 1].status == "partial"


def test_diverged_restarts_count_as_100_and_are_not_selected(tmp_path):
    entries = fake_records.restarts(10.0, 100, np.random.default_rng(0), diverged=4)
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    cell = judged(tmp_path)[PE, 1]
    assert cell.worst == 100 and cell.diverged == 4 and cell.ours < 30
    assert "100 (4 diverged)" in layout.details(cell)
    assert cell.interval.high < 40


def test_all_candidates_diverged(tmp_path):
    entries = fake_records.restarts(10.0, 100, np.random.default_rng(0), diverged=10)
    fake_records.write(tmp_path / TABLE1, fake_records.record(PE, 1, entries))
    assert judged(tmp_path)[PE, 1].ours is None


def test_other_test_questions_widen_the_interval(tmp_path):
    for task in (15, 16):
        entries = [entry | {"test_error": 50.0, "n_wrong": 500}
                   for entry in fake_records.restarts(50.0, 100, np.random.default_rng(0))]
        fake_records.write(tmp_path / TABLE1, fake_records.record(PE, task, entries))
    cells = judged(tmp_path)
    assert np.ptp(cells[PE, 15].interval) == pytest.approx(0.1)
    sampling = 1.96 * np.sqrt(comparison.question_variance(50.0)) * comparison.widening(100)
    assert np.ptp(cells[PE, 16].interval) == pytest.approx(2 * sampling, rel=0.05)
    assert cells[PE, 16].ties["at random"] == 50.0


def test_mean_over_seeds(tmp_path):
    for task in range(1, 21):
        entries = fake_records.restarts(40.0, 30, np.random.default_rng(task))
        fake_records.write(tmp_path / TABLE1, fake_records.averaged("LSTM", task, entries))
    cells = judged(tmp_path)
    errors = [entry["test_error"] for entry in
              fake_records.restarts(40.0, 30, np.random.default_rng(3))]
    assert cells["LSTM", 3].ours == pytest.approx(np.mean(errors))
    reach = 2.045 * np.std(errors, ddof=1) * np.sqrt(1 + 1 / 30) + 0.5
    assert cells["LSTM", 3].interval.high == pytest.approx(np.mean(errors) + reach, abs=0.05)
    assert not cells["LSTM", 3].ties
    assert np.ptp(cells["LSTM", MEAN].interval) < np.ptp(cells["LSTM", 3].interval) / 2


# --- reasons ----------------------------------------------------------------------------------

def test_chance_is_a_reason_for_few_cells_of_a_column_whose_mean_is_inside(cells):
    outside = [row for row in range(1, 21) if cells[PE, row].status in ("better", "worse")]
    texts = reasons.explain(cells, {})
    expected = cells[PE, MEAN].status == "match" and len(outside) <= 3
    assert texts[PE, 5].startswith("by chance") == expected


def test_too_many_cells_are_not_chance(tmp_path):
    fake_records.write_column(tmp_path, PE, shift={2: 15, 5: -9, 7: 12, 10: -12})
    cells = judged(tmp_path)
    texts = reasons.explain(cells, {})
    assert cells[PE, MEAN].status == "match"
    assert [texts[PE, row] for row in (2, 5, 7, 10)] == [reasons.UNKNOWN] * 4
    texts = reasons.explain(cells, {(PE, 2): "ours {ours}, published {published}"})
    assert texts[PE, 2] == f"ours {cells[PE, 2].ours:.1f}, published 21.6"
    assert texts[PE, 5].startswith("by chance")


def test_a_mean_outside_rules_chance_out(tmp_path):
    fake_records.write_column(tmp_path, PE, shift={2: 40, 5: 40})
    texts = reasons.explain(judged(tmp_path), {})
    assert texts[PE, 2] == texts[PE, MEAN] == reasons.UNKNOWN


def test_reasons_that_are_not_needed_are_found(cells):
    assert reasons.idle(cells, {(PE, 5): "x", (PE, 1): "x", ("no column", 1): "x"}) == [
        (PE, 1), ("no column", 1)]


@pytest.mark.parametrize("line, message", [
    ("memn2n_table1_babi_1k,MemN2N PE,five,why", "line 2: a line is table, column, task, reason"),
    ("memn2n_table1_babi_1k,MemN2N PE", "line 2: a line is table, column, task, reason"),
])
def test_broken_reasons(tmp_path, line, message):
    path = tmp_path / "reasons.csv"
    path.write_text(f"table,column,task,reason\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        reasons.read(TABLE1, path)


def test_an_unknown_figure_in_a_reason(cells):
    with pytest.raises(UserError, match="MemN2N PE, task 5: no figure 'oops'"):
        reasons.explain(cells, {(PE, 5): "because {oops}"})


def test_reasons_hold_no_figures_of_their_own():
    for text in reasons.read(TABLE1).values():
        bare = re.sub(r"\{\w+\}|\bv1\.[12]\b|\btasks? \d+\b", "", text)
        assert not re.search(r"\d", bare), text


# --- files ------------------------------------------------------------------------------------

def test_committed_tables_and_readme_are_a_fresh_regeneration():
    files, _ = tables.build()
    for path, text in files.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run ./run_all.sh tables"
    there = {path for path in (tables.ROOT / "paper_tables").iterdir()
             if path.suffix in (".md", ".tex", ".csv") and path != reasons.FILE}
    assert there | {tables.ROOT / "README.md"} == set(files)


def test_building_twice_gives_the_same_bytes(root):
    first, _ = tables.build(root)
    tables.write(first)
    second, _ = tables.build(root)
    assert first == second
    for path, text in first.items():
        assert path.read_bytes() == text.encode("utf-8")
    assert not [path for path in root.rglob(".*") if path.is_file()]


def test_the_csv_holds_every_cell(root, cells):
    files, remarks = tables.build(root)
    lines = read_csv(files[root / "paper_tables" / f"{TABLE1}.csv"])
    assert len(lines) == 12 * 22
    five = next(line for line in lines if line["column"] == PE and line["task"] == "5")
    assert five["status"] == "worse" and five["published"] == "14.1" and five["reason"]
    cell = cells[PE, 5]
    assert float(five["low"]) == pytest.approx(cell.interval.low, abs=1e-4)
    assert len(remarks) == 18 and all("no such record" in remark for remark in remarks)
    ties = read_csv(files[root / "paper_tables" / f"{TABLE1}_ties.csv"])
    assert len(ties) == 42 and all(line["by training loss"] for line in ties)


def test_the_markdown_shows_each_column_in_full(root):
    files, _ = tables.build(root)
    text = files[root / "paper_tables" / f"{TABLE1}.md"]
    for column in (PE, BOW, JOINT):
        assert f"\n## {column}\n" in text
    assert "## LSTM" not in text and "50.0 / not run" in text
    assert "16 basic-induction*" in text


def test_latex_is_balanced_and_escaped(root):
    files, _ = tables.build(root)
    for name in (f"{TABLE1}.tex", f"{TABLE1}_ties.tex"):
        text = files[root / "paper_tables" / name]
        assert text.isascii()
        assert text.count(r"\begin{table}") == text.count(r"\end{table}") > 0
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}")
        for block in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end", text, re.DOTALL):
            for line in block[1].splitlines():
                if line.rstrip().endswith(r"\\"):
                    assert line.count("&") - line.count(r"\&") == len(block[0]) - 1
        body = re.sub(r"^%.*", "", text, flags=re.MULTILINE)
        assert not re.search(r"(?<!\\)[%_#$]", body)


def test_the_front_table_counts_matches(root, cells):
    files, _ = tables.build(root)
    matching = [cell for (_, row), cell in cells.items()
                if isinstance(row, int) and cell.status == "match"]
    text = files[root / "README.md"]
    assert f"**{len(matching)} match**" in text
    assert f"{sum(cell.wide for cell in matching)} have an interval wider" in text
    assert "task 5 (three-arg-relations), worse: published 14.1, ours" in text


def test_figures_of_the_readme_stand_between_markers_only():
    text = readme.MARKERS.sub("", (tables.ROOT / "README.md").read_text(encoding="utf-8"))
    text = re.sub(r"arXiv:\d+\.\d+|arxiv\.org/abs/\d+\.\d+|Python 3\.\d+|CC BY \d\.\d|v1\.2"
                  r"|97\.5%|2\.5%", "", text)
    assert not re.search(r"\d+\.\d", text)


@pytest.mark.parametrize("text", [
    "no markers", "<!-- begin a -->\n", "<!-- begin a -->\n<!-- end a -->\n<!-- end a -->",
    "<!-- begin a -->\n<!-- end a -->\n<!-- begin b -->\n<!-- end b -->"])
def test_markers_that_do_not_fit_are_refused(text):
    with pytest.raises(UserError, match="its markers are"):
        readme.fill(text, {"a": "x"})


def test_filling_replaces_what_was_there():
    text = "top\n<!-- begin a -->\nold\n<!-- end a -->\nend\n"
    assert readme.fill(text, {"a": "new"}) == text.replace("old", "new")


# --- other data, and a user's run -------------------------------------------------------------

def test_substitute_data_stands_in_its_own_table(tmp_path):
    fake_records.write_column(tmp_path / "results" / "reference", PE, source="simulated",
                              variant="@simulated")
    shutil.copy(tables.ROOT / "README.md", tmp_path / "README.md")
    files, _ = tables.build(tmp_path)
    own = read_csv(files[tmp_path / "paper_tables" / f"{TABLE1}.csv"])
    assert {line["status"] for line in own} == {"not run"}
    other = read_csv(files[tmp_path / "paper_tables" / f"{TABLE1}@simulated.csv"])
    statuses = {line["status"] for line in other if line["column"] == PE}
    assert statuses == {"substitute data"}
    assert all(not line["low"] for line in other)
    assert "**0 match**" in files[tmp_path / "README.md"]


def test_simulated_records_among_the_official_ones_are_refused(tmp_path):
    fake_records.write_column(tmp_path / "results" / "reference", PE, source="simulated", tasks=[1])
    with pytest.raises(UserError, match="task-01.json: made from simulated data in a folder of"):
        tables.build(tmp_path)


def test_a_users_run_beside_the_reference(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "ROOT", root)
    monkeypatch.setattr(tables.build_local, "__defaults__", (root,))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    fake_records.write_column(tmp_path, PE, count=10, shift={5: 20.0, 8: 30.0})
    assert command.main(["--local", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    lines = read_csv((tmp_path / "tables" / f"{TABLE1}.csv").read_text(encoding="utf-8"))
    assert len(lines) == 22
    by_task = {line["task"].split()[0]: line for line in lines}
    assert by_task["8"]["as reference"] == "no" and by_task["8"]["status"] == "partial"
    assert by_task["5"]["as reference"] == "yes" and by_task["5"]["n"] == "10"
    assert PE in shown and "three-arg-relations" in shown
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


# --- what goes wrong --------------------------------------------------------------------------

def break_record(change):
    """A test case: the text of a good record, changed."""
    return lambda text: json.dumps(change(json.loads(text)))


@pytest.mark.parametrize("change, message", [
    (lambda text: text[:200], "not a whole JSON record"),
    (lambda text: text.replace("0.0", "NaN", 1), "not a whole JSON record"),
    (break_record(lambda r: r | {"schema": 2}), "schema is 2 where 1 is expected"),
    (break_record(lambda r: r | {"column": BOW}), "column is 'MemN2N BoW' where"),
    (break_record(lambda r: r | {"task": 2}), "task is 2 where 1 is expected"),
    (break_record(lambda r: r | {"selection": "best"}), "selection 'best' is not one"),
    (break_record(lambda r: r | {"value": 99.0}), "its value 99.0 is not the test error"),
    (break_record(lambda r: r | {"selected": 9 - r["selected"]}), "its selected restart is"),
    (break_record(lambda r: r | {"restarts": []}), "has no restarts"),
    (break_record(lambda r: r | {"restarts": r["restarts"] + r["restarts"]}), "holds a seed twice"),
    (break_record(lambda r: {k: v for k, v in r.items() if k != "restarts"}), "has no 'restarts'"),
    (break_record(lambda r: r | {"restarts": [e | {"test_error": "9"} for e in r["restarts"]]}),
     "holds a value of the wrong kind"),
    (break_record(lambda r: r | {"restarts": [e | {"test_error": 900.0} for e in r["restarts"]]}),
     "holds a test error outside"),
    (lambda text: "[1]", "holds a value of the wrong kind"),
])
def test_a_broken_record_is_one_line_with_its_file(tmp_path, monkeypatch, capsys, change, message):
    fake_records.write_column(tmp_path, PE, tasks=[1])
    path = records.path_of(tmp_path / TABLE1, PE, 1)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert command.main(["--local", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and str(path) in error and message in error
    assert not (tmp_path / "tables").exists()


def test_a_folder_without_records(tmp_path, capsys):
    assert command.main(["--local", str(tmp_path)]) == 2
    assert "holds no records of a table" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(tmp_path):
    (tmp_path / "a").write_text("old", encoding="utf-8")
    (tmp_path / "blocked").write_text("a file where a folder is needed", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be written"):
        tables.write({tmp_path / "a": "new", tmp_path / "blocked" / "b": "new"})
    assert (tmp_path / "a").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "blocked"]


def test_records_of_another_version_of_the_code_are_named(tmp_path):
    (tmp_path / "model.py").write_text("now", encoding="utf-8")
    fake_records.write_column(tmp_path, PE, tasks=[1, 2])
    found = records.read_table(tmp_path / TABLE1, TABLE1, [PE], [1, 2])
    for record in found[PE].values():
        record.sources["model.py"] = "of another text"
    assert records.other_code(found, tmp_path) == {"model.py": 2}


def test_slugs_are_as_in_the_records_folder_and_unique():
    assert records.slug("MemN2N PE LS RN") == "memn2n-pe-ls-rn"
    assert records.slug(" (a)  + B* ") == "a-b"
    for table in (TABLE1, "memn2n_table3_babi_10k"):
        columns = published.by_task(table).columns
        assert len({records.slug(column) for column in columns}) == len(columns)
