"""How many epochs are done is seen from outside, and Ctrl-C says what is kept."""

import os
import threading

import pytest

from replication.running import command_line, epochs_shown
from replication.running.progress import Progress
from replication.training import epochs


class Lines:
    """In the place of a Progress: what it is asked to show, and when something came."""

    def __init__(self):
        self.said, self.came = [], threading.Event()

    def say(self, line):
        self.said.append(line)
        self.came.set()

    step = say


def test_blocks_in_training_are_shown_until_they_end(monkeypatch):
    monkeypatch.setattr(epochs_shown, "LOOK", 0.01)
    monkeypatch.setattr(epochs_shown, "LINE", 0.0)
    lines = Lines()
    with epochs_shown.shown_by(lines, ["PE, task 1", "PE, task 2"]):
        folder = os.environ[epochs_shown.FOLDER]
        with epochs_shown.told(1):
            epochs.done(7, 7)
            assert lines.came.wait(60)
        assert os.listdir(folder) == []
    assert lines.said[0] == "PE, task 2: epoch 7 of 7"
    assert epochs_shown.FOLDER not in os.environ and not os.path.exists(folder)
    epochs.done(8, 9)      # nobody listens any more


def test_many_blocks_are_one_line(tmp_path):
    for number in (0, 2, 10):
        (tmp_path / str(number)).write_text(f"{number} 20")
    (tmp_path / "3").write_text("")          # being written just now
    assert epochs_shown._now(tmp_path, [f"c{i}" for i in range(11)]) == (
        "c0: epoch 0 of 20; c2: epoch 2 of 20 and 1 more")


def test_without_a_run_nothing_is_told(monkeypatch):
    monkeypatch.delenv(epochs_shown.FOLDER, raising=False)
    with epochs_shown.told(0):
        epochs.done(1, 2)


@pytest.mark.parametrize("blocks, said", [
    (0, "interrupted: no block of restarts of this run is complete yet; the same command goes on"),
    (3, "interrupted: 3 blocks of restarts of this run are complete, and kept; the same command "
        "goes on")])
def test_ctrl_c_says_what_is_kept(blocks, said, capsys):
    def main(argv):
        with Progress(5, 0) as progress:
            progress.blocks = blocks
            raise KeyboardInterrupt
    assert command_line.run(main) == 130
    assert capsys.readouterr().err.splitlines()[-1] == said
