"""The recurrent baselines of Memory Networks (Weston et al., arXiv:1410.3916), section 5.2.

A language model over a stream of words: it reads word after word and, where a question ends,
says the next word, the answer. Nothing tells it what a statement is or where the answer lies;
what it remembers of the story is its state.

    T  words    B  streams read side by side    n  size of the hidden layer    W  dictionary
"""

from torch import nn
from torch.func import functional_call

KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "sigmoid RNN": nn.RNN}


class RecurrentModel(nn.Module):
    """Word -> hidden layer of size n -> scores of the next word (Mikolov et al. 2010).

    kind       "RNN" (tanh), "LSTM", or "sigmoid RNN", whose units are Mikolov's
    words      W; size n, of the word vectors too
    generator  of the initial weights: torch's own distributions, normal for the word vectors and
               uniform within 1 / sqrt(n) for the rest
    init       standard deviation of the word vectors
    """

    def __init__(self, kind, words, size, generator, init=1.0):
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(words, size)
        self.layer = KINDS[kind](size, size)
        self.output = nn.Linear(size, words)
        for name, weight in self.named_parameters():
            if name.startswith("embedding"):
                nn.init.normal_(weight, std=init, generator=generator)
            else:
                nn.init.uniform_(weight, -size ** -0.5, size ** -0.5, generator=generator)

    def read(self, words, state=None):
        """(T, B) word ids -> hidden layer after each word (T, B, n), and the state after all.

        state  what an earlier call returned; None: zeros
        """
        X = self.embedding(words)
        if self.kind == "sigmoid RNN":
            return self._with_sigmoid_units(X, state)
        return self.layer(X, state)

    def _with_sigmoid_units(self, X, h):
        """The same of an RNN whose units are h = sigmoid(z), z = W x + U h' + b after h'.

        sigmoid(z) = (1 + tanh(z / 2)) / 2, so that torch's layer computes it with other weights:
        its states are g = 2h - 1, and z / 2 = W/2 x + U/4 g' + b/2 + U/4 1.
        """
        weights = dict(self.layer.named_parameters())
        U = weights["weight_hh_l0"]
        halved = {name: weight / 2 for name, weight in weights.items()}
        halved["weight_hh_l0"] = U / 4
        halved["bias_hh_l0"] = halved["bias_hh_l0"] + U.sum(1) / 4
        h = X.new_zeros(1, X.shape[1], U.shape[0]) if h is None else h
        hidden, last = functional_call(self.layer, halved, (X, 2 * h - 1))
        return (1 + hidden) / 2, (1 + last) / 2

    def next_word(self, hidden):
        """(..., n) -> scores (..., W), the logarithms of probabilities up to a constant."""
        return self.output(hidden)


def map_state(function, state):
    """Applies `function` to a state's tensors, each (1, B, n): one of an RNN, two of an LSTM."""
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)
