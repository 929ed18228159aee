"""The memory network of a Keras example, `babi_memnn`: a relative of MemN2N's first hop.

A memory is one word of the story, not a sentence; a question is kept word by word; the answer is
read by an LSTM. With m_i = A x_i, c_i = C x_i and q_j = B y_j (embeddings of the story's words x
and the question's words y):

    s_ij = m_i . q_j            the match of story word i with question word j
    p = softmax(s)              "over" the question's words, or over the story's
    r_j = [p_1j + c_1j, .., p_Sj + c_Sj, q_j]      response and question, side by side
    answer = softmax(W LSTM(r_1, .., r_Q))

c_i has one number for each place of the question: it is added to the match, where MemN2N weighs
c_i by it. There is one hop, and no time but the place of a word.

    B  questions    S  words of the longest story    Q  words of the longest question
    n  size of an embedding    h  of the LSTM    V  words, 0 being the padding
"""

import torch
from torch import nn

SMALL = 0.05    # embeddings start uniform within it, as that library's do


class BabiMemNN(nn.Module):
    """One model.

    sizes    (V, S, Q, n, h)
    dropped  the share of embeddings, and of the LSTM's last state, that is dropped in training
    over     what p sums to 1 over: "question" or "story" words
    draws    the torch.Generator of the initial weights; `drop` is that of the dropout
    """

    def __init__(self, sizes, dropped, over, draws, drop):
        super().__init__()
        V, S, Q, n, h = sizes
        self.dropped, self.drop = dropped, drop
        self.over = {"question": 2, "story": 1}[over]
        self.A, self.B, self.C = nn.Embedding(V, n), nn.Embedding(V, n), nn.Embedding(V, Q)
        self.lstm, self.W = nn.LSTM(S + n, h, batch_first=True), nn.Linear(h, V)
        for table in (self.A, self.B, self.C):
            nn.init.uniform_(table.weight, -SMALL, SMALL, generator=draws)
        nn.init.xavier_uniform_(self.lstm.weight_ih_l0, generator=draws)   # all gates' as one
        nn.init.orthogonal_(self.lstm.weight_hh_l0, generator=draws)
        nn.init.xavier_uniform_(self.W.weight, generator=draws)
        nn.init.zeros_(self.W.bias)
        nn.init.zeros_(self.lstm.bias_ih_l0)
        self.lstm.bias_ih_l0.data[h:2 * h] = 1.0            # the forget gate begins open
        nn.init.zeros_(self.lstm.bias_hh_l0)
        self.lstm.bias_hh_l0.requires_grad = False          # one bias is enough

    def forward(self, story, question):
        """Scores of all words as the answer, (B, V), from word ids (B, S) and (B, Q)."""
        m, c, q = (self._thinned(table(words)) for table, words in (
            (self.A, story), (self.C, story), (self.B, question)))
        p = (m @ q.mT).softmax(self.over)                   # (B, S, Q)
        r = torch.cat([(p + c).mT, q], -1)                  # (B, Q, S + n)
        state = self.lstm(r)[0][:, -1]                      # (B, h)
        return self.W(self._thinned(state))

    def _thinned(self, x):
        """In training some of the numbers are 0, and the others larger for it."""
        if not self.training or not self.dropped:
            return x
        mask = torch.empty(x.shape).bernoulli_(1 - self.dropped, generator=self.drop)
        return x * mask.to(x.device) / (1 - self.dropped)
