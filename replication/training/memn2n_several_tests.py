"""Trains MemN2N on one task and tests it on the test files of several sources."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from replication.training.babi_task import Task
from replication.training.memn2n import train
from replication.training.memn2n_inputs import encode
from tasks import babi


@dataclass(frozen=True)
class Sources:
    """What one model is trained and tested on.

    task    its own files
    other   the test file of another source
    shared  a third test file, the same for several cells; None: none
    part    (first, number) of the training file's questions to train on; None: all
    """
    task: Task
    other: Path
    shared: Path | None = None
    part: tuple | None = None


@lru_cache(maxsize=1)
def _questions(file):
    """All of a file, of which cells one after another take a part each."""
    return babi.read(file)


def train_task(sources, protocol, seeds, device):
    """Trains one task's restarts and tests them on the test files of Sources; a cell's `train`.

    The vocabulary covers all files. Each restart has also other_test_error (in %),
    other_test_loss (nats a question), other_n_wrong and other_n_test, and likewise
    shared_...; a diverged restart has None for the first three.
    """
    number, (first, count) = sources.task.number, sources.part or (0, None)
    questions = _questions(sources.task.train)[first:][:count]
    files = {"own": sources.task.test, "other": sources.other, "shared": sources.shared}
    tests = {name: babi.read(file) for name, file in files.items() if file}
    encoded = encode({number: questions}, {number: sum(tests.values(), [])}, protocol.capacity)
    splits, begin = {}, 0
    for name, test in tests.items():
        splits[name] = encoded.test.take(slice(begin, begin + len(test)))
        begin += len(test)
    encoded = replace(encoded, test=splits.pop("own"), others=splits)
    return train(encoded, protocol, number, seeds, device)


def test_file_only(source):
    """What a record says of a source of which only the test file is read."""
    return {**source, "files": {name: digest for name, digest in source["files"].items()
                                if name.endswith("_test.txt")}}
