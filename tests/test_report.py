"""The report page: every number is its record's, and every link leads somewhere."""

import csv
import importlib
import io
import json
import re
import shlex
from collections import Counter
from urllib.parse import unquote

import numpy as np
import pytest

from paper_tables import (
    attention,
    catalogue,
    drawings,
    published,
    readme,
    report,
    report_parts,
    report_overview,
    sections,
    tables,
)
from paper_tables.table import MEASURED, OUTSIDE, STATUSES
from paper_tables.records import folders
from replication.records.record import slug
from paper_tables.sections import Lines, Picture, Section
from replication.records.record import groups
from replication.running import world_table
from tests.helpers.report_page import HERE

REFERENCE = tables.ROOT / "results" / "reference"


def record_at(path):
    return json.loads((HERE / path).read_text(encoding="utf-8"))


def figures_of(record):
    """What a table shows of each restart; a diverged one counts as the worst."""
    key, worst = (("test_error", 100.0) if record["metric"] == "test error %" else
                  ("test_accuracy", 0.0))
    return [worst if one[key] is None else one[key] for one in record["restarts"]]


def summary_of(folder):
    """The summary rows of the table that a folder has records of."""
    return published.read(folder.partition("@")[0]).summary


@pytest.fixture(scope="module")
def lines(built):
    """{(script, column, row as text): line of the table's CSV}."""
    found = {}
    for table in catalogue.TABLES:
        heading = published.read(table.script).heading
        for folder in folders(REFERENCE, table.script):
            if HERE / f"{folder.name}.csv" not in built:
                continue     # of records that stand in for others, in the paper's own table
            for line in csv.DictReader(io.StringIO(built[HERE / f"{folder.name}.csv"])):
                row = line[heading] or line.get("name")
                found[folder.name, line["column"], row] = line
    return found


def line_of(lines, record):
    row = record["row"] if record["task"] is None else str(record["task"])
    place = record["experiment"], record["column"], row
    return lines[place] if place in lines else lines[place[0].partition("@")[0], *place[1:]]


def test_every_record_of_a_table_is_shown_and_linked(page):
    there = {path.resolve() for table in catalogue.TABLES
             for folder in folders(REFERENCE, table.script)
             for path in folder.glob("*/*.json")}
    assert {(HERE / path).resolve() for path in page.cells()} == there and there
    links = Counter(page.links)
    assert all(links[path] == 1 for path in page.cells())


def test_figures_of_every_cell_are_its_records(page, lines):
    for path, (_, shown) in page.cells().items():
        record = record_at(path)
        figures, line = figures_of(record), line_of(lines, record)
        decimals = max(1, len(line["published"].partition(".")[2]))
        assert shown["of-published"] == line["published"], path
        assert shown["of-ours"] == f"{record['value']:.{decimals}f}", path
        assert shown["of-median"] == f"{np.median(figures):.1f}", path
        assert shown["of-range"] == f"{min(figures):.1f}–{max(figures):.1f}", path
        assert shown["of-n"].split()[0] == str(len(figures)) == line["restarts"], path
        ends = [float(line[end]) for end in ("low", "high") if line[end]]
        found = [float(end) for end in shown["of-interval"].split("–") if end]
        assert found == pytest.approx(ends, abs=0.0051), path  # two decimals of the csv's figures
        assert shown["of-status"] == line["status"], path


def test_every_restart_is_a_dot_at_its_figure(page, lines):
    width = drawings.WIDTH - 2 * drawings.MARGIN

    def figure(x, lower):
        """What stands at x, from the words above the table: the root of the error."""
        at = x - drawings.MARGIN if lower else drawings.WIDTH - drawings.MARGIN - x
        return 100 * (at / width) ** 2 if lower else 100 - 100 * (at / width) ** 2

    for path, (row, _) in page.cells().items():
        record, drawn = record_at(path), page.drawn[row]
        line, lower = line_of(lines, record), record["metric"] == "test error %"
        dots = re.findall(r"M([\d.]+) ([\d.]+)h0", drawn["dots"])
        assert sorted(figure(float(x), lower) for x, _ in dots) == pytest.approx(
            sorted(figures_of(record)), abs=0.1), path
        assert all(0 <= float(y) <= drawings.HEIGHT for _, y in dots), path
        for kind, value in (("published", line["published"]), ("ours", line["ours"])):
            x = float(drawn[kind].partition(" ")[0][1:])
            assert figure(x, lower) == pytest.approx(float(value), abs=0.1), path


