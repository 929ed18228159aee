"""What the experiments on MemNN's simulated world share: protocol, encoding, training, judging."""

from dataclasses import dataclass, field

import numpy
import torch

from replication.models import memnn
from replication.models.memnn import Layout, NULL, PAD
from replication.models.memnn_training import output_step, response_step
from tasks import simulated_world
from tasks.simulated_world import World

_STREAMS = ("weights", "order", "negatives")


@dataclass(frozen=True)
class Protocol:
    """Every setting of a cell of Tables 3 to 5, and where it is from."""
    world: World = field(default_factory=World)
    hops: int = 2                       # k of section 3.1
    time_features: str = "complements"  # section 3.4; "printed" never prefers the newer (ours)
    size: int = 100                     # n, section 5.2
    rate: float = 0.01                  # section 5.2
    margin: float = 0.1                 # gamma, section 5.2
    epochs: int = 10                    # section 5.2
    scale: float = 0.1                  # weights start at N(0, 0.1) (ours)
    draws: int = 200                    # of a negative, until one violates the margin (ours)
    response_negatives: str = "all"     # "all", the sum of equation 8, or "sampled" (ours)
    second_support: str = "null"        # of one-support questions: "null" or "same" (ours)
    memory_size: int | None = None      # the last so many statements; None: all (ours)
    questions: int | None = None        # training questions used; None: all (Table 4)


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


def sentences(stories):
    """Statements given apart, the input of Table 5."""
    return [statement.words for statement in stories.statements]


def encode(stories, texts, width, protocol, written=None):
    """Word ids and positions of one data set.

    texts    the words of each memory in the order of writing
    width    most words of a memory
    written  (statements,) which memory (from 0) holds each statement; None: one each, in order
    """
    word_id = dictionary()
    questions = stories.questions
    if written is None:
        written = numpy.arange(len(stories.statements))
    known = numpy.concatenate([written, [len(texts)]]) + 1
    stop = known[[q.position for q in questions]]
    start = known[[q.start for q in questions]]
    if protocol.memory_size is not None:
        start = numpy.maximum(start, stop - protocol.memory_size)
    first = known[[q.supports[0] for q in questions]]
    alone = 0 if protocol.second_support == "null" else first
    second = numpy.where([len(q.supports) == 2 for q in questions],
                         known[[q.supports[-1] for q in questions]], alone)
    return Encoded(
        memory=memnn.bags([("<null>",), *texts], word_id, width),
        questions=memnn.bags([q.words for q in questions], word_id, 6),
        start=torch.tensor(start), stop=torch.tensor(stop),
        supports=torch.tensor(numpy.stack([first, second])),
        answers=torch.tensor([word_id[q.answer] for q in questions]),
        kinds=numpy.array([q.kind for q in questions]))


def generator(seed, protocol, stream):
    """A torch generator for one purpose of one restart."""
    world = protocol.world
    key = (tuple(simulated_world.KINDS).index(world.kind), world.difficulty,
           100 + _STREAMS.index(stream))
    state = numpy.random.SeedSequence(seed, spawn_key=key).generate_state(1, numpy.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)


def train(protocols, seeds, data, layout):
    """Train a stack of models, one for each (protocol, seed, data set).

    protocols  Protocols that differ in their world alone
    Returns E_O, E_R (R, D, n) and the mean loss of each epoch, (epochs, R, 3): hops, then R
    """
    protocol, stack = protocols[0], len(protocols)
    streams = {name: [generator(seed, p, name) for p, seed in zip(protocols, seeds)]
               for name in _STREAMS}
    E_O, E_R = (torch.stack([memnn.initial(layout, protocol.size, protocol.scale, g)
                             for g in streams["weights"]]) for _ in range(2))
    memories = max(len(d.memory) for d in data)
    memory = torch.stack([torch.nn.functional.pad(d.memory, (0, 0, 0, memories - len(d.memory)))
                          for d in data])
    questions, start, stop, answers = (
        torch.stack([getattr(d, name) for d in data])
        for name in ("questions", "start", "stop", "answers"))
    supports = torch.stack([d.supports[:protocol.hops] for d in data])     # (R, H, Q)
    mask = memnn.in_use(protocol.time_features)
    null = int(protocol.second_support == "null")
    total = questions.shape[1] if protocol.questions is None else protocol.questions
    model = torch.arange(stack)
    losses = torch.zeros(protocol.epochs, stack, protocol.hops + 1)
    for epoch in range(protocol.epochs):
        order = torch.stack([torch.randperm(total, generator=g) for g in streams["order"]])
        for steps in order.split(50, dim=1):
            uniform = torch.stack([torch.rand(steps.shape[1], protocol.hops, protocol.draws,
                                              generator=g) for g in streams["negatives"]])
            for number, example in enumerate(steps.T):
                asked = questions[model, example]                          # (R, J)
                right = supports[model, :, example]                        # (R, H)
                low, high = start[model, example] - null, stop[model, example]
                span = (high - low).view(-1, 1, 1)
                drawn = low.view(-1, 1, 1) + (uniform[:, number] * span).long()
                if null:
                    drawn = torch.where(drawn < start[model, example].view(-1, 1, 1), 0, drawn)
                x_ids, reference = hop_inputs(layout, asked, memory[model, right[:, 0]], right, high)
                losses[epoch, :, :-1] += output_step(
                    E_O, layout, mask, x_ids, reference, memory, right, drawn, protocol.rate,
                    protocol.margin)
                held = memory[model[:, None], right].transpose(0, 1)       # (H, R, L)
                losses[epoch, :, -1] += response_step(
                    E_R, layout, asked, held, answers[model, example], None, protocol.rate,
                    protocol.margin)
    return E_O, E_R, losses / total


def hop_inputs(layout, asked, first, right, stop):
    """Phi_x and the reference of Phi_t for each hop: (R, H, J + L) and (R, H)."""
    question = layout.input(asked)
    nothing = layout.support(torch.full_like(first, PAD))
    x_ids, reference = [torch.cat([question, nothing], 1)], [stop]
    if right.shape[1] == 2:
        x_ids.append(torch.cat([question, layout.support(first)], 1))
        reference.append(right[:, 0])
    return torch.stack(x_ids, 1), torch.stack(reference, 1)


def judge(E_O, E_R, layout, protocol, data):
    """Accuracy of one model on one data set, %, and what locates its failures.

    Returns {"test_accuracy", "first_hop", "second_hop" (given the true first support),
    "response" (given the true supports), and the accuracy of each kind of question}
    """
    see = (data.memory, data.questions, data.start, data.stop)
    null = protocol.second_support == "null"
    true = data.supports[:protocol.hops]
    found = memnn.find_supports(E_O, layout, *see, protocol.hops, protocol.time_features, null)
    def right_answers(supports):
        return memnn.rank_words(E_R, layout, data.memory, data.questions, supports).argmax(1) == data.answers
    right = right_answers(found)
    percent = lambda hits: 100 * hits.double().mean().item()
    result = {"test_accuracy": percent(right), "first_hop": percent(found[0] == true[0]),
              "response": percent(right_answers(true))}
    if protocol.hops == 2:
        given = memnn.find_supports(E_O, layout, *see, 2, protocol.time_features, null, true[0])
        result["second_hop"] = percent(given[1] == true[1])
    for kind in sorted(set(data.kinds)):
        result[kind] = percent(right[torch.tensor(data.kinds == kind)])
    return result
