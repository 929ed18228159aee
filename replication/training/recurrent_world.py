"""Trains the recurrent baselines of MemNN's simulated world (arXiv:1410.3916, section 5.2).

The paper's words: language modelling with back-propagation through time, back-propagated on
answer words only, with hidden layer, BPTT steps and learning rate chosen for each data set. The
rest is ours, and a field of `WorldRNN`.
"""

import json

import numpy
import torch
from torch.nn.functional import cross_entropy

from replication.models.recurrent import RecurrentModel, map_state
from replication.records.record import diverged
from replication.training import recurrent
from replication.training.random_streams import world_rnn as generator
from replication.training.recurrent import best_epoch, learn
from replication.training.restarts import percent, trained_of
from replication.training.word_streams import NOT_ASKED, dictionary, split, stream
from tasks import simulated_world

_READ = 2000    # words read at a time where nothing is trained; no result depends on it


def train_baseline(kind, world, protocol, seeds, device):
    """A cell's `train`: one restart a seed, each with its own world, weights and chunks.

    kind   of models.recurrent.KINDS
    world  simulated_world.World
    Returns Trained. Accuracies are in %, `accuracy_...` those of a kind of test question,
    last_room that of a rule beside which to hold them, `named_last`; n_wrong of n_test counts test
    questions. A loss that is no number ends a restart as diverged.
    """
    return trained_of([_train_restart(kind, world, protocol, seed, device) for seed in seeds],
                      {"kind": kind, "dictionary": json.dumps(list(dictionary()))})


def fit_seed(kind, world, protocol, seed, device):
    """Trains one restart without a look at test data: what tuning judges by.

    Returns (model, curves, failed, parts): curves and failed as recurrent.fit gives them; the two
    parts of the training stream.
    """
    train, valid = split(stream(simulated_world.generate(world, seed, "train"), protocol.joined,
                                protocol.answers_read), protocol.validation_share)
    model = RecurrentModel(kind, len(dictionary()), protocol.size,
                           generator(seed, world, "weights")).to(device)
    curves, failed = fit(model, train, valid, protocol, generator(seed, world, "chunks"))
    return model, curves, failed, (train, valid)


def _train_restart(kind, world, protocol, seed, device):
    """(restart, curves, weights) of one seed."""
    model, curves, failed, (train, valid) = fit_seed(kind, world, protocol, seed, device)
    if failed:
        return diverged(seed, failed, n_test=world.questions), curves, None
    right_train, state, _ = answer(model, train)
    right_valid, _, _ = answer(model, valid, state)
    stories = simulated_world.generate(world, seed, "test")
    test = stream(stories, protocol.joined, protocol.answers_read)
    right, _, _ = answer(model, test)
    kinds = numpy.array([stories.questions[number].kind
                         for number in test.questions[test.questions != NOT_ASKED]])
    restart = {"seed": seed, "status": "ok", "train_accuracy": percent(right_train),
               "valid_accuracy": percent(right_valid), "test_accuracy": percent(right),
               "n_wrong": int((~right).sum()), "n_test": len(right),
               "last_room": percent(named_last(stories)), "epoch": best_epoch(curves) + 1}
    for name in sorted(set(kinds)):
        restart[f"accuracy_{name}"] = percent(right[kinds == name])
    return restart, curves, model.state_dict()


def named_last(stories):
    """Which questions are right (Q,) if the answer is always the room that was named last.

    It takes a memory of one room, and no look at the question.
    """
    rooms = [None]
    for statement in stories.statements:
        rooms.append(statement.thing if statement.command == "go" else rooms[-1])
    return numpy.array([rooms[question.position] == question.answer
                        for question in stories.questions])


def fit(model, train, valid, protocol, draws):
    """Trains `model` in place, as recurrent.fit: its (curves, failed).

    train, valid  word_streams.Stream; draws torch.Generator of the chunks
    Curves are train_loss, valid_loss, in nats an answer word, and valid_accuracy.
    """
    words, targets = lanes(train, protocol.lanes, model.output.weight.device)
    state = None

    def read(optimizer):
        nonlocal state
        cuts = chunks(len(words), protocol.bptt, draws)
        loss, state = _epoch(model, optimizer, [(words[cut], targets[cut]) for cut in cuts], state,
                             protocol.clip)
        return loss

    def validate():
        last = map_state(lambda h: h[:, -1:].contiguous(), state)     # where the last lane ends
        right, _, loss = answer(model, valid, last)
        return {"valid_loss": loss, "valid_accuracy": percent(right)}
    return recurrent.fit(model, read, validate, protocol, protocol.patience)


def lanes(text, number, device):
    """A Stream in `number` parts of equal length, side by side: words and targets (T, B).

    The few words left over at the end are left out.
    """
    length = len(text.words) // number
    return [torch.tensor(array[:number * length].reshape(number, length).T.copy(), device=device)
            for array in (text.words, text.targets)]


def chunks(length, bptt, draws):
    """Slices of `bptt` words; the first one's length is drawn: the cuts are elsewhere each time."""
    first = 1 + int(torch.randint(bptt, (), generator=draws))
    edges = [0, *range(first, length, bptt), length]
    return [slice(start, stop) for start, stop in zip(edges, edges[1:])]


def _epoch(model, optimizer, parts, state, clip):
    """One pass over chunks [(words, targets)] (.., B): (mean loss, state after it).

    The state goes from chunk to chunk, the gradient does not. A lane begins where the one before
    it ends, so it starts from the state that the other had at the end of the last epoch.
    """
    if state is not None:
        state = map_state(_from_previous_lane, state)

    def losses():
        nonlocal state
        for words, targets in parts:
            hidden, state = model.read(words, state)
            state = map_state(torch.Tensor.detach, state)
            ends = targets != NOT_ASKED
            if ends.any():
                yield cross_entropy(model.next_word(hidden[ends]), targets[ends]), int(ends.sum())
    return learn(model, optimizer, losses(), clip), state


def _from_previous_lane(h):
    """(1, B, n), the states at the lanes' ends -> those at their beginnings."""
    return torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], 1)


@torch.no_grad()
def answer(model, text, state=None):
    """Reads a Stream word after word: (right (Q,), the state at its end, mean loss in nats).

    right  whether the most probable next word after each question is the answer, in the
           stream's order
    """
    right, loss, device = [], 0.0, model.output.weight.device
    for start in range(0, len(text.words), _READ):
        part = text.part(start, start + _READ)
        hidden, state = model.read(torch.tensor(part.words, device=device)[:, None], state)
        ends = numpy.flatnonzero(part.targets != NOT_ASKED)
        target = torch.tensor(part.targets[ends], device=device)
        scores = model.next_word(hidden[ends, 0])
        right.append((scores.argmax(1) == target).cpu().numpy())
        loss += cross_entropy(scores, target, reduction="sum").item()
    right = numpy.concatenate(right)
    return right, state, loss / len(right)
