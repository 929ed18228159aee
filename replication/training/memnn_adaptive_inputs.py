"""bAbI questions as the arrays that MemNN with adaptive memory takes."""

from dataclasses import dataclass

import torch

from replication.models.memnn_adaptive import FIRST, STOP, Questions
from tasks.babi import statements_of


@dataclass(frozen=True)
class Split:
    """Questions with what they are judged by, as tuples: slots, and words."""
    questions: Questions
    supports: list
    answers: list


@dataclass(frozen=True)
class Encoded:
    """One task. The splits have the same distinct statements and texts.

    features  names of the features, the ids of which are their places: pad, stop, the words
              of the training questions (`words` of them with pad and stop), their n-grams
    trained   the first so many distinct statements, the stop memory too, are those of training
    """
    features: tuple
    words: int
    trained: int
    train: Split
    valid: Split
    test: Split


@dataclass(frozen=True)
class Queries:
    """What one model is trained on, one row a hop or a word of an answer.

    question (E,) its number; before (E, K) slots of the supports, or ids of the words, that
    come before, 0 where there is none; right (E,) slot of the next one, or id of the next word
    """
    question: torch.Tensor
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
    statements, texts = _distinct(train)
    answers = {word for q in train for word in answer_words(q.answer, adaptive)}
    words = sorted({word for text in (*statements, *texts) for word in text} | answers)
    longer = sorted({gram for text in (*statements, *texts) for gram in grams(text, longest_gram)}
                    - set(words))
    features = ("<pad>", "<stop>", *words, *longer)
    feature_id = dict(zip(features[FIRST:], range(FIRST, len(features))))
    trained = 1 + len(statements)

    def phi(rows):
        counts = torch.zeros(len(rows), len(features))
        for i, text in enumerate(rows):
            for gram in grams(text, longest_gram):
                if gram in feature_id:
                    counts[i, feature_id[gram]] += 1
        return counts

    statements, texts = _distinct([*train, *valid, *test])
    row = {text: i for i, text in enumerate(statements, start=1)}
    text_row = {text: i for i, text in enumerate(texts)}
    tables = phi(texts), phi([(), *statements])
    tables[1][0, STOP] = 1

    def split(questions):
        lengths = torch.tensor([len(q.statements) for q in questions], dtype=torch.int64)
        stories = torch.zeros(len(questions), 1 + max(lengths.tolist(), default=0),
                              dtype=torch.int64)
        for story, q in zip(stories, questions):
            story[1:1 + len(q.statements)] = torch.tensor([row[s.words] for s in q.statements])
        rows = torch.tensor([text_row[q.words] for q in questions], dtype=torch.int64)
        return Split(Questions(*tables, rows, stories, lengths),
                     [tuple(place + 1 for place in q.supports) for q in questions],
                     [answer_words(q.answer, adaptive) for q in questions])

    return Encoded(features, FIRST + len(words), trained, split(train), split(valid), split(test))


def _distinct(questions):
    """The words of the distinct statements, and those of the distinct questions, in their order."""
    return (list(dict.fromkeys(s.words for s in statements_of(questions))),
            list(dict.fromkeys(q.words for q in questions)))


def hop_queries(supports, most):
    """One query a support, with those before it, and one for the stop memory after the last.

    supports  tuples of slots, one a question; a model that takes at most `most` has no more hops
    """
    return _queries([(*slots, 0)[:most] for slots in supports])


def word_queries(answers, most):
    """The same for R: tuples of word ids, and the stop word after the last."""
    return _queries([(*ids, STOP)[:most] for ids in answers])


def _queries(targets):
    width = max(map(len, targets))
    rows = [(i, target[:place] + (0,) * (width - place), target[place])
            for i, target in enumerate(targets) for place in range(len(target))]
    return Queries(*(torch.tensor(column) for column in zip(*rows)))
