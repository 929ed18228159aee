"""End-To-End Memory Networks as a language model (arXiv:1503.08895, section 5).

The memory of a word to be predicted is the N words before it, one a slot, the newest in slot N:

    m_i = A x_i + T_A(i)    c_i = C x_i + T_C(i)    u_1 = 0.1 (there is no question)
    p = softmax(u_k^T m_i)    o_k = sum_i p_i c_i    u_{k+1} = H u_k + o_k    P(word) = softmax(W u)

A, C and H are those of every hop (layer-wise tying), and half of the units of each u_{k+1} go
through ReLU. L neighbouring words are predicted from one window of the text, whose words are
embedded once: the memory of the l-th of them is the band l .. l + N - 1 of the window.

Dimensions
  G windows    L words predicted in each    B = G L    J = N + L - 1 words of a window
  N memory slots    K hops    d state    V vocabulary

The backward pass is written out, as in memn2n.py; the tests hold it, and the windows, equal to
autograd on a transcription of the paper. W is kept transposed, and embedded windows in both
orientations: the products are several times faster so.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import embedding

U_1 = 0.1


class PlainLanguageModel(nn.Module):
    """The model in few words, for autograd: one memory a predicted word. What follows equals it."""

    def __init__(self, V, N, d, K, init=0.05):
        super().__init__()
        self.K, self.linear = K, d - d // 2      # units that do not go through ReLU
        self.A, self.C = nn.Embedding(V, d), nn.Embedding(V, d)
        self.T_A, self.T_C = nn.Parameter(torch.empty(N, d)), nn.Parameter(torch.empty(N, d))
        self.H, self.W = nn.Linear(d, d, bias=False), nn.Linear(d, V, bias=False)
        for weight in self.parameters():
            nn.init.normal_(weight, std=init)

    def forward(self, x):
        """The words before each (B, N), the oldest first -> scores of the next one (B, V)."""
        m, c = self.A(x) + self.T_A, self.C(x) + self.T_C                # (B, N, d)
        u = m.new_full((len(x), m.shape[2]), U_1)                        # (B, d)
        for _ in range(self.K):
            p = (m @ u.unsqueeze(2)).squeeze(2).softmax(1)               # (B, N)      equation 1
            u = self.H(u) + (p.unsqueeze(1) @ c).squeeze(1)              # (B, d)      section 2.2
            u = torch.cat([u[:, :self.linear], u[:, self.linear:].relu()], 1)
        return self.W(u)


def band(S, N):
    """Row l of each (L, J) matrix from column l on, N wide: a view (G, L, N) of S (G, L, J)."""
    whole, row, _ = S.stride()
    return S.as_strided((*S.shape[:2], N), (whole, row + 1, 1), S.storage_offset())


def spread(p):
    """The transpose of `band`: p (G, L, N) on the band of zeros (G, L, J)."""
    G, L, N = p.shape
    S = p.new_zeros(G, L, N + L - 1)
    band(S, N).copy_(p)
    return S


class Memories:
    """Windows of words x (G, J) embedded by E (V, d), with time vectors T (N, d)."""

    def __init__(self, x, E, T):
        self.words = embedding(x, E)                                     # (G, J, d)
        self.columns = self.words.mT.contiguous()                        # (G, d, J)
        self.T = T

    def score(self, u):
        """u^T (E x_i + T(i)) of every slot: (G, L, d) -> (G, L, N)."""
        return u @ self.T.mT + band(u @ self.columns, len(self.T))

    def read(self, p, P):
        """sum_i p_i (E x_i + T(i)) from p (G, L, N), which is P as `spread`: (G, L, d)."""
        return torch.baddbmm(p @ self.T, P, self.words)


@dataclass
class Gradients:
    """Of the summed loss, by matrix; A and C have those of the rows `words` alone."""
    words: torch.Tensor      # (n,)
    A: torch.Tensor          # (n, d)
    C: torch.Tensor
    T_A: torch.Tensor        # (N, d)
    T_C: torch.Tensor
    H: torch.Tensor          # (d, d)
    W: torch.Tensor          # (d, V), overwritten by the next call


class LanguageModel:
    """One model: A, C (V, d), T_A, T_C (N, d), H (d, d), W (d, V), and K hops."""

    NAMES = ("A", "C", "T_A", "T_C", "H", "W")

    def __init__(self, weights, K):
        """weights {name: tensor}, W among them as (V, d), the paper's."""
        self.K = K
        for name in self.NAMES:
            setattr(self, name, weights[name])
        self.W = weights["W"].mT.contiguous()
        self.N, self.d = self.T_A.shape
        self.linear = self.d - self.d // 2       # units that do not go through ReLU
        self.dW = torch.empty_like(self.W)
        self.logits = self.W.new_empty(0)

    def weights(self):
        """{name: tensor}, the paper's matrices: W is (V, d)."""
        return {name: getattr(self, name) for name in self.NAMES} | {"W": self.W.mT}

    def hops(self, x):
        """K hops over the windows x (G, J).

        Returns the states [u_1, .., u_{K+1}] (G, L, d), the attention [p_1, .., p_K] (G, L, N), it
        spread over the windows (G, L, J), and the two `Memories`.
        """
        G, L = len(x), x.shape[1] - self.N + 1
        m, c = Memories(x, self.A, self.T_A), Memories(x, self.C, self.T_C)
        states, attention, bands = [self.A.new_full((G, L, self.d), U_1)], [], []
        for _ in range(self.K):
            p = m.score(states[-1]).softmax(-1)                          # (G, L, N)   equation 1
            P = spread(p)
            u = states[-1] @ self.H.mT + c.read(p, P)                    # (G, L, d)   section 2.2
            u[..., self.linear:].relu_()
            states.append(u)
            attention.append(p)
            bands.append(P)
        return states, attention, bands, m, c

    def losses(self, x, y):
        """Cross-entropy in nats of the words y (G, L) after the memories in windows x: (G, L)."""
        z = self._logits(self.hops(x)[0][-1].flatten(0, 1))
        logp = torch.log_softmax(z, 1, out=z)
        return -logp.gather(1, y.reshape(-1, 1)).view(y.shape)

    def _logits(self, u):
        """W u for u (B, d), in a tensor that is used again: (B, V)."""
        shape = len(u), self.W.shape[1]
        if self.logits.shape != shape:
            self.logits = self.W.new_empty(shape)
        return torch.mm(u, self.W, out=self.logits)

    def gradients(self, x, y):
        """Gradients of the summed cross-entropy of words y (G, L) after windows x (G, J).

        Returns Gradients and the loss, a tensor.
        """
        u, p, P, m, c = self.hops(x)
        last = u[-1].flatten(0, 1)                                       # (B, d)
        z = self._logits(last)
        D = torch.softmax(z, 1, out=z)                                   # (B, V)
        hit = y.reshape(-1, 1)
        loss = -D.gather(1, hit).clamp_min(torch.finfo(D.dtype).tiny).log().sum()
        D.scatter_add_(1, hit, D.new_full(hit.shape, -1.0))
        torch.mm(last.mT, D, out=self.dW)
        du = (self.W @ D.mT).mT.contiguous().view_as(u[-1])
        do, dz, Z = [], [], []
        for k in range(self.K - 1, -1, -1):
            du[..., self.linear:] *= u[k + 1][..., self.linear:] > 0
            dp = c.score(du)
            dz.append(p[k] * (dp - (p[k] * dp).sum(-1, keepdim=True)))
            Z.append(spread(dz[-1]))
            do.append(du)
            if k:                                                        # u_1 is not learned
                du = du @ self.H + m.read(dz[-1], Z[-1])
        u, do, dz, p, Z, P = (torch.stack(part, 1) for part in (         # (G, K, L, ..)
            u[:-1], do[::-1], dz[::-1], p, Z[::-1], P))
        words, row = x.unique(return_inverse=True)

        def by_word(S, v):
            """The gradient that hops of all windows give each word's embedding: (n, d)."""
            dE = (S.flatten(1, 2).mT @ v.flatten(1, 2)).flatten(0, 1)    # (G J, d)
            return dE.new_zeros(len(words), self.d).index_add_(0, row.flatten(), dE)

        U, O = u.flatten(0, 2), do.flatten(0, 2)                         # (G K L, d)
        return Gradients(words, by_word(Z, u), by_word(P, do), dz.flatten(0, 2).mT @ U,
                         p.flatten(0, 2).mT @ O, O.mT @ U, self.dW), loss
