"""Trains MemN2N on one task and tests it on the test files of several sources."""

from dataclasses import replace
from functools import lru_cache

import torch

from replication.models.memn2n import Form, MemN2N
from replication.training.memn2n import error, evaluate, train
from replication.training.memn2n_batches import Batches
from replication.training.memn2n_inputs import encode
from tasks import babi


@lru_cache(maxsize=1)
def _questions(file):
    """All of a file, of which cells one after another take a part each."""
    return babi.read(file)


def train_task(train_file, test_file, other_test_file, task, protocol, seeds, device, part=None,
               shared_test_file=None):
    """Trains one task's restarts and tests them on both test files; a cell's `train`.

    part              (first, number) of the training file's questions to train on; None: all
    shared_test_file  a third file to test on, the same for several cells; None: none

    The vocabulary covers all files. Adds to each restart other_test_error (in %),
    other_test_loss (nats a question), other_n_wrong and other_n_test, and likewise
    shared_...; a diverged restart has None for the first three.
    """
    own, more = babi.read(test_file), {"other": babi.read(other_test_file)}
    if shared_test_file:
        more["shared"] = babi.read(shared_test_file)
    first, number = part or (0, None)
    questions = _questions(train_file)[first:][:number]
    tests = own + [question for read in more.values() for question in read]
    everything = encode({task: questions}, {task: tests}, protocol.capacity)
    encoded = replace(everything, test=everything.test.take(slice(len(own))))
    trained = train(encoded, protocol, task, seeds, device)
    begin = len(own)
    for name, read in more.items():
        split = everything.test.take(slice(begin, begin + len(read)))
        begin += len(read)
        for restart, found in zip(trained.restarts, tested(trained, encoded, split, protocol)):
            restart.update({f"{name}_{key}": value for key, value in found.items()},
                           **{f"{name}_n_test": len(split)})
    return trained


def tested(trained, encoded, split, protocol):
    """Every restart's figures on a split that it was not tested on: R dicts."""
    p = protocol
    form = Form(p.d, p.hops, p.tying, p.encoding, p.relu, p.weigh_time)
    names = ("test_error", "test_loss", "n_wrong")
    batches = Batches(encoded, form, "cpu")
    rows = torch.arange(len(split)).unsqueeze(0)                         # (1, Q)
    figures = []
    with torch.inference_mode():
        for weights in trained.weights:
            if weights is None:
                figures.append(dict.fromkeys(names))
                continue
            E = torch.stack([weights[f"E{i}"] for i in range(form.tables)]).unsqueeze(1)
            H = weights["H"].unsqueeze(0) if form.mapped else None
            model = MemN2N(form, E, H, encoded.N, encoded.J)       # R = 1
            losses, guesses = evaluate(model, batches, split, rows)
            wrong = int((guesses[0] != torch.from_numpy(split.answers)).sum())
            figures.append(dict(zip(names, (error(split, rows, guesses).item(),
                                            losses.double().mean().item(), wrong))))
    return figures


def test_file_only(said):
    """What a record says of a source of which only the test file is read."""
    return {**said, "files": {name: digest for name, digest in said["files"].items()
                              if name.endswith("_test.txt")}}
