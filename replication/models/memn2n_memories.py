"""What a batch's memory slots hold, in the two shapes that MemN2N computes with.

`Sentences` encodes each distinct sentence once, and looks a slot's score up in those of all
sentences: one bAbI task repeats few sentences, and the products stay large and dense. `Slots`
encodes every slot by itself: over 20 tasks a batch hardly repeats a sentence, most slots are
empty, and a sentence has 6 of 174 words.

Both offer the same steps, on which the equations in replication/models/memn2n.py are written:

  encode   the memories of every table, M
  score    u^T m_i for all slots, (R, B, d) -> (R, B, N)
  spread   values of slots (R, B, N), such as p, in the shape that `read` and `learn` take
  read     sum_i p_i m_i, (R, B, d)
  learn    the gradient of M from that of sum_i p_i m_i or of u^T m_i
  collect  the gradient of the tables from that of M

Dimensions as in replication/models/memn2n.py; Q = R B questions, E memories of all slots in use.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import embedding_bag


class Sentences:
    """Distinct sentences, the same for all questions of a restart's batch.

    X      (R, S, W or 2 W) bags of the sentences that occur, or without R, the same for all
    where  (R, B, 2 N) of each slot the row of its sentence, then the row of its time word
    """

    def __init__(self, X, where):
        self.X, self.where, self.N = X, where, where.shape[-1] // 2

    def encode(self, model):
        """Every distinct sentence and time word in each memory table: m tensors (R, L, d)."""
        tables = model.E[:model.form.memory_tables]
        return [torch.cat([self.X @ model.word_rows(E), model.time_rows(E)], 1) for E in tables]

    def score(self, u, M):
        """A slot's score is its sentence's plus its time word's."""
        both = (u @ M.mT).gather(2, self.where)
        return both[..., :self.N] + both[..., self.N:]

    def spread(self, p):
        """(R, B, N) -> (R, B, L): a sentence has what its slots have together."""
        L = self.X.shape[-2] + self.N + 1
        rows = p.new_zeros(*p.shape[:2], L)
        return rows.scatter_add_(2, self.where, torch.cat([p, p], 2))

    def read(self, P, M, plus=None):
        """P M (R, B, d), added to `plus` where it is given; P (R, B, L) from `spread`."""
        return P @ M if plus is None else torch.baddbmm(plus, P, M)

    def learn(self, dM, P, u):
        """dM + P^T u, in place; dM None is a gradient of nothing."""
        return torch.bmm(P.mT, u) if dM is None else dM.baddbmm_(P.mT, u)

    def collect(self, model, dE, dM):
        """Adds the gradients of M, m tensors (R, L, d), to those of the tables, (n, R, V, d)."""
        S = self.X.shape[-2]
        for table, d in zip(dE, dM):
            model.add_words(table, self.X.mT @ d[:, :S])
            table[:, :self.N + 1] += model.l_J * d[:, S:] if model.form.pe else d[:, S:]


@dataclass(frozen=True)
class SlotBags:
    """A batch's memories as bags of words and time words, over R tables one below the other.

    An empty memory stands once for all empty slots of its question.

    forward   Rows of E memories over R V (with position encoding R 2 V) rows of the tables
    backward  the transpose
    question  (E,) which question a memory belongs to, r B + b
    starts    (Q + 1,) where a question's memories begin
    """
    forward: "Rows"
    backward: "Rows"
    question: torch.Tensor
    starts: torch.Tensor


@dataclass(frozen=True)
class Rows:
    """A sparse matrix by rows, to multiply by dense ones.

    columns, weights  of each entry
    starts            where a row's entries begin, and the end of the last
    """
    columns: torch.Tensor
    weights: torch.Tensor
    starts: torch.Tensor

    @classmethod
    def of(cls, columns, weights, starts, device):
        """Of numpy's arrays."""
        return cls(*(torch.from_numpy(array).to(device) for array in (
            columns.astype(np.int64), weights, starts.astype(np.int64))))

    def __matmul__(self, dense):
        """(rows, columns) @ (columns, d) -> (rows, d). A row's sum has its entries' order alone."""
        return embedding_bag(self.columns, dense, self.starts, mode="sum",
                             per_sample_weights=self.weights, include_last_offset=True)


class Slots:
    """Every memory by itself.

    X      SlotBags
    where  (R, B, N) the memory of each slot, 0..E-1
    """

    def __init__(self, X, where):
        self.X, self.where = X, where
        self.by_state = {}     # what `of_memories` gave: a hop needs each twice

    def encode(self, model):
        """Every memory in each memory table: m tensors (E, d)."""
        tables = model.E[:model.form.memory_tables]
        return [self.X.forward @ model.all_rows(E).flatten(0, 1) for E in tables]

    def score(self, u, M):
        """M (E, d), u (R, B, d) -> (R, B, N)."""
        scores = (M * self.of_memories(u)).sum(-1)                       # (E,)
        return scores.index_select(0, self.where.flatten()).view_as(self.where)

    def spread(self, p):
        """(R, B, N) -> (E,): an empty memory has what its slots have together."""
        return p.new_zeros(len(self.X.question)).scatter_add_(0, self.where.flatten(), p.flatten())

    def read(self, w, M, plus=None):
        """The sum of each question's memories, weighed by w (E,) from `spread`: (R, B, d)."""
        R, B, _ = self.where.shape
        memories = torch.arange(len(M), device=M.device)
        o = embedding_bag(memories, M, self.X.starts, mode="sum", per_sample_weights=w,
                          include_last_offset=True).view(R, B, -1)
        return o if plus is None else plus + o

    def learn(self, dM, w, u):
        """dM + w u of each memory's question, (E, d), in place; dM None is of nothing."""
        d = w.unsqueeze(1) * self.of_memories(u)
        return d if dM is None else dM.add_(d)

    def collect(self, model, dE, dM):
        for table, d in zip(dE, dM):
            model.add_rows(table, (self.X.backward @ d).view(len(table), -1, d.shape[1]))

    def of_memories(self, u):
        """The state of each memory's question: (R, B, d) -> (E, d)."""
        if u not in self.by_state:      # a tensor is found by what it is, not by its numbers
            self.by_state[u] = u.flatten(0, 1).index_select(0, self.X.question)
        return self.by_state[u]
