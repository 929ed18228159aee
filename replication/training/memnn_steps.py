"""The steps of MemNN's training: which question each model of a stack learns from next, and the
memories drawn as negatives; and what is said of the restarts that were trained.

    R  stacked models    H  hops    Q  questions    S  drawn negatives    J, L as in models/memnn.py
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import pad

from replication.models import memnn
from replication.models.memnn_sgd import OutputExample, ResponseExample, rows_of
from replication.records.record import diverged

TOGETHER = 50     # steps whose draws are laid out together; no result depends on it


@dataclass(frozen=True)
class Plan:
    """What of a data set is learned.

    layout     the features of O
    hops       supports of each question
    questions  how many of them
    more       {name of a stream: (steps, generator) -> (steps, ...)}, further draws
    """
    layout: memnn.Layout
    hops: int
    questions: int
    more: dict


@dataclass(frozen=True)
class Step:
    """One question for each model.

    epoch             from 0
    numbers           (R,) which questions
    output, response  what O and R learn from
    more              {name: (R, ...)} what else was drawn for this step
    """
    epoch: int
    numbers: torch.Tensor
    output: OutputExample
    response: ResponseExample
    more: dict


def initial(layout, protocol, generators):
    """E of each model of a stack, (R, D, n)."""
    return torch.stack([memnn.initial(layout, protocol.size, protocol.scale, g)
                        for g in generators])


def memories(data):
    """The memories of a stack's data sets (memnn_world.Encoded), filled up: (R, T, L)."""
    longest = max(len(d.memory) for d in data)
    width = max(d.memory.shape[1] for d in data)
    return torch.stack([pad(d.memory, (0, width - d.memory.shape[1], 0, longest - len(d.memory)))
                        for d in data]).to(torch.int16)                # small: rows are copied


def uniform(hops, number):
    """A draw of `laid_out`: so many numbers in [0, 1) for each hop, (steps, H, S)."""
    return lambda steps, generator: torch.rand(steps, hops, number, generator=generator)


def laid_out(streams, questions, draws):
    """One pass over so many questions, in each model's own order, some steps at a time.

    streams  {"order": generators, and those of each name in draws}, one a model
    draws    {name: (steps, generator) -> (steps, ...)}
    Yields which questions are next, (steps, R), and {name: (steps, R, ...)}.
    """
    order = torch.stack([torch.randperm(questions, generator=g) for g in streams["order"]], 1)
    for numbers in order.split(TOGETHER):
        yield numbers, {name: torch.stack([draw(len(numbers), g) for g in streams[name]], 1)
                        for name, draw in draws.items()}


def steps(data, protocol, streams, plan):
    """Yields a Step for each of plan.questions and epoch, in each model's own order.

    data      one memnn_world.Encoded a model
    protocol  epochs and draws
    streams   {"order": generators, "negatives": ..., and each name of plan.more}, one a model
    """
    questions, start, stop, answers = (
        torch.stack([getattr(d, name) for d in data])
        for name in ("questions", "start", "stop", "answers"))
    supports = torch.stack([d.supports[:plan.hops] for d in data])         # (R, H, Q)
    memory, model, null = memories(data), torch.arange(len(data)), int(data[0].null)
    draws = {"negatives": uniform(plan.hops, protocol.draws), **plan.more}
    for epoch in range(protocol.epochs):
        for some, laid in laid_out(streams, plan.questions, draws):
            share = laid.pop("negatives")                                  # (steps, R, H, S)
            for place, numbers in enumerate(some):                         # (R,)
                first, last = start[model, numbers].view(-1, 1, 1), stop[model, numbers]
                low = first - null                                     # the null memory is 0
                negatives = low + (share[place] * (last.view(-1, 1, 1) - low)).long()
                if null:
                    negatives = torch.where(negatives < first, 0, negatives)
                right = supports[model, :, numbers]                    # (R, H)
                x, texts = questions[model, numbers], rows_of(memory, right)   # (R, J), (R, H, L)
                yield Step(
                    epoch, numbers, OutputExample(
                        memory, memnn.hop_inputs(plan.layout, x, texts[:, 0])[:, :plan.hops],
                        torch.cat([last[:, None], right[:, :-1]], 1), right, negatives),
                    ResponseExample(x, texts.transpose(0, 1), answers[model, numbers]),
                    {name: values[place] for name, values in laid.items()})


def runs_of(seeds, losses, weights, figures_of, remains):
    """[(restart, curves, weights)] of a stack, as restarts.trained_of takes them.

    losses      (epochs, R, hops + 1): of each hop, then of R
    weights     [{name: tensor}], one a model
    figures_of  (model) -> its figures
    remains     figures of one that has diverged: whose losses of an epoch, or whose weights after
                the last, are not all numbers
    """
    hops = ("first_hop_loss", "second_hop_loss")[:losses.shape[2] - 1]
    runs = []
    for model, seed in enumerate(seeds):
        own = losses[:, model]                                             # (epochs, hops + 1)
        curves = dict(zip((*hops, "response_loss"), own.T.numpy()))
        finite = own.isfinite().all(1)
        if finite.all() and all(E.isfinite().all() for E in weights[model].values()):
            restart = {"seed": seed, "status": "ok", "train_loss": own[-1].sum().item(),
                       **figures_of(model)}
            runs.append((restart, curves, weights[model]))
        else:
            lost = len(own) if finite.all() else int(finite.to(torch.uint8).argmin()) + 1
            runs.append((diverged(seed, lost, **remains), curves, None))
    return runs
