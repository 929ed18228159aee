"""The report's tables of the simulated world: every figure is its record's, no reason is lost."""

import csv
import importlib
import io
import json
import re
import shlex
import shutil
from collections import Counter
from statistics import mean

import numpy as np
import pytest

import fake_accuracies
import report_page
from fake_accuracies import K1_TIME, TABLE3, TABLE4, TABLE6
from paper_tables import drawings, published, readme, reasons, tables
from paper_tables.catalogue import BABI, SIMULATED_WORLD as TABLES
from paper_tables.judge import MEASURED, OUTSIDE
from paper_tables.records import slug
from report_page import HERE, Page

REFERENCE = tables.ROOT / "results" / "reference"
HARD = "difficulty 5 / actor + object"
SOME = [table.script for table in TABLES if (REFERENCE / table.script).is_dir()]


def cells_of(page):
    return report_page.cells_of(page, "accuracies")


def record_at(path):
    return json.loads((HERE / path).read_text(encoding="utf-8"))


def accuracies_of(record):
    return [run["test_accuracy"] for run in record["restarts"]]


def lines_of(built, script, folder=HERE):
    """The table's CSV, a line a cell, with its row under "row" as well."""
    heading = published.read(script).heading
    return [line | {"row": line[heading]}
            for line in csv.DictReader(io.StringIO(built[folder / f"{script}.csv"]))]


def line_of(built, record):
    [line] = [line for line in lines_of(built, record["experiment"])
              if (line["column"], line["row"]) == (record["column"], record["row"])]
    return line


def decimals_of(printed):
    return max(1, len(printed.partition(".")[2]))


def texts_of(page, kind):
    return [[text for _, text in cells] for which, _, _, cells in page.rows if which == kind]


def row_at(page, script, line):
    """The number of a cell's row, found by its id."""
    key = "-".join(map(slug, (script, line["column"], line["row"])))
    return next((i for i, row in enumerate(page.rows) if row[2].get("id") == key), None)


# --- the committed records --------------------------------------------------------------------

def test_every_record_is_shown_and_linked_once(page):
    there = sorted(path for script in SOME for path in (REFERENCE / script).glob("*/*.json"))
    assert sorted((HERE / path).resolve() for path in cells_of(page)) == there and there
    links = Counter(page.links)
    assert {links[path] for path in cells_of(page)} == {1}


def test_figures_of_every_cell_are_its_records(page, built):
    for path, (_, shown) in cells_of(page).items():
        record = record_at(path)
        values, line = accuracies_of(record), line_of(built, record)
        [paper] = [row for row in published.rows(record["experiment"])
                   if record["row"] in row.values()]
        assert float(shown["of-published"]) == float(paper[record["column"]]), path
        assert shown["of-published"] == line["published"], path
        assert shown["of-ours"] == f"{mean(values):.{decimals_of(line['published'])}f}", path
        assert shown["of-range"] == f"{min(values):.1f}–{max(values):.1f}", path
        assert shown["of-n"] == str(len(values)) == line["restarts"], path
        low, high = map(float, shown["of-interval"].split("–"))
        assert (low, high) == pytest.approx((float(line["low"]), float(line["high"])), abs=0.0051)
        assert shown["of-status"] == line["status"], path


def drawn_accuracy(x):
    """What stands at x of a strip, from the words under the table: the root of the error."""
    width = drawings.WIDTH - 2 * drawings.MARGIN
    return 100 - 100 * ((drawings.WIDTH - drawings.MARGIN - x) / width) ** 2


