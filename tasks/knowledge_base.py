"""Facts as triples, paraphrased questions and labelled answers, from plain files.

Four formats, all UTF-8 text, one item a line, fields separated by tabs:

    triples      subject, relation, object
    paraphrases  two or more questions that mean the same
    labels       LABEL, true or false, question, answer
    candidates   question, answer, arg1, rel, arg2, namespace, label: an answer that some system
                 gave with the triple it rests on (arg1 its subject, rel its relation, arg2 its
                 object); the label is 1, 0 or empty (nobody judged it). The first line has these
                 names of the columns.

Words are compared by their lemma: "the flies" and "flew" have the words "the fly" and "fly".
"""

import json
import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy
import simplemma
from tqdm import tqdm

from tasks import text_lines
from tasks.errors import UserError

MEMBERS = ("subject", "relation", "object")
CANDIDATE_COLUMNS = ("question", "answer", "arg1", "rel", "arg2", "namespace", "label")
LABELS = {"true": True, "1": True, "false": False, "0": False}
_TOKEN = re.compile(r"[^\W_]+")


def words_of(text):
    """The lemmas of a text in their order: runs of letters and digits, in lower case."""
    return tuple(_lemma(token) for token in _TOKEN.findall(text.lower()))


@lru_cache(maxsize=2**20)
def _lemma(token):
    return simplemma.lemmatize(token, lang="en").lower()


@dataclass
class KnowledgeBase:
    """T triples as word ids, in memory or memory-mapped.

    words     (N,) int32: the ids of all words, member after member
    bounds    (3 T + 1,) int64: triple i's subject is words[bounds[3 i]:bounds[3 i + 1]], then its
              relation, then its object
    word_id   {word: id} of every word
    lines     (T,) int64: where each triple's line starts in `source`; None where texts are held
    source    the file, or the list of triples as texts
    """
    words: numpy.ndarray
    bounds: numpy.ndarray
    word_id: dict
    lines: numpy.ndarray | None
    source: object

    def __len__(self):
        return len(self.bounds) // 3

    def member(self, i, part):
        """(n,) word ids of triple i's subject (0), relation (1) or object (2)."""
        return self.words[self.bounds[3 * i + part]:self.bounds[3 * i + part + 1]]

    def text(self, i):
        """Triple i as it was written: (subject, relation, object)."""
        if self.lines is None:
            return self.source[i]
        with open(self.source, "rb") as file:
            file.seek(int(self.lines[i]))
            line = text_lines.of_line(file.readline(), self.source, i + 1)
            return _triple(line, f"{self.source}, triple {i}")

    def ids(self, words):
        """The ids of those words that the knowledge base has, each once, sorted."""
        return sorted({self.word_id[word] for word in words if word in self.word_id})


def of_triples(triples, more_texts=()):
    """A KnowledgeBase in memory of triples of texts; words of `more_texts` get ids as well."""
    word_id, words, bounds = {}, [], [0]
    for triple in triples:
        for member in triple:
            words += [word_id.setdefault(word, len(word_id)) for word in words_of(member)]
            bounds.append(len(words))
    for text in more_texts:
        for word in words_of(text):
            word_id.setdefault(word, len(word_id))
    return KnowledgeBase(numpy.array(words, numpy.int32), numpy.array(bounds, numpy.int64), word_id,
                         None, list(triples))


def read_triples(path):
    """All triples of a file, as texts. Raises UserError with line and field."""
    return [_triple(line, where) for line, where, _ in _lines(path)]


