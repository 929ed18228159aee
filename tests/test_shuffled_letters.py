"""The model knows words, not letters: on a copy with permuted letters it does as well.

The release's folder "shuffled" is such a copy, and "hn" is another language.
"""

import statistics
from dataclasses import replace

import pytest

from replication.memn2n_table1_babi_1k import VARIANTS
from replication.training.memn2n import train
from tasks import babi
from replication.training.memn2n_inputs import encode

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PERMUTED = "qwertyuiopasdfghjklzxcvbnm"
TO = str.maketrans(LETTERS + LETTERS.upper(), PERMUTED + PERMUTED.upper())
RESTARTS = 6


def permuted(source, path):
    """A copy of a file with every letter replaced; the format's tabs and numbers stay."""
    path.write_text(source.read_text().translate(TO))
    return path


def errors(train_file, test_file, task):
    encoded = encode({task: babi.read(train_file)}, {task: babi.read(test_file)})
    protocol = replace(VARIANTS["MemN2N PE LS"], epochs=30)
    trained = train(encoded, protocol, task, list(range(RESTARTS)))
    return [restart["test_error"] for restart in trained.restarts]


@pytest.mark.exhaustive
@pytest.mark.parametrize("task", [1, 18])
def test_errors_on_permuted_letters_are_those_on_english_within_noise(official_data, tmp_path,
                                                                    task):
    english = [official_data / "tasks_1-20_v1-2" / "en" / babi.file_name(task, split)
               for split in ("train", "test")]
    shuffled = [permuted(path, tmp_path / path.name) for path in english]
    here, there = errors(*english, task), errors(*shuffled, task)
    spread = (statistics.variance(here) + statistics.variance(there)) / RESTARTS
    # four standard errors of the difference, and at least the resolution of 1,000 questions
    assert abs(statistics.mean(here) - statistics.mean(there)) <= max(0.3, 4 * spread ** 0.5)
    assert statistics.mean(here) < 40
