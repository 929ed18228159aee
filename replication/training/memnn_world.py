"""What the experiments on MemNN's simulated world share: protocol, encoding, training, judging."""

import json
from dataclasses import dataclass, replace

import numpy
import torch

from replication.models import memnn
from replication.models.memnn import NULL, PAD, Layout, OneDictionary, Questions
from replication.models.memnn_segmenter import Segmenter
from replication.models.memnn_sgd import output_step, response_step
from replication.training import memnn_segments as word_sequences
from replication.training.memnn_steps import Plan, initial, runs_of, steps
from replication.training.random_streams import memnn_world
from replication.training.restarts import percent, refuse_gpu, trained_of
from tasks import simulated_world

_STREAMS = ("weights", "order", "negatives")
LENGTH = 12             # statements of a short story
_SEGMENTER_STREAMS = {name: "segmenter " + name for name in _STREAMS}


@dataclass(frozen=True)
class Encoded(Questions):
    """One data set as tensors. Memory 0 is the null memory, statement i is memory i + 1.

    supports (2, Q) positions in memory; answers (Q,) word ids; kinds (Q,) names
    """
    supports: torch.Tensor
    answers: torch.Tensor
    kinds: numpy.ndarray


def dictionary():
    """{word: id} of the simulated world: the pad word, the null memory, then every word."""
    return {word: number for number, word in
            enumerate(("<pad>", "<null>", *simulated_world.vocabulary()))}


def encode(stories, texts, protocol, places, counts):
    """Word ids and positions of one data set.

    texts   the words of each memory in the order of writing
    places  (statements,) which memory (from 0) holds each statement
    counts  (statements + 1,) how many memories are written after so many statements
    """
    word_id = dictionary()
    questions = stories.questions
    stop = counts[[q.position for q in questions]] + 1
    start = counts[[q.start for q in questions]] + 1
    if protocol.memory_size is not None:
        start = numpy.maximum(start, stop - protocol.memory_size)
    first = places[[q.supports[0] for q in questions]] + 1
    alone = 0 if protocol.second_support == "null" else first
    second = numpy.where([len(q.supports) == 2 for q in questions],
                         places[[q.supports[-1] for q in questions]] + 1, alone)
    return Encoded(
        memory=memnn.bags([("<null>",), *texts], word_id, max(len(text) for text in texts)),
        questions=memnn.bags([q.words for q in questions], word_id, 6),
        start=torch.tensor(start), stop=torch.tensor(stop), null=protocol.second_support == "null",
        supports=torch.tensor(numpy.stack([first, second])),
        answers=torch.tensor([word_id[q.answer] for q in questions]),
        kinds=numpy.array([q.kind for q in questions]))


def encode_sentences(stories, protocol):
    """Statements given apart, the input of Table 5: one memory each."""
    count = len(stories.statements)
    return encode(stories, [s.words for s in stories.statements], protocol,
                  numpy.arange(count), numpy.arange(count + 1))


def encode_words(protocols, seeds, training, test):
    """Word sequences, the input of Table 3: cut by segmenters learned on the training sets.

    Returns two lists of Encoded, and the share of the test segments that are right, in %.
    """
    word_id = dictionary()
    data = [word_sequences.examples(stories, p.questions, word_id, p.complete)
            for p, stories in zip(protocols, training)]
    streams = {name: [memnn_world(seed, p.world, stream) for p, seed in zip(protocols, seeds)]
               for name, stream in _SEGMENTER_STREAMS.items()}
    segmenters = word_sequences.train(protocols[0], streams, data, len(word_id))
    encoded, shares = ([], []), []
    for model, protocol in enumerate(protocols):
        for part, stories in zip(encoded, (training[model], test[model])):
            segments, places, counts = word_sequences.write(
                Segmenter(segmenters.E[model], segmenters.W[model]), stories, word_id, protocol)
            part.append(encode(stories, segments, protocol, places, counts))
        shares.append(word_sequences.segments_right(places, segments))
    return *encoded, shares


def layouts(protocol):
    """The features of O and of R; with absolute indices O has one more word for each memory."""
    words, time = len(dictionary()), protocol.time_features
    if protocol.features == "one dictionary":
        return OneDictionary(words, time), OneDictionary(words)
    more = protocol.world.statements * 6 // 5 if protocol.features == "absolute index" else 0
    return Layout(words + more, time), Layout(words)


def seen_by_O(data, protocol):
    """An Encoded as O sees it: where the protocol says so with the index of each memory, and of the
    question, which comes after all that it sees, as a further word (section 3.4).
    """
    if protocol.features != "absolute index":
        return data
    words, last = len(dictionary()), layouts(protocol)[0].words - 1
    index = (words + torch.arange(len(data.memory))).clamp(max=last)
    index[0] = PAD                                                       # the null memory has none
    after = (words + data.stop).clamp(max=last)
    return replace(data, memory=torch.cat([index[:, None], data.memory], 1),
                   questions=torch.cat([after[:, None], data.questions], 1))


