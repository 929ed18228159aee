"""Corpora of running text for language models: words as numbers, in three splits.

Penn Treebank as T. Mikolov prepared it: words split on blanks, `<eos>` at each line's end. Text8
(M. Mahoney): 10^8 characters of Wikipedia, of which 93.3M are to train on and 5.7M to validate;
words that occur fewer than five times become <UNK> (Sukhbaatar et al., arXiv:1503.08895, section
5). Where neither can be had, stories of the simulated world stand in for a corpus, marked as such;
where text8 is there in part, that part.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from tasks import archives, simulated_world
from tasks.errors import UserError

PENN_TREEBANK, TEXT8 = "Penn Treebank", "Text8"
FILES = {PENN_TREEBANK: archives.PTB_FILES, TEXT8: archives.TEXT8_FILES}
PREFIX = "text8/text8.prefix.txt"       # the first bytes of text8, where it is not there whole
SHARES = 0.933, 0.99                    # where text8's training and validation splits end
FEWEST = 5                              # occurrences of a word of text8's vocabulary
END, UNKNOWN = "<eos>", "<UNK>"
SIMULATED_SEED = 0


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

    def shortened(self, T):
        """The first T words of each split, for a run whose numbers mean nothing."""
        return Corpus(self.words, self.train[:T], self.valid[:T], self.test[:T])


def locate(name, data=None, source="auto", cache=None):
    """Finds a corpus of FILES -> archives.Source; its kind is "official", "substitute" (a part of
    text8) or "simulated".

    data, source, cache as of archives.locate, whose errors it raises.
    """
    if data and source == "simulated":
        raise UserError("--data and --source simulated: an invented corpus is not read from a folder; "
                        "leave one of the two away")
    if source == "simulated":
        return simulated_source("asked for")
    folder = archives.given_folder(data)
    if folder and (folder / archives.MARKER).exists() and source == "auto":
        return simulated_source(f"{folder} holds simulated data")
    if name == TEXT8 and source == "auto" and folder and (folder / PREFIX).is_file() and not any(
            (folder / file).exists() for file in FILES[TEXT8]):
        content = (folder / PREFIX).read_bytes()
        description = f"data: {folder / PREFIX}, {len(content):,} bytes, a PART of text8"
        return archives.Source("substitute", folder, description,
                               {PREFIX: sha256(content).hexdigest()})
    try:
        return archives.locate(data, "official", needs=FILES[name], cache=cache)
    except UserError as error:
        if source == "official" or folder:
            raise
        return simulated_source(str(error))


def simulated_source(reason):
    generator = {"version": f"simulated world {simulated_world.VERSION}", "seed": SIMULATED_SEED}
    return archives.Source("simulated", Path(), f"data: SIMULATED stories ({generator['version']}, "
                           f"seed {SIMULATED_SEED}), not a corpus of the paper: {reason}", {},
                           generator)


def read(name, source):
    """The Corpus of a name of FILES from what `locate` gives."""
    if source.kind == "simulated":
        return simulated(source.generator["seed"])
    return from_files(name, [source.path(file) for file in source.sha256])


def from_files(name, paths):
    """The Corpus of a name of FILES from its files, in the order of FILES."""
    return {PENN_TREEBANK: penn_treebank, TEXT8: text8}[name](*map(text_of, paths))


def penn_treebank(*texts):
    """The vocabulary is in the order in which words first occur, `<eos>` first."""
    return _numbered([END], [[word for line in text.splitlines() for word in (*line.split(), END)]
                             for text in texts])


def text8(text):
    """Cut at the first blank after each of SHARES; <UNK> is the first word of the vocabulary."""
    cuts = [0] + [text.find(" ", int(share * len(text))) for share in SHARES] + [len(text)]
    splits = [text[low:high].split() for low, high in zip(cuts, cuts[1:])]
    count = Counter(word for split in splits for word in split)
    return _numbered([UNKNOWN], [[word if count[word] >= FEWEST else UNKNOWN for word in split]
                                 for split in splits])


def simulated(seed):
    """Statements of MemNN's simulated world and what joins them, in streams of their own."""
    world = simulated_world.World(questions=1)
    streams = [simulated_world.generate(world, seed, split).statements
               for split in simulated_world.SPLITS]
    return _numbered([], [[word for statement in statements
                           for word in (*statement.words, *statement.connective)]
                          for statements in streams])


def text_of(path):
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


def _numbered(first, texts):
    """Three lists of words -> Corpus; the vocabulary begins with the words `first`."""
    number = {word: i for i, word in enumerate(first)}
    splits = [np.array([number.setdefault(word, len(number)) for word in text], dtype=np.int64)
              for text in texts]
    return Corpus(tuple(number), *splits)
