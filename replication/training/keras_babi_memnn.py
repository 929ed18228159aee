"""Trains the memory network of a Keras example, replication/models/babi_memnn.py, on one task.

Its protocol is that of the example as we know it: a story is the row of its words, each sentence
with the mark that ends it, padded at the begin to the longest of both files; RMSprop on batches in
a new order every epoch, for a fixed number of epochs; every question of the training file is
trained on.
"""

import json
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from replication.models.babi_memnn import BabiMemNN
from replication.records.record import diverged
from replication.training import epochs
from replication.training.random_streams import keras_babi_memnn as generator
from replication.training.recurrent_babi import QUESTION_END, STATEMENT_END
from replication.training.restarts import trained_of

PADDING = "<padding>"
AT_ONCE = 100    # questions evaluated together


@dataclass(frozen=True)
class Questions:
    """The questions of a file as word ids: stories (N, S), questions (N, Q), answers (N,)."""
    stories: torch.Tensor
    questions: torch.Tensor
    answers: torch.Tensor

    def take(self, rows):
        """(stories, questions, answers) at these rows, int64."""
        return self.stories[rows].long(), self.questions[rows].long(), self.answers[rows]


def encode(*files):
    """The vocabulary of some files [tasks.babi.Question], padding first, and each as Questions."""
    texts = [[(_words(q.statements, STATEMENT_END), (*q.words, QUESTION_END), q.answer)
              for q in questions] for questions in files]
    known = {word for part in texts for story, question, answer in part
             for word in (*story, *question, answer)}
    words = (PADDING, *sorted(known))
    number = {word: i for i, word in enumerate(words)}
    S, Q = (max(len(item[k]) for part in texts for item in part) for k in (0, 1))

    def padded(rows, length):
        table = np.zeros((len(rows), length), dtype=np.int32)
        for row, sentence in zip(table, rows):
            row[length - len(sentence):] = [number[word] for word in sentence]
        return torch.from_numpy(table)

    return words, [Questions(padded(stories, S), padded(questions, Q),
                             torch.tensor([number[answer] for answer in answers]))
                   for stories, questions, answers in (zip(*part) for part in texts)]


def _words(statements, end):
    return [word for statement in statements for word in (*statement.words, end)]


def train_task(task, protocol, seeds, device="cpu"):
    """Trains a babi_task.Task's restarts, one after another; a cell's `train`.

    Returns record.Trained: restarts with train_ and test_error in %, their losses in nats a
    question, n_wrong and n_test; the curve of the training loss.
    """
    words, (train, test) = encode(*task.questions())
    runs = []
    for seed in seeds:
        losses = np.full(protocol.epochs, np.nan, dtype=np.float32)
        model = new_model(len(words), train, protocol, seed, task.number).to(device)
        _fit(model, train, protocol, generator(seed, task.number, "order"), losses)
        lost, curves = np.flatnonzero(~np.isfinite(losses)), {"train_loss": losses}
        if len(lost):
            restart = diverged(seed, int(lost[0]) + 1, n_test=len(test.answers))
            runs.append((restart, curves, None))
            continue
        restart = {"seed": seed, "status": "ok", **_figures(model, train, test)}
        runs.append((restart, curves, {name: tensor.detach().cpu().clone()
                                       for name, tensor in model.state_dict().items()}))
    return trained_of(runs, {"vocabulary": json.dumps(words), "task": str(task.number)})


def new_model(V, questions, protocol, seed, task):
    """A model of V words with fresh weights, for stories and questions of so many words."""
    draws, drop = (generator(seed, task, stream) for stream in ("weights", "dropped"))
    sizes = (V, questions.stories.shape[1], questions.questions.shape[1], protocol.n, protocol.h)
    return BabiMemNN(sizes, protocol.dropped, protocol.over, draws, drop)


def _fit(model, data, protocol, order, losses):
    """Trains a model; fills in the mean loss of each epoch, up to one that is no number."""
    device = model.W.weight.device
    optimizer = torch.optim.RMSprop(
        [weight for weight in model.parameters() if weight.requires_grad],
        lr=protocol.rate, alpha=protocol.memory, eps=protocol.epsilon)
    model.train()
    for epoch in range(protocol.epochs):
        total = 0.0
        for rows in torch.randperm(len(data.answers), generator=order).split(protocol.batch):
            stories, questions, answers = (x.to(device) for x in data.take(rows))
            loss = cross_entropy(model(stories, questions), answers)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses[epoch] = total / len(data.answers)
        epochs.done(epoch + 1, protocol.epochs)
        if not np.isfinite(losses[epoch]):
            return


@torch.no_grad()
def _figures(model, train, test):
    """What a restart's record says of a trained model."""
    model.eval()
    device, figures = model.W.weight.device, {}
    for name, data in (("train", train), ("test", test)):
        wrong, loss = 0, 0.0
        for rows in torch.arange(len(data.answers)).split(AT_ONCE):
            stories, questions, answers = (x.to(device) for x in data.take(rows))
            scores = model(stories, questions)
            wrong += int((scores.argmax(1) != answers).sum())
            loss += cross_entropy(scores, answers, reduction="sum").item()
        figures |= {f"{name}_error": 100 * wrong / len(data.answers),
                    f"{name}_loss": loss / len(data.answers)}
    return figures | {"n_wrong": wrong, "n_test": len(test.answers)}
