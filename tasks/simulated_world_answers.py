"""Answers as sentences, for the simulated world (section 5.2 and appendix F of arXiv:1410.3916).

The paper writes a true answer in many ways, "kitchen" to "I think Bill is in the kitchen", and
counts an answer as right where it names the right place, no other, and no wrong subject.
"""

import numpy

from tasks.simulated_world import ACTORS, KINDS, OBJECTS, ROOMS, SPLITS

PRONOUNS = ("he", "it")
# Appendix F's examples and Figure 2's: with a subject, these; without, a place alone.
OPENINGS = ((), ("i", "think"))
ENDINGS = ((), ("i", "believe"))
PLACES = ((), ("the",), ("in", "the"))


def subject(question, pronoun):
    """What a sentence calls the one that is asked about: "he" or "bill", "it" or "the milk"."""
    if question.entity in ACTORS:
        return ("he",) if pronoun else (question.entity,)
    return ("it",) if pronoun else ("the", question.entity)


def variants(question):
    """Every way to write the true answer, as tuples of words.

    "kitchen", "the kitchen", "in the kitchen", "he is in the kitchen", "i think bill is in the
    kitchen", and most of them with "i believe" behind. Past tense where was asked.
    """
    verb = "was" if question.kind == "before" else "is"
    bare = [place + (question.answer,) for place in PLACES]
    sentences = [(*subject(question, pronoun), verb, "in", "the", question.answer)
                 for pronoun in (False, True)]
    return tuple([text + ending for text in bare + sentences for ending in ENDINGS]
                 + [OPENINGS[1] + text for text in sentences])


def written_answers(stories, seed, split):
    """One sentence for each question, drawn from its variants, the same for the same key."""
    world = stories.world
    key = (tuple(KINDS).index(world.kind), world.difficulty, SPLITS.index(split), 200)
    rng = numpy.random.Generator(numpy.random.Philox(
        numpy.random.SeedSequence(seed, spawn_key=key)))
    answers = []
    for question in stories.questions:
        ways = variants(question)
        answers.append(ways[int(rng.random() * len(ways))])
    return tuple(answers)


def is_right(question, words):
    """Whether a written answer is right, by the rule of appendix F."""
    places = {word for word in words if word in ROOMS}
    subjects = {word for word in words if word in ACTORS + OBJECTS + PRONOUNS}
    allowed = {question.entity, "he" if question.entity in ACTORS else "it"}
    return places == {question.answer} and subjects <= allowed


def answer_vocabulary():
    """All words of sentence answers, sorted."""
    words = {"is", "was", *ACTORS, *OBJECTS, *ROOMS, *PRONOUNS}
    for phrases in (OPENINGS, ENDINGS, PLACES):
        words.update(word for phrase in phrases for word in phrase)
    return tuple(sorted(words))
