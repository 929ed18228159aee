"""A bAbI task as a cell trains on it."""

import math
from dataclasses import dataclass
from pathlib import Path

from tasks import babi


@dataclass(frozen=True)
class Task:
    """One bAbI task: its number, which also keys the draws of a training, and its two files."""
    number: int
    train: Path
    test: Path

    def questions(self):
        """The training and the test questions, lists of tasks.babi.Question."""
        return babi.read(self.train), babi.read(self.test)


def held_out(count, share):
    """How many of so many training questions, the last ones, validate."""
    return math.floor(share * count)


def split(questions, share):
    """The questions to train on, and those to validate on."""
    boundary = len(questions) - held_out(len(questions), share)
    return questions[:boundary], questions[boundary:]
