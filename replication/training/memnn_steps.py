"""The steps of MemNN's training: which question each model of a stack learns from next, and the
memories drawn as negatives. What a step does with them is the trainer's own.

    R  stacked models    H  hops    Q  questions    S  drawn negatives    J, L as in models/memnn.py
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import pad

from replication.models.memnn_sgd import rows_of

TOGETHER = 50     # steps whose draws are laid out together; no result depends on it


@dataclass(frozen=True)
class Plan:
    """What of a data set is learned.

    hops       supports of each question
    null       whether a question sees the null memory
    questions  how many of them
    more       {name of a stream: (steps, generator) -> (steps, ...)}, further draws
    """
    hops: int
    null: bool
    questions: int
    more: dict


@dataclass(frozen=True)
class Step:
    """One question for each model.

    epoch      from 0
    numbers    (R,) which questions
    questions  (R, J) word ids
    stop       (R,) position of the question: what it sees ends there
    right      (R, H) positions of the supports; held (R, H, L) their words
    drawn      (R, H, S) positions of drawn negatives
    answers    (R,) word ids
    more       {name: (R, ...)} what else was drawn for this step
    """
    epoch: int
    numbers: torch.Tensor
    questions: torch.Tensor
    stop: torch.Tensor
    right: torch.Tensor
    held: torch.Tensor
    drawn: torch.Tensor
    answers: torch.Tensor
    more: dict

    @property
    def reference(self):
        """(R, H) position that Phi_t calls x: the question's own, then m_o1's."""
        return torch.cat([self.stop[:, None], self.right[:, :-1]], 1)


def memories(data):
    """The memories of a stack's data sets (memnn_world.Encoded), filled up: (R, T, L)."""
    longest = max(len(d.memory) for d in data)
    width = max(d.memory.shape[1] for d in data)
    return torch.stack([pad(d.memory, (0, width - d.memory.shape[1], 0, longest - len(d.memory)))
                        for d in data]).to(torch.int16)                # small: rows are copied


def steps(data, memory, protocol, streams, plan):
    """Yields a Step for each of plan.questions and epoch, in each model's own order.

    data      one memnn_world.Encoded a model; memory (R, T, L) as `memories` gives it
    protocol  epochs and draws
    streams   {"order": generators, "negatives": ..., and each name of plan.more}, one a model
    """
    questions, start, stop, answers = (
        torch.stack([getattr(d, name) for d in data])
        for name in ("questions", "start", "stop", "answers"))
    supports = torch.stack([d.supports[:plan.hops] for d in data])         # (R, H, Q)
    model, null = torch.arange(len(data)), int(plan.null)
    for epoch in range(protocol.epochs):
        order = torch.stack([torch.randperm(plan.questions, generator=g) for g in streams["order"]])
        for some in order.split(TOGETHER, dim=1):
            count = some.shape[1]
            uniform = torch.stack([torch.rand(count, plan.hops, protocol.draws, generator=g)
                                   for g in streams["negatives"]])
            more = {name: torch.stack([draw(count, g) for g in streams[name]])
                    for name, draw in plan.more.items()}
            for place, numbers in enumerate(some.T):
                first, last = start[model, numbers].view(-1, 1, 1), stop[model, numbers]
                low = first - null                                     # the null memory is 0
                drawn = low + (uniform[:, place] * (last.view(-1, 1, 1) - low)).long()
                if null:
                    drawn = torch.where(drawn < first, 0, drawn)
                right = supports[model, :, numbers]                    # (R, H)
                yield Step(epoch, numbers, questions[model, numbers], last, right,
                           rows_of(memory, right), drawn, answers[model, numbers],
                           {name: drawn[:, place] for name, drawn in more.items()})
