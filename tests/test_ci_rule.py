"""The rule of tests/conftest.py: in CI, with MEMNN_DATA set, no official test may skip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUITE = """
import pytest

def test_plain(): pass

def test_reads(official_data):
    if not (official_data / "en").exists():
        pytest.skip("no such folder")

@pytest.mark.official
@pytest.mark.xfail
def test_known_to_fail(): assert False

@pytest.mark.skip(reason="of another kind")
def test_other(): pass
"""


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
@pytest.mark.parametrize("ci, data, complete, status, said", [
    ("true", True, False, 1, "skipped although MEMNN_DATA is set"),
    ("true", True, True, 0, "2 passed, 1 skipped, 1 xfailed"),
    ("true", False, False, 0, "1 passed, 2 skipped, 1 xfailed"),
    ("", True, False, 0, "1 passed, 2 skipped, 1 xfailed")])
def test_skipped_official_test_fails_ci(tmp_path, ci, data, complete, status, said, processes):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "test_suite.py").write_text(SUITE)
    folder = tmp_path / "data"
    (folder / "en" if complete else folder).mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("CI", "MEMNN_DATA")}
    environment |= {"CI": ci, "MEMNN_DATA": str(folder) if data else "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", processes, str(tmp_path)],
                          cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stdout
    assert ("test_suite.py::test_reads" in done.stdout) == bool(status)
