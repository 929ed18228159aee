"""Real records of tiny models, trained in a few seconds on tests/small_babi."""

import json
import shutil
from pathlib import Path

import pytest

from replication import memn2n_table1_babi_1k, verify
from replication.records import files as stored_files
from tests.helpers import small_babi

FOLDER = "memn2n_table1_babi_1k@simulated"
PE1 = f"{FOLDER}/memn2n-pe/task-01"
COLUMNS, TASKS = ("MemN2N BoW", "MemN2N PE"), (1, 3)


def make(root):
    """(results folder, data folder): two columns, two tasks, 10 restarts of the full protocol."""
    data = small_babi.write(root / "data", tasks=TASKS)
    status = memn2n_table1_babi_1k.main(
        ["--data", str(data), "--results", str(root / "results"), "--device", "cpu",
         "--columns", *COLUMNS, "--tasks", *map(str, TASKS)])
    assert status == 0
    return root / "results", data


def copy(results, to):
    """A copy to spoil."""
    return Path(shutil.copytree(results, to))


def change(path, edit):
    """Reads a record, lets `edit` change it in place, and writes it."""
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))
    return record


def replace_checkpoint(path, weights, metadata):
    """Gives a record another checkpoint under the same name, with the right digest."""
    def edit(record):
        file = path.parent / record["checkpoint"]["file"]
        stored_files.write(file, stored_files.checkpoint_to_bytes(weights, metadata))
        record["checkpoint"]["sha256"] = stored_files.sha256(file)
    change(path, edit)


# --- what the tests of verification share: three fixtures, and one call

@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return make(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def stored(trained, tmp_path):
    """A copy of the results to spoil."""
    return copy(trained[0], tmp_path / "results")


@pytest.fixture
def data(trained, monkeypatch):
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    return trained[1]


def checked(folder, data):
    report = verify.verify(folder, [data])
    return verify.status_of(report), report
