"""The substitute for the data of Memory Networks, section 5.1: triples, paraphrases, human labels.

The paper's 14M triples, its 35M pairs of paraphrases and its test set (Fader et al. 2013) are not
public at present. The public research repository of A. Fader, github.com/knowitall/triplestore-qa,
commit b804a04e, holds what the same systems returned later: real triples and answers that people
judged. From these files, in the folder openqa/ of the data root:

    memory       every triple of the three files that have triples, once each
    given        the labelled candidates with the triple that the system gave
    extended     more of them, by a rule of ours: an answer that a person judged gets every triple
                 of memory in which it is one argument and whose rest shares a word with the
                 question that is not too common (COMMON)
    paraphrases  the sets in which no evaluation question occurs

The labels are human. That the triple supports the answer is the system's guess, or the rule's, and
the rule favours triples that share words with the question.
"""

import hashlib
import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy

from tasks import knowledge_base, simulated_facts
from tasks.archives import Source, user_cache
from tasks.errors import UserError
from tasks.knowledge_base import words_of

FOLDER = "openqa"
TRIPLES = (f"{FOLDER}/triples_mixed.tsv", f"{FOLDER}/triples_reverb.tsv")
CANDIDATES = f"{FOLDER}/rerank_question_answer_triple_label.tsv"
LABELS = f"{FOLDER}/labels_question_answer.txt"
PARAPHRASES = f"{FOLDER}/wikianswers_paraphrase_sets.txt"
# Where it is from, and the SHA-256 of each file.
REPOSITORY = "github.com/knowitall/triplestore-qa"
FILES = {
    TRIPLES[0]: "b95b0343a379e15215b0a8473f32e228ef6a44a716e9ab2909ee24767306d7f2",
    TRIPLES[1]: "0eeda051967756ab60b760aaa13a540d3c01672c41c2d4e6507323f596be0578",
    CANDIDATES: "5f48e0ac9d09a2e8a17ac188e16c2cfab00d71f196273d09fb9d649892a8d681",
    LABELS: "4a04911dba2c3b3ef11974093a6a2a10fd750c0ab037ad5efc8fa4a1af4752ad",
    PARAPHRASES: "09cbc1202774004a1fadf3a78a875d0a00095afde5c0757cf8bf3e33095c1019",
}
SETS = ("given", "extended")
COMMON = 0.005      # a word in more of the triples than this share does not link them to a question
DEVELOPMENT = 3     # one question in so many is for development, by its digest
# Words that do not tell one answer or question from another.
_SMALL = frozenset("a an the and or of some any this that these those my your his her its our their"
                   .split())


@dataclass(frozen=True)
class Question:
    """A question that people judged answers of.

    words       its words (lemmas)
    answers     a tuple of (answer, (numbers of its triples in memory), whether it is right)
    development for choosing settings; the others are the test
    """
    text: str
    words: tuple
    answers: tuple
    development: bool

    @property
    def answerable(self):
        """Whether one of its answers is right: only these count (ours)."""
        return any(right for _, _, right in self.answers)

    @property
    def mixed(self):
        """Whether it has right and wrong answers: only here does the order decide."""
        return self.answerable and not all(right for _, _, right in self.answers)


@dataclass(frozen=True)
class Substitute:
    """memory: a KnowledgeBase; questions: {"given" or "extended": list of Question}; paraphrases:
    list of tuples of questions' words."""
    memory: knowledge_base.KnowledgeBase
    questions: dict
    paraphrases: list


def locate(data=None, source="auto", cache=None):
    """Find the substitute's files -> archives.Source of kind "substitute" or "simulated".

    data    the folder given on the command line; None: $MEMNN_DATA, where set, then the cache
    source  "auto"; "official", never simulates; or "simulated", invented facts
    Raises UserError for a folder that lacks a file, and for wrong bytes.
    """
    folder = data or (None if source == "simulated" else os.environ.get("MEMNN_DATA"))
    if folder and source == "simulated":
        raise UserError("--data and --source simulated: invented facts are not read from a folder; "
                        "leave one of the two away")
    cache = Path(cache or user_cache())
    root = Path(folder).expanduser().absolute() if folder else cache
    lacking = [name for name in FILES if not (root / name).is_file()]
    if source != "simulated" and not lacking:
        said = f"data: substitute (files of {REPOSITORY}) in {root}"
        return Source("substitute", root, said, _digests(root))
    if folder:
        raise UserError(f"{root / lacking[0]}: not there; the data folder lacks a file that this "
                        "run needs; check --data or MEMNN_DATA")
    if source == "official":
        raise UserError(f"{root / lacking[0]}: not there; the paper's own data are not public, put "
                        f"the files of the substitute ({REPOSITORY}) into {root / FOLDER}")
    return simulated(cache)


