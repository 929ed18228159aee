"""Sentences by the few words that they have, where a row for every word would be too large.

A bAbI task has some dozens of words, and its sentences are cheapest as rows of a dense table
(memn2n_batches.py). The table grows with sentences times words; a file of many different
words needs it sparse. Which of the two a data set gets depends on the data and the batch alone,
never on how many restarts train together: the two round differently.

Dimensions
  S sentences    W words, C = W or with position encoding 2 W columns    R restarts
  B questions    T batches laid out together    d embedding
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from replication.models.memn2n import word_weights
from replication.models.memn2n_memories import Rows

MB = 2**20
MOST_DENSE = 512 * MB     # official tasks of 1k need at most 40 MB by this count
TOGETHER = 32             # batches laid out together
STACK = 10                # restarts trained together
BATCH = 32                # questions
ENTRIES = 2**22           # of sparse bags, 48 bytes each with what is made from them


def columns(encoded, form):
    """C, the columns of a bag of words."""
    return len(encoded.words) * (2 if form.pe else 1)


def dense_bytes(encoded, form, batch):
    """At most how much the dense bags of a data set and of the batches laid out together need."""
    C = columns(encoded, form)
    laid_out = TOGETHER * STACK
    sentences = len(encoded.sentences) + laid_out * min(encoded.trained, batch * encoded.N)
    return 4 * C * (sentences + question_rows(encoded, batch))


def question_rows(encoded, batch):
    """Rows of the distinct questions and of the batches laid out together."""
    return len(encoded.questions) + TOGETHER * STACK * batch


def memories_by_few_words(encoded, form, batch):
    """Whether to take memories, and with them questions, by their few words."""
    return dense_bytes(encoded, form, batch) > MOST_DENSE


def questions_by_few_words(encoded, form, batch):
    """The same for questions alone, where memories are in any case: several tasks together."""
    return 4 * columns(encoded, form) * question_rows(encoded, batch) > MOST_DENSE


def together(encoded, form):
    """How many batches to lay out together, so that their entries take at most some 200 MB."""
    words = np.count_nonzero(encoded.sentences) / len(encoded.sentences) + 1
    entries = STACK * BATCH * encoded.N * words * (2 if form.pe else 1)
    return int(np.clip(ENTRIES // entries, 1, TOGETHER))


def bags(sentences, W, J, form):
    """What models.memn2n.bags gives, without its zeros: a CSR array (S, C) of float32.

    sentences (S, J - 1) word indices, null-padded.
    """
    S, width = sentences.shape
    own = form.encoding == "PE as printed"        # each sentence's own weights, and no pads
    row, place = sentences.nonzero()
    lengths = np.bincount(row, minlength=S)       # pads are behind the words
    padded = np.flatnonzero(lengths < (0 if own else width))
    cells, which = np.unique(np.concatenate([row * W + sentences[row, place], padded * W]),
                             return_inverse=True)
    rows, words = np.divmod(cells, W)
    values = [np.bincount(which, np.concatenate([np.ones(len(row)), width - lengths[padded]]))]
    if form.pe:
        c, _, b = form.position_encoding(J)
        b = b[:width].numpy()
        pads = {n: np.cumsum(b[n:])[-1] for n in np.unique(lengths[padded])}   # in their order
        of_words = word_weights(place + 1.0, lengths[row], printed=True) if own else b[place]
        weights = np.concatenate([of_words, [pads[n] for n in lengths[padded]]])
        values = [c * values[0], np.bincount(which, weights)]
    parts = [scipy.sparse.csr_array((value.astype(np.float32), (rows, words)), shape=(S, W))
             for value in values]
    both = scipy.sparse.hstack(parts, format="csr")
    both.eliminate_zeros()
    return both


@dataclass(frozen=True)
class QuestionBags:
    """The questions of one batch as bags of words: like x_q (R, B, C), it multiplies (R, C, d)."""
    forward: Rows      # (R B, R C)
    backward: Rows     # its transpose
    R: int

    def __matmul__(self, dense):
        product = self.forward @ dense.flatten(0, 1)
        return product.view(self.R, -1, dense.shape[-1])

    @property
    def mT(self):
        return QuestionBags(self.backward, self.forward, self.R)


class QuestionTable:
    """The bags of all distinct questions, from which those of batches are put together."""

    def __init__(self, encoded, form, device):
        self.device = device
        self.questions = bags(encoded.questions, len(encoded.words), encoded.J, form)

    def take(self, rows):
        """QuestionBags of batches of questions, rows (T, R, B) of Encoded.questions."""
        R, B = rows.shape[1:]
        C = self.questions.shape[1]
        batches = []
        for batch in rows.flatten(1).numpy():
            part = self.questions[batch]
            shift = np.repeat(np.arange(R * B) // B * C, np.diff(part.indptr))
            forward = scipy.sparse.csr_array(
                (part.data, part.indices + shift, part.indptr), shape=(R * B, R * C))
            batches.append(QuestionBags(*(
                Rows.of(entries.indices, entries.data, entries.indptr, self.device)
                for entries in (forward, forward.tocsc())), R))
        return batches
