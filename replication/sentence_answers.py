"""Answers in sentences (arXiv:1410.3916, appendix F): an RNN or an LSTM that reads, then writes.

The same model is trained twice in the same way, on two inputs: the output features
[x, m_o1, m_o2] of a MemNN, where it is the module R, or the last words of the stream that ends
with the question, where it is the baseline. The loss is the log-likelihood of the true answer
sentence (section 3.1: the RNN is fed [x, o1, o2, r]).

    Q  questions    T  words read    A  words of an answer with its end    B  questions of a step
"""

from dataclasses import dataclass

import numpy
import torch
from torch.nn.functional import cross_entropy

from replication.models.recurrent import RecurrentModel
from replication.recurrent_training import OPTIMIZERS
from replication.word_streams import NOT_ASKED, stream
from tasks import answer_sentences, simulated_world
from tasks.answer_sentences import END, LONGEST

PAD = "<pad>"


@dataclass(frozen=True)
class WriterProtocol:
    """How the writer of answers is trained."""
    size: int = 100                 # n, "in all experiments" (section 5.2); tuned for the baseline
    rate: float = 0.01              # likewise
    epochs: int = 10                # likewise
    batch: int = 1                  # questions of a step, whose log-likelihoods are added (ours)
    optimizer: str = "SGD"          # section 3.1
    clip: float = 5.0               # norm of the gradient (ours)
    window: int = 60                # words that the baseline reads: its BPTT steps (tuned)
    validation_share: float = 0.1   # of the training questions, the last ones; of the epochs the
                                    # one with the lowest validation loss is taken (ours)


def dictionary():
    """{word: id}: the world's words, those of answer sentences, "?" and the pad word, 0."""
    words = {*simulated_world.vocabulary(), *answer_sentences.vocabulary()}
    return {word: number for number, word in enumerate((PAD, *sorted(words), "?"))}


def word_features(stories, window):
    """The last `window` words before each answer, statements joined: ids (Q, window).

    Questions are part of the stream, their answers are not.
    """
    told = stream(stories, joined=True, word_id=dictionary())
    padded = numpy.concatenate([numpy.zeros(window, int), told.words])
    ends = numpy.flatnonzero(told.questions != NOT_ASKED)
    return torch.tensor(padded[ends[:, None] + numpy.arange(window) + 1])


def memory_features(questions, supports):
    """The words of [x, m_o1, m_o2] as ids (Q, T), filled with the pad word on the left.

    supports  for each question the words of one or two memories
    """
    word_id = dictionary()
    texts = [[*question.words, "?", *(word for memory in found for word in (*memory, END))]
             for question, found in zip(questions, supports)]
    width = max(map(len, texts))
    return torch.tensor([[word_id[word] for word in [PAD] * (width - len(text)) + text]
                         for text in texts])


def true_supports(stories):
    """The words of each question's supporting statements."""
    return [[stories.statements[position].words for position in question.supports]
            for question in stories.questions]


def answer_ids(sentences):
    """Sentences as ids (Q, A), filled with the pad word on the right."""
    word_id = dictionary()
    return torch.tensor([[word_id[word] for word in (*words, *[PAD] * (LONGEST - len(words)))]
                         for words in sentences])


def loss_of(model, read, answers):
    """Negative log-likelihood of the answers, summed: read (B, T), answers (B, A)."""
    hidden = model.read(torch.cat([read, answers[:, :-1]], 1).T)[0][read.shape[1] - 1:]
    return cross_entropy(model.next_word(hidden).flatten(0, 1), answers.T.flatten(),
                         ignore_index=0, reduction="sum")


def train_writer(kind, read, answers, protocol, generator, device):
    """Trains a writer.

    read (Q, T), answers (Q, A) word ids; generator  of its weights and of the questions' order
    Returns (model, curves {train_loss, valid_loss: (epochs,)}), losses in nats an answer. The
    model is that of the epoch with the lowest valid_loss, None where the loss is no number.
    """
    model = RecurrentModel(kind, len(dictionary()), protocol.size, generator).to(device)
    optimizer = OPTIMIZERS[protocol.optimizer](model.parameters(), lr=protocol.rate)
    read, answers = read.to(device), answers.to(device)
    kept = len(read) - int(protocol.validation_share * len(read))
    curves = {name: numpy.full(protocol.epochs, numpy.nan) for name in ("train_loss", "valid_loss")}
    best = None
    for epoch in range(protocol.epochs):
        total = 0.0
        for step in torch.randperm(kept, generator=generator).to(device).split(protocol.batch):
            loss = loss_of(model, read[step], answers[step])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), protocol.clip)
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            valid = loss_of(model, read[kept:], answers[kept:]).item()
        if not numpy.isfinite(total + valid):
            return None, curves
        curves["train_loss"][epoch] = total / kept
        curves["valid_loss"][epoch] = valid / (len(read) - kept)
        if curves["valid_loss"][epoch] <= numpy.nanmin(curves["valid_loss"]):
            best = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    model.load_state_dict(best)
    return model, curves


@torch.no_grad()
def write(model, read):
    """The most probable word after each word until a sentence ends: read (Q, T) -> Q tuples."""
    hidden, state = model.read(read.T)
    written = []
    for _ in range(LONGEST):
        written.append(model.next_word(hidden[-1]).argmax(1))
        hidden, state = model.read(written[-1][None], state)
    words = list(dictionary())
    return [_until_end([words[number] for number in row])
            for row in torch.stack(written, 1).tolist()]


def _until_end(words):
    return tuple(words[:words.index(END)] if END in words else words)


def share_correct(written, questions):
    """Which sentences are right by the rule of appendix F, (Q,)."""
    return numpy.array([answer_sentences.is_correct(words, question)
                        for words, question in zip(written, questions)])
