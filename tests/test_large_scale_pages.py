"""The pages of large-scale QA, from records of a tiny run that pass for the substitute's."""

import json
import re
import shutil
from types import SimpleNamespace

import numpy
import pytest

from paper_tables import claims, claims_large_scale, sections
from paper_tables import large_scale_qa as pages
from paper_tables.claims_large_scale import LARGE_SCALE
from paper_tables.evidence import Evidence
from replication import memnn_table1_large_scale_qa, memnn_table2_hashing
from tests.helpers.trained_small import change


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for script in (memnn_table1_large_scale_qa, memnn_table2_hashing):
        script.main(["--smoke", "--restarts", "2", "--results", str(folder)])
        shutil.move(folder / f"{script.EXPERIMENT}@simulated", folder / script.EXPERIMENT)
        for path in (folder / script.EXPERIMENT).rglob("*.json"):
            change(path, lambda record: record.update(experiment=script.EXPERIMENT))
    return folder


def test_without_records_there_is_no_page(tmp_path):
    assert pages.pages(tmp_path) == {}


def test_figures_are_those_of_the_records(folder):
    files = sections.files(pages.pages(folder))
    assert set(files) == {f"{table}.{end}" for table in (pages.TABLE1, pages.TABLE2)
                          for end in ("md", "csv")} | {f"{pages.TABLE2}.svg"}
    page = files[f"{pages.TABLE1}.md"]
    record = json.loads((folder / pages.TABLE1 / "memnn-embedding-only" / "f1.json").read_text())
    values = [restart["f1"] for restart in record["restarts"]]
    row = next(line for line in page.splitlines()
               if line.startswith(f"| {pages.EMBEDDING} "))
    assert "0.72" in row and f"{numpy.mean(values):.3f}" in row
    assert [name for name in ("random", "BM25", "Fader et al. 2013") if f"| {name} " not in page] == []
    assert "substitute data" in page and "substitute data" in files[f"{pages.TABLE2}.md"]
    second = files[f"{pages.TABLE2}.csv"]
    assert "word hash, cut 0.2%" in second and "word hash (published),0.63" in second
    assert sections.files(pages.pages(folder)) == files


def test_intervals_are_of_the_paired_differences():
    delta = numpy.array([1.0, -1, 0, 0, 1, 0.5, 0, 0, 1, 0])
    mean, low, high = (float(text.replace("−", "-")) for text in
                       re.findall("[+−][0-9.]+", pages.interval(delta)))
    assert mean == 0.25 and low < 0.25 < high
    assert high - low == pytest.approx(2 * 1.96 * delta.std() / 10 ** 0.5, rel=0.2)
    assert pages.interval(numpy.zeros(5)) == "+0.000"


def test_the_lowest_cut_that_keeps_is_chosen():
    means = {"no hashing": {"development_f1": 1.0, "candidates": 100}}
    for cut, f1, scored in (("1%", 0.99, 50), ("0.2%", 0.985, 20), ("0.05%", 0.9, 5)):
        means[f"word hash, cut {cut}"] = {"development_f1": f1, "candidates": scored}
    assert pages.chosen(means) == {"word hash, cut 0.2%"}


def test_claims_are_decided_by_records_and_say_substitute(folder):
    """By the tiny run's figures, whatever they are; Figure 4 and the large memory are not there."""
    evidence = Evidence([], folder)
    verdicts = {claim: claims.find(claim, evidence) for claim in LARGE_SCALE}
    for claim, finding in verdicts.items():
        if claim.by in (pages.TABLE1, pages.TABLE2):
            assert finding.verdict != "open" and "substitute data" in finding.caveat, claim.says
        else:
            assert finding.verdict == "open" and finding.caveat == claim.by


@pytest.mark.parametrize("shift, holds", [(0.3, True), (-0.3, False)])
def test_a_claim_follows_the_difference_over_questions(monkeypatch, shift, holds):
    """Made F1 of 200 questions: a third of them right by chance, features right more or less often."""
    r = numpy.random.default_rng(0)
    plain = r.random(200)
    rows = {pages.EMBEDDING: plain, pages.MATCHING: plain + shift * (r.random(200) < 0.5),
            "random": numpy.where(r.random(200) < 0.5, 0.33, 1.0)}
    figures = {"random": [{"f1": 0.7}]}
    monkeypatch.setattr(pages, "table1_figures", lambda folder: (
        figures, {row: {"extended": values, "given": values} for row, values in rows.items()}))
    claim = next(claim for claim in LARGE_SCALE if claim.says == "word features help")
    finding = claims.find(claim, Evidence([], "nowhere"))
    assert finding.holds is holds and "F1 of 70.0" in finding.caveat


def test_hashes_are_taken_at_the_published_saving(monkeypatch):
    means = {"no hashing": {"f1": 0.8, "candidates": 1000}}
    for cut, f1, scored in (("1%", 0.79, 100), ("0.2%", 0.7, 12), ("0.05%", 0.5, 1)):
        means[f"word hash, cut {cut}"] = means[f"cluster hash, cut {cut}"] = {
            "f1": f1, "candidates": scored}
    monkeypatch.setattr(pages, "read", lambda *_: {"embedding F1": SimpleNamespace(restarts=[])})
    monkeypatch.setattr(pages, "hash_means", lambda restarts: means)
    name, f1, loss, fewer = claims_large_scale.nearest(Evidence([], "nowhere"), "word hash")
    assert name == "word hash, cut 0.05%" and fewer == 1000
    name, f1, loss, fewer = claims_large_scale.nearest(Evidence([], "nowhere"), "cluster hash")
    assert name == "cluster hash, cut 0.2%" and loss == pytest.approx(10)


def test_front_page_counts_no_cell_as_compared(folder, tmp_path):
    assert pages.states(folder) == {pages.TABLE1: {"substitute data": 2},
                                    pages.TABLE2: {"substitute data": 6}}
    assert sum(sum(counts.values()) for counts in pages.states(tmp_path).values()) == 0
