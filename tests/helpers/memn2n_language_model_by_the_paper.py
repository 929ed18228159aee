"""MemN2N as a language model written out for one word, in the order of section 5 of the paper.

Slow and literal, in float64, with a Python loop over memories: what
replication/models/memn2n_language_model.py must equal. Nothing here is shared with it.
"""

import torch


def scores(weights, K, context):
    """Scores of every word as the next one, and the attention p of each hop.

    weights  {"A", "C", "W": (V, d), "T_A", "T_C": (N, d), "H": (d, d)}
    context  the N words before it, the oldest first
    """
    A, C, T_A, T_C, H, W = (weights[name] for name in ("A", "C", "T_A", "T_C", "H", "W"))
    d = A.shape[1]
    m = [A[x] + T_A[i] for i, x in enumerate(context)]
    c = [C[x] + T_C[i] for i, x in enumerate(context)]
    u = torch.full((d,), 0.1, dtype=torch.float64)
    attention = []
    for _ in range(K):
        z = torch.stack([u @ m_i for m_i in m])
        p = torch.exp(z) / torch.exp(z).sum()                         # equation 1
        o = sum(p_i * c_i for p_i, c_i in zip(p, c))                  # equation 2
        u = H @ u + o                                                 # section 2.2, layer-wise
        kept, cut = u[:d - d // 2], u[d - d // 2:]
        u = torch.cat([kept, torch.clamp(cut, min=0)])                # half of the units: section 5
        attention.append(p)
    return W @ u, attention


def loss(scores, word):
    """Cross-entropy of equation 3."""
    return torch.logsumexp(scores, 0) - scores[word]
