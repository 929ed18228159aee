"""End-To-End Memory Networks (Sukhbaatar et al., arXiv:1503.08895): one model, then many at once.

`PlainMemN2N` is the model as one would write it down, for autograd. `MemN2N` is the same R at
once, with every variant of the paper, and what is trained; a test holds the two equal. Every
tensor has a leading R there, because one model is tiny and R of them cost little more than one.
Memories are kept apart, in memn2n_memories.py: how they are encoded, scored and read decides the
speed, and is one thing for a single task and another for all tasks together. A memory is a
sentence plus a time word, m_i = sum_j l_j * A x_ij + l_J * T_A(i).

Dimensions
  R restarts      B questions      N memory slots     K hops     d embedding
  V rows of an embedding table: N time words (T_N first, T_1 last), the null word, the words
  W the null word and the words (the last rows of the table)    J words a sentence
  S distinct sentences           L = S + N + 1: the sentences, the time words, the null time word
  n embedding tables             m of them encode memories

The backward pass is written out: its few operations mirror the forward pass line
by line, and the tests hold it equal to autograd on a transcription of the paper.
"""

from dataclasses import dataclass

import torch
from torch import nn

from replication.models.memn2n_memories import Sentences, Slots


class PlainMemN2N(nn.Module):
    """MemN2N with adjacent tying and position encoding (sections 2 and 4.1), one restart.

    Rows of the tables are as below: time words, the null word, words.
    """

    def __init__(self, V, N, J, d, K):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(V, d) for _ in range(K + 1))
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.1)
        k = torch.arange(1, d + 1)
        j = torch.arange(1, J + 1)[:, None]
        self.register_buffer("l", 1 + 4 * (k - (d + 1) / 2) * (j - (J + 1) / 2) / (d * J))
        self.null = N

    def forward(self, memories, questions):
        """memories (B, N, J), questions (B, J - 1): rows of the tables. Returns (B, V)."""
        u = (self.l[:-1] * self.tables[0](questions)).sum(1)             # (B, d)
        for A, C in zip(self.tables, self.tables[1:]):
            m = (self.l * A(memories)).sum(2)                            # (B, N, d)
            c = (self.l * C(memories)).sum(2)
            p = (m @ u.unsqueeze(2)).squeeze(2).softmax(1)               # (B, N)   equation 1
            u = u + (p.unsqueeze(1) @ c).squeeze(1)                      # equations 2 and 4
        return u @ self.tables[-1].weight.t()


def position_encoding(J, d, printed=False):
    """Position encoding l_kj = c + a_k b_j (section 4.1, "PE"), for k = 1..d and j = 1..J.

    The released code:  l_kj = 1 + 4 (k - (d + 1)/2) (j - (J + 1)/2) / (d J).
    As printed:         l_kj = (1 - j/J) - (k/d)(1 - 2 j/J) = 1/2 + 2 (k/d - 1/2)(j/J - 1/2).

    Returns c, a (d,) and b (J,).
    """
    k = torch.arange(1, d + 1, dtype=torch.float64)
    j = torch.arange(1, J + 1, dtype=torch.float64)
    c, a = (0.5, k / d - 0.5) if printed else (1.0, (k - (d + 1) / 2) / d)
    return c, a, word_weights(j, J, printed)


def word_weights(j, J, printed=False):
    """b_j of `position_encoding`: J is one number in the code, each sentence's own as printed."""
    return 2 * (j / J - 0.5) if printed else 4 * (j - (J + 1) / 2) / J


