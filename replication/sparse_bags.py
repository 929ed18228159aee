"""Bags of words that hold few of the words, as the matrix X that MemN2N multiplies by.

With all 20 tasks together a batch has some 260 distinct sentences of 6 words,
over a vocabulary of 174: as a dense matrix X is zero nearly everywhere, and its
two products would be four fifths of the work of a training step. Here a product
touches only what is there.

Dimensions
  T batches laid out together    R restarts    S rows (sentences)    W columns (2 W with position
  encoding)    d embedding
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch
from torch.nn.functional import embedding_bag


@dataclass(frozen=True)
class Rows:
    """Sparse matrices by rows, (R, S, W), to multiply by dense ones (R, W, d).

    columns  of each entry, counted on over the R matrices: r W + column
    weights  of each entry
    starts   (R S + 1,) where a row's entries begin
    """
    shape: tuple
    columns: torch.Tensor
    weights: torch.Tensor
    starts: torch.Tensor

    def __matmul__(self, dense):
        """(R, S, W) @ (R, W, d) -> (R, S, d). A row's sum has its entries' order alone."""
        R, S, _ = self.shape
        product = embedding_bag(self.columns, dense.reshape(-1, dense.shape[-1]), self.starts,
                                mode="sum", per_sample_weights=self.weights,
                                include_last_offset=True)
        return product.view(R, S, -1)


@dataclass(frozen=True)
class SparseBags:
    """X of a batch: `X @ rows` and `X.mT @ gradients`, as of a dense tensor (R, S, W)."""
    forward: Rows
    mT: Rows

    @property
    def shape(self):
        return self.forward.shape

    def __matmul__(self, dense):
        return self.forward @ dense


class BagTable:
    """The bags of all distinct sentences, from which those of a batch are taken.

    X  (S, W) dense bags of every sentence
    """

    def __init__(self, X, device):
        self.device = device
        nothing = np.zeros((1, X.shape[1]), dtype=np.float32)
        self.rows = scipy.sparse.csr_array(np.concatenate([X.numpy(), nothing]))

    def take(self, used):
        """The bags of some batches: T SparseBags.

        used  (T, R, S') rows to take; -1 for none, which gives a row of zeros
        """
        T, R, S = used.shape
        W = self.rows.shape[1]
        taken = self.rows[used.reshape(-1)]                    # -1 is the last row, which is empty
        block = np.repeat(np.arange(T * R, dtype=np.int32), S).repeat(np.diff(taken.indptr))
        taken = scipy.sparse.csr_array((taken.data, taken.indices + block * np.int32(W),
                                        taken.indptr), shape=(T * R * S, T * R * W))
        turned = taken.tocsc()
        ahead = self._by_batch(taken, T, R * S, R * W)
        back = self._by_batch(turned, T, R * W, R * S)
        return [SparseBags(Rows((R, S, W), *a), Rows((R, W, S), *b)) for a, b in zip(ahead, back)]

    def _by_batch(self, entries, T, rows, columns):
        """Columns, weights and starts of each batch, its columns counted from 0."""
        at, weights = torch.from_numpy(entries.indices), torch.from_numpy(entries.data)
        starts = torch.from_numpy(entries.indptr)
        for t in range(T):
            mine = starts[t * rows:(t + 1) * rows + 1]
            part = slice(int(mine[0]), int(mine[-1]))
            yield ((at[part] - t * columns).to(self.device), weights[part].to(self.device),
                   (mine - mine[0]).to(self.device))
