"""Answers in sentences (arXiv:1410.3916, appendix F): an RNN or an LSTM that reads, then writes.

The same model is trained twice in the same way, on two inputs: the output features
[x, m_o1, m_o2] of a MemNN, where it is the module R, or the last words of the stream that ends
with the question, where it is the baseline. The loss is the log-likelihood of the true answer
sentence (section 3.1: the RNN is fed [x, o1, o2, r]).

    Q  questions    T  words read    A  words of an answer with its end    B  questions of a step
"""

import json
from dataclasses import dataclass

import numpy
import torch
from torch.nn.functional import cross_entropy

from replication.training import memnn_world, recurrent
from replication.models import memnn
from replication.models.recurrent import RecurrentModel
from replication.training.random_streams import world_rnn
from replication.training.recurrent import best_epoch, step, trained_of
from replication.training.recurrent_world import percent
from replication.records.record import diverged
from replication.training.word_streams import NOT_ASKED, stream
from tasks import simulated_world, simulated_world_answers

PAD = "<pad>"
END = "."        # ends a memory, and an answer
LONGEST = 10     # words that an answer can have with its end; no true one has more


def dictionary():
    """{word: id}: the world's words, those of answer sentences, "?" and the pad word, 0."""
    words = {*simulated_world.vocabulary(), *simulated_world_answers.answer_vocabulary()}
    return {word: number for number, word in enumerate((PAD, *sorted(words), "?"))}


def word_features(stories, window):
    """The last `window` words before each answer, statements joined: ids (Q, window).

    Questions are part of the stream, their answers are not.
    """
    told = stream(stories, joined=True, word_id=dictionary())
    padded = numpy.concatenate([numpy.zeros(window, int), told.words])
    ends = numpy.flatnonzero(told.questions != NOT_ASKED)
    ends = ends[told.questions[ends].argsort()]                        # as the data set has them
    return torch.tensor(padded[ends[:, None] + numpy.arange(window) + 1])


def memory_features(questions, supports):
    """The words of [x, m_o1, m_o2] as ids (Q, T), filled with the pad word on the left.

    supports  for each question the words of one or two memories; none for the null memory
    """
    word_id = dictionary()
    texts = [[*question.words, "?",
              *(word for memory in found for word in memory and (*memory, END))]
             for question, found in zip(questions, supports)]
    width = max(map(len, texts))
    return torch.tensor([[word_id[word] for word in [PAD] * (width - len(text)) + text]
                         for text in texts])


def found_supports(protocol, seeds, training, test):
    """O of one MemNN a seed: trains them, and finds the supports of the test questions.

    protocol        memnn_world.Protocol
    training, test  data sets, one of each a seed
    Returns for each seed three lists of texts as `memory_features` takes them: the true supports
    of the training questions, those found for the test questions, and the true ones of these.
    """
    layout, _ = memnn_world.layouts(protocol)
    protocols = [protocol] * len(seeds)
    if protocol.words:
        encoded = memnn_world.encode_words(protocols, seeds, training, test)[:2]
    else:
        encoded = [[memnn_world.encode_sentences(stories, protocol) for stories in part]
                   for part in (training, test)]
    E_O, _, _ = memnn_world.train(protocols, seeds, encoded[0])
    found = []
    for E, learned, asked in zip(E_O, *encoded):
        supports = memnn.find_supports(
            E, layout, asked.memory, asked.questions, asked.start, asked.stop, protocol.hops,
            protocol.time_features, protocol.second_support == "null")
        found.append((_texts(learned, learned.supports), _texts(asked, supports),
                      _texts(asked, asked.supports)))
    return found


def _texts(data, supports):
    """The words of memories, in their order: supports (2, Q) -> Q lists of two texts."""
    names = list(memnn_world.dictionary())
    texts = [tuple(names[word] for word in row if word not in (memnn.PAD, memnn.NULL))
             for row in data.memory.tolist()]
    return [[texts[position] for position in pair] for pair in supports.T.tolist()]


def answer_ids(sentences):
    """Sentences, each with its end, as ids (Q, A), filled with the pad word on the right."""
    word_id = dictionary()
    rows = [[*words, END, *[PAD] * (LONGEST - len(words) - 1)] for words in sentences]
    return torch.tensor([[word_id[word] for word in row] for row in rows])


def loss_of(model, read, answers):
    """Negative log-likelihood of the answers, summed: read (B, T), answers (B, A)."""
    hidden = model.read(torch.cat([read, answers[:, :-1]], 1).T)[0][read.shape[1] - 1:]
    return cross_entropy(model.next_word(hidden).flatten(0, 1), answers.T.flatten(),
                         ignore_index=0, reduction="sum")


def train_writers(kind, protocol, seeds, device):
    """Trains one writer a seed, and judges it: results.Trained.

    kind      of models.recurrent.KINDS
    protocol  memnn_table6_sentence_answers.Protocol

    Accuracies are in %: test_accuracy by the whole rule, room_accuracy by its rooms alone,
    given_true_supports that of R where O makes no mistake, most_probable_words where no word is
    drawn, another_answer that of `another_answer`.
    """
    return trained_of([(one.restart, one.curve, one.model and one.model.state_dict())
                       for one in write_answers(kind, protocol, seeds, device)],
                      {"kind": kind, "dictionary": json.dumps(list(dictionary()))})


