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
from replication.records.record import Trained, diverged
from replication.training import epochs
from replication.training.random_streams import keras_babi_memnn as generator
from replication.training.recurrent_babi import QUESTION_END, STATEMENT_END
from tasks import babi

PADDING = "<padding>"
AT_ONCE = 100    # questions evaluated together


@dataclass(frozen=True)
class Questions:
    """The questions of a file as word ids: stories (N, S), questions (N, Q), answers (N,)."""
    stories: torch.Tensor
    questions: torch.Tensor
    answers: torch.Tensor

    def take(self, rows):
        return self.stories[rows].long(), self.questions[rows].long(), self.answers[rows]


def encode(*files):
    """The vocabulary of some files [tasks.babi.Question], padding first, and each as Questions."""
    told = [[(_words(q.statements, STATEMENT_END), (*q.words, QUESTION_END), q.answer)
             for q in questions] for questions in files]
    known = {word for part in told for story, question, answer in part
             for word in (*story, *question, answer)}
    words = (PADDING, *sorted(known))
    number = {word: i for i, word in enumerate(words)}
    S, Q = (max(len(item[k]) for part in told for item in part) for k in (0, 1))

    def padded(rows, length):
        table = np.zeros((len(rows), length), dtype=np.int32)
        for row, sentence in zip(table, rows):
            row[length - len(sentence):] = [number[word] for word in sentence]
        return torch.from_numpy(table)

    return words, [Questions(padded([item[0] for item in part], S),
                             padded([item[1] for item in part], Q),
                             torch.tensor([number[item[2]] for item in part])) for part in told]


def _words(statements, end):
    return [word for statement in statements for word in (*statement.words, end)]


def train_task(train_file, test_file, task, protocol, seeds, device="cpu"):
    """Trains one task's restarts from its two files, one after another; a cell's `train`.

    Returns record.Trained: restarts with train_ and test_error in %, their losses in nats a
    question, n_wrong and n_test; the curve of the training loss.
    """
    words, (train, test) = encode(babi.read(train_file), babi.read(test_file))
    restarts, weights = [], []
    losses = np.full((len(seeds), protocol.epochs), np.nan, dtype=np.float32)
    for r, seed in enumerate(seeds):
        model = new_model(len(words), train, protocol, seed, task).to(device)
        _fit(model, train, protocol, generator(seed, task, "order"), losses[r])
        lost = np.flatnonzero(~np.isfinite(losses[r]))
        if len(lost):
            restarts.append(diverged(seed, int(lost[0]) + 1, n_test=len(test.answers)))
            weights.append(None)
            continue
        restarts.append({"seed": seed, "status": "ok", **_judged(model, train, test)})
        weights.append({name: tensor.detach().cpu().clone()
                        for name, tensor in model.state_dict().items()})
    return Trained(restarts, {"train_loss": losses}, weights,
                   {"vocabulary": json.dumps(words), "task": str(task)})


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
def _judged(model, train, test):
    """What a restart's record says of a trained model."""
    model.eval()
    device, judged = model.W.weight.device, {}
    for name, data in (("train", train), ("test", test)):
        wrong, loss = 0, 0.0
        for rows in torch.arange(len(data.answers)).split(AT_ONCE):
            stories, questions, answers = (x.to(device) for x in data.take(rows))
            scores = model(stories, questions)
            wrong += int((scores.argmax(1) != answers).sum())
            loss += cross_entropy(scores, answers, reduction="sum").item()
        judged |= {f"{name}_error": 100 * wrong / len(data.answers),
                   f"{name}_loss": loss / len(data.answers)}
    return judged | {"n_wrong": wrong, "n_test": len(test.answers)}
