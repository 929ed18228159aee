"""What the experiments on MemNN's simulated world share: protocol, encoding, training, judging."""

import json
from dataclasses import dataclass, replace

import numpy
import torch

from replication.training import memnn_segments as word_sequences
from replication.models import memnn
from replication.models.memnn import NULL, PAD, Layout, OneDictionary
from replication.models.memnn_sgd import output_step, response_step
from replication.records.record import Trained, diverged
from replication.training.memnn_steps import Plan, memories, steps
from replication.training.random_streams import memnn_world
from tasks import simulated_world
from tasks.errors import UserError

_STREAMS = ("weights", "order", "negatives")
_SEGMENTER_STREAMS = {name: "segmenter " + name for name in _STREAMS}


@dataclass(frozen=True)
class Encoded:
    """One data set as tensors. Memory 0 is the null memory, statement i is memory i + 1.

    memory (T, L), questions (Q, J) word ids; start, stop (Q,) what each question sees;
    supports (2, Q) positions in memory; answers (Q,) word ids; kinds (Q,) names
    """
    memory: torch.Tensor
    questions: torch.Tensor
    start: torch.Tensor
    stop: torch.Tensor
    supports: torch.Tensor
    answers: torch.Tensor
    kinds: numpy.ndarray


def dictionary():
    """{word: id} of the simulated world: the pad word, the null memory, then every word."""
    return {word: number for number, word in
            enumerate(("<pad>", "<null>", *simulated_world.vocabulary()))}