@dataclass(frozen=True)
class Ended:
    """One seed's writer: its values, curves, model, test set, and the sentences written for it.

    model is None and nothing is written where training diverged.
    """
    restart: dict
    curve: dict
    model: RecurrentModel | None
    asked: simulated_world.Stories
    written: list | None


def write_answers(kind, protocol, seeds, device):
    """What `train_writers` trains, as a list of Ended."""
    training, test = ([simulated_world.generate(protocol.world, seed, part) for seed in seeds]
                      for part in ("train", "test"))
    if protocol.memory is None:
        window = protocol.writer.window
        inputs = [[word_features(stories, window) for stories in pair]
                  for pair in zip(training, test)]
    else:
        found = found_supports(protocol.memory, seeds, training, test)
        inputs = [[memory_features(stories.questions, texts)
                   for stories, texts in zip((learned, asked, asked), parts)]
                  for learned, asked, parts in zip(training, test, found)]
    ended = []
    for seed, learned, asked, (read, *asked_reads) in zip(seeds, training, test, inputs):
        model, curve, failed = train_writer(
            kind, read, answer_ids(simulated_world_answers.written_answers(learned, seed, "train")),
            protocol.writer, world_rnn(seed, protocol.world, "weights"), device)
        if failed:
            restart = diverged(seed, failed, n_test=len(asked.questions))
            ended.append(Ended(restart, curve, None, asked, None))
            continue
        written = _written(model, protocol, seed, [inputs.to(device) for inputs in asked_reads])
        restart = _judged(curve, asked, written, seed)
        ended.append(Ended(restart, curve, model, asked, written["test_accuracy"]))
    return ended


def _written(model, protocol, seed, reads):
    """{name of a restart's value: the sentences that it is the accuracy of}.

    reads  what is read for the test questions, and with a MemNN also their true supports
    """
    def draws():
        if protocol.writer.writing == "most probable":
            return None
        return world_rnn(seed, protocol.world, "writing")
    written = {"test_accuracy": write(model, reads[0], draws()),
               "most_probable_words": write(model, reads[0])}
    if len(reads) > 1:
        written["given_true_supports"] = write(model, reads[1], draws())
    return written


def _judged(curve, asked, written, seed):
    """A restart's values; `written` as from _written."""
    hits = {name: correct(sentences, asked.questions) for name, sentences in written.items()}
    right = hits["test_accuracy"]
    rooms = [set(words).intersection(simulated_world.ROOMS) == {question.answer}
             for words, question in zip(written["test_accuracy"], asked.questions)]
    values = {"seed": seed, "status": "ok", "n_wrong": int((~right).sum()), "n_test": len(right),
              "epoch": best_epoch(curve) + 1, "room_accuracy": percent(rooms)}
    values |= {name: percent(hit) for name, hit in hits.items()}
    values["another_answer"] = another_answer(asked, seed)
    kinds = numpy.array([question.kind for question in asked.questions])
    for kind in sorted(set(kinds)):
        values[f"accuracy_{kind}"] = percent(right[kinds == kind])
    return values


def train_writer(kind, read, answers, protocol, draws, device):
    """Trains a writer.

    read (Q, T), answers (Q, A) word ids
    protocol  memnn_table6_sentence_answers.Writer
    draws     generator of its weights and of the questions' order
    Returns (model, curves, failed), the latter two as recurrent.fit gives them; losses are in nats
    an answer.
    """
    model = RecurrentModel(kind, len(dictionary()), protocol.size, draws).to(device)
    read, answers = read.to(device), answers.to(device)
    kept = len(read) - int(protocol.validation_share * len(read))

    def learn(optimizer):
        total = 0.0
        for rows in torch.randperm(kept, generator=draws).to(device).split(protocol.batch):
            loss = loss_of(model, read[rows], answers[rows])
            step(model, optimizer, loss, protocol.clip)
            total += loss.item()
        return total / kept

    @torch.no_grad()
    def validate():
        loss = loss_of(model, read[kept:], answers[kept:]).item()
        return {"valid_loss": loss / (len(read) - kept)}
    return model, *recurrent.fit(model, learn, validate, protocol)


@torch.no_grad()
def write(model, read, draws=None):
    """Word after word until a sentence ends: read (Q, T) -> Q tuples.

    draws  generator: each word is drawn from the model's probabilities; None: the most probable
    """
    hidden, state = model.read(read.T)
    written = []
    for _ in range(LONGEST):
        scores = model.next_word(hidden[-1])
        written.append(scores.argmax(1) if draws is None
                       else torch.multinomial(scores.softmax(1), 1, generator=draws)[:, 0])
        hidden, state = model.read(written[-1][None], state)
    words = list(dictionary())
    return [_until_end([words[number] for number in row])
            for row in torch.stack(written, 1).tolist()]


def another_answer(stories, seed, turns=10):
    """Accuracy, in %, where each question is given the true answer to another one.

    It is what a writer has that knows how often each sentence is an answer, and nothing of what it
    reads. The mean over `turns` ways to pair questions with answers.
    """
    answers = simulated_world_answers.written_answers(stories, seed, "test")
    steps = [len(answers) * number // (turns + 1) for number in range(1, turns + 1)]
    return percent([correct(answers[step:] + answers[:step], stories.questions) for step in steps])


def _until_end(words):
    return tuple(words[:words.index(END)] if END in words else words)


def correct(written, questions):
    """Which sentences are right by the rule of appendix F, (Q,)."""
    return numpy.array([simulated_world_answers.is_right(question, words)
                        for words, question in zip(written, questions)])
