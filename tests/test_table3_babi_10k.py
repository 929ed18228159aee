"""Table 3 (10k): its protocols, its page where task 3 has a stand-in, and who else knows it."""

import csv
import io
import json
import shutil
from dataclasses import asdict
from zlib import crc32

import numpy as np
import pytest

from tests.helpers import fake_records
from tests.helpers import small_babi
from paper_tables import (
    attention, catalogue, drawings, not_run, pages, published, report_cells, tables)
from paper_tables.published import FAILED, MEAN
from replication import ask, train_your_own
from replication import memn2n_figure2_attention as figure2
from replication import memn2n_table1_babi_1k as table1
from replication import memn2n_table3_babi_10k as table3
from replication.records import files as stored_files, record as results_of
from replication.training import protocols
from replication.training.own import Files
from replication.running.cell_list import REFERENCE
from replication.verification import attention_checks
from tasks import archives, babi
from tests.helpers import trained_small
from tests.helpers.report_page import HERE

TEN_K, BOW, PE, JOINT = (table3.EXPERIMENT, "MemN2N BoW", "MemN2N PE",
                         "MemN2N 3 hops PE LS joint")
MARK = "@task-3-simulated"


def test_columns_are_the_published_ones():
    assert table3.COLUMNS == published.read(TEN_K).columns


def test_what_differs_from_table_1_is_what_the_paper_says():
    for column, protocol in table1.VARIANTS.items():
        assert table3.VARIANTS[column] == protocol
    for column, protocol in table1.JOINT_VARIANTS.items():
        changes = asdict(protocol).items() ^ asdict(table3.JOINT_VARIANTS[column]).items()
        assert changes == {("epochs", 60), ("epochs", 20), ("halve_every", 15), ("halve_every", 5)}
    star = table3.VARIANTS["MemN2N PE LS LW RN*"]
    assert (star.tying, star.relu, star.d, star.noise) == ("layer-wise", True, 100, 0.1)
    assert star.epochs == protocols.RANDOM_NOISE.epochs


def write(results, column, task, mark="", count=30, source="official"):
    """A record near the published error."""
    rng = np.random.default_rng([crc32(column.encode()), task])
    centre = published.read(TEN_K).figures(column)[task]
    content = fake_records.record(column, task, fake_records.restarts(centre, count, rng), source)
    folder = TEN_K + mark
    fake_records.write(results / folder, content | {"experiment": folder})


@pytest.fixture
def results(tmp_path):
    """PE: 19 official tasks, and the third from the simulators beside them."""
    for task in babi.TASK_NAMES:
        if task != 3:
            write(tmp_path, PE, task)
    write(tmp_path, PE, 3, MARK, source="official, task 3 simulated")
    return tmp_path


def judged(results):
    return tables.judged_table(catalogue.BABI_10K, results / TEN_K)


def test_the_third_task_is_a_substitute_and_in_the_mean(results):
    item = judged(results)
    cell = item.cells[PE, 3]
    assert cell.status == "substitute data" and cell.n == 30
    assert item.cells[PE, 2].status in ("match", "better", "worse")
    ours = [item.cells[PE, task].ours for task in babi.TASK_NAMES]
    assert item.cells[PE, MEAN].ours == pytest.approx(sum(ours) / 20)
    assert item.cells[PE, MEAN].status == item.cells[PE, FAILED].status == "substitute data"
    assert 3 in item.table.other_data and 3 not in catalogue.BABI_10K.other_data
    assert item.tests[PE] is not None                   # of the other tasks
    page = pages.build(item)[f"{TEN_K}.md"]
    assert "Task 3* has the training questions of our simulators here" in page
    line = report_cells.line(item, cell, results, drawings.ERRORS)
    command = next(fact.text for fact in line.facts if fact.name == "command")
    assert "--task-3 simulated" in command and "--tasks 3" in command


def test_an_official_record_has_no_stand_in(results):
    write(results, PE, 3)
    item = judged(results)
    assert item.cells[PE, 3].status in ("match", "better", "worse")
    assert item.table.other_data == catalogue.BABI_10K.other_data
    assert "our simulators" not in pages.build(item)[f"{TEN_K}.md"]


