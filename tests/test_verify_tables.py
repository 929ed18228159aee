"""Verification of what is generated: every table, page and README against the records."""

import shutil

import pytest

from paper_tables import tables
from replication import verify
from tests.helpers import fake_records
from tests.helpers.trained_small import change


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout with reference records and the files that they give."""
    fake_records.write_root(tmp_path)
    shutil.copy(tables.ROOT / "README.md", tmp_path / "README.md")
    monkeypatch.setattr(verify, "ROOT", tmp_path)
    tables.write(tables.build(tmp_path)[0])
    return tmp_path


def table_report(root):
    report = verify.Report()
    verify._tables(root / "results" / "reference", report)
    return report


def test_every_generated_file_is_held_against_the_records(root):
    report = table_report(root)
    assert not report.differences
    readme, page = root / "README.md", root / "paper_tables" / "memn2n_table1_babi_1k.md"
    readme.write_text(readme.read_text().replace("<!-- end headline", "0.0\n<!-- end headline"))
    page.write_text(page.read_text().replace("| match |", "| better |", 1).replace("9", "8", 1))
    (root / "paper_tables" / "memn2n_table1_babi_1k.csv").unlink()
    (root / "paper_tables" / "memn2n_table7.md").write_text("more")
    said = table_report(root).differences
    assert len(said) == 7  # README's, and three files that the manifest names as well
    for name in ("README.md: line", "memn2n_table1_babi_1k.md: line",
                 "memn2n_table1_babi_1k.csv: is not there", "memn2n_table7.md: no records",
                 "memn2n_table7.md: is not in", "memn2n_table1_babi_1k.md: has another digest"):
        assert any(name in line for line in said)


def test_a_changed_record_makes_the_tables_differ(root):
    path = root / "results/reference" / fake_records.TABLE1 / "memn2n-pe" / "task-01.json"

    def edit(record):
        for restart in record["restarts"]:
            restart["test_error"] = 50.0
        record["value"] = 50.0
    change(path, edit)
    assert any(line.startswith("README.md") for line in table_report(root).differences)
    path.write_text("{")
    assert any("the tables cannot be made" in line for line in table_report(root).differences)


def test_a_task_that_others_stand_in_for_is_no_gap_and_a_joint_columns_tasks_are_its_own(tmp_path):
    def records(experiment, column, tasks, scope):
        return {tmp_path / experiment / column / f"task-{task:02d}.json":
                {"experiment": experiment, "task": task, "scope": scope} for task in tasks}
    table, beside = "memn2n_table3_babi_10k", "memn2n_table3_babi_10k@task-3-simulated"
    alone = records(table, "pe", [*range(1, 3), *range(4, 20)], "cell")
    assert verify._gaps(alone | records(beside, "pe", [3], "cell")) == [
        f"{tmp_path / table / 'pe'}: no records of tasks 20"]
    assert verify._gaps(records(beside, "joint", range(1, 20), "column")) == [
        f"{tmp_path / beside / 'joint'}: no records of tasks 20"]