def test_strips_show_every_seed_the_interval_and_both_figures(page, built):
    for path, (row, _) in cells_of(page).items():
        record, drawn = record_at(path), page.drawn[row]
        line = line_of(built, record)
        dots = re.findall(r"M([\d.]+) ([\d.]+)h0", drawn["dots"])
        found = sorted(drawn_accuracy(float(x)) for x, _ in dots)
        assert found == pytest.approx(sorted(accuracies_of(record)), abs=0.1), path
        assert all(0 <= float(y) <= drawings.HEIGHT for _, y in dots), path
        for kind, value in (("published", line["published"]), ("ours", line["ours"])):
            x = float(drawn[kind].partition(" ")[0][1:])
            assert drawn_accuracy(x) == pytest.approx(float(value), abs=0.1), path
        low, high = drawn["band"]
        assert drawn_accuracy(low) == pytest.approx(float(line["low"]), abs=0.1), path
        # A band is drawn one unit wide at least.
        end = max(drawings.ACCURACIES.place(float(line["high"])), low + 1)
        assert high == pytest.approx(end, abs=0.15), path


def test_the_scale_of_accuracies_shows_small_errors_and_says_so(page, built):
    place = drawings.ACCURACIES.place
    assert place(0) == drawings.MARGIN and place(100) == drawings.WIDTH - drawings.MARGIN
    assert place(100) - place(99.4) > 10 and place(30) - place(20) > 5
    assert drawings.ACCURACIES.ticks[-2:] == (99, 100)
    text = built[HERE / "report.html"]
    assert text.count("<b>seeds</b>: a dot each") == len(SOME)


def test_a_table_at_one_glance_is_its_csv_and_leads_to_the_lines(page, built):
    lines = texts_of(page, "glance")
    for table in TABLES:
        paper = published.read(table.script)
        start = lines.index([paper.heading, *paper.columns])
        for i, row in enumerate(paper.rows, start=start + 1):
            assert lines[i][0] == row
            for shown, column in zip(lines[i][1:], paper.columns):
                [line] = [line for line in lines_of(built, table.script)
                          if (line["row"], line["column"]) == (row, column)]
                ours = "" if not line["ours"] else (
                    f"{float(line['ours']):.{decimals_of(line['published'])}f} ")
                assert shown == f"{line['published']} / {ours}{line['status']}"
                key = "-".join(map(slug, (table.script, column, row)))
                assert (f"#{key}" in page.links) == (key in page.ids) == bool(line["restarts"])


def test_what_opens_tells_protocol_and_parts(page):
    for path, (row, _) in cells_of(page).items():
        record, text = record_at(path), page.rows[row + 1][3][0][1]
        flat = record["protocol"] | {key: value for part in record["protocol"].values()
                                     if isinstance(part, dict) for key, value in part.items()}
        for key, value in flat.items():
            assert f"{key} (" in text if isinstance(value, dict) else f"{key} {value}" in text, path
        for key, name in MEASURED.items():
            values = [run.get(key) for run in record["restarts"]]
            if None not in values:
                assert f"{name} {mean(values):.2f}" in text, (path, name)


def test_commands_run_their_column_with_the_records_seeds(page, monkeypatch):
    for path, (row, _) in cells_of(page).items():
        record, text = record_at(path), page.rows[row + 1][3][0][1]
        [command] = re.findall(r"python -m .*--results results/local", text)
        _, _, module, *flags = shlex.split(command)
        script, ran = importlib.import_module(module), []
        monkeypatch.setattr(script, "run_cells", lambda cells, seeds, *_: ran.extend(
            (cell.column, cell.row, list(seeds)) for cell in cells))
        script.main(flags)
        assert (record["column"], record["row"], [run["seed"] for run in record["restarts"]]) in ran
        assert {column for column, _, _ in ran} == {record["column"]}
        assert {name for _, name, _ in ran} == set(published.read(record["experiment"]).rows)


def test_no_reason_is_lost(page, built):
    wanted = []
    for table in TABLES:
        heading = published.read(table.script).heading
        for line in lines_of(built, table.script):
            if line["reason"]:
                below = page.rows[row_at(page, table.script, line) + 1][3][0][1]
                assert f"{line['reason']}." in below, line
            if line["reason"] or line["status"] in OUTSIDE:
                row = f"{line['row']} {heading}" if line["row"].isdigit() else line["row"]
                wanted.append([f"{row}, {line['column']}", line["published"], line["status"],
                               line["reason"] or "–"])
    shown = [[line[i] for i in (0, 1, 4, 5)] for line in texts_of(page, "mismatches")
             if line[0] != "cell"]
    assert shown[-len(wanted):] == wanted and wanted


