"""The pages of the language model: Table 2 judged, variants, and Figure 3's numbers."""

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from paper_tables import (language_model, language_model_hops, language_model_rows, not_run,
                          published, readme, sections)
from paper_tables.claims import find
from paper_tables.claims_language import LANGUAGE_MODEL
from paper_tables.records import Record
from replication import memn2n_figure3_hops
from replication.records.record import record_path
from replication.running import command_line
from tests.helpers.small_text import stand_in, trained  # noqa: F401, trained is a fixture
from tasks.errors import UserError

ROW = "6 hops, memory 100"
PRINTED = {line["hops"] + line["memory"]: line for line in published.rows(language_model.SCRIPT)
           if line["corpus"] == "Penn Treebank" and line["hops"]}["6100"]


def record(tests, valid=None, **more):
    """A record of the row with these test perplexities."""
    valid = valid or tests
    restarts = [{"seed": seed, "status": "ok", "epochs": 46, "test_perplexity": test,
                 "train_perplexity": 50.0,
                 "valid_perplexity": v, "valid_perplexity_every_word": v,
                 "test_perplexity_every_word": test, "test_perplexity_best_epoch": test}
                for seed, (test, v) in enumerate(zip(tests, valid))]
    return Record(None, {
        "row": ROW, "column": "Penn Treebank", "restarts": restarts,
        "selected": int(np.argmin(valid)), "protocol": {"epochs": 100},
        "data": {"source": "official"}} | more)


def line_of(one):
    key = one.row, one.column
    [line] = [line for line in language_model.lines_of({key: one})
              if (line.row, line.corpus) == key]
    return line


def test_every_published_row_is_there_once_and_says_why_it_has_no_figure():
    lines = language_model.lines_of({})
    assert len({(line.corpus, line.row) for line in lines}) == len(lines) == 29
    by_status = {status: [line for line in lines if line.status == status]
                 for status in ("quoted", "not run", "unavailable")}
    assert {status: len(some) for status, some in by_status.items()} == {
        "quoted": 6, "not run": 12, "unavailable": 11}
    assert {line.corpus for line in by_status["unavailable"]} == {"Text8"}


def test_one_restart_is_partial_and_ours_stands_beside_the_published_figure():
    line = line_of(record([117.0]))
    assert (line.test, line.valid) == (PRINTED["test perplexity"], PRINTED["valid perplexity"])
    assert line.status == "partial" and line.interval is None
    assert line.ours["test_perplexity"] == 117.0 and line.restarts == 1


def test_more_restarts_than_ten_are_judged_by_what_the_best_of_ten_may_be():
    rng, published_figure = np.random.default_rng(0), float(PRINTED["test perplexity"])
    spread = rng.normal(0, 1.5, 60)
    near = line_of(record((published_figure + 2.5 + spread).tolist()))
    assert near.status == "match" and near.interval.low < published_figure < near.interval.high
    assert line_of(record((published_figure + 20 + spread).tolist())).status == "worse"
    assert line_of(record((published_figure - 20 + spread).tolist())).status == "better"


def test_other_data_or_a_shortened_run_is_never_a_match():
    tests = (115 + np.random.default_rng(0).normal(2.5, 1.5, 60)).tolist()
    assert line_of(record(tests, data={"source": "simulated"})).status == "substitute data"
    assert line_of(record(tests, protocol={"epochs": 2})).status == "partial"
    short = record([250.0], row="2 hops, memory 100 (2 epochs)")
    assert line_of(short).status == "partial" and line_of(short).test == ""


@pytest.fixture
def folder(trained, monkeypatch):
    stand_in(monkeypatch)
    assert command_line.run(memn2n_figure3_hops.main, [
        "--source", "simulated", "--results", str(trained)]) == 0
    return trained


