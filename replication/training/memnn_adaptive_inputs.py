"""bAbI questions as the arrays that MemNN with adaptive memory takes."""

from dataclasses import dataclass

import numpy as np
import torch

from replication.models.memnn_adaptive import FIRST, STOP
from tasks.babi import statements_of


@dataclass(frozen=True)
class Asked:
    """What a model sees of Q questions: neither answers nor supporting facts.

    stories    (Q, T) rows of Encoded.statements, the oldest in slot 1; slot 0 is the stop memory,
               row 0, as are the slots beyond the last statement
    lengths    (Q,) statements of the story
    questions  (Q,) rows of Encoded.questions
    """
    stories: torch.Tensor
    lengths: torch.Tensor
    questions: torch.Tensor

    def __len__(self):
        return len(self.lengths)

    def take(self, rows):
        """The questions at these rows, and no more slots than their stories fill."""
        lengths = self.lengths[rows]
        return Asked(self.stories[rows, :1 + int(lengths.max())], lengths, self.questions[rows])


@dataclass(frozen=True)
class Split:
    """Questions with what they are judged by, as tuples: slots, and words."""
    asked: Asked
    supports: list
    answers: list


@dataclass(frozen=True)
class Encoded:
    """One task.

    features    names of the features, the ids of which are their places: pad, stop, the words
                of the training questions (`words` of them with pad and stop), their n-grams
    statements  (S, D) Phi of each distinct statement, row 0 the stop memory; the first `trained`
                occur in training questions
    questions   (Sq, D) Phi of each distinct question
    """
    features: tuple
    words: int
    statements: torch.Tensor
    trained: int
    questions: torch.Tensor
    train: Split
    valid: Split
    test: Split


@dataclass(frozen=True)
class Queries:
    """What one model is trained on, one row a hop or a word of an answer.

    asked (E,) row of the question; before (E, K) slots of the supports, or ids of the words, that
    come before, 0 where there is none; right (E,) slot of the next one, or id of the next word
    """
    asked: torch.Tensor
    before: torch.Tensor
    right: torch.Tensor

    def __len__(self):
        return len(self.right)


def grams(words, longest):
    """All runs of 1 to `longest` words of a text, as texts."""
    return [" ".join(words[i:i + length]) for length in range(1, longest + 1)
            for i in range(len(words) - length + 1)]


def answer_words(answer, adaptive):
    """The words that R emits: several where it is adaptive ("apple,milk"), else one class."""
    return tuple(answer.split(",")) if adaptive else (answer,)


def encode(train, valid, test, longest_gram, adaptive):
    """Lists of tasks.babi.Question -> Encoded.

    The features are those of the training questions, the only ones that get trained: an n-gram
    that only other questions have is left out of their bags.
    """
    def texts(questions):
        return [*dict.fromkeys(s.words for s in statements_of(questions))], \
               [*dict.fromkeys(q.words for q in questions)]

    told, asked = texts(train)
    answers = {word for q in train for word in answer_words(q.answer, adaptive)}
    words = sorted({word for text in (*told, *asked) for word in text} | answers)
    longer = sorted({gram for text in (*told, *asked) for gram in grams(text, longest_gram)}
                    - set(words))
    features = ("<pad>", "<stop>", *words, *longer)
    feature_id = dict(zip(features[FIRST:], range(FIRST, len(features))))

    everything, questions = texts([*train, *valid, *test])
    statements = [(), *everything]
    row = {text: i for i, text in enumerate(statements)}
    asked_row = {text: i for i, text in enumerate(questions)}

    def phi(rows):
        counts = torch.zeros(len(rows), len(features))
        for i, text in enumerate(rows):
            for gram in grams(text, longest_gram):
                if gram in feature_id:
                    counts[i, feature_id[gram]] += 1
        return counts

    def split(these):
        longest = max((len(q.statements) for q in these), default=0)
        stories = np.zeros((len(these), 1 + longest), dtype=np.int64)
        for i, q in enumerate(these):
            stories[i, 1:1 + len(q.statements)] = [row[s.words] for s in q.statements]
        lengths = np.array([len(q.statements) for q in these], dtype=np.int64)
        rows = np.array([asked_row[q.words] for q in these], dtype=np.int64)
        return Split(Asked(*map(torch.from_numpy, (stories, lengths, rows))),
                     [tuple(place + 1 for place in q.supports) for q in these],
                     [answer_words(q.answer, adaptive) for q in these])

    table = phi(statements)
    table[0, STOP] = 1
    return Encoded(features, FIRST + len(words), table, 1 + len(told), phi(questions),
                   split(train), split(valid), split(test))


def hop_queries(supports, most):
    """One query a support, with those before it, and one for the stop memory after the last.

    supports  tuples of slots, one a question; a model that takes at most `most` has no more hops
    """
    return _queries([(*found, 0)[:most] for found in supports])


def word_queries(answers, most):
    """The same for R: tuples of word ids, and the stop word after the last."""
    return _queries([(*ids, STOP)[:most] for ids in answers])


def _queries(targets):
    width = max(map(len, targets))
    rows = [(i, target[:place] + (0,) * (width - place), target[place])
            for i, target in enumerate(targets) for place in range(len(target))]
    return Queries(*(torch.tensor(column) for column in zip(*rows)))
