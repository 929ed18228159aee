"""The report page: every number is its record's, every link leads somewhere, and it opens."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from urllib.parse import unquote

import numpy as np
import pytest

import fake_records
from paper_tables import attention, drawings, published, readme, report, tables
from paper_tables.records import slug
from replication import results
from report_page import HERE, Page, cells_of
from tasks.errors import UserError

REFERENCE = tables.ROOT / "results" / "reference"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)


def test_every_record_of_a_table_is_on_the_page(page):
    shown = {(HERE / path).resolve() for path in cells_of(page)}
    there = {path.resolve() for table in tables.TASK_TABLES
             for path in (REFERENCE / table.script).glob("*/task-*.json")}
    assert shown == there and there


def test_figures_of_every_cell_are_its_records(page, built):
    for path, (_, shown) in cells_of(page).items():
        record = json.loads((HERE / path).read_text())
        paper = published.by_task(record["experiment"])
        printed = paper.errors[record["column"]][record["task"]]
        errors = [100.0 if one["test_error"] is None else one["test_error"]
                  for one in record["restarts"]]
        assert shown["of-published"] == f"{printed:.1f}", path
        assert shown["of-ours"] == f"{record['value']:.1f}", path
        assert shown["of-median"] == f"{median(errors):.1f}", path
        assert shown["of-range"] == f"{min(errors):.1f}–{max(errors):.1f}", path
        assert shown["of-n"].split()[0] == str(len(errors)), path
        lines = csv.DictReader(io.StringIO(built[HERE / f"{record['experiment']}.csv"]))
        line = next(line for line in lines if (line["column"], line["task"]) == (
            record["column"], str(record["task"])))
        ends = [float(line[end]) for end in ("low", "high") if line[end]]
        found = [float(end) for end in shown["of-interval"].split("–") if end]
        assert found == pytest.approx(ends, abs=0.0051), path  # two decimals of the csv's figures
        assert shown["of-status"] == line["status"], path


def test_every_restart_is_a_dot_at_its_error(page):
    for path, (row, _) in cells_of(page).items():
        record = json.loads((HERE / path).read_text())
        dots = re.findall(r"M([\d.]+) ([\d.]+)h0", page.drawn[row]["dots"])
        expected = sorted(100.0 if r["test_error"] is None else r["test_error"]
                          for r in record["restarts"])
        width = drawings.WIDTH - 2 * drawings.MARGIN
        found = [100 * ((float(x) - drawings.MARGIN) / width) ** 2 for x, _ in dots]
        assert sorted(found) == pytest.approx(expected, abs=0.1), path
        assert all(0 <= float(y) <= drawings.HEIGHT for _, y in dots), path
        ours = float(page.drawn[row]["ours"].partition(" ")[0][1:])
        assert 100 * ((ours - drawings.MARGIN) / width) ** 2 == pytest.approx(
            record["value"], abs=0.1), path


def test_curves_end_where_the_stored_ones_do(page):
    for path, (row, _) in cells_of(page).items():
        record = json.loads((HERE / path).read_text())
        with np.load((HERE / path).with_name(record["curves"])) as stored:
            drawn = {"train_error", "valid_error"} <= set(stored.files)
            assert drawn or record["selection"] == "mean over seeds", path
            for name in ("train", "valid") if drawn else ():
                last = np.median(stored[f"{name}_error"][:, -1].astype(float))
                assert page.bold[row + 1, f"{name}-end"] == f"{last:.1f}", path


def test_what_opens_names_record_and_command(page):
    for path, (row, _) in cells_of(page).items():
        record, text = json.loads((HERE / path).read_text()), page.rows[row + 1][3][0][1]
        for key, value in record["protocol"].items():
            assert f"{key} {value}" in text, path
        assert f"--tasks {record['task']} --restarts {len(record['restarts'])} " in text
        assert f'"{record["column"].removeprefix("MemN2N ")}"' in text
        chosen = ("none" if record["selected"] is None
                  else f"seed {record['restarts'][record['selected']]['seed']}")
        assert f"{chosen}, by {record['selection']}" in text


def test_the_front_table_is_readmes(page, built):
    shown = [[text for _, text in cells] for kind, _, _, cells in page.rows if kind == "headline"]
    text = built[tables.ROOT / "README.md"]
    block = next(m.group() for m in readme.MARKERS.finditer(text) if m["name"] == "headline")
    lines = [[part.strip() for part in line.strip("|").split("|")]
             for line in block.splitlines() if line.startswith("|") and not line.startswith("|:")]
    assert shown == lines and len(lines) > 1


def test_mean_and_failed_rows_are_the_tables(page, built):
    for table in tables.TASK_TABLES:
        lines = csv.DictReader(io.StringIO(built[HERE / f"{table.script}.csv"]))
        for line in lines:
            if line["task"] or not line["restarts"]:
                continue
            key = "-".join(slug(part) for part in (table.script, line["column"],
                                                          line["name"]))
            [shown] = [dict(cells) for *_, given, cells in page.rows if given.get("id") == key]
            digits = 0 if line["name"].startswith("failed") else 1
            assert shown["of-published"] == f"{float(line['published']):.{digits}f}"
            if line["ours"]:
                assert shown["of-ours"] == f"{float(line['ours']):.{digits}f}"
            assert shown["of-status"] == line["status"]


def test_attention_on_the_page_is_the_records(page):
    found = attention.read(REFERENCE / attention.SCRIPT)
    stories = {}
    for kind, path, _, cells in page.rows:
        if kind == "story":
            stories.setdefault((HERE / path).resolve(), []).append([text for _, text in cells])
    assert len(stories) == len(found)
    for record in found.values():
        _, *lines = stories[record["path"].resolve()]
        for line, statement in zip(lines, record["example"]["statements"]):
            assert line[0] == statement["text"]
            assert (line[1] == "yes") == statement["support"]
            assert line[2:] == ["–"] * 3 if statement["attention"] is None else [
                f"{p:.2f}" for p in statement["attention"]]
    shown = [[text for _, text in cells] for kind, _, _, cells in page.rows if kind == "attention"]
    for line, record in zip(shown[1:], found.values()):
        figures = record["test_set"]
        assert line[1] == f"{100 * figures['uniform']:.1f}"
        assert line[2:5] == [f"{100 * share:.1f}" for share in figures["share"]]
        assert line[-1] == f"{100 * figures['n_wrong'] / figures['questions']:.1f}"


def test_provenance_counts_the_records(page):
    records = [json.loads((HERE / path).read_text())
               for path in cells_of(page) | cells_of(page, "accuracies")]
    shown = {kind: [[text for _, text in cells] for which, _, _, cells in page.rows
                    if which == kind][1:] for kind in ("environment", "code", "data")}
    parts = [part for r in records for part in results.groups(r)]
    assert sum(int(line[-1]) for line in shown["environment"]) == len(parts)
    assert {line[0] for line in shown["code"]} == {str(p["code"]["commit"]) for p in parts}
    assert {(line[0], line[2]) for line in shown["data"]} == {
        item for r in records for item in r["data"]["files"].items()}


def test_every_link_leads_somewhere_and_nothing_is_loaded(page, built):
    assert len(page.ids) == len(set(page.ids))
    generated = {path.resolve() for path in built}
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif link != "data:,":
            assert not re.match(r"[a-z]+:|//", link), link
            target = (HERE / unquote(link)).resolve()
            assert target.exists() or target in generated, link
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "img", "object"}
    text = built[HERE / "report.html"]
    assert "url(" not in text and "@import" not in text and len(text.encode()) < 2.5e6


def test_every_status_is_a_word_with_its_colour(page):
    style = report.TEMPLATE.read_text()
    for status in report.STATUSES:
        assert f".{slug(status)} " in style or f".{slug(status)}," in style
    assert "prefers-color-scheme: dark" in style and "@media print" in style


def test_the_page_of_other_records(tmp_path):
    """Joint, begun and missing columns; a cell outside its interval; no curves, no attention."""
    root = fake_records.write_root(tmp_path / "root with a space")
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    files, _ = tables.build(root)
    text = files[root / "paper_tables" / "report.html"]
    page = Page(text)
    assert 'id="attention"' not in text
    [why] = [cells for kind, _, _, cells in page.rows if kind == "mismatches"
             and cells[0][1].startswith(f"{fake_records.PE}, 5 ")]
    assert why[4][1] == "worse" and why[5][1]
    assert len(cells_of(page)) == 42
    assert {link for link in page.links if link.startswith("#")} <= {f"#{i}" for i in page.ids}


def test_other_data_has_sections_and_commands_of_its_own(tmp_path):
    root = fake_records.write_root(tmp_path)
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    for mark, source in (("@simulated", "simulated"), ("@hn", "official")):
        fake_records.write_column(root / "results" / "reference", fake_records.PE, 12, tasks=[1],
                                  source=source, variant=mark)
    text = tables.build(root)[0][root / "paper_tables" / "report.html"]
    assert text.count("--source simulated --results results/local</code>") == 1
    assert text.count("--folder hn --results results/local</code>") == 1
    assert text.count('<span class="status substitute-data">') >= 2
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))


def test_damaged_curves_are_one_line(tmp_path):
    root = fake_records.write_root(tmp_path)
    shutil.copy(tables.ROOT / "README.md", root / "README.md")
    path = next((root / "results" / "reference" / fake_records.TABLE1).glob("*/task-01.json"))
    path.with_name("task.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match="task.npz: not the curves of its record"):
        tables.build(root)


# --- in a browser


def opened(path, profile, *flags):
    """(what the browser's console said, the page's content after loading)."""
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom", *flags,
         path.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line], done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_it_opens_from_a_file_without_errors(built, tmp_path):
    path = tmp_path / "paper tables" / "report.html"
    path.parent.mkdir()
    path.write_text(built[HERE / "report.html"], encoding="utf-8")
    for flags in ((), ("--window-size=400,800",)):
        said, content = opened(path, tmp_path / "profile", *flags)
        assert said == []
        assert Page(path.read_text()).ids == re.findall(r'\bid="([^"]+)"', content)
    broken = Path(tmp_path / "broken.html")  # that an error would be seen
    broken.write_text("<script>missing()</script>")
    assert opened(broken, tmp_path / "profile")[0]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_nothing_but_wide_tables_is_wider_than_a_phone(built, tmp_path):
    """Measured by the page itself: a script that writes the width is added to a copy."""
    path = tmp_path / "report.html"
    path.write_text(built[HERE / "report.html"].replace("<details>", "<details open>").replace(
        "</body>", "<script>document.title = 'wide ' + (document.documentElement.scrollWidth - "
        "document.documentElement.clientWidth)</script></body>"), encoding="utf-8")
    content = opened(path, tmp_path / "profile", "--window-size=500,900")[1]
    assert "<title>wide 0</title>" in content
