"""The RNN and the LSTM beside MemN2N's Table 2, trained with torch's own layers (ours).

The paper quotes them from Mikolov et al. 2014, at these sizes of the hidden layer. Back-propagation
through time over a text that is read in parts side by side; the rate's schedule is MemN2N's, who
have it from there.

    T  words of a split    B  parts read side by side    n  size of the hidden layer
"""

import torch
from torch.nn.functional import cross_entropy

from replication.models.recurrent import RecurrentModel, map_state
from replication.training.language_model import perplexity
from replication.training.random_streams import text as generator
from replication.training.recurrent import step

READ = 500               # words read at a time where nothing is trained


class RecurrentLearner:
    """One restart, as language_model.py wants it."""

    NAME = "recurrent language model"
    TRAINER = "recurrent_language_model"

    def __init__(self, corpus, protocol, seed, device):
        self.protocol, p = protocol, protocol
        self.texts = {split: torch.from_numpy(getattr(corpus, split)).to(device)
                      for split in ("train", "valid", "test")}
        number = generator(seed, "recurrent weights").integers(2 ** 62)
        draw = torch.Generator().manual_seed(int(number))
        self.model = RecurrentModel(p.kind, len(corpus.words), p.d, draw, p.init).to(device)
        length = (len(corpus.train) - 1) // p.lanes

        def lanes(first):
            """(length, B): the words from `first` on, in parts side by side."""
            return self.texts["train"][first:first + length * p.lanes].view(p.lanes, length).T
        self.words, self.targets = lanes(0), lanes(1)
        self.steps = -(-length // p.bptt)

    def weights(self):
        return self.model.state_dict()

    def load(self, weights):
        self.model.load_state_dict(weights)

    @torch.enable_grad()
    def train_epoch(self, rate, epoch, shown):
        """One pass; the state goes from chunk to chunk, the gradient does not."""
        p, total, count, state = self.protocol, 0.0, 0, None
        optimizer = torch.optim.SGD(self.model.parameters(), lr=rate)
        for X, Y in zip(self.words.split(p.bptt), self.targets.split(p.bptt)):
            hidden, state = self.model.read(X, state)
            state = map_state(torch.Tensor.detach, state)
            loss = cross_entropy(self.model.next_word(hidden).flatten(0, 1), Y.flatten(),
                                 reduction="sum")
            step(self.model, optimizer, loss / p.lanes, p.clip)
            total, count = total + loss.item(), count + Y.numel()
            shown.update()
            shown.set_postfix(perplexity=f"{perplexity(total / count):.1f}", refresh=False)
        return total / count

    def costs(self, split):
        """Every word but the first, read in one piece."""
        text, total, state = self.texts[split], 0.0, None
        for X, Y in zip(text[:-1].split(READ), text[1:].split(READ)):
            hidden, state = self.model.read(X[:, None], state)
            total += cross_entropy(self.model.next_word(hidden[:, 0]), Y,
                                   reduction="sum").double().item()
        cost = total / (len(text) - 1)
        return {"as released": cost, "every word": cost}