def train(protocols, seeds, data):
    """Train a stack of models, one for each (protocol, seed, data set).

    protocols  protocols.MemNN that differ in their world alone
    Returns E_O, E_R (R, D, n) and the mean loss of each epoch, (epochs, R, 3): hops, then R
    """
    p = protocols[0]
    layout_O, layout = layouts(p)
    words_from = int(p.features == "absolute index")    # R does not see the index before them
    data = [seen_by_O(d, p) for d in data]
    streams = {name: [memnn_world(seed, protocol.world, name)
                      for protocol, seed in zip(protocols, seeds)]
               for name in (*_STREAMS, "words")}
    E_O, E_R = (initial(features, p, streams["weights"]) for features in (layout_O, layout))
    more = {}
    if p.response_negatives == "sampled":
        more["words"] = lambda count, g: torch.randint(NULL + 1, layout.words, (count, 50),
                                                       generator=g)
    plan = Plan(layout_O, p.hops, p.questions or len(data[0].answers), more)
    losses = torch.zeros(p.epochs, len(seeds), p.hops + 1)
    for step in steps(data, p, streams, plan):
        losses[step.epoch, :, :-1] += output_step(E_O, layout_O, step.output, p.rate, p.margin)
        x, supports = step.response.questions, step.response.supports
        response = replace(step.response, questions=x[:, words_from:],
                           supports=supports[..., words_from:], negatives=step.more.get("words"))
        losses[step.epoch, :, -1] += response_step(E_R, layout, response, p.rate, p.margin)
    return E_O, E_R, losses / plan.questions


def train_cell(seeds, device, protocol):
    """Train and judge one restart a seed, each in a world of its own: record.Trained."""
    refuse_gpu(device, "MemNN's steps")
    protocols = [protocol] * len(seeds)
    training, test = ([simulated_world.generate(protocol.world, seed, split) for seed in seeds]
                      for split in ("train", "test"))
    shares = None
    if protocol.words:
        training, test, shares = encode_words(protocols, seeds, training, test)
    else:
        training, test = ([encode_sentences(stories, protocol) for stories in sets]
                          for sets in (training, test))
    E_O, E_R, losses = train(protocols, seeds, training)

    def figures_of(model):
        figures = judge(E_O[model], E_R[model], protocol, test[model])
        return figures if shares is None else figures | {"segments_right": shares[model]}

    runs = runs_of(seeds, losses, weights_of(E_O, E_R), figures_of,
                   {"n_test": len(test[0].answers)})
    return trained_of(runs, {"words": json.dumps(list(dictionary()))})


def weights_of(E_O, E_R):
    """[{name: tensor}] of stacked models (R, D, n)."""
    return [{"E_O": E_O[model], "E_R": E_R[model]} for model in range(len(E_O))]


def judge(E_O, E_R, protocol, data):
    """Accuracy of one model on one data set, in %, and what locates its failures.

    Returns test_accuracy, test_error, n_wrong, n_test; first_hop (found), second_hop (found
    where the true first support is given), response (right where the true supports are given);
    and the accuracy over each kind of question, as accuracy_actor, ...
    """
    layout_O, layout = layouts(protocol)
    seen, true = seen_by_O(data, protocol), data.supports[:protocol.hops]

    def answered(supports):
        scores = memnn.rank_words(E_R, layout, data.memory, data.questions, supports)
        return scores.argmax(1) == data.answers

    supports = memnn.find_supports(E_O, layout_O, seen, protocol.hops)
    right = answered(supports)
    result = {"test_accuracy": percent(right), "test_error": percent(~right),
              "n_wrong": int((~right).sum()), "n_test": len(right),
              "first_hop": percent(supports[0] == true[0]), "response": percent(answered(true))}
    if protocol.hops == 2:
        second = memnn.find_supports(E_O, layout_O, seen, 2, first=true[0])[1]
        result["second_hop"] = percent(second == true[1])
    for kind in sorted(set(data.kinds)):
        result[f"accuracy_{kind}"] = percent(right[torch.from_numpy(data.kinds == kind)])
    return result


def last_questions(world, stories, seed, part):
    """The last question of so many short stories of a world, each of LENGTH statements.

    Yields (the texts of its statements up to the question, the simulated_world.Question).
    """
    short = replace(world, story_length=LENGTH, statements=LENGTH * stories,
                    questions=3 * stories)
    data = simulated_world.generate(short, seed, part)
    last = {question.start: question for question in data.questions}
    for start, question in last.items():
        yield [s.words for s in data.statements[start:question.position]], question