def test_twenty_restarts_are_enough_where_draws_of_the_best_of_ten_do_not_spread(tmp_path):
    """Two draws of ten tell nothing where they do: their interval is stretched eightfold."""
    for task, spread in ((1, 0.3), (2, 3.0)):
        entries = fake_records.restarts(50.0, 20, np.random.default_rng(0))
        for number, entry in enumerate(entries):
            entry["test_error"] = 50.0 + spread * (number % 2)
            entry["train_error"] = 40.0
        content = fake_records.record(PE, task, entries)
        fake_records.write(tmp_path / TEN_K, content | {"experiment": TEN_K})
    cells = judged(tmp_path).cells
    assert cells[PE, 1].status == "worse" and cells[PE, 2].status == "partial"


def test_a_joint_column_of_a_stand_in_is_on_its_own_page(results):
    for task in babi.TASK_NAMES:
        write(results, JOINT, task, MARK, source="official, task 3 simulated")
    assert judged(results).cells[JOINT, 3].status == "not run"


def not_run_of(results):
    """{column: (its cells without a record, hours)} that the page of the table lists."""
    page = pages.build(judged(results))[f"{TEN_K}.md"].partition("## Not run yet")[2]
    lines = [line.split("|")[1:4] for line in page.partition("\n## ")[0].splitlines()
             if " of 20 " in line]
    return {name.strip(): (cells.strip(), float(hours)) for name, cells, hours in lines}


def test_what_has_no_record_is_named_with_its_hours(results):
    lacking = not_run_of(results)
    assert set(lacking) == set(published.read(TEN_K).columns) - {PE}
    hours = not_run.HOURS[TEN_K][BOW]
    assert lacking[BOW] == ("20 of 20", hours)
    for task in range(6, 21):
        write(results, BOW, task)
    for task in babi.TASK_NAMES:                # what is trained on the stand-in is on its own page
        write(results, JOINT, task, MARK, source="official, task 3 simulated")
    lacking = not_run_of(results)
    assert lacking[BOW] == ("5 of 20", round(hours / 4, 1))
    assert JOINT not in lacking
    assert not_run.section(TEN_K, {BOW: (0, 20)}, 10) == []


def test_its_records_are_in_the_tables_the_report_and_the_claims(tmp_path):
    """Claims of 10k are decided where its columns are complete, the third task from beside too."""
    reference = fake_records.write_root(tmp_path) / "results" / "reference"
    shutil.copy(tables.ROOT / "README.md", tmp_path / "README.md")
    noise, start, star = (f"MemN2N {name}" for name in ("PE LS RN", "PE LS", "PE LS LW RN*"))
    for column in (noise, start):
        fake_records.write_column(reference, column, count=20)
    for column in (noise, start, star, "MemNN strongly supervised"):
        for task in babi.TASK_NAMES:
            mark, source = (MARK, "official, task 3 simulated") if task == 3 else ("", "official")
            write(reference, column, task, mark, 10 if column == start else 20, source)
    entries = fake_records.restarts(5.0, 20, np.random.default_rng(0))    # of one model a seed
    for task in babi.TASK_NAMES:
        fake_records.write(reference / f"{TEN_K}{MARK}", fake_records.record(
            JOINT, task, entries, "official, task 3 simulated") | {"experiment": TEN_K + MARK})
    files = {path.name: text for path, text in tables.build(tmp_path)[0].items()}
    assert {f"{TEN_K}{mark}.{kind}" for mark in ("", MARK) for kind in ("md", "csv", "tex")} <= set(
        files)
    page = files[f"{TEN_K}{MARK}.md"].splitlines()
    head = next(line for line in page if line.startswith("| task"))
    assert JOINT in head and star not in head    # of the others the third task stands in the table
    claims = [line for line in csv.DictReader(io.StringIO(files["claims.csv"]))
              if "10k" in line["claim"]]
    assert len(claims) == 3 and all(line["figure"] != "–" for line in claims)
    # Ten restarts are one draw of the best of ten; other data stands beside a verdict.
    assert [line["verdict"] == "open" for line in claims] == [False, True, False]
    few = "10 restarts a cell, from which no spread can be told"
    simulated = "the training questions of task 3 are simulated"
    assert [line["caveat"] for line in claims] == [simulated, f"{few}; {simulated}", ""]
    assert catalogue.BABI_10K.title in files["report.html"]
    assert "--task-3 simulated" in files["report.html"]
    assert f"[{catalogue.BABI_10K.title}](paper_tables/{TEN_K}.md)" in files["README.md"]


