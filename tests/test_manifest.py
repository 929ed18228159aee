"""The manifest: one byte changed in any file that it names is said, as is a file too many or few."""

import random
import shutil
import subprocess

import pytest

from tests.helpers import fake_records
from paper_tables import manifest, tables


@pytest.fixture
def root(tmp_path):
    """A checkout with reference records, the files that they give, and curves and weights."""
    fake_records.write_root(tmp_path)
    for path in (tmp_path / "results/reference").rglob("*.json"):
        path.with_suffix(".npz").write_bytes(random.Random(path.name).randbytes(200))
    for name in ("published", "figures"):
        shutil.copytree(tables.ROOT / "paper_tables" / name, tmp_path / "paper_tables" / name)
    shutil.copy(tables.ROOT / "README.md", tmp_path / "README.md")
    tables.write(tables.build(tmp_path)[0])
    return tmp_path


def test_the_committed_manifest_holds():
    assert manifest.differences(tables.ROOT) == []


def test_every_flipped_byte_is_named(root):
    assert manifest.differences(root) == []
    named = [root / line[66:] for line in (root / manifest.NAME).read_text().splitlines()]
    assert len(named) > 120
    for path in named:
        content = path.read_bytes()
        place = random.Random(path.name).randrange(len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << random.Random(place).randrange(8)
        path.write_bytes(changed)
        assert manifest.differences(root) == [
            f"{path.relative_to(root)}: has another digest than {manifest.NAME} says"]
        path.write_bytes(content)


def test_files_too_many_and_too_few_are_named(root):
    record = next((root / "results/reference").rglob("task-01.json"))
    record.rename(record.with_name(".task-01.json"))
    (root / "paper_tables/memn2n_table9.md").write_text("more")
    (root / "results/reference/.cells.running").mkdir()
    (root / "results/reference/.cells.running/all.lock").write_text("a run is writing")
    name = record.relative_to(root)
    assert sorted(manifest.differences(root)) == sorted([
        f"{name}: is in {manifest.NAME} and not there",
        f"{name.with_name('.task-01.json')}: is not in {manifest.NAME}",
        f"paper_tables/memn2n_table9.md: is not in {manifest.NAME}"])


@pytest.mark.parametrize("change, said", [
    (lambda text: text[:30] + "\n" + text, "line 1: not a digest"),
    (lambda text: text + text.splitlines()[0] + "\n", "not a digest and the name of one more"),
    (lambda text: text.replace("\n", "\n\n", 1), "line 2: not a digest"),
])
def test_a_damaged_manifest_is_named(root, change, said):
    path = root / manifest.NAME
    path.write_text(change(path.read_text()))
    assert any(said in line for line in manifest.differences(root))
    path.unlink()
    assert "cannot be read" in manifest.differences(root)[0]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not there")
def test_sha256sum_reads_it(root):
    check = ["sha256sum", "--check", "--quiet", str(manifest.NAME)]
    assert subprocess.run(check, cwd=root, capture_output=True).returncode == 0
    next((root / "results/reference").rglob("*.npz")).write_bytes(b"")
    assert subprocess.run(check, cwd=root, capture_output=True).returncode == 1


def test_evidence_that_changed_is_named_before_tables_are_made_of_it(tmp_path):
    old = "".join(f"{digit * 64}  {name}\n" for digit, name in (
        ("a", "results/reference/t/c/task-01.json"), ("b", "results/reference/t/c/task-02.json"),
        ("c", "paper_tables/t.md")))
    assert manifest.changed(tmp_path, old) == []         # there was none
    (tmp_path / manifest.NAME).parent.mkdir(parents=True)
    (tmp_path / manifest.NAME).write_text(old)
    assert manifest.changed(tmp_path, old) == []
    new = f"{'e' * 64}  results/reference/t/c/task-03.json\n"
    assert manifest.changed(tmp_path, old.replace("c" * 64, "d" * 64) + new) == []
    [line] = manifest.changed(tmp_path, old.replace("b" * 64, "d" * 64))
    assert line.startswith("1 files of the evidence") and "task-02.json" in line
