"""Corpora of running text for language models: words, their numbers, and three splits.

Penn Treebank as T. Mikolov prepared it: words split on blanks, `<eos>` at each line's end. Text8
(M. Mahoney): 10^8 characters of Wikipedia, split after 93.3M and 99M of them, with words that occur
fewer than five times replaced by <UNK> (Sukhbaatar et al., arXiv:1503.08895, section 5).
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.archives import PTB_FILES
from tasks.errors import UserError

END, UNKNOWN = "<eos>", "<UNK>"


@dataclass(frozen=True)
class Corpus:
    """A text in three splits.

    words              the vocabulary; a word's number is its place in it
    train, valid, test (T,) int64, the numbers of the words, in the text's order
    """
    words: tuple
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def penn_treebank(source):
    """The Corpus of an archives.Source that has PTB_FILES.

    The vocabulary is in the order in which words first occur, `<eos>` first.
    """
    texts = [[word for line in read(source.path(name)).splitlines() for word in (*line.split(), END)]
             for name in PTB_FILES]
    return numbered([END], texts)


def read(path):
    """The text of a file. Raises UserError, one line, where it cannot be read as UTF-8."""
    path = Path(path)
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the data "
                        "folder") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8 text; take the file from its "
                        "archive again") from None


def numbered(first, texts):
    """Three lists of words -> Corpus; the vocabulary begins with the words `first`."""
    number = {word: i for i, word in enumerate(first)}
    splits = [np.array([number.setdefault(word, len(number)) for word in text], dtype=np.int64)
              for text in texts]
    return Corpus(tuple(number), *splits)
