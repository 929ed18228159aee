"""The simulated world as streams of words, the input of the recurrent baselines."""

from collections import defaultdict
from dataclasses import dataclass

import numpy

from tasks import simulated_world

NOT_ASKED = -1


@dataclass(frozen=True)
class Stream:
    """One data set in the order of telling.

    words      (N,) word ids: statements, and each question where it is asked
    targets    (N,) the answer's word id at each question's last word, else NOT_ASKED
    questions  (N,) number of the question that ends here, else NOT_ASKED: the data set numbers
               them, not always in the order in which they are asked
    """
    words: numpy.ndarray
    targets: numpy.ndarray
    questions: numpy.ndarray

    def part(self, start, stop):
        """The words [start, stop)."""
        return Stream(*(array[start:stop] for array in
                        (self.words, self.targets, self.questions)))


def dictionary():
    """{word: id}: every word of the world, and the mark that ends a question."""
    return {word: number for number, word in enumerate((*simulated_world.vocabulary(), "?"))}


def stream(stories, joined, answers_read=False, word_id=None):
    """The data set as one stream.

    answers_read  each question's true answer follows it, and so tells later questions where
            somebody or something is; otherwise no answer is read
    word_id {word: id}; None: `dictionary()`
    joined  statements are joined by their connectives (the input of Table 3); otherwise each ends
            with a full stop (the nearest thing to statements given apart, Table 5)
    """
    word_id = word_id or dictionary()
    words, targets, numbers = [], [], []

    def tell(text):
        words.extend(word_id[word] for word in text)
        targets.extend([NOT_ASKED] * len(text))
        numbers.extend([NOT_ASKED] * len(text))

    questions_at = defaultdict(list)
    for number, question in enumerate(stories.questions):
        questions_at[question.position].append((number, question))
    for position in range(len(stories.statements) + 1):
        for number, question in questions_at[position]:
            tell((*question.words, "?"))
            targets[-1], numbers[-1] = word_id[question.answer], number
            if answers_read:
                tell((question.answer,))
        if position < len(stories.statements):
            statement = stories.statements[position]
            tell((*statement.words, *(statement.connective if joined else (".",))))
    return Stream(*map(numpy.array, (words, targets, numbers)))


def split(whole, share):
    """The stream's first part and its last, which holds `share` of the questions: (train, valid).

    Cut after the last training question.
    """
    ends = numpy.flatnonzero(whole.questions != NOT_ASKED)
    kept = len(ends) - int(share * len(ends))
    cut = ends[kept - 1] + 1
    return whole.part(0, cut), whole.part(cut, None)