def test_pages_of_a_run(folder):
    files = sections.files(language_model.pages(folder))
    table, figure = (f"{name}@simulated" for name in (language_model.SCRIPT,
                                                      language_model_hops.FIGURE))
    assert set(files) == {f"{table}.{kind}" for kind in ("md", "tex", "csv")} | {
        f"{figure}.md", f"{figure}.csv"}
    assert "nothing is compared" in files[f"{table}.md"]
    # Rows of the paper that are run on its own data are not said to lack a run here.
    assert files[f"{table}.md"].count("\n| ") == 2 and "not run" not in files[f"{table}.md"]
    [stated] = [line for line in csv.DictReader(io.StringIO(files[f"{table}.csv"]))
                if line["status"] == "substitute data"]
    [path] = folder.glob(f"{table}/*/*.json")
    restart = json.loads(path.read_text())["restarts"][0]
    assert float(stated["ours test"]) == pytest.approx(restart["test_perplexity"], abs=1e-3)
    rows = list(csv.DictReader(io.StringIO(files[f"{figure}.csv"])))
    assert len(rows) == 6 * 100
    for hop in range(1, 7):
        attention = [float(row["attention"]) for row in rows if row["hop"] == str(hop)]
        assert sum(attention) == pytest.approx(1, abs=1e-4)
    assert {row["position"] for row in rows} == {str(i) for i in range(-100, 0)}
    assert "_dark.png" in files[f"{figure}.md"]
    assert language_model.pages(folder / "nowhere") == {}
    assert "Not run yet" not in files[f"{table}.md"]


def test_rows_without_a_record_are_named_with_their_hours(tmp_path):
    """All but one of the paper's models on Penn Treebank, each with hours of its own."""
    rows = [row for row in not_run.HOURS[language_model.SCRIPT] if row != "2 hops, memory 100"]
    fake_evidence(tmp_path, {"2 hops, memory 100": 122})
    section = language_model.pages(tmp_path)[language_model.SCRIPT][0].parts[-1]
    assert section.title == "Not run yet"
    assert sorted(line[0] for line in section.parts[1].lines) == sorted(rows)


@pytest.mark.parametrize("kinds, device", [
    (None, "cuda (a GPU)"),
    ([{"device": "cuda (a GPU)", "torch": "2.11.0"}, {"device": "cpu", "torch": "2.13.0"}],
     "cuda (a GPU), cpu")])
def test_restarts_that_a_gpu_trained_are_named(tmp_path, kinds, device):
    fake_evidence(tmp_path, {ROW: 117, "2 hops, memory 100": 122})
    assert "GPU" not in language_model_page(tmp_path)
    path = record_path(tmp_path, language_model.SCRIPT, "Penn Treebank", row=ROW)
    content = json.loads(path.read_text())
    if kinds:
        content["restarts"][0]["kinds"] = kinds
    else:
        content["made"][0]["environment"] = {"device": "cuda (a GPU)", "torch": "2.11.0"}
    path.write_text(json.dumps(content))
    said = language_model_page(tmp_path).partition("Trained on a GPU")[2]
    [line] = [line for line in said.splitlines() if line.startswith("| Penn Treebank")
              and "not run" not in line]
    assert [cell.strip() for cell in line.split("|")[2:5]] == [ROW, "0", device]


def language_model_page(folder):
    return sections.files(language_model.pages(folder))[f"{language_model.SCRIPT}.md"]


def test_rows_far_off_are_named_where_anything_is_compared(tmp_path):
    far = "Further off than expected"
    fake_evidence(tmp_path, {ROW: 117, "2 hops, memory 100": 140})
    assert language_model_page(tmp_path).count(far) == 1
    other = tmp_path / f"{language_model.SCRIPT}@prefix"
    (tmp_path / language_model.SCRIPT).rename(other)
    for path in other.glob("*/*.json"):
        content = json.loads(path.read_text())
        data = {"source": "substitute", "n_train": 5_000, "n_valid": 1, "n_test": 1,
                "vocabulary": 9}
        path.write_text(json.dumps(content | {"experiment": other.name, "data": data}))
    text = sections.files(language_model.pages(tmp_path))[f"{other.name}.md"]
    assert far not in text and text.startswith("# MemN2N, Table 2 (language models), on a part")
    assert text.count("It has 5,000 words for training") == 1


