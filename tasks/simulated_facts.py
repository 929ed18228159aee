"""Invented facts with questions about them, in the files of openqa.py: no data need be had.

People, towns and animals of invented names stand in a few relations, each with several wordings.
Questions use another wording than the fact now and then, so that matching words do not suffice.
The numbers that come out mean nothing but that everything runs.
"""

import random

from tasks import knowledge_base

VERSION = 1
# (what the subject is, what the object is, wordings of the fact, of the question about the object)
_RELATIONS = (
    ("person", "town", ("was born in", "grew up in", "comes from"),
     ("Where was {} born?", "Where did {} grow up?", "What town does {} come from?")),
    ("person", "town", ("lives in", "has a house in", "moved to"),
     ("Where does {} live?", "Where is the house of {}?", "What town did {} move to?")),
    ("person", "animal", ("owns", "keeps", "has bought"),
     ("What does {} own?", "Which animal does {} keep?", "What did {} buy?")),
    ("animal", "food", ("eats", "feeds on", "likes to eat"),
     ("What does {} eat?", "What does {} feed on?", "What food does {} like?")),
    ("town", "food", ("is famous for", "produces", "is known for"),
     ("What is {} famous for?", "What does {} produce?", "What is {} known for?")),
)
_KINDS = ("person", "town", "animal", "food")


def write(folder, seed, names=60, facts=900):
    """Writes the five files of openqa.py into a new folder.

    names  invented names of each kind; facts: triples, some of them in two wordings
    """
    rng = random.Random(f"simulated facts {VERSION} {seed}")
    name = {kind: _names(rng, names) for kind in _KINDS}
    triples, questions = {}, {}
    for _ in range(facts):
        subject_kind, object_kind, wordings, questions_of = rng.choice(_RELATIONS)
        subject, right, wrong = (rng.choice(name[kind])
                                 for kind in (subject_kind, object_kind, object_kind))
        triple = (subject, rng.choice(wordings), right)
        triples[triple] = None
        triples[subject, rng.choice(wordings), right] = None
        other = (rng.choice(name[subject_kind]), rng.choice(wordings), wrong)
        triples[other] = None
        if wrong != right:
            questions.setdefault((subject, questions_of), {}).update({right: (triple, 1)})
            questions[subject, questions_of].setdefault(wrong, (other, 0))
    folder.mkdir(parents=True)
    texts = {key: rng.choice(key[1]).format(key[0]) for key in questions}
    candidates = ["\t".join(knowledge_base.CANDIDATE_COLUMNS)]
    labels = []
    for key, answers in questions.items():
        for answer, (triple, label) in answers.items():
            if rng.random() < 0.5:
                candidates.append("\t".join([texts[key], answer, *triple, "", str(label)]))
            else:
                labels.append("\t".join(["LABEL", str(bool(label)).lower(), texts[key], answer]))
    sets = ["\t".join(text.format(person) for text in questions_of)
            for kind, _, _, questions_of in _RELATIONS
            for person in rng.sample(name[kind], names // 2)]
    half = len(triples) // 2
    lines = ["\t".join(triple) for triple in triples]
    for file, content in (("triples_mixed.tsv", lines[:half]), ("triples_reverb.tsv", lines[half:]),
                          ("rerank_question_answer_triple_label.tsv", candidates),
                          ("labels_question_answer.txt", labels),
                          ("wikianswers_paraphrase_sets.txt", sets)):
        (folder / file).write_text("\n".join(content) + "\n", encoding="utf-8")


def _names(rng, count):
    syllables = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
    names = set()
    while len(names) < count:
        names.add("".join(rng.choice(syllables) for _ in range(4)).capitalize())
    return sorted(names)