def simulated(cache=None, seed=0):
    """Invented facts, kept in the cache -> archives.Source."""
    cache = Path(cache or user_cache())
    root = cache / f"simulated-facts-{simulated_facts.VERSION}-seed-{seed}"
    if not root.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="facts-", dir=cache) as work:
            simulated_facts.write(Path(work) / "new" / FOLDER, seed)
            try:
                os.replace(Path(work) / "new", root)
            except OSError:                    # another run was faster
                if not root.exists():
                    raise
    return Source("simulated", root, f"data: INVENTED facts in {root} (the paper's are not public)",
                  {name: _sha256(root / name) for name in FILES},
                  {"version": f"simulated facts {simulated_facts.VERSION}", "seed": seed})


def described(source):
    """The part of a record's `data` that says what the files are, and how much they hold.

    n_train is triples; n_valid and n_test are the development and the test questions that are
    answerable, of the extended candidates.
    """
    data = read(source.root)
    part = [question.development for question in data.questions["extended"] if question.answerable]
    said = {"source": source.kind, "files": source.sha256, "n_train": len(data.memory),
            "n_valid": sum(part), "n_test": len(part) - sum(part)}
    if source.kind == "simulated":
        said |= {"generator": source.generator}
    return said


def _digests(root):
    for name, expected in FILES.items():
        digest = _sha256(root / name)
        if digest != expected:
            raise UserError(f"{root / name}: SHA-256 {digest} where {expected} is expected; these "
                            f"are not the substitute's bytes; take the file from {REPOSITORY} again")
    return dict(FILES)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(root):
    """The substitute under the data root, as a Substitute. Raises UserError for damaged files."""
    candidates = knowledge_base.read_candidates(root / CANDIDATES)
    labels = knowledge_base.read_labels(root / LABELS)
    sets = knowledge_base.read_paraphrases(root / PARAPHRASES)
    triples = dict.fromkeys(triple for name in TRIPLES
                            for triple in knowledge_base.read_triples(root / name))
    triples.update(dict.fromkeys(triple for _, _, triple, _ in candidates))
    number = {triple: i for i, triple in enumerate(triples)}
    evaluated = {_key(text) for text in {question for question, *_ in [*candidates, *labels]}}
    paraphrases = [[words_of(text) for text in questions] for questions in sets
                   if evaluated.isdisjoint(map(_key, questions))]
    memory = knowledge_base.of_triples(triples, [" ".join(words) for questions in paraphrases
                                                 for words in questions])
    labelled = [(question, answer, number[triple], label)
             for question, answer, triple, label in candidates if label is not None]
    return Substitute(memory, {"given": _questions(labelled),
                               "extended": _questions(labelled + by_rule(memory, labels))},
                      paraphrases)


def by_rule(memory, labels):
    """Labelled answers with the triples that the rule gives them.

    labels  list of (question, answer, label)
    Returns a list of (question, answer, number of a triple, label).
    """
    rare = document_frequency(memory) <= COMMON * len(memory)
    small = {memory.word_id[word] for word in _SMALL if word in memory.word_id}
    words, bounds = memory.words.tolist(), memory.bounds.tolist()
    with_argument = defaultdict(list)        # the words of an argument -> triples, each its rest
    for i in range(len(memory)):
        subject, relation, object_ = (words[bounds[3 * i + part]:bounds[3 * i + part + 1]]
                                      for part in range(3))
        for argument, other in ((subject, object_), (object_, subject)):
            name = tuple(word for word in argument if word not in small) or tuple(argument)
            with_argument[name].append((i, {*relation, *other}))
    extended, linking = [], {}
    for question, answer, label in labels:
        if question not in linking:
            linking[question] = {word for word in memory.ids(words_of(question)) if rare[word]}
        name = tuple(memory.word_id.get(word, -1) for word in _key(answer))
        extended += [(question, answer, i, label) for i, rest in with_argument.get(name, ())
                     if not linking[question].isdisjoint(rest)]
    return extended


def document_frequency(memory):
    """(V,) in how many triples each word occurs."""
    triple = numpy.repeat(numpy.arange(len(memory)),
                          memory.bounds[3::3] - memory.bounds[:-1:3])
    pairs = numpy.unique(triple.astype(numpy.int64) * len(memory.word_id) + memory.words)
    return numpy.bincount(pairs % len(memory.word_id), minlength=len(memory.word_id))


def _key(text):
    """The words that say which question or answer this is."""
    words = words_of(text)
    return tuple(word for word in words if word not in _SMALL) or words


def _questions(candidates):
    """Question objects from (question, answer, number of a triple, label), in the files' order.

    Spellings of one question or answer are one. Where people disagree the answer is left out.
    """
    text, answers = {}, defaultdict(dict)
    for question, answer, triple, label in candidates:
        name = _key(question)
        text.setdefault(name, question)
        _, triples, judged = answers[name].setdefault(_key(answer), (answer, {}, set()))
        triples[triple] = None
        judged.add(label)
    return [Question(text[name], words_of(text[name]),
                     tuple((answer, tuple(triples), judged == {True})
                           for answer, triples, judged in answers[name].values()
                           if len(judged) == 1), _for_development(name))
            for name in text if any(len(judged) == 1 for *_, judged in answers[name].values())]


def _for_development(name):
    digest = hashlib.sha256(" ".join(name).encode()).digest()
    return digest[0] % DEVELOPMENT == 0
