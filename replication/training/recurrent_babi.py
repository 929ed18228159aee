"""The LSTM baseline of End-To-End Memory Networks' Table 1, on one bAbI task.

It is that of the tasks' paper (Weston et al., arXiv:1502.05698, section 5): it reads a story word
by word until it reaches a question, and must then say the answer; it is trained on answers alone.
That paper gives no more than this. The rest is ours, a field of `BabiLSTM`, and what is tuned is
tuned on validation questions (replication/tune_lstm_babi.py).

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
from replication.training import recurrent
from replication.training.recurrent import best_epoch, step, trained_of
from replication.training.random_streams import babi_lstm as generator
from tasks import babi

STATEMENT_END, QUESTION_END = ".", "?"
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
    counted = range(first, len(questions) if last is None else last)
    made = []
    for _, told in groupby(enumerate(questions), key=lambda item: item[1].story):
        told = [(number, question) for number, question in told if number < counted.stop]
        if told and told[-1][0] >= counted.start:
            made.append(_reading(told, word_id, counted, statements))
    return made


def _reading(told, word_id, counted, statements):
    """Numbered questions of one story, in its order -> its Reading."""
    words, asked, known = [], [], 0
    for number, question in told:
        for statement in question.statements[known:] if statements else ():
            words += (*statement.words, STATEMENT_END)
        known = len(question.statements)
        words += (*question.words, QUESTION_END)
        if number in counted:
            asked.append((len(words) - 1, word_id[question.answer], number))
    ends, answers, numbers = torch.tensor(asked).T
    return Reading(torch.tensor([word_id[word] for word in words]), ends, answers, numbers)


def scores(model, stories):
    """The model's scores after each question that counts: (A, W), the stories' one by one.

    Stories are padded at their end, and a state knows only what was read before: no padding, and
    no other story, has a part in a score.
    """
    device = model.output.weight.device
    hidden, _ = model.read(pad_sequence([story.words for story in stories]).to(device))  # (T, B, n)
    asked = torch.cat([story.ends for story in stories])
    lane = torch.arange(len(stories)).repeat_interleave(
        torch.tensor([len(story.ends) for story in stories]))
    return model.next_word(hidden[asked.to(device), lane.to(device)])


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
        given, true = scores(model, some), answers(model, some)
        wrong.append((given.argmax(1) != true).cpu())
        losses.append(cross_entropy(given, true, reduction="none").cpu())
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


def fit(model, train, valid, protocol, draws):
    """Trains `model` in place, as recurrent.fit: its (curves, failed).

    train, valid  Readings
    draws         torch.Generator of the order
    Curves are train_loss, valid_loss, in nats a question, and valid_accuracy, in %. The training
    loss is that met while training.
    """
    lengths = [len(story.words) for story in train]

    def read(optimizer):
        return _epoch(model, optimizer, train, batches(lengths, protocol, draws), protocol)

    def validate():
        wrong, losses = evaluate(model, valid)
        return {"valid_loss": losses.mean(), "valid_accuracy": 100 * (1 - wrong.mean())}
    return recurrent.fit(model, read, validate, protocol, protocol.patience)


def _epoch(model, optimizer, train, parts, protocol):
    """One step a part: the mean loss in nats a question."""
    total = asked = 0
    for part in parts:
        some = [train[number] for number in part]
        true = answers(model, some)
        loss = cross_entropy(scores(model, some), true)
        step(model, optimizer, loss, protocol.clip)
        total, asked = total + len(true) * loss.item(), asked + len(true)
    return total / asked


def split(questions, word_id, protocol, n_valid=None):
    """The Readings of a training file: those to train on, and those of the last `n_valid`.

    n_valid  None: the protocol's share
    """
    if n_valid is None:
        n_valid = int(protocol.validation_share * len(questions))
    boundary = len(questions) - n_valid
    return (readings(questions, word_id, 0, boundary, protocol.statements),
            readings(questions, word_id, boundary, None, protocol.statements))


def fit_seed(train, valid, words, task, protocol, seed, device="cpu"):
    """One restart without a look at test data: (model, curves, failed), the latter two of `fit`.

    words  size of the dictionary
    """
    model = RecurrentModel("LSTM", words, protocol.size, generator(seed, task, "weights"))
    model = model.to(device)
    return model, *fit(model, train, valid, protocol, generator(seed, task, "order"))


def train_task(train_file, test_file, task, protocol, seeds, device):
    """Trains one task's restarts from its two files; a cell's `train`. Returns Trained."""
    return train_questions(babi.read(train_file), babi.read(test_file), task, protocol, seeds,
                           device)


def train_questions(questions, asked, task, protocol, seeds, device, n_valid=None):
    """Trains restarts on tasks.babi.Question, the last `n_valid` of which validate (None: the
    protocol's share), and tests them on those `asked`.

    Returns Trained; errors in %, losses in nats a question, those of the weights kept. A restart's
    `epoch`, from 1, is the one with the lowest validation loss. The numbers of a restart do not
    depend on the other seeds.
    """
    word_id = dictionary(questions, asked)
    train, valid = split(questions, word_id, protocol, n_valid)
    test = readings(asked, word_id, statements=protocol.statements)
    return trained_of(
        [_train_restart(train, valid, test, len(word_id), task, protocol, seed, device)
         for seed in seeds],
        {"kind": "LSTM", "dictionary": json.dumps(list(word_id)), "task": str(task)})


def _train_restart(train, valid, test, words, task, protocol, seed, device):
    """(restart, curves, weights) of one seed."""
    model, curves, failed = fit_seed(train, valid, words, task, protocol, seed, device)
    restart = {"seed": seed, "status": "ok"}
    if failed:
        restart |= {"status": "diverged", "diverged_epoch": failed}
    for name, stories in (("train", train), ("valid", valid), ("test", test)):
        wrong, losses = evaluate(model, stories)
        restart[f"{name}_error"] = None if failed else 100 * float(wrong.mean())
        if name != "valid":      # the curve has it
            restart[f"{name}_loss"] = None if failed else float(losses.mean())
    restart |= {"n_wrong": None if failed else int(wrong.sum()), "n_test": len(wrong),
                "epoch": None if failed else best_epoch(curves) + 1}
    return restart, curves, None if failed else model.state_dict()
