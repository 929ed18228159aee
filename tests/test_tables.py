"""Tables from records: their files, README's marked parts, and what a user sees go wrong."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import fake_records
from tests.helpers.fake_records import BOW, JOINT, PE, TABLE1, judged
from paper_tables import __main__ as command
from paper_tables import local, manifest, published, readme, reasons, records, tables
from replication.records.record import slug
from tasks.errors import UserError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = fake_records.write_root(tmp_path_factory.mktemp("root with a space"))
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    return root


@pytest.fixture(scope="module")
def cells(root):
    return judged(root / "results" / "reference").cells


@pytest.fixture(scope="module")
def made(root):
    """The generated files of the fake root, {path: text}, and the remarks."""
    return tables.build(root)


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- files ------------------------------------------------------------------------------------

def test_committed_tables_and_readme_are_a_fresh_regeneration(built):
    for path, text in built.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run ./run_all.sh tables"
    there = {path for path in (tables.ROOT / "paper_tables").iterdir()
             if path.suffix in (".md", ".tex", ".csv", ".html", ".svg")
             and path != reasons.FILE}
    assert there | {tables.ROOT / "README.md", tables.ROOT / "replication" / "DEVIATIONS.md",
                    tables.ROOT / manifest.NAME} == set(built)
    assert tables.strays(tables.ROOT, built) == []


def test_building_twice_gives_the_same_bytes(root):
    first, _ = tables.build(root)
    tables.write(first)
    second, _ = tables.build(root)
    assert first == second
    for path, text in first.items():
        assert path.read_bytes() == text.encode("utf-8")
    assert not [path for path in root.rglob(".*") if path.is_file()]


def test_the_csv_holds_every_cell(root, cells, made):
    files, remarks = made
    lines = read_csv(files[root / "paper_tables" / f"{TABLE1}.csv"])
    assert len(lines) == 12 * 22
    five = next(line for line in lines if line["column"] == PE and line["task"] == "5")
    assert five["status"] == "worse" and five["published"] == "14.1" and five["reason"]
    cell = cells[PE, 5]
    assert float(five["low"]) == pytest.approx(cell.interval.low, abs=1e-4)
    # The committed reasons are of the committed records, not of these.
    gap, = (line for line in remarks
            if not line.startswith(reasons.FILE.name) and "goes without its model" not in line)
    assert "memn2n-bow/task-03.json: no such record (and 17 m" in gap
    assert gap.startswith("not run yet: ")
    ties = read_csv(files[root / "paper_tables" / f"{TABLE1}_ties.csv"])
    assert len(ties) == 42 and all(line["by training loss"] for line in ties)


def test_the_markdown_shows_each_column_in_full(root, made):
    files, _ = made
    text = files[root / "paper_tables" / f"{TABLE1}.md"]
    for column in (PE, BOW, JOINT):
        assert f"\n## {column}\n" in text
    assert "## LSTM" not in text and "50.0 / not run" in text
    assert "16 basic-induction*" in text


def test_latex_is_balanced_and_escaped(root, made):
    files, _ = made
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


def test_the_front_table_counts_matches(root, cells, made):
    files, _ = made
    matching = [cell for (_, row), cell in cells.items()
                if isinstance(row, int) and cell.status == "match"]
    text = files[root / "README.md"]
    assert f"{len(matching)} match and 0 fit" in text
    assert f"{sum(cell.wide for cell in matching)} have an interval wider" in text
    assert "task 5 three-arg-relations, worse: published 14.1, ours" in files[
        root / "paper_tables" / "mismatches.md"]


def test_figures_of_the_readme_stand_between_markers_only():
    text = readme.MARKERS.sub("", (tables.ROOT / "README.md").read_text(encoding="utf-8"))
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)      # code
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
    assert "0 match and 0 fit" in files[tmp_path / "README.md"]


def test_simulated_records_among_the_official_ones_are_refused(tmp_path):
    fake_records.write_column(tmp_path / "results" / "reference", PE, source="simulated", tasks=[1])
    with pytest.raises(UserError, match="task-01.json: made from simulated data in a folder of"):
        tables.build(tmp_path)


def test_a_users_run_beside_the_reference(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "ROOT", root)
    monkeypatch.setattr(local.build, "__defaults__", (root,))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    fake_records.write_column(tmp_path, PE, count=10, shift={5: 20.0, 8: 30.0})
    assert command.main(["--local", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    lines = read_csv((tmp_path / "tables" / f"{TABLE1}.csv").read_text(encoding="utf-8"))
    assert len(lines) == 22
    by_task = {line["task"].split()[0]: line for line in lines}
    assert by_task["8"]["as reference"] == "no" and by_task["8"]["status"] == "partial"
    assert by_task["5"]["as reference"] == "yes" and by_task["5"]["n"] == "10"
    assert PE in shown and "MemN2N BoW" not in shown and "three-arg-relations" in shown
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


# --- what goes wrong --------------------------------------------------------------------------

def break_record(change):
    """A test case: the text of a good record, changed."""
    return lambda text: json.dumps(change(json.loads(text)))


@pytest.mark.parametrize("change, message", [
    (lambda text: text[:200], "not a whole record"),
    (lambda text: text.replace("0.0", "NaN", 1), "not a whole record"),
    (break_record(lambda r: r | {"schema": 9}), "schema 9, this version reads"),
    (break_record(lambda r: r | {"column": BOW}), "column is 'MemN2N BoW' where"),
    (break_record(lambda r: r | {"task": 2}), "task is 2 where 1 is expected"),
    (break_record(lambda r: r | {"selection": "best"}), "unknown selection rule 'best'"),
    (break_record(lambda r: r | {"value": 99.0}), "selected, value and partial are"),
    (break_record(lambda r: r | {"selected": 9 - r["selected"]}), "selected, value and partial are"),
    (break_record(lambda r: r | {"restarts": []}), "not a sorted list of different seeds"),
    (break_record(lambda r: r | {"restarts": r["restarts"] + r["restarts"]}), "not a sorted list of different seeds"),
    (break_record(lambda r: {k: v for k, v in r.items() if k != "restarts"}), "it has no 'restarts'"),
    (break_record(lambda r: r | {"restarts": [e | {"test_error": "9"} for e in r["restarts"]]}),
     "selected, value and partial are"),
    (break_record(lambda r: r | {"restarts": [e | {"test_error": 900.0} for e in r["restarts"]]}),
     "selected, value and partial are"),
    (break_record(lambda r: r | {"protocol": []}), "'protocol' is list"),
    (break_record(lambda r: r | {"protocol": {"epochs": "x"}}), "n_test or epochs is no number"),
    (lambda text: text.replace('"train_error": 0.0', '"train_error": 1e999', 1),
     "holds a value of the wrong kind"),
    (lambda text: "[1]", "it is not a JSON object"),
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


def test_slugs_are_as_in_the_records_folder_and_unique():
    assert slug("MemN2N PE LS RN") == "memn2n-pe-ls-rn"
    assert slug(" (a)  + B* ") == "a-b"
    for table in (TABLE1, "memn2n_table3_babi_10k"):
        columns = published.read(table).columns
        assert len({slug(column) for column in columns}) == len(columns)


def test_what_was_written_is_said_in_few_words():
    paths = [Path("README.md"), Path("paper_tables/b.md"), Path("paper_tables/a.md")]
    assert command._by_folder(paths) == ["README.md", "2 files in paper_tables"]
