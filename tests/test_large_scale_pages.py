"""The pages of large-scale QA, from records of a tiny run that pass for the substitute's."""

import json
import re
import shutil

import numpy
import pytest

from paper_tables import large_scale_qa as pages
from replication import memnn_table1_large_scale_qa, memnn_table2_hashing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for script in (memnn_table1_large_scale_qa, memnn_table2_hashing):
        script.main(["--smoke", "--restarts", "2", "--results", str(folder)])
        shutil.move(folder / f"{script.EXPERIMENT}@simulated", folder / script.EXPERIMENT)
    return folder


def test_without_records_there_is_no_page(tmp_path):
    assert pages.build(tmp_path) == {}


def test_figures_are_those_of_the_records(folder):
    files = pages.build(folder)
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
    assert pages.build(folder) == files


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
