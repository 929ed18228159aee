"""Questions as arrays: the vocabulary, the distinct sentences, and stories as indices into them.

A bAbI task repeats few distinct sentences (29 to 938), so a story is stored as
indices of sentences and a sentence as indices of words; a model encodes each
distinct sentence once, however often it occurs.
"""

from dataclasses import dataclass, field

import numpy as np

from tasks.babi import statements_of

NULL = "<null>"


@dataclass(frozen=True)
class Split:
    """The questions of one file. Q questions, N memory slots.

    stories   (Q, N) sentence in each slot, the most recent statement first; 0 is the empty memory
    lengths   (Q,)   statements in memory, at most N (older ones are forgotten)
    questions (Q,)   row of Encoded.questions
    answers   (Q,)   word of the answer
    tasks     (Q,)   the number of the task
    """
    stories: np.ndarray
    lengths: np.ndarray
    questions: np.ndarray
    answers: np.ndarray
    tasks: np.ndarray

    def __len__(self):
        return len(self.answers)

    def take(self, rows):
        """The questions at these rows, as a Split."""
        return Split(self.stories[rows], self.lengths[rows], self.questions[rows],
                     self.answers[rows], self.tasks[rows])


@dataclass(frozen=True)
class Encoded:
    """One task, or several together, ready for MemN2N.

    words      the vocabulary: the null word first, then all words and answers, sorted
    sentences  (S, J - 1) words of each distinct statement, padded with the null word; row 0 is
               the empty memory, rows below `trained` occur in the training split
    questions  (Sq, J - 1) words of each distinct question, padded likewise
    J          longest sentence in words, plus one for the word that tells the time
    N          memory slots, which is also the number of time words
    held_out   rows of `train` that validate, where the data says so; None: the protocol does
    others     {name: Split} to be tested on beside `test`
    """
    words: tuple
    sentences: np.ndarray
    questions: np.ndarray
    trained: int
    J: int
    N: int
    train: Split
    test: Split
    held_out: np.ndarray | None = None
    others: dict = field(default_factory=dict)


def word_rows(sentences, word_id, width):
    """Sentences as word indices (S, width), padded with the null word, 0."""
    table = np.zeros((len(sentences), width), dtype=np.int64)
    for row, sentence in zip(table, sentences):
        row[:len(sentence)] = [word_id[word] for word in sentence]
    return table


def word_of(words, N, row):
    """The word of a row of a table; its first N rows are the time words, T_N first."""
    return words[row - N] if row >= N else f"<time {N - row}>"


def encode(train, test, capacity=50, also=()):
    """Encode the questions of the training and the test file(s).

    train, test  {task number: [tasks.babi.Question]}
    capacity     most statements that a memory holds (MemN2N section 4.2: 50)
    also         further words of the vocabulary

    As in the released code the vocabulary is that of both files, and N is the
    longest training story up to `capacity`. J is the longest sentence of both.
    """
    everything = [q for split in (train, test) for questions in split.values() for q in questions]
    of_train, of_both = (
        dict.fromkeys(s.words for split in splits for questions in split.values()
                      for s in statements_of(questions)) for splits in ((train,), (train, test)))
    statements = list(of_both)
    texts = list(dict.fromkeys(q.words for q in everything))
    words = {w for sentence in (*statements, *texts) for w in sentence}
    words |= {q.answer for q in everything}
    words = (NULL, *sorted((words | set(also)) - {NULL}))
    index = {word: i for i, word in enumerate(words)}

    J = 1 + max(map(len, (*statements, *texts)))
    longest = max(len(q.statements) for questions in train.values() for q in questions)
    N = max(1, min(capacity, longest))
    row = {sentence: i for i, sentence in enumerate(statements, start=1)}
    text_row = {sentence: i for i, sentence in enumerate(texts)}

    def split(by_task):
        rows = [(task, q) for task, questions in by_task.items() for q in questions]
        stories = np.zeros((len(rows), N), dtype=np.int64)
        lengths = np.zeros(len(rows), dtype=np.int64)
        for i, (_, q) in enumerate(rows):
            recent = [row[s.words] for s in q.statements[-N:]][::-1]
            stories[i, :len(recent)] = recent
            lengths[i] = len(recent)
        return Split(stories, lengths, np.array([text_row[q.words] for _, q in rows]),
                     np.array([index[q.answer] for _, q in rows]),
                     np.array([task for task, _ in rows]))

    return Encoded(words, word_rows([(), *statements], index, J - 1),
                   word_rows(texts, index, J - 1), 1 + len(of_train), J, N, split(train),
                   split(test))
