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

from replication.models import memnn
from replication.models.recurrent import RecurrentModel
from replication.records.record import diverged
from replication.training import memnn_world, recurrent
from replication.training.babi_task import held_out
from replication.training.random_streams import world_rnn
from replication.training.recurrent import best_epoch, step
from replication.training.restarts import percent, trained_of
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
    text = stream(stories, joined=True, word_id=dictionary())
    padded = numpy.concatenate([numpy.zeros(window, int), text.words])
    ends = numpy.flatnonzero(text.questions != NOT_ASKED)
    ends = ends[text.questions[ends].argsort()]                        # as the data set has them
    return torch.tensor(padded[ends[:, None] + numpy.arange(window) + 1])


def memory_features(questions, supports):
    """The words of [x, m_o1, m_o2] as ids (Q, T), filled with the pad word on the left.

    supports  for each question the words of one or two memories; none for the null memory
    """
    word_id = dictionary()
    texts = [[*question.words, "?",
              *(word for memory in memories if memory for word in (*memory, END))]
             for question, memories in zip(questions, supports)]
    width = max(map(len, texts))
    return torch.tensor([[word_id[word] for word in [PAD] * (width - len(text)) + text]
                         for text in texts])


def supports_of(protocol, seeds, training, test):
    """O of one MemNN a seed: trains them, and finds the supports of the test questions.

    protocol        protocols.MemNN
    training, test  data sets, one of each a seed
    Returns for each seed three lists of texts as `memory_features` takes them: the true supports
    of the training questions, those that O finds for the test questions, and their true ones.
    """
    layout, _ = memnn_world.layouts(protocol)
    protocols = [protocol] * len(seeds)
    if protocol.words:
        encoded = memnn_world.encode_words(protocols, seeds, training, test)[:2]
    else:
        encoded = [[memnn_world.encode_sentences(stories, protocol) for stories in part]
                   for part in (training, test)]
    E_O, _, _ = memnn_world.train(protocols, seeds, encoded[0])
    return [(_texts(train, train.supports),
             _texts(test, memnn.find_supports(E, layout, test, protocol.hops)),
             _texts(test, test.supports)) for E, train, test in zip(E_O, *encoded)]


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


def loss_of(model, features, answers):
    """Negative log-likelihood of the answers, summed: features (B, T), answers (B, A)."""
    words = torch.cat([features, answers[:, :-1]], 1).T
    hidden = model.read(words)[0][features.shape[1] - 1:]
    return cross_entropy(model.next_word(hidden).flatten(0, 1), answers.T.flatten(),
                         ignore_index=0, reduction="sum")


def train_writers(kind, protocol, seeds, device):
    """Trains one writer a seed, and judges it: record.Trained.

    kind      of models.recurrent.KINDS
    protocol  protocols.SentenceAnswers

    Accuracies are in %: test_accuracy by the whole rule, room_accuracy by its rooms alone,
    given_true_supports that of R where O makes no mistake, most_probable_words where no word is
    drawn, another_answer that of `another_answer`.
    """
    return trained_of([(one.restart, one.curve, one.model and one.model.state_dict())
                       for one in write_answers(kind, protocol, seeds, device)],
                      {"kind": kind, "dictionary": json.dumps(list(dictionary()))})


@dataclass(frozen=True)
class Outcome:
    """One seed's writer: its values, curves, model, test set, and the sentences written for it.

    model is None and nothing is written where training diverged.
    """
    restart: dict
    curve: dict
    model: RecurrentModel | None
    stories: simulated_world.Stories
    sentences: list | None