def test_where_the_last_hop_looks_tells_rows_apart_or_does_not():
    """Two rows, one 10 above its published figure: by the last hop's share of the newest word."""
    lines = [line_of(record([float(PRINTED["test perplexity"]) + above], row=row))
             for row, above in ((ROW, 0), ("5 hops, memory 100", 10))]
    assert [language_model_rows.above(line) > language_model_rows.FAR for line in lines] == [
        False, True]

    def looked_at(near, far, seed=0):
        return {line.row: {"model": {"seed": seed}, "attention": np.array(
            [[0.1] * 10, [(1 - share) / 9] * 9 + [share]])}
            for line, share in zip(lines, (near, far))}
    about, told, table = language_model_rows.last_hops(lines, looked_at(0.99, 0.4))
    assert "at least\n99.0% of its" in told and "at most 40.0%" in told
    assert [line[2] for line in table.lines] == ["99.0%", "40.0%"]
    assert len(language_model_rows.last_hops(lines, looked_at(0.4, 0.99))) == 2
    assert language_model_rows.last_hops(lines, looked_at(0.99, 0.4, seed=1)) == []
    assert language_model_rows.last_hops(lines, {}) == []


def test_restarts_of_a_row_are_shown_one_by_one():
    """Three restarts of one row, of which the second is chosen, and one of another."""
    several = line_of(record([121.0, 114.5, 130.0], valid=[124.0, 122.0, 138.0]))
    other = line_of(record([120.0], row="2 hops, memory 100"))
    [section] = language_model_rows.apart([other, several])
    about, table, order = section.parts
    assert "up to 15.5 apart" in about and "from 115 to 121" in about
    assert [line[0] for line in table.lines] == [ROW] * 3
    assert [line[5] for line in table.lines] == ["+6.0", "−0.5", "+15.0"]
    assert [line[6] for line in table.lines] == ["", "yes", ""]
    assert "1 pairs of rows" in order and "1 are in" in order and order.endswith("they are 0.")
    assert language_model_rows.apart([other]) == []


@pytest.mark.parametrize("first, other, said", [
    (121.0, 120.0, True),       # the row that lay far off got more, the other did not
    (116.0, 120.0, False), (121.0, 130.0, False)])
def test_more_restarts_where_the_published_figure_was_far_is_said(first, other, said):
    lines = [line_of(record([first, 114.5])), line_of(record([other], row="2 hops, memory 100"))]
    [section] = language_model_rows.apart(lines)
    assert ("LM12" in section.parts[0]) == said


def test_pairs_of_rows_are_counted_by_their_order():
    assert language_model_rows.order_of(
        [110, 112, 115], [115, 113, 120], [3, 2, 1]).split() == (
        "Of the 3 pairs of rows whose published test perplexities differ, 2 are in the published "
        "order here; the published figures of the others are at most 2 apart. With the first "
        "restart of every row alone they are 0.").split()
    assert len(language_model_rows.gaps_of([110, 110, 115], [1.0, 2.0, 3.0])) == 2


def test_a_damaged_figure_is_named(folder):
    [path] = folder.glob(f"{language_model_hops.FIGURE}*/*/*.json")
    content = path.read_text()
    stated = json.loads(content)
    for text, said in ((json.dumps({**stated, "attention": [[0.5, 0.4]]}), "sum to 1"),
                       (json.dumps({**stated, "attention": "x"}), "not a whole record of Figure 3"),
                       (content[:50], "not a whole record of Figure 3")):
        path.write_text(text)
        with pytest.raises(UserError, match=said):
            language_model.pages(folder)
    path.write_text(content)


def test_shares_are_of_newest_and_older_words():
    p = np.array([[0.1] * 4 + [0.0] * 5 + [0.6], [0.1] * 10])
    newest, recent, older = language_model_hops.shares(p)
    assert newest.tolist() == pytest.approx([0.6, 0.1])
    assert recent.tolist() == pytest.approx([0.6, 0.5])
    assert older.tolist() == pytest.approx([0.4, 0.5])


# --- claims

CPU = {"device": "cpu", "torch": "2.13.0"}