def test_ask_knows_its_models(tmp_path, capsys):
    folder, data = trained_small.make(tmp_path)
    (folder / trained_small.FOLDER).rename(folder / f"{TEN_K}{MARK}")
    lines = ask.stored(folder, 1, PE, TEN_K)[1]
    assert "(data: simulated)" in lines[0]              # not passed for the official
    with pytest.raises(ask.UserError, match=f"replication.{TEN_K} --columns"):
        ask.stored(folder, 20, PE, TEN_K)


def test_one_s_own_data_can_be_trained_by_its_protocols(tmp_path):
    place = small_babi.write(tmp_path, tasks=(1, 16)) / archives.BABI / "en"
    files = Files(*((place / babi.file_name(1, split),) for split in ("train", "test")))
    run = train_your_own.planned(files, column="PE LS LW RN*", table=3)
    assert run.protocol == protocols.NON_LINEAR
    several = Files(*(tuple(place / babi.file_name(task, split) for task in (1, 16))
                      for split in ("train", "test")))
    assert train_your_own.planned(several, table=3).protocol.epochs == 20
    with pytest.raises(train_your_own.UserError, match="no column"):
        train_your_own.planned(files, column="PE LS LW RN*")


def test_figure_2_looks_at_its_models_too(tmp_path):
    data = small_babi.write(tmp_path / "data", tasks=(1,), folder="en-10k")
    folder = tmp_path / "results"
    assert figure2.main(["--smoke", "--table", "3", "--data", str(data), "--tasks", "1",
                         "--results", str(folder)]) == 0
    place = folder / f"{figure2.EXPERIMENT}@10k-simulated"
    [path] = place.glob("*/task-01.json")
    equal, differences, unchecked = attention_checks.check([path], folder, [data])
    assert (equal, differences, unchecked) == (1, [], [])
    files = tables.others(folder)
    page = files[f"{place.name}.md"]
    assert "10k training questions" in page and "Not the official data" in page
    assert {f"{place.name}.md", f"{place.name}.csv"} <= set(files)


def test_attention_of_1k_and_10k_stands_side_by_side(tmp_path):
    """The share on supporting facts of both, for the tasks that both have."""
    reference = tables.ROOT / "results" / "reference" / attention.SCRIPT
    for folder, tasks in ((attention.SCRIPT, (1, 2, 3)), (f"{attention.SCRIPT}@10k", (1, 3, 4))):
        for task in tasks:
            path = f"memn2n-pe-ls-rn/task-{task:02d}.json"
            record = json.loads((reference / path).read_text()) | {"experiment": folder}
            if "@" in folder:
                figures = record["test_set"]
                figures["share"] = [0.5 + share / 2 for share in figures["share"]]
            stored_files.write(tmp_path / folder / path, results_of.to_text(record).encode())
    files = tables.others(tmp_path)
    page = files[f"{attention.SCRIPT}@10k.md"].partition("## 1k and 10k")[2]
    lines = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in page.partition("## Examples")[0].splitlines() if line.startswith("|")]
    assert lines[0][:5] == ["task", "hop 1, 1k", "hop 1, 10k", "hop 2, 1k", "hop 2, 10k"]
    assert [line[0].split()[0] for line in lines[2:]] == ["1", "3"]
    for line in lines[2:]:
        small, large = float(line[1]), float(line[2])
        assert large == pytest.approx(50 + small / 2, abs=0.1)
        assert line[-1] == line[-2]                          # the error is that of the same record
    assert "## 1k and 10k" not in files[f"{attention.SCRIPT}.md"]


def test_figure_2_refuses_another_table(tmp_path):
    with pytest.raises(ask.UserError, match="--table the number of a table"):
        figure2.main(["--table", "2", "--results", str(tmp_path)])


def test_what_a_part_of_the_official_questions_gives_is_said(built):
    """Of the committed records: the page says what they have, and nothing is compared."""
    [path] = REFERENCE.glob(f"{TEN_K}@task-3-partial/*/*.json")
    part = json.loads(path.read_text())
    page = built[HERE / f"{TEN_K}.md"]
    assert f"{part['column']} an error of {part['value']:.1f}" in page
    apart = built[HERE / f"{TEN_K}@task-3-partial.md"]
    assert "task 3 in part" in apart.splitlines()[0] and "nothing is compared" in apart
    [line] = [line for line in apart.splitlines() if line.startswith("| 3 ") and "–" not in line]
    assert "substitute data" in line and f"/ {part['value']:.1f} " in line
