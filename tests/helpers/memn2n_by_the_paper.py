"""End-To-End Memory Networks written out for one question, in the order of the paper.

Slow and literal, in float64, with Python loops over sentences and words: what
replication/models/memn2n.py must equal. Nothing here is shared with it.

The tables are dictionaries of vectors, "A1", "C1", .., "B", "W" -> (V, d), rows
as in the released code's one table: all words, the null word, and time words.
"""

import torch


def weight_of(k, j, d, J, encoding):
    """l_kj, k and j from 1, for each of the three sentence encodings."""
    if encoding == "PE as printed":
        return (1 - j / J) - (k / d) * (1 - 2 * j / J)
    if encoding == "PE":
        return 1 + 4 * (k - (d + 1) / 2) * (j - (J + 1) / 2) / (d * J)
    return 1.0


def embed(table, words, J, encoding, null):
    """sum_j l_j * table[x_j]: words is the list of rows at positions j = 1, 2, ..

    J is the code's; as printed it is the sentence's own number of words, the null words left out.
    """
    d = table.shape[1]
    if encoding == "PE as printed":
        words = [word for word in words if word != null]
        J = len(words)
    total = torch.zeros(d, dtype=torch.float64)
    for j, word in enumerate(words, start=1):
        l_j = torch.tensor([weight_of(k, j, d, J, encoding) for k in range(1, d + 1)],
                           dtype=torch.float64)
        total = total + l_j * table[word]
    return total


def answer(tables, H, memories, question, null, J, form, linear):
    """Scores of every row of W, and the attention p of each hop.

    memories  a list of slots, each the J rows of its words (the time word or null at J)
    question  the J - 1 rows of its words
    null      the row of the null word
    form      K, encoding, weigh_time and relu
    """
    K, encoding = form.K, form.encoding

    def memory(table, words):
        d = table.shape[1]
        l_J = torch.ones(d, dtype=torch.float64)                          # + T(i), section 4.1
        if form.weigh_time:
            l_J = torch.tensor([weight_of(k, J, d, J, encoding) for k in range(1, d + 1)],
                               dtype=torch.float64)
        return embed(table, words[:-1], J, encoding, null) + l_J * table[words[-1]]

    u = embed(tables["B"], question, J, encoding, null)
    attention = []
    for k in range(1, K + 1):
        m = [memory(tables[f"A{k}"], x) for x in memories]
        c = [memory(tables[f"C{k}"], x) for x in memories]
        scores = torch.stack([u @ m_i for m_i in m])
        p = scores if linear else torch.exp(scores) / torch.exp(scores).sum()     # equation 1
        o = sum(p_i * c_i for p_i, c_i in zip(p, c))                              # equation 2
        u = u + o if H is None else H @ u + o                                     # equation 4
        if form.relu:
            u = torch.clamp(u, min=0)
        attention.append(p)
    return tables["W"] @ u, attention


def loss(scores, row):
    """Cross-entropy of equation 3."""
    return torch.logsumexp(scores, 0) - scores[row]