@dataclass(frozen=True)
class Form:
    """What kind of MemN2N: section 2.2 and the ablations of section 4.4.

    d           embedding dimension
    K           hops
    tying       "adjacent" (A_{k+1} = C_k, W^T = C_K, B = A_1), "layer-wise" (one A, one C, and H)
                or "layer-wise without H", which is ours
    encoding    "BoW", "PE" (the released code's) or "PE as printed" (section 4.1)
    relu        ReLU on the state after each hop ("non-linear", appendix A)
    weigh_time  position encoding weighs the time word too, at position J, as in the released code
    """
    d: int = 20
    K: int = 3
    tying: str = "adjacent"
    encoding: str = "PE"
    relu: bool = False
    weigh_time: bool = True

    @classmethod
    def of(cls, protocol):
        """That of a protocol with these fields."""
        p = protocol
        return cls(p.d, p.hops, p.tying, p.encoding, p.relu, p.weigh_time)

    @property
    def pe(self):
        """Whether sentences are position encoded."""
        return self.encoding != "BoW"

    def position_encoding(self, J):
        """c, a (d,) and b (J,) of this form's encoding."""
        return position_encoding(J, self.d, self.encoding == "PE as printed")

    @property
    def layerwise(self):
        """Whether all hops have the same A and C."""
        return self.tying.startswith("layer-wise")

    @property
    def mapped(self):
        """Whether H maps the state between hops."""
        return self.tying == "layer-wise"

    @property
    def tables(self):
        """n, the number of embedding tables: E_0..E_K, or A, C, B and W."""
        return 4 if self.layerwise else self.K + 1

    @property
    def memory_tables(self):
        """m, how many of them (the first ones) encode memories."""
        return 2 if self.layerwise else self.K + 1

    def A(self, k):
        """The table that embeds hop k's input memories (k = 1..K)."""
        return 0 if self.layerwise else k - 1

    def C(self, k):
        """The table that embeds hop k's output memories."""
        return 1 if self.layerwise else k

    @property
    def B(self):
        """The table that embeds the question."""
        return 2 if self.layerwise else 0

    @property
    def W(self):
        """The table that scores the answers."""
        return 3 if self.layerwise else self.K


def bags(sentences, W, J, form):
    """Sentences as bags of words: the X of `MemN2N.encode`.

    sentences (S, J - 1) word indices, null-padded. Returns (S, W) counts, or with
    position encoding (S, 2 W): counts times c, and beside them counts weighted by b_j,
    since sum_j (c + a b_j) * A x_j = sum_j c A x_j + a * sum_j b_j A x_j. As printed, b_j is that
    of the sentence's own number of words, and nothing stands behind its last word.
    """
    S = len(sentences)
    counts = torch.zeros(S, W, dtype=torch.float64)
    counts.scatter_add_(1, sentences, torch.ones(sentences.shape, dtype=torch.float64))
    if not form.pe:
        return counts
    c, _, b = form.position_encoding(J)
    b = b[:J - 1].expand(sentences.shape)                                # the time word is at J
    if form.encoding == "PE as printed":
        words = sentences != 0                                           # word 0 is the null word
        counts[:, 0] = 0
        j, own = torch.arange(1, J, dtype=torch.float64), words.sum(1, keepdim=True).clamp(min=1)
        b = word_weights(j, own, printed=True) * words
    weighted = torch.zeros(S, W, dtype=torch.float64)
    weighted.scatter_add_(1, sentences, b.contiguous())
    return torch.cat([c * counts, weighted], dim=1)