def encode(stories, texts, protocol, written, seen):
    """Word ids and positions of one data set.

    texts    the words of each memory in the order of writing
    written  (statements,) which memory (from 0) holds each statement
    seen     (statements + 1,) how many memories are written after so many statements
    """
    word_id = dictionary()
    questions = stories.questions
    stop = seen[[q.position for q in questions]] + 1
    start = seen[[q.start for q in questions]] + 1
    if protocol.memory_size is not None:
        start = numpy.maximum(start, stop - protocol.memory_size)
    first = written[[q.supports[0] for q in questions]] + 1
    alone = 0 if protocol.second_support == "null" else first
    second = numpy.where([len(q.supports) == 2 for q in questions],
                         written[[q.supports[-1] for q in questions]] + 1, alone)
    return Encoded(
        memory=memnn.bags([("<null>",), *texts], word_id, max(len(text) for text in texts)),
        questions=memnn.bags([q.words for q in questions], word_id, 6),
        start=torch.tensor(start), stop=torch.tensor(stop),
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
    E, W = word_sequences.train(protocols[0], streams, data, len(word_id))
    encoded, shares = ([], []), []
    for model, protocol in enumerate(protocols):
        for part, stories in zip(encoded, (training[model], test[model])):
            segments, written, seen = word_sequences.write(E[model], W[model], stories, word_id,
                                                           protocol)
            part.append(encode(stories, segments, protocol, written, seen))
        shares.append(word_sequences.segments_right(written, segments))
    return *encoded, shares


def layouts(protocol):
    """The features of O and of R; with absolute indices O has one more word for each memory."""
    words = len(dictionary())
    if protocol.features == "one dictionary":
        return OneDictionary(words), OneDictionary(words)
    more = protocol.world.statements * 6 // 5 if protocol.features == "absolute index" else 0
    return Layout(words + more), Layout(words)


def seen_by_O(data, protocol):
    """An Encoded as O sees it: where the protocol says so with the index of each memory, and of the
    question, which comes after all that it sees, as a further word (section 3.4).
    """
    if protocol.features != "absolute index":
        return data
    words, last = len(dictionary()), layouts(protocol)[0].words - 1
    index = (words + torch.arange(len(data.memory))).clamp(max=last)
    index[0] = PAD                                                       # the null memory has none
    asked = (words + data.stop).clamp(max=last)
    return replace(data, memory=torch.cat([index[:, None], data.memory], 1),
                   questions=torch.cat([asked[:, None], data.questions], 1))


def train(protocols, seeds, data):
    """Train a stack of models, one for each (protocol, seed, data set).

    protocols  protocols.MemNN that differ in their world alone
    Returns E_O, E_R (R, D, n) and the mean loss of each epoch, (epochs, R, 3): hops, then R
    """
    protocol = protocols[0]
    layout_O, layout = layouts(protocol)
    words_from = int(protocol.features == "absolute index")    # R does not see the index before them
    data = [seen_by_O(d, protocol) for d in data]
    streams = {name: [memnn_world(seed, p.world, name) for p, seed in zip(protocols, seeds)]
               for name in (*_STREAMS, "words")}
    E_O, E_R = (torch.stack([memnn.initial(features, protocol.size, protocol.scale, g)
                             for g in streams["weights"]]) for features in (layout_O, layout))
    more = {}
    if protocol.response_negatives == "sampled":
        more["words"] = lambda count, g: torch.randint(NULL + 1, layout.words, (count, 50),
                                                       generator=g)
    plan = Plan(protocol.hops, protocol.second_support == "null",
                protocol.questions or len(data[0].answers), more)
    memory = memories(data)
    mask = memnn.in_use(protocol.time_features)
    losses = torch.zeros(protocol.epochs, len(seeds), protocol.hops + 1)
    for step in steps(data, memory, protocol, streams, plan):
        x_ids = memnn.hop_inputs(layout_O, step.questions, step.held[:, 0])[:, :protocol.hops]
        losses[step.epoch, :, :-1] += output_step(
            E_O, layout_O, mask, x_ids, step.reference, memory, step.right, step.drawn,
            protocol.rate, protocol.margin)
        losses[step.epoch, :, -1] += response_step(
            E_R, layout, step.questions[:, words_from:],
            step.held[..., words_from:].transpose(0, 1), step.answers, step.more.get("words"),
            protocol.rate, protocol.margin)
    return E_O, E_R, losses / plan.questions


def train_cell(seeds, device, protocol):
    """Train and judge one restart a seed, each in a world of its own: results.Trained."""
    if device != "cpu":
        raise UserError("MemNN's steps are too small for a GPU; use --device cpu")
    protocols = [protocol] * len(seeds)
    training, test = ([simulated_world.generate(protocol.world, seed, split) for seed in seeds]
                      for split in ("train", "test"))
    if protocol.words:
        training, test, shares = encode_words(protocols, seeds, training, test)
    else:
        training, test = ([encode_sentences(stories, protocol) for stories in sets]
                          for sets in (training, test))
    E_O, E_R, losses = train(protocols, seeds, training)
    restarts, weights = [], []
    for model, seed in enumerate(seeds):
        last = losses[-1, model].sum().item()
        weights.append({"E_O": E_O[model], "E_R": E_R[model]})
        if not torch.isfinite(E_O[model]).all() or not torch.isfinite(E_R[model]).all():
            restarts.append(diverged(seed, lost_epoch(losses[:, model]),
                                     n_test=len(test[model].answers)))
            continue
        judged = judge(E_O[model], E_R[model], protocol, test[model])
        if protocol.words:
            judged["segments_right"] = shares[model]
        restarts.append({"seed": seed, "status": "ok", "train_loss": last, **judged})
    names = ("first_hop_loss", "second_hop_loss")[:protocol.hops] + ("response_loss",)
    curves = {name: losses[:, :, part].T.numpy() for part, name in enumerate(names)}
    return Trained(restarts, curves, weights, {"words": json.dumps(list(dictionary()))})


def lost_epoch(losses):
    """The first epoch, from 1, with a loss (epochs, parts) that is no number; else the last."""
    lost = (~losses.isfinite()).any(1)
    return int(lost.to(torch.uint8).argmax()) + 1 if lost.any() else len(losses)


def judge(E_O, E_R, protocol, data):
    """Accuracy of one model on one data set, in %, and what locates its failures.

    Returns test_accuracy, test_error, n_wrong, n_test; first_hop (found), second_hop (found
    where the true first support is given), response (right where the true supports are given);
    and the accuracy over each kind of question, as accuracy_actor, ...
    """
    layout_O, layout = layouts(protocol)
    seen = seen_by_O(data, protocol)
    see = (seen.memory, seen.questions, data.start, data.stop)
    null = protocol.second_support == "null"
    true = data.supports[:protocol.hops]

    def find(given=None):
        return memnn.find_supports(E_O, layout_O, *see, protocol.hops, protocol.time_features, null,
                                   given)

    def answered(supports):
        scores = memnn.rank_words(E_R, layout, data.memory, data.questions, supports)
        return scores.argmax(1) == data.answers

    found = find()
    right = answered(found)
    result = {"test_accuracy": _percent(right), "test_error": _percent(~right),
              "n_wrong": int((~right).sum()), "n_test": len(right),
              "first_hop": _percent(found[0] == true[0]), "response": _percent(answered(true))}
    if protocol.hops == 2:
        result["second_hop"] = _percent(find(given=true[0])[1] == true[1])
    for kind in sorted(set(data.kinds)):
        result[f"accuracy_{kind}"] = _percent(right[torch.from_numpy(data.kinds == kind)])
    return result


def _percent(hits):
    return 100 * hits.double().mean().item()
