"""Fixtures that the tests share, and the rule that CI must not skip the official data."""

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from replication.running.workers import use_one_thread
from tasks import archives
from tests.helpers import small_babi as small_babi_writer
from tests.helpers.checkout import Checkout

_skipped_official = []

# The files whose figures depend on how a processor rounds sums: .ci/run runs them once more under
# the plainest instruction set.
NUMERICAL = ("test_ask", "test_attention", "test_benchmark", "test_few_words", "test_golden",
             "test_joint", "test_lstm_babi", "test_memn2n", "test_memn2n_language_model",
             "test_memn2n_language_model_training", "test_memn2n_language_model_variants",
             "test_memnn", "test_memnn_adaptive", "test_memnn_babi", "test_memnn_large_scale",
             "test_memnn_training", "test_memnn_unseen", "test_recurrent", "test_reevaluation",
             "test_restarts", "test_sentence_answers", "test_verify", "test_verify_files")


def pytest_configure():
    # As in a run: a restart's numbers are the same bit for bit with one thread.
    use_one_thread()


@pytest.fixture
def official_data():
    """The folder that $MEMNN_DATA names; the test skips where it names none."""
    folder = os.environ.get("MEMNN_DATA")
    if not folder:
        pytest.skip("needs official data: set MEMNN_DATA to the folder of tasks_1-20_v1-2")
    return Path(folder)


@pytest.fixture(scope="session")
def small_babi(tmp_path_factory):
    """A data root with tasks 1, 3 and 16 in our own words, marked as simulated."""
    return small_babi_writer.write(tmp_path_factory.mktemp("small data"))


@pytest.fixture(scope="session")
def small_babi_all(tmp_path_factory):
    """The same with files of all 20 tasks, for joint training."""
    root = tmp_path_factory.mktemp("all small data")
    for folder in ("en", "en-10k"):
        small_babi_writer.write(root, tasks=small_babi_writer.ALL_TASKS, folder=folder)
    return root


@pytest.fixture
def small_release(tmp_path, monkeypatch):
    """Small tasks that pass for official: without their mark, in a manifest of their digests."""
    needs = archives.babi_files("en", small_babi_writer.STORIES)
    root = small_babi_writer.write(tmp_path / "release")
    (root / archives.MARKER).unlink()
    files = {name: (root / name).read_bytes() for name in needs}
    facts = {name: {"sha256": hashlib.sha256(content).hexdigest()}
             for name, content in files.items()}
    monkeypatch.setattr(archives, "_manifest", lambda: facts)
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    return SimpleNamespace(root=root, files=files, facts=facts)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    # A test that asks for the data cannot forget its mark.
    for item in items:
        if "official_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.official)
        if item.path.stem in NUMERICAL:
            item.add_marker(pytest.mark.numerical)


def pytest_runtest_logreport(report):
    if report.skipped and "official" in report.keywords and not hasattr(report, "wasxfail"):
        _skipped_official.append(report.nodeid)


def _ci_lost_official_tests():
    return bool(os.environ.get("CI") and os.environ.get("MEMNN_DATA") and _skipped_official)


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and _ci_lost_official_tests():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if _ci_lost_official_tests():
        terminalreporter.section("official tests skipped although MEMNN_DATA is set", red=True)
        for name in _skipped_official:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """What the committed records give: {path: text}. The first process that asks makes it."""
    from paper_tables import tables  # here, so that tests without the page load nothing for it
    kept = tmp_path_factory.getbasetemp() / "built"
    if "PYTEST_XDIST_WORKER" in os.environ:
        kept = kept.parent.with_name("built")       # beside the folders of all processes
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps({str(path): text
                                        for path, text in tables.build()[0].items()}))
    return {Path(path): text for path, text in json.loads(kept.read_text()).items()}


@pytest.fixture(scope="session")
def page(built):
    """The report page of the committed records, taken apart."""
    from tests.helpers.report_page import HERE, Page
    return Page(built[HERE / "report.html"])


@pytest.fixture
def checkout(tmp_path):
    """A Checkout in a folder with spaces."""
    root = tmp_path / "a folder with  spaces"
    root.mkdir()
    return Checkout(root)