def write_answers(kind, protocol, seeds, device):
    """What `train_writers` trains, as a list of Outcome."""
    training, test = ([simulated_world.generate(protocol.world, seed, part) for seed in seeds]
                      for part in ("train", "test"))
    if protocol.memory is None:
        window = protocol.writer.window
        inputs = [[word_features(stories, window) for stories in pair]
                  for pair in zip(training, test)]
    else:
        supports = supports_of(protocol.memory, seeds, training, test)
        inputs = [[memory_features(stories.questions, texts)
                   for stories, texts in zip((train, stories, stories), parts)]
                  for train, stories, parts in zip(training, test, supports)]
    outcomes = []
    for seed, train, stories, (features, *test_features) in zip(seeds, training, test, inputs):
        answers = answer_ids(simulated_world_answers.written_answers(train, seed, "train"))
        draws = world_rnn(seed, protocol.world, "weights")
        model = new_writer(kind, protocol.writer, draws, device)
        curve, failed = fit(model, features, answers, protocol.writer, draws)
        if failed:
            restart = diverged(seed, failed, n_test=len(stories.questions))
            outcomes.append(Outcome(restart, curve, None, stories, None))
            continue
        sentences = _sentences(model, protocol, seed, [x.to(device) for x in test_features])
        restart = _judged(curve, stories, sentences, seed)
        outcomes.append(Outcome(restart, curve, model, stories, sentences["test_accuracy"]))
    return outcomes


def _sentences(model, protocol, seed, features):
    """{name of a restart's value: the sentences that it is the accuracy of}.

    features  what is read for the test questions, and with a MemNN also their true supports
    """
    def draws():
        if protocol.writer.writing == "most probable":
            return None
        return world_rnn(seed, protocol.world, "writing")
    sentences = {"test_accuracy": write(model, features[0], draws()),
                 "most_probable_words": write(model, features[0])}
    if len(features) > 1:
        sentences["given_true_supports"] = write(model, features[1], draws())
    return sentences


def _judged(curve, stories, sentences, seed):
    """A restart's values; `sentences` as from _sentences."""
    hits = {name: correct(some, stories.questions) for name, some in sentences.items()}
    right = hits["test_accuracy"]
    rooms = [set(words).intersection(simulated_world.ROOMS) == {question.answer}
             for words, question in zip(sentences["test_accuracy"], stories.questions)]
    values = {"seed": seed, "status": "ok", "n_wrong": int((~right).sum()), "n_test": len(right),
              "epoch": best_epoch(curve) + 1, "room_accuracy": percent(rooms)}
    values |= {name: percent(hit) for name, hit in hits.items()}
    values["another_answer"] = another_answer(stories, seed)
    kinds = numpy.array([question.kind for question in stories.questions])
    for kind in sorted(set(kinds)):
        values[f"accuracy_{kind}"] = percent(right[kinds == kind])
    return values


def new_writer(kind, protocol, draws, device):
    """A writer with fresh weights, by a protocols.Writer; draws: torch.Generator."""
    return RecurrentModel(kind, len(dictionary()), protocol.size, draws).to(device)


def fit(model, features, answers, protocol, draws):
    """Trains a writer in place, as recurrent.fit: its (curves, failed).

    features (Q, T), answers (Q, A) word ids; draws generator of the questions' order
    Losses are in nats an answer.
    """
    device = model.output.weight.device
    features, answers = features.to(device), answers.to(device)
    n_valid = held_out(len(features), protocol.validation_share)
    n_train = len(features) - n_valid

    def learn(optimizer):
        total = 0.0
        for rows in torch.randperm(n_train, generator=draws).to(device).split(protocol.batch):
            loss = loss_of(model, features[rows], answers[rows])
            step(model, optimizer, loss, protocol.clip)
            total += loss.item()
        return total / n_train

    @torch.no_grad()
    def validate():
        loss = loss_of(model, features[n_train:], answers[n_train:]).item()
        return {"valid_loss": loss / n_valid}
    return recurrent.fit(model, learn, validate, protocol)


@torch.no_grad()
def write(model, features, draws=None):
    """Word after word until a sentence ends: features (Q, T) -> Q tuples.

    draws  generator: each word is drawn from the model's probabilities; None: the most probable
    """
    hidden, state = model.read(features.T)
    answers = []
    for _ in range(LONGEST):
        scores = model.next_word(hidden[-1])
        answers.append(scores.argmax(1) if draws is None
                       else torch.multinomial(scores.softmax(1), 1, generator=draws)[:, 0])
        hidden, state = model.read(answers[-1][None], state)
    words = list(dictionary())
    return [_until_end([words[number] for number in row])
            for row in torch.stack(answers, 1).tolist()]


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


def correct(sentences, questions):
    """Which sentences are right by the rule of appendix F, (Q,)."""
    return numpy.array([simulated_world_answers.is_right(question, words)
                        for words, question in zip(sentences, questions)])