def fake_evidence(tmp_path, figures, hops=None, variants=None, count=1):
    """An Evidence's folder with records of Penn Treebank: {row: test perplexity or None}."""
    for script, rows in ((language_model.SCRIPT, figures),
                         (language_model.VARIANTS, variants or {})):
        for row, test in rows.items():
            ok = test is not None
            restart = {"status": "ok", "test_perplexity": test, "valid_perplexity": test,
                       "train_perplexity": 60, "valid_perplexity_best_epoch": test,
                       "test_perplexity_best_epoch": test, "epochs": 46} if ok else {
                           "status": "diverged", "diverged_epoch": 1, "test_perplexity": None}
            path = record_path(tmp_path, script, "Penn Treebank", row=row)
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({
                "schema": 2, "experiment": script, "column": "Penn Treebank", "row": row,
                "task": None, "selection": "lowest validation perplexity",
                "selected": 0 if ok else None, "metric": "test perplexity", "value": test,
                "partial": count < 10, "protocol": {"epochs": 100},
                "restarts": [restart | {"seed": seed} for seed in range(count)],
                "data": {"source": "official", "n_test": 1}, "started": "", "seconds": 1,
                "made": [{"seeds": list(range(count)), "code": {}, "environment": CPU}],
                "peak_memory_mb": 1,
                "scope": "cell", "curves": "x.npz",
                "checkpoint": {"file": "x", "sha256": "0" * 64} if ok else None}))
    if hops is not None:
        path = record_path(tmp_path, language_model_hops.FIGURE, "Penn Treebank", row=ROW)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({
            "row": ROW, "words": 1, "attention": hops.tolist(), "column": "Penn Treebank",
            "model": {}}))
    return SimpleNamespace(reference=tmp_path)


def verdicts(evidence):
    return [find(claim, evidence).verdict for claim in LANGUAGE_MODEL]


def test_claims_are_open_without_records(tmp_path):
    assert verdicts(SimpleNamespace(reference=tmp_path)) == ["open"] * 8


def test_claims_follow_their_figures(tmp_path):
    even, sharp = np.full(100, 0.01), np.zeros(100)
    sharp[-1] = 1
    good = {"2 hops, memory 100": 122, "6 hops, memory 100": 116, "7 hops, memory 200": 112,
            "6 hops, memory 25": 119, "6 hops, memory 150": 115}
    without = "6 hops, memory 25: gradients not clipped"
    caveat, turning = "supported with a caveat", np.array([even, sharp] * 3)
    assert verdicts(fake_evidence(tmp_path / "a", good, turning, {without: None}, count=10)) == [
        caveat, "supported", "supported", caveat, *[caveat] * 4]
    bad = {row: 130 - 2 * (test - 112) for row, test in good.items()}
    decaying = np.exp(-np.arange(100)[::-1] / 5)
    assert verdicts(fake_evidence(tmp_path / "b", bad, np.array([decaying / decaying.sum()] * 6),
                                  {without: 131}, count=10)) == ["not supported"] * 8
    few = fake_evidence(tmp_path / "c", good, turning[[0, 1, 1, 1, 0, 1]], {without: None})
    assert verdicts(few) == ["open"] * 3 + [caveat] * 2 + ["not supported", caveat, caveat]
    assert find(LANGUAGE_MODEL[0], few).figure == "112.0 against 115"


def test_readme_counts_the_models_of_the_table(tmp_path):
    assert language_model.states(tmp_path) == {}
    fake_evidence(tmp_path, {"2 hops, memory 100": 122, "2 hops, memory 100 (2 epochs)": 250})
    assert language_model.states(tmp_path) == {"partial": 1, "not run": 11, "unavailable": 11}
    line = readme.reproduced([], {f"{language_model.SCRIPT}.md"},
                             {language_model.SCRIPT: language_model.states(tmp_path)})
    [row] = [row for row in line.splitlines() if language_model.SCRIPT in row]
    assert [cell.strip() for cell in row.split("|")][2:9] == ["23", "1", "0", "0", "0", "0", "1"]