class MemN2N:
    """R models of one form.

    E (n, R, V, d)  the embedding tables
    H (R, d, d)     the linear map between hops, layer-wise tying only (else None)
    N, J            memory slots, and words a sentence with the time word
    """

    def __init__(self, form, E, H, N, J):
        self.form, self.E, self.H, self.N = form, E, H, N
        if form.pe:
            c, a, b = form.position_encoding(J)
            l_J = c + a * b[-1] if form.weigh_time else torch.ones_like(a)
            self.a, self.l_J = a.to(E), l_J.to(E)

    @classmethod
    def of(cls, weights, form, N, J):
        """One model, R = 1, of its weights as `weights_of` gives them."""
        E = torch.stack([weights[f"E{i}"] for i in range(form.tables)]).unsqueeze(1)
        return cls(form, E, weights["H"].unsqueeze(0) if form.mapped else None, N, J)

    def weights_of(self, r):
        """The r-th model's weights on the CPU: {"E0", ..: (V, d)}, and "H" (d, d) where it maps."""
        weights = {f"E{i}": table[r].cpu().clone() for i, table in enumerate(self.E)}
        return weights if self.H is None else weights | {"H": self.H[r].cpu().clone()}

    def word_rows(self, tables):
        """Rows of the words; with position encoding beside them a * the rows, for b_j to weight.

        tables (..., V, d). Returns (..., W or 2 W, d).
        """
        words = tables[..., self.N:, :]
        return torch.cat([words, self.a * words], -2) if self.form.pe else words

    def time_rows(self, tables):
        """l_J * T for the time words and the null time word: (..., V, d) -> (..., N + 1, d)."""
        time = tables[..., :self.N + 1, :]
        return self.l_J * time if self.form.pe else time

    def all_rows(self, tables):
        """The same of all rows, time words among them: (..., V, d) -> (..., V or 2 V, d)."""
        return torch.cat([tables, self.a * tables], -2) if self.form.pe else tables

    def ask(self, x_q):
        """u_1 = sum_j l_j * B q_j, from the questions' bags (R, B, W or 2 W). Returns (R, B, d)."""
        return x_q @ self.word_rows(self.E[self.form.B])

    def hops(self, memory, M, u, linear=False):
        """K hops over memory (equations 1, 2 and 4).

        memory  a replication.models.memn2n_memories, M what it encodes
        u       (R, B, d) from `ask`
        linear  without the softmax over memories (linear start, section 4.2)

        Returns the states [u_1, .., u_{K+1}], the attention [p_1, .., p_K] (R, B, N) and the same
        attention [P_1, .., P_K] as the memory spreads it.
        """
        f = self.form
        states, attention, spread = [u], [], []
        for k in range(1, f.K + 1):
            z = memory.score(u, M[f.A(k)])                               # (R, B, N)   u^T m_i
            p = z if linear else z.mT.softmax(1).mT                      # equation 1
            P = memory.spread(p)
            o = memory.read(P, M[f.C(k)])                                # (R, B, d)   equation 2
            u = (u @ self.H.mT if f.mapped else u) + o                # equation 4
            u = u.relu() if f.relu else u
            states.append(u)
            attention.append(p)
            spread.append(P)
        return states, attention, spread

    def answer(self, X, x_q, where, linear=False):
        """Scores W u_{K+1} of every row of the table as the answer, (R, B, V), and each hop's p.

        X, where  bags of the memories and where a slot's is: as memn2n_memories.py says
        x_q       (R, B, W or 2 W) bags of the questions
        """
        memory = memory_of(X, where)
        states, attention, _ = self.hops(memory, memory.encode(self), self.ask(x_q), linear)
        return states[-1] @ self.E[self.form.W].mT, attention

    def gradients(self, X, x_q, where, answers, linear=False):
        """Gradients of the summed cross-entropy of equation 3.

        X, x_q, where as in `answer`; answers (R, B): rows of the table. Returns dE (n, R, V, d),
        dH (R, d, d) or None, the loss (R,) and the number of wrong answers (R,).
        """
        f, memory = self.form, memory_of(X, where)
        M = memory.encode(self)
        u, p, P = self.hops(memory, M, self.ask(x_q), linear)
        logp = (u[-1] @ self.E[f.W].mT).log_softmax(-1)                  # (R, B, V)
        hit = answers.unsqueeze(-1)
        right = logp.gather(2, hit)
        loss, wrong = -right.sum((1, 2)), (logp.argmax(-1) != answers).sum(1)

        dE, dM = torch.zeros_like(self.E), [None] * len(M)
        dH = torch.zeros_like(self.H) if f.mapped else None
        dlogits = logp.exp_().scatter_add_(2, hit, torch.full_like(right, -1.0))
        dE[f.W].baddbmm_(dlogits.mT, u[-1])
        du = dlogits @ self.E[f.W]                                       # (R, B, d)
        for k in range(f.K, 0, -1):
            A, C = f.A(k), f.C(k)
            du = du * (u[k] > 0) if f.relu else du
            dM[C] = memory.learn(dM[C], P[k - 1], du)
            dp = memory.score(du, M[C])
            dz = dp if linear else p[k - 1] * (dp - (p[k - 1] * dp).sum(-1, keepdim=True))
            D = memory.spread(dz)
            dM[A] = memory.learn(dM[A], D, u[k - 1])
            if f.mapped:
                dH.baddbmm_(du.mT, u[k - 1])
                du = du @ self.H
            du = memory.read(D, M[A], plus=du)
        memory.collect(self, dE, dM)
        self.add_words(dE[f.B], x_q.mT @ du)
        return dE, dH, loss, wrong

    def add_words(self, dE, d):
        """The transpose of `word_rows`: adds d (..., W or 2 W, d) to the words' rows of dE."""
        self._add(dE[..., self.N:, :], d)

    def add_rows(self, dE, d):
        """The transpose of `all_rows`."""
        self._add(dE, d)

    def _add(self, rows, d):
        count = rows.shape[-2]
        rows += d[..., :count, :]
        if self.form.pe:
            rows += self.a * d[..., count:, :]


def memory_of(X, where):
    """Dense bags are of distinct sentences, sparse ones of every slot."""
    return Sentences(X, where) if torch.is_tensor(X) else Slots(X, where)