def stream_triples(path, folder):
    """Reads a file of any length into memory-mapped arrays in `folder`; returns a KnowledgeBase.

    Python holds the words only, so that 14 million triples need less than 2 GB. Progress is shown
    on a terminal. A folder that already holds the arrays of this very file is used as it is.
    Raises UserError for a damaged line, named with its field, where the disk has no room, or for a
    folder that holds anything but such arrays: they replace what is there.
    """
    path, folder = Path(path), Path(folder)
    size = _size(path)
    part = folder.with_name(folder.name + ".part")
    _holds_arrays_alone(folder)
    _holds_arrays_alone(part)
    state = {"file": str(path.absolute()), "bytes": size, "changed": path.stat().st_mtime_ns}
    if not _is_of(folder, state):
        _has_room(path, size, folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            _write_arrays(path, size, part)
            (part / "state.json").write_text(json.dumps(state), encoding="utf-8")
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    vocabulary = (folder / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    words, bounds, lines = (numpy.memmap(folder / f"{name}.bin", kind, "r")
                            for name, kind in _KINDS)
    return KnowledgeBase(words, bounds, {word: i for i, word in enumerate(vocabulary)}, lines, path)


_KINDS = (("words", numpy.int32), ("bounds", numpy.int64), ("lines", numpy.int64))
_AT_ONCE = 2**18  # triples between two writes
_FILES = {*(f"{name}.bin" for name, _ in _KINDS), "vocabulary.txt", "state.json"}


def _holds_arrays_alone(folder):
    """UserError for what is no folder, or has files that stream_triples did not write."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; name a new one for the arrays")
    others = sorted(path.name for path in folder.iterdir() if path.name not in _FILES)
    if others:
        raise UserError(f"{folder}: holds {others[0]!r}, which is no array of triples, and would "
                        "be replaced; name a new or empty folder")


def _write_arrays(path, size, folder):
    word_id, id_of_token, total = {}, {}, 0
    arrays = {name: [] for name, _ in _KINDS}
    arrays["bounds"].append(0)
    files = {name: open(folder / f"{name}.bin", "wb") for name, _ in _KINDS}
    try:
        with tqdm(desc=path.name, total=size, unit="B", unit_scale=True, disable=None) as bar:
            for number, (line, where, start) in enumerate(_lines(path), start=1):
                arrays["lines"].append(start)
                for member in _triple(line, where):
                    for token in _TOKEN.findall(member.lower()):
                        if token not in id_of_token:
                            id_of_token[token] = word_id.setdefault(_lemma(token), len(word_id))
                        arrays["words"].append(id_of_token[token])
                        total += 1
                    arrays["bounds"].append(total)
                if number % _AT_ONCE == 0:
                    _write_out(arrays, files)
                    bar.update(start - bar.n)
            _write_out(arrays, files)
    finally:
        for file in files.values():
            file.close()
    (folder / "vocabulary.txt").write_text("\n".join(word_id) + "\n", encoding="utf-8")


def _write_out(arrays, files):
    for name, kind in _KINDS:
        numpy.array(arrays[name], kind).tofile(files[name])
        arrays[name].clear()


def _size(path):
    try:
        return path.stat().st_size
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _is_of(folder, state):
    try:
        return json.loads((folder / "state.json").read_text(encoding="utf-8")) == state
    except (OSError, ValueError):
        return False


def _has_room(path, size, folder):
    """Before anything is read: ids and positions take up to about two bytes a byte of text."""
    place = next(parent for parent in folder.absolute().parents if parent.exists())
    free = shutil.disk_usage(place).free
    if 2 * size > free:
        raise UserError(f"{path}: its arrays need up to {2 * size / 1e9:.1f} GB in {place}, where "
                        f"{free / 1e9:.1f} GB are free; make room or name another folder")


def read_paraphrases(path):
    """The sets of paraphrased questions of a file: a list of tuples of texts."""
    sets = []
    for line, where, _ in _lines(path):
        questions = tuple(text for text in _fields(line, where) if text.strip())
        if len(questions) < 2:
            raise UserError(f"{where}: {len(questions)} question, a set has two or more, separated "
                            "by tabs")
        sets.append(questions)
    return sets


def read_labels(path):
    """The human judgements of a file: a list of (question, answer, whether it is right)."""
    labels = []
    for line, where, _ in _lines(path):
        kind, label, question, answer = _fields(line, where,
                                                ("LABEL", "label", "question", "answer"))
        if kind != "LABEL":
            raise UserError(f"{where}: field 1 is {kind[:40]!r} where LABEL is expected")
        if label not in LABELS:
            raise UserError(f"{where}: field 2 (label) is {label[:40]!r} where true or false is "
                            "expected")
        labels.append((question, answer, LABELS[label]))
    return labels


def read_candidates(path):
    """The candidates of a file: a list of (question, answer, triple, label or None)."""
    candidates, lines = [], _lines(path)
    header = next(lines, ("", f"{path}, line 1", 0))
    if tuple(_fields(*header[:2])) != CANDIDATE_COLUMNS:
        raise UserError(f"{path}, line 1: the columns are not {', '.join(CANDIDATE_COLUMNS)}")
    for line, where, _ in lines:
        question, answer, *triple, _, label = _fields(line, where, CANDIDATE_COLUMNS)
        if label not in ("", *LABELS):
            raise UserError(f"{where}: field 7 (label) is {label[:40]!r} where 1, 0 or nothing is "
                            "expected")
        candidates.append((question, answer, _members(triple, where, first=3),
                           LABELS[label] if label else None))
    return candidates


def _lines(path):
    """(line, where it stands in words, its first byte's position) of a file that is not empty."""
    position = number = 0
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                yield text_lines.of_line(line, path, number), f"{path}, line {number}", position
                position += len(line)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    if not number:
        raise UserError(f"{path}: the file is empty")


def _fields(line, where, names=None):
    fields = line.rstrip("\r\n").split("\t")
    if names and len(fields) != len(names):
        raise UserError(f"{where}: {len(fields)} fields where {len(names)} are expected, separated "
                        f"by tabs: {', '.join(names)}")
    return fields


def _triple(line, where):
    return _members(_fields(line, where, MEMBERS), where, first=1)


def _members(triple, where, first):
    for number, (name, text) in enumerate(zip(MEMBERS, triple), start=first):
        if not text.strip():
            raise UserError(f"{where}: field {number} ({name}) is empty")
    return tuple(triple)