def test_the_overview_shows_every_cell_that_was_run_where_its_figures_say(page, lines):
    shown = {}
    for named, about, bar, place in page.marks:
        shown[named["href"].removeprefix("#")] = (named, about, bar, place)
    wanted = {"-".join(map(slug, key)): line for key, line in lines.items()
              if line["ours"] and key[2] not in summary_of(key[0])}
    folder = {"-".join(map(slug, key)): key[0] for key in lines}
    counts = Counter(folder[key] for key in shown)
    assert shown.keys() == wanted.keys() and len(page.marks) == len(shown)
    for key, (named, about, bar, (x, y)) in shown.items():
        line, table = wanted[key], next(
            table for table in catalogue.TABLES if key.startswith(slug(table.script)))
        assert named["data-status"] == slug(line["status"]) and line["status"] in about
        size = (report_overview.LARGE if counts[folder[key]] > report_overview.MANY
                else report_overview.SMALL)
        length = size - 1.5 * report_overview.MARGIN

        def place(text, table=table, length=length):
            error = float(text) if table.lower_is_better else 100 - float(text)
            return length * np.sqrt(max(error, 0) / 100)
        assert x == pytest.approx(place(line["published"]), abs=0.1), key
        assert y == pytest.approx(length - place(line["ours"]), abs=0.1), key
        if line["low"]:
            low, at, high = map(float, re.fullmatch(r"M(\S+) (\S+)H(\S+)", bar).groups())
            ends = sorted(map(place, (line["low"], line["high"])))
            assert (low, high) == pytest.approx(ends, abs=0.1) and at == pytest.approx(y)
            # Too few restarts are no verdict, but have an interval that may be missed.
            outside = line["status"] in OUTSIDE or line["status"] == "partial" and not (
                float(line["low"]) <= float(line["published"]) <= float(line["high"]))
            # Off its bar where it is outside, up to the tenths that places are written with.
            assert (not low + 0.2 < x < high - 0.2 if outside else
                    low - 0.2 <= x <= high + 0.2), key
        else:
            assert bar == "", key


def test_a_table_at_one_glance_is_its_csv_and_leads_to_the_lines(page, lines):
    glance = page.texts("glance")
    for table in catalogue.TABLES:
        paper = published.read(table.script)
        start = glance.index([paper.heading, *paper.columns])
        for shown, row in zip(glance[start + 1:], (*paper.rows, *paper.summary)):
            assert shown[0].startswith(str(row))
            for text, column in zip(shown[1:], paper.columns):
                line = lines[table.script, column, str(row)]
                published_text, _, rest = text.partition(" / ")
                assert published_text == line["published"]
                if line["ours"]:
                    ours, status = rest.split(" ", 1)
                    assert float(ours) == pytest.approx(float(line["ours"]), abs=0.051)
                    assert status == line["status"]
                    key = "-".join(map(slug, (table.script, column, str(row))))
                    assert f"#{key}" in page.links and key in page.ids
                else:
                    assert rest == line["status"]


def test_curves_end_where_the_stored_ones_do(page):
    for path, (row, _) in page.cells().items():
        record = record_at(path)
        with np.load((HERE / path).with_name(record["curves"])) as stored:
            drawn = {"train_error", "valid_error"} <= set(stored.files)
            assert drawn or record["selection"] == "mean over seeds", path
            for name in ("train", "valid") if drawn else ():
                last = np.median(stored[f"{name}_error"][:, -1].astype(float))
                assert page.bold[row + 1, f"{name}-end"] == f"{last:.1f}", path


