"""The LSTM baseline of End-To-End Memory Networks' Table 1, on one bAbI task.

It is that of the tasks' paper (Weston et al., arXiv:1502.05698, section 5): it reads a story word
by word until it reaches a question, and must then say the answer; it is trained on answers alone.
That paper gives no more than this. The rest is ours, a field of `BabiLSTM`, and what is tuned is
tuned on validation questions (replication/tuning/lstm_babi.py).

A story is read once, with its questions where they stand in the file; no answer is ever read.

    T  words of the longest story    B  stories read side by side    A  questions asked in them
    n  size of the hidden layer      W  dictionary
"""

import json
from dataclasses import dataclass
from itertools import groupby

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from replication.models.recurrent import RecurrentModel
from replication.records.record import diverged
from replication.training import recurrent
from replication.training.babi_task import held_out
from replication.training.random_streams import babi_lstm as generator
from replication.training.recurrent import best_epoch, learn
from replication.training.restarts import percent, trained_of
from tasks import babi

STATEMENT_END, QUESTION_END = ".", "?"
_FIGURES = ("train_error", "train_loss", "valid_error", "test_error", "test_loss", "n_wrong",
            "epoch")
_EVALUATED = 50       # stories read side by side where nothing is trained


@dataclass(frozen=True)
class Reading:
    """One story as it is read, up to the last question that is asked of it.

    words    (T,) word ids of statements and questions, each with the mark that ends it
    ends     (A,) where in `words` each question that counts ends
    answers  (A,) word ids of their answers
    numbers  (A,) which questions of the file they are, from 0
    """
    words: torch.Tensor
    ends: torch.Tensor
    answers: torch.Tensor
    numbers: torch.Tensor


def dictionary(*files):
    """{word: id} of all words and answers of the files' questions, and the two marks, sorted.

    An answer is one entry, also where it has several words ("apple,milk").
    """
    words = {STATEMENT_END, QUESTION_END}
    for file in files:
        words.update(*(question.words for question in file), (question.answer for question in file),
                     *(statement.words for statement in babi.statements_of(file)))
    return {word: number for number, word in enumerate(sorted(words))}


def readings(questions, word_id, first=0, last=None, statements=True):
    """The questions of one file as Readings, in which those numbered [first, last) count.

    The others of their stories are read too, where they stand before one that counts; statements
    False: and nothing else.
    """
    numbers = range(first, len(questions) if last is None else last)
    stories = []
    for _, story in groupby(enumerate(questions), key=lambda item: item[1].story):
        story = [(number, question) for number, question in story if number < numbers.stop]
        if story and story[-1][0] >= numbers.start:
            stories.append(_reading(story, word_id, numbers, statements))
    return stories


def _reading(story, word_id, numbers, statements):
    """[(number, question)] of one story, in its order -> its Reading; `numbers` are those that
    count.
    """
    words, answers, known = [], [], 0
    for number, question in story:
        for statement in question.statements[known:] if statements else ():
            words += (*statement.words, STATEMENT_END)
        known = len(question.statements)
        words += (*question.words, QUESTION_END)
        if number in numbers:
            answers.append((len(words) - 1, word_id[question.answer], number))
    return Reading(torch.tensor([word_id[word] for word in words]), *torch.tensor(answers).T)


@dataclass(frozen=True)
class Splits:
    """A task as the model reads it: lists of Readings, and the dictionary {word: id}."""
    train: list
    valid: list
    test: list
    word_id: dict


def splits_of(questions, test, protocol, n_valid=None):
    """Splits of lists of tasks.babi.Question; the last `n_valid` validate (None: the protocol's
    share).
    """
    word_id = dictionary(questions, test)
    return Splits(*split(questions, word_id, protocol, n_valid),
                 readings(test, word_id, statements=protocol.statements), word_id)


def scores(model, stories):
    """The model's scores after each question that counts: (A, W), the stories' one by one.

    Stories are padded at their end, and a state knows only what was read before: no padding, and
    no other story, has a part in a score.
    """
    device = model.output.weight.device
    hidden, _ = model.read(pad_sequence([story.words for story in stories]).to(device))  # (T, B, n)
    ends = torch.cat([story.ends for story in stories])
    lane = torch.arange(len(stories)).repeat_interleave(
        torch.tensor([len(story.ends) for story in stories]))
    return model.next_word(hidden[ends.to(device), lane.to(device)])


def answers(model, stories):
    """Their answers' word ids (A,), where `scores` has them."""
    return torch.cat([story.answers for story in stories]).to(model.output.weight.device)


