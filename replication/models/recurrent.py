"""The recurrent baselines of Memory Networks (Weston et al., arXiv:1410.3916), section 5.2.

A language model over a stream of words: it reads word after word and, where a question ends,
says the next word, the answer. Nothing tells it what a statement is or where the answer lies;
what it remembers of the story is its state.

    T  words    B  streams read side by side    n  size of the hidden layer    W  dictionary
"""

from torch import nn

KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM}


class RecurrentModel(nn.Module):
    """Word -> hidden layer of size n -> scores of the next word (Mikolov et al. 2010).

    kind       "RNN" (tanh) or "LSTM"
    words      W; size n, of the word vectors too
    generator  of the initial weights: torch's own distributions, normal for the word vectors and
               uniform within 1 / sqrt(n) for the rest
    """

    def __init__(self, kind, words, size, generator):
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.layer = KINDS[kind](size, size)
        self.output = nn.Linear(size, words)
        for name, weight in self.named_parameters():
            if name.startswith("embedding"):
                nn.init.normal_(weight, generator=generator)
            else:
                nn.init.uniform_(weight, -size ** -0.5, size ** -0.5, generator=generator)

    def read(self, words, state=None):
        """(T, B) word ids -> hidden layer after each word (T, B, n), and the state after all.

        state  what an earlier call returned; None: zeros
        """
        return self.layer(self.embedding(words), state)

    def next_word(self, hidden):
        """(..., n) -> scores (..., W), the logarithms of probabilities up to a constant."""
        return self.output(hidden)


def map_state(function, state):
    """Applies `function` to a state's tensors, each (1, B, n): one of an RNN, two of an LSTM."""
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)
