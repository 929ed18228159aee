"""Lays out the memories of batches as sparse bags of words: the X of memories.Slots.

Dimensions
  T batches laid out together    R restarts    B questions    N memory slots    E memories of a
  batch    V rows of an embedding table
"""

import numpy as np
import scipy.sparse
import torch

from replication.models.memn2n_memories import Rows, SlotBags
from replication.training.few_words import bags


class BagTable:
    """The bags of all distinct sentences and of all time words, from which memories are put
    together.

    Columns are those of MemN2N.all_rows: the V rows of a table and, with position encoding, the
    same rows again for what b_j weights.
    """

    def __init__(self, encoded, form, device):
        self.N, self.device = encoded.N, device
        W = len(encoded.words)
        X = bags(encoded.sentences, W, encoded.J, form)
        self.S, N = X.shape[0], encoded.N
        no_time = scipy.sparse.csr_array((self.S, N), dtype=np.float32)
        parts = [part for first in range(0, X.shape[1], W)
                 for part in (no_time, X[:, first:first + W])]
        # Time word t is row N - t, t = 0 being the null word.
        time = scipy.sparse.eye_array(N + 1, N + W, dtype=np.float32, format="csr")[::-1]
        weights = [1.0]
        if form.pe:
            c, _, b = form.position_encoding(encoded.J)
            weights = [c, float(b[-1])] if form.weigh_time else [1.0, 0.0]
        self.sentences = scipy.sparse.hstack(parts, format="csr")
        self.times = scipy.sparse.hstack([np.float32(weight) * time for weight in weights],
                                         format="csr")
        self.times.eliminate_zeros()

    def take(self, stories, lengths, times):
        """The memories of some batches.

        stories  (T, R, B, N) sentence of each slot, lengths (T, R, B) statements in memory,
        times    (T, R, B, N) time word of each slot
        Returns T SlotBags, and which memory each slot holds, (T, R, B, N).
        """
        T, R, B, N = stories.shape
        # A question's statements, and behind them one empty memory where it has any.
        full = torch.arange(N) <= lengths.unsqueeze(-1)                  # (T, R, B, N)
        counts = full.sum(-1)
        where = (full.view(T, -1).cumsum(1) - 1).view(T, R, B, N)
        stops = counts.view(T, -1).cumsum(1)                             # (T, R B)
        questions = torch.arange(R * B).repeat(T).repeat_interleave(counts.flatten())
        memories = self.sentences[stories[full].numpy()] + self.times[times[full].numpy()]

        V, sizes = memories.shape[1], stops[:, -1].tolist()
        table = (questions // B).numpy() + np.repeat(np.arange(T) * R, sizes)   # t R + r
        columns = memories.indices + (table * V).repeat(np.diff(memories.indptr))
        forward = scipy.sparse.csr_array((memories.data, columns, memories.indptr),
                                         shape=(len(questions), T * R * V))
        backward = forward.tocsc()
        first = np.cumsum([0, *sizes])
        batches = []
        for t in range(T):
            mine = slice(first[t], first[t + 1])
            batches.append(SlotBags(
                self._rows(forward, mine, t * R * V),
                self._rows(backward, slice(t * R * V, (t + 1) * R * V), first[t]),
                questions[mine].to(self.device),
                torch.cat([torch.zeros(1, dtype=torch.int64), stops[t]]).to(self.device)))
        return batches, where

    def _rows(self, entries, rows, column):
        """Some rows of a CSR matrix, or columns of a CSC one, the others counted from `column`."""
        starts = entries.indptr[rows.start:rows.stop + 1]
        part = slice(starts[0], starts[-1])
        return Rows.of(entries.indices[part] - column, entries.data[part], starts - starts[0],
                       self.device)