@torch.no_grad()
def evaluate(model, stories):
    """(wrong (A,), losses (A,) in nats) of the questions that count, in the file's order."""
    wrong, losses, numbers = [], [], []
    by_length = sorted(stories, key=lambda story: len(story.words))
    for start in range(0, len(by_length), _EVALUATED):
        some = by_length[start:start + _EVALUATED]
        z, true = scores(model, some), answers(model, some)               # (A, W), (A,)
        wrong.append((z.argmax(1) != true).cpu())
        losses.append(cross_entropy(z, true, reduction="none").cpu())
        numbers.append(torch.cat([story.numbers for story in some]))
    order = torch.cat(numbers).argsort()
    return torch.cat(wrong)[order].numpy(), torch.cat(losses)[order].double().numpy()


def batches(lengths, protocol, draws):
    """The stories of each step of an epoch, as lists of their numbers.

    Stories of like length are read together, so that little is padded, and in a random order.
    """
    near = torch.tensor(lengths) * (1 + protocol.spread * torch.rand(len(lengths), generator=draws))
    parts = near.argsort().split(protocol.batch)
    return [parts[number].tolist() for number in torch.randperm(len(parts), generator=draws)]


def fit(model, splits, protocol, draws):
    """Trains `model` in place on Splits, as recurrent.fit: its (curves, failed).

    draws  torch.Generator of the order
    Curves are train_loss, valid_loss, in nats a question, and valid_accuracy, in %. The training
    loss is that met while training.
    """
    lengths = [len(story.words) for story in splits.train]

    def train(optimizer):
        return _epoch(model, optimizer, splits.train, batches(lengths, protocol, draws), protocol)

    def validate():
        wrong, losses = evaluate(model, splits.valid)
        return {"valid_loss": losses.mean(), "valid_accuracy": 100 * (1 - wrong.mean())}
    return recurrent.fit(model, train, validate, protocol, protocol.patience)


def _epoch(model, optimizer, stories, batches, protocol):
    """One step a batch of the stories' numbers: the mean loss in nats a question."""
    def losses():
        for batch in batches:
            some = [stories[number] for number in batch]
            true = answers(model, some)
            yield cross_entropy(scores(model, some), true), len(true)
    return learn(model, optimizer, losses(), protocol.clip)


def split(questions, word_id, protocol, n_valid=None):
    """The Readings of a training file: those to train on, and those of the last `n_valid`.

    n_valid  None: the protocol's share
    """
    if n_valid is None:
        n_valid = held_out(len(questions), protocol.validation_share)
    boundary = len(questions) - n_valid
    return (readings(questions, word_id, 0, boundary, protocol.statements),
            readings(questions, word_id, boundary, None, protocol.statements))


def fit_seed(splits, protocol, task, seed, device="cpu"):
    """One restart without a look at test data: (model, curves, failed), the latter two of `fit`.

    task  the number that keys the draws
    """
    model = RecurrentModel("LSTM", len(splits.word_id), protocol.size,
                           generator(seed, task, "weights")).to(device)
    return model, *fit(model, splits, protocol, generator(seed, task, "order"))


def train_task(task, protocol, seeds, device):
    """Trains a babi_task.Task's restarts; a cell's `train`. Returns record.Trained."""
    splits = splits_of(*task.questions(), protocol)
    return train_splits(splits, protocol, task.number, seeds, device)


def train_splits(splits, protocol, task, seeds, device):
    """Trains restarts on Splits.

    Returns record.Trained; errors in %, losses in nats a question, those of the weights kept. A
    restart's `epoch`, from 1, is the one with the lowest validation loss. The numbers of a restart
    do not depend on the other seeds.
    """
    return trained_of([_train_restart(splits, protocol, task, seed, device) for seed in seeds],
                      {"kind": "LSTM", "dictionary": json.dumps(list(splits.word_id)),
                       "task": str(task)})


def _train_restart(splits, protocol, task, seed, device):
    """(restart, curves, weights) of one seed."""
    model, curves, failed = fit_seed(splits, protocol, task, seed, device)
    if failed:
        n_test = sum(len(story.answers) for story in splits.test)
        restart = diverged(seed, failed, n_test=n_test) | dict.fromkeys(_FIGURES)
        return restart, curves, None
    restart = {"seed": seed, "status": "ok"}
    for name in ("train", "valid", "test"):
        wrong, losses = evaluate(model, getattr(splits, name))
        restart[f"{name}_error"] = percent(wrong)
        if name != "valid":      # the curve has it
            restart[f"{name}_loss"] = float(losses.mean())
    restart |= {"n_wrong": int(wrong.sum()), "n_test": len(wrong), "epoch": best_epoch(curves) + 1}
    return restart, curves, model.state_dict()
