"""A lock a cell: runs of different cells share a folder, runs of the same cell wait."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from replication.running import lock
from tasks.errors import UserError
from tests.helpers.patience import wait_until


def names(folder):
    return sorted(path.name for path in (folder / lock.FOLDER).glob("*"))


def test_other_cells_are_free_and_marks_go_with_the_run(tmp_path):
    one, two = (tmp_path / "table" / "lstm" / f"task-0{n}.json" for n in (1, 2))
    with lock.hold(tmp_path, [one]):
        with lock.hold(tmp_path, [two]):
            assert names(tmp_path) == ["table--lstm--task-01.json", "table--lstm--task-01.lock",
                                       "table--lstm--task-02.json", "table--lstm--task-02.lock"]
        assert names(tmp_path) == ["table--lstm--task-01.json", "table--lstm--task-01.lock"]
    assert list(tmp_path.iterdir()) == []


def test_the_same_cell_waits_and_says_for_whom(tmp_path, monkeypatch):
    cells = [tmp_path / f"c{n}.json" for n in (1, 2, 3)]
    order, said = [], io.StringIO()
    # Not capsys: reading it empties it, and loses what another thread says at that moment.
    monkeypatch.setattr(sys, "stderr", said)

    def second():
        with lock.hold(tmp_path, cells[1:]):
            order.append("second")
    with lock.hold(tmp_path, cells[:2]):
        other = threading.Thread(target=second)
        other.start()
        wait_until(lambda: "\n" in said.getvalue())
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert f"in use by process {os.getpid()} on " in said.getvalue()
    assert said.getvalue().count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_its_process(tmp_path):
    script = ("import os, sys; from pathlib import Path; from replication.running import lock\n"
              "with lock.hold(Path(sys.argv[1]), [Path(sys.argv[1], 'a.json')]): os._exit(9)")
    root = Path(__file__).resolve().parent.parent
    assert subprocess.run([sys.executable, "-c", script, tmp_path], cwd=root).returncode == 9
    assert names(tmp_path)      # its marks are still there
    with lock.hold(tmp_path, [tmp_path / "a.json"]):
        pass
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="results cannot be written there"):
        with lock.hold(tmp_path / "file", [tmp_path / "file" / "a.json"]):
            pass


def test_what_a_killed_run_leaves_is_no_run(tmp_path):
    assert not lock.held(tmp_path)
    with lock.hold(tmp_path, [tmp_path / "c.json"]):
        assert lock.held(tmp_path)
    (tmp_path / lock.FOLDER).mkdir()
    (tmp_path / lock.FOLDER / "c.lock").touch()
    assert not lock.held(tmp_path)