def test_the_counts_are_readmes(page, built):
    block = next(m.group() for m in readme.MARKERS.finditer(built[tables.ROOT / "README.md"])
                 if m["name"] == "reproduced")
    lines = {cells[0]: cells for line in block.splitlines() if line.startswith("| ")
             for cells in [[part.strip() for part in re.sub(
                 r"\[(.*?)\]\(.*?\)", r"\1", line).strip("|").split("|")]]}
    shown = texts_of(page, "counts")
    assert [lines[cells[0]] for cells in shown[:-1]] == shown[:-1]
    assert len(shown) == len(TABLES) + 2


def test_sections_stand_between_the_tables_by_task_and_the_mismatches(page):
    names = [slug(table.script) for table in (*BABI, *TABLES)]
    wanted = ["headline", *names, "mismatches", "attention", "environment"]
    assert [key for key in page.ids if key in wanted] == wanted
    assert [link for link in page.links if link.removeprefix("#") in wanted][:len(wanted) - 1] == [
        f"#{key}" for key in wanted[1:]]


# --- other records ----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A root with Table 3 (a cell far off, one diverged run), a row of Table 4, and Table 6."""
    root = tmp_path_factory.mktemp("root with a space")
    reference = root / "results" / "reference"
    fake_accuracies.write_table(reference, TABLE3, shift={(HARD, "LSTM"): -20.0})
    entries = fake_accuracies.runs(44.4, 10, np.random.default_rng(1), diverged=1)
    fake_accuracies.write(reference, fake_accuracies.record(TABLE3, HARD, K1_TIME, entries))
    fake_accuracies.write_table(reference, TABLE4, only=["3000"])
    fake_accuracies.write_table(reference, TABLE6)
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    return root


@pytest.fixture(scope="module")
def other_files(other):
    return tables.build(other)[0]


@pytest.fixture(scope="module")
def other_page(other, other_files):
    return Page(other_files[other / "paper_tables" / "report.html"])


def test_building_twice_gives_the_same_page(other, other_files):
    path = other / "paper_tables" / "report.html"
    assert tables.build(other)[0][path] == other_files[path]


def test_a_table_gets_its_lines_with_its_records(other, other_page, other_files):
    assert len(cells_of(other_page)) == 25 + 4 + 4
    for line in lines_of(other_files, TABLE6, other / "paper_tables"):
        row = other_page.rows[row_at(other_page, TABLE6, line)]
        assert dict(row[3])["of-ours"] == f"{float(line['ours']):.2f}"
    assert len(other_page.ids) == len(set(other_page.ids))
    assert {link[1:] for link in other_page.links if link[0] == "#"} <= set(other_page.ids)


def test_a_diverged_run_is_a_dot_at_0_and_leaves_no_figure(other_page):
    row = row_at(other_page, TABLE3, {"column": HARD, "row": K1_TIME})
    shown = dict(other_page.rows[row][3])
    assert (shown["of-ours"], shown["of-status"]) == ("–", "partial")
    assert shown["of-n"] == "10 (1 diverged)" and shown["of-range"].startswith("0.0–")
    assert f"M{drawings.MARGIN} " in other_page.drawn[row]["dots"].replace(".0 ", " ")
    assert "ours" not in other_page.drawn[row]


def test_cells_without_a_known_reason_and_rows_without_records(other_page):
    [why] = [cells for cells in texts_of(other_page, "mismatches") if cells[0] == f"LSTM, {HARD}"]
    assert why[4:] == ["worse", reasons.UNKNOWN]
    assert [cells for cells in texts_of(other_page, "glance")
            if cells[0] == "100" and cells[1] == "73.8 / not run"]
    assert row_at(other_page, TABLE4, {"column": HARD, "row": "100"}) is None
