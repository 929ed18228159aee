"""Answers in sentence form to the questions of MemNN's simulated world, and when one is right.

Weston et al., Memory Networks (arXiv:1410.3916), section 5.2 option (ii), appendix F and Figure 2.
The paper gives examples ("He is in the kitchen I believe"), not the grammar: the forms below are
those of its examples, each as likely as any other.
"""

import numpy

from tasks.simulated_world import ACTORS, KINDS, OBJECTS, ROOMS, SPLITS

# {room}: "kitchen"; {who}: the actor, or "the" and the object; {it}: its pronoun.
FORMS = (
    "{room}",
    "the {room}",
    "in the {room}",
    "{room} i believe",
    "{who} {is} in the {room}",
    "{it} {is} in the {room}",
    "i think {who} {is} in the {room}",
    "i think {it} {is} in the {room}",
    "{who} {is} in the {room} i believe",
    "{it} {is} in the {room} i believe",
)
PRONOUNS = {**dict.fromkeys(ACTORS, "he"), **dict.fromkeys(OBJECTS, "it")}
END = "."          # ends a sentence
LONGEST = 10       # words a sentence can have with its end


def generate(stories, seed, split):
    """A true answer sentence for each question, drawn apart from the rest of the data set.

    stories, seed, split  what simulated_world.generate was asked and what it gave
    Returns a tuple of tuples of words, each ending with END.
    """
    world = stories.world
    key = (tuple(KINDS).index(world.kind), world.difficulty, SPLITS.index(split), 100)
    draws = numpy.random.Generator(numpy.random.Philox(
        numpy.random.SeedSequence(seed, spawn_key=key)))
    chosen = draws.integers(0, len(FORMS), len(stories.questions))
    return tuple(sentence(question, FORMS[form])
                 for question, form in zip(stories.questions, chosen))


def sentence(question, form):
    """The words of one form for one question: "was" where it asks what was before."""
    who = question.entity if question.entity in ACTORS else f"the {question.entity}"
    return (*form.format(room=question.answer, who=who, it=PRONOUNS[question.entity],
                         **{"is": "was" if question.kind == "before" else "is"}).split(), END)


def vocabulary():
    """All words that an answer sentence can use beside those of the world, sorted."""
    forms = {word for form in FORMS for word in form.split() if not word.startswith("{")}
    return tuple(sorted({*forms, "is", "was", *PRONOUNS.values(), END}))


def is_correct(words, question):
    """The rule of appendix F: the right room and no other, and no wrong subject or pronoun."""
    rooms = set(words).intersection(ROOMS)
    subjects = set(words).intersection({*PRONOUNS, *PRONOUNS.values()})
    return rooms == {question.answer} and subjects <= {question.entity,
                                                       PRONOUNS[question.entity]}