def test_what_opens_tells_protocol_selection_and_parts(page):
    for path, (row, _) in page.cells().items():
        record, text = record_at(path), page.rows[row + 1][3][0][1]
        flat = record["protocol"] | {key: value for part in record["protocol"].values()
                                     if isinstance(part, dict) for key, value in part.items()}
        for key, value in flat.items():
            assert f"{key} (" in text if isinstance(value, dict) else f"{key} {value}" in text, path
        if record["selection"] != "mean over seeds":
            chosen = ("none" if record["selected"] is None
                      else f"seed {record['restarts'][record['selected']]['seed']}")
            assert f"{chosen}, by {record['selection']}" in text
        for key, name in MEASURED.items():
            values = [run.get(key) for run in record["restarts"] if run["status"] == "ok"]
            if values and None not in values and record["task"] is None:
                assert f"{name} {np.mean(values):.2f}" in text, (path, name)


def test_commands_run_their_cells_with_the_records_seeds(page, monkeypatch):
    for path, (row, _) in page.cells().items():
        record, text = record_at(path), page.rows[row + 1][3][0][1]
        [command] = re.findall(r"python -m .*--results results/local", text)
        seeds = [run["seed"] for run in record["restarts"]]
        assert f"--restarts {len(seeds)} " in command
        assert f'--columns "{record["column"].removeprefix("MemN2N ")}"' in command
        if record["task"] is not None:
            assert f" --tasks {record['task']} " in command
            continue
        _, _, module, *flags = shlex.split(command)
        script, ran = importlib.import_module(module), []
        for place in (script, world_table):
            monkeypatch.setattr(place, "run_cells", lambda cells, run, **_: ran.extend(
                (cell.column, cell.row, list(run.seeds)) for cell in cells), raising=False)
        script.main(flags)
        assert (record["column"], record["row"], seeds) in ran
        assert {column for column, _, _ in ran} == {record["column"]}


def test_the_front_tables_are_readmes(page, built):
    text = built[tables.ROOT / "README.md"]

    def block(name):
        marked = next(m.group() for m in readme.MARKERS.finditer(text) if m["name"] == name)
        plain = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", marked)
        return [[part.strip() for part in line.strip("|").split("|")]
                for line in plain.splitlines() if line.startswith("|") and ":-" not in line]
    headline = block("headline")
    assert page.texts("headline")[:len(headline)] == headline and len(headline) > 1
    counts = page.texts("counts")
    assert block("reproduced")[:len(counts)] == counts and len(counts) > 2


def test_summary_rows_are_the_tables(page, lines):
    for (script, column, row), line in lines.items():
        if row in summary_of(script) and line["ours"]:
            shown = dict(page.rows[page.row_of("-".join(map(slug, (script, column, row))))][3])
            assert shown["of-published"] == line["published"]
            assert float(shown["of-ours"]) == pytest.approx(float(line["ours"]), abs=0.051)
            assert shown["of-status"] == line["status"]


def test_no_reason_is_lost(page, lines):
    shown = Counter((row[0], row[5]) for row in page.texts("mismatches"))
    count = 0
    for (script, column, row), line in lines.items():
        if line["reason"]:
            key = "-".join(map(slug, (script, column, row)))
            assert f"{line['reason']}." in page.rows[page.row_of(key) + 1][3][0][1], key
            assert any(why == line["reason"] and column in name for name, why in shown), key
            count += 1
    outside = sum(line["status"] in OUTSIDE for line in lines.values())
    assert sum(shown.values()) - shown["cell", "why"] >= max(outside, count) > 0


def test_attention_on_the_page_is_the_records(page):
    found, stories = attention.read(REFERENCE / attention.SCRIPT), {}
    for kind, path, _, cells in page.rows:
        if kind == "story":
            stories.setdefault((HERE / path).resolve(), []).append([text for _, text in cells])
    assert len(stories) == len(found)
    for record in found.values():
        _, *rows = stories[record["path"].resolve()]
        for row, statement in zip(rows, record["example"]["statements"]):
            assert row[0] == statement["text"]
            assert (row[1] == "yes") == statement["support"]
            assert row[2:] == ["–"] * 3 if statement["attention"] is None else [
                f"{p:.2f}" for p in statement["attention"]]
    for row, record in zip(page.texts("attention")[1:], found.values()):
        figures = record["test_set"]
        assert row[1] == f"{100 * figures['uniform']:.1f}"
        assert row[2:5] == [f"{100 * share:.1f}" for share in figures["share"]]
        assert row[-1] == f"{100 * figures['n_wrong'] / figures['questions']:.1f}"


