"""A user's own files, and the command that trains on them."""

import pytest

from replication import train_your_own
from replication.running import command_line
from replication.training.own import Files
from tasks import babi
from tests.helpers import small_babi


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Training and test file, of 40 and 20 questions."""
    root = small_babi.write(tmp_path_factory.mktemp("own"), tasks=(1,))
    folder = root / "tasks_1-20_v1-2" / "en"
    return [folder / babi.file_name(1, split) for split in ("train", "test")]


def command(train, test, folder, *arguments):
    models = () if "--models" in arguments else ("--models", "memn2n")
    return command_line.run(train_your_own.main, [
        "--train", str(train), "--test", str(test), "--results", str(folder), "--column", "PE",
        *models, *arguments])


def written(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def stories(count, answer="attic"):
    return [line for _ in range(count)
            for line in ("1 Nora strolled to the attic.", f"2 Where is Nora?\t{answer}\t1")]


def files_of(*names, folder, valid=()):
    """own.Files of (training, test) names in a folder."""
    paths = [[folder / f"{name}_{split}.txt" for name in names] for split in ("train", "test")]
    return Files(*map(tuple, paths), tuple(folder / f"{name}_valid.txt" for name in valid))