def test_provenance_counts_the_records(page):
    records = [record_at(path) for path in page.cells()]
    parts = [part for record in records for part in groups(record)]
    shown = {kind: page.texts(kind)[1:] for kind in ("environment", "code", "data")}
    assert sum(int(line[-1]) for line in shown["environment"]) == len(parts)
    assert {line[0] for line in shown["code"]} == {str(p["code"]["commit"]) for p in parts}
    assert {(line[0], line[2]) for line in shown["data"]} == {
        item for record in records for item in record["data"]["files"].items()}


def test_a_joint_training_is_counted_once_though_each_task_has_a_record(page):
    records = [record_at(path) for path in page.cells()]
    once = {(record["experiment"], record["column"],
             record["task"] if record["scope"] == "cell" else None, record["row"]): record
            for record in records}
    hours = sum(record["seconds"] for record in once.values()) / 3600
    assert len(once) < len(records)
    assert report_parts.environment(records).hours == pytest.approx(hours)
    assert report_parts.environment(records).restarts == sum(
        len(record["restarts"]) for record in once.values())


def test_every_link_leads_somewhere_and_nothing_is_loaded(page, built):
    assert len(page.ids) == len(set(page.ids))
    generated = {path.resolve() for path in built}
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif link != "data:,":
            assert not re.match(r"[a-z]+:|//", link), link
            target = (HERE / unquote(link.partition("#")[0])).resolve()
            assert target.exists() or target in generated, link
    assert not {tag for tag, _ in page.tags} & {"iframe", "img", "object"}
    assert all("src" not in named for _, named in page.tags)
    text = built[HERE / "report.html"]
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text
    assert len(text.encode()) < 2.5e6


def test_cells_lead_only_to_models_that_the_page_that_answers_has(built):
    """Models of 1k; those of 10k have columns of the same name."""
    sections = built[HERE / "report.html"].split("<section ")[1:]
    asked = {section.partition('"')[2].partition('"')[0]: section.count("ask.html#task=")
             for section in sections}
    assert {name: count for name, count in asked.items() if count} == {
        "memn2n-table1-babi-1k": 40}


def test_every_line_has_a_link_to_itself(page):
    for _, _, named, _ in page.rows:
        if "id" in named:
            assert f"#{named['id']}" in page.links


def test_sections_follow_the_papers(page):
    wanted = ["overview", "headline", *(slug(table.script) for table in catalogue.TABLES),
              "mismatches", "attention", "environment"]
    assert [key for key in page.ids if key in wanted] == wanted
    assert [link[1:] for link in page.links if link[1:] in wanted][:len(wanted)] == wanted


def test_every_status_has_a_sign_of_its_own(built):
    style = built[HERE / "report.html"]
    signs = {status: re.search(rf'\.status\.{slug(status)}::before {{ content: "(.)"', style)
             for status in STATUSES}
    assert all(signs.values())
    assert len({sign[1] for sign in signs.values()}) == len(STATUSES)
    drawn = set(re.findall(r'<(?:path|circle) id="shape-([a-z-]+)"', style))
    assert drawn >= {slug(status) for status in STATUSES if f'class="mark {slug(status)}"' in style}


def test_a_page_of_words_and_tables_is_a_section_of_the_report(tmp_path):
    page = Section("Title <1>", ["*Words* & `code`.", Lines(["a", "b"], [["x|y", "partial"]]),
                                 Section("Below", [Picture("what it shows", "p.svg")])])
    text = report.build([], {}, False, {"some_script": page}, tmp_path)
    assert '<a href="#some-script">Title &lt;1&gt;</a>' in text
    assert "<b>Words</b> &amp; <code>code</code>." in text and "<h3>Below</h3>" in text
    assert '<span class="status partial">partial</span>' in text and ">x|y<" in text
    assert '<a href="p.svg">what it shows</a>' in text and 'href="some_script.md"' in text
    assert sections.markdown(page).splitlines()[0] == "# Title <1>"
    assert "![what it shows](p.svg)" in sections.markdown(page)
