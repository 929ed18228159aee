"""How fast the training is, against a plain implementation of the same model.

    python -m replication.benchmark                 tasks 1, 3 and 16, ratios from one run
    python -m replication.benchmark --json FILE     the same figures as JSON
    python -m replication.benchmark --language-model    a step of the language model

Both train "MemN2N PE" by the same protocol on one thread, in turn, so that
whatever else the machine does falls on both. The plain one is what one would
write first, and is not made slow: float32, minibatches of 32, sums of
nn.Embedding over a padded batch, autograd, one restart, no Python loop over
examples or memories. Its time is that of its epochs: training, and validation at
their end. The stacked training is timed whole, its start and its final
evaluation on 2,000 questions included.

A second table projects the whole of Table 1's per-task columns from a few
epochs of each cell.

Of the language model, a step of 128 words over the 10,000 of Penn Treebank: the
plain one with a memory of its own for each word, by autograd; ours as in Table
2, with windows of neighbours; and the floor that three products of the softmax
over all words set, with W, for its gradient and for that of the state.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate
from torch import nn
from tqdm import tqdm

from replication.records import files as stored_files
from replication.running import command_line
from replication.memn2n_table1_babi_1k import VARIANTS
from replication.running.run_cells import STACK
from replication.models.memn2n_language_model import PlainLanguageModel
from replication.training.memn2n_language_model import new_model
from replication.training.memn2n_language_model import step as sgd_step
from replication.models.memn2n import PlainMemN2N
from replication.training.protocols import PENN_TREEBANK
from replication.training.memn2n import train
from tasks import archives, babi
from replication.training.memn2n_inputs import encode

TASKS = (1, 3, 16)
COLUMN = "MemN2N PE"
MOST = {"restarts": command_line.MOST_RESTARTS, "rounds": 10_000, "epochs": 1_000_000}


def plain_tensors(encoded):
    """memories (Q, N, J), questions (Q, J - 1) and answers (Q,) of the training questions."""
    N, split = encoded.N, encoded.train
    t = np.arange(1, N + 1)
    time_words = N - np.where(t <= split.lengths[:, None], t, 0)
    memories = np.concatenate([N + encoded.sentences[split.stories], time_words[..., None]], 2)
    return (torch.from_numpy(memories), torch.from_numpy(N + encoded.questions[split.questions]),
            torch.from_numpy(N + split.answers))


def time_plain(encoded, protocol, epochs):
    """Seconds an epoch of the plain implementation."""
    torch.manual_seed(0)
    model = PlainMemN2N(encoded.N + len(encoded.words), encoded.N, encoded.J, protocol.d,
                        protocol.hops)
    memories, questions, answers = plain_tensors(encoded)
    optimizer = torch.optim.SGD(model.parameters(), lr=protocol.rate)
    Q = int(0.9 * len(answers))
    began = time.perf_counter()
    for _ in range(epochs):
        wrong = 0
        for rows in torch.randint(Q, (Q // protocol.batch, protocol.batch)):
            scores = model(memories[rows], questions[rows])
            loss = nn.functional.cross_entropy(scores, answers[rows], reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            with torch.no_grad():
                wrong += (scores.argmax(1) != answers[rows]).sum()
                for table in model.parameters():
                    norm = torch.linalg.matrix_norm(table.grad, 2)
                    table.grad *= (protocol.clip / norm).clamp(max=1)
                optimizer.step()
                for table in model.parameters():
                    table[model.null] = 0
        with torch.no_grad():
            nn.functional.cross_entropy(model(memories[Q:], questions[Q:]), answers[Q:])
    return (time.perf_counter() - began) / epochs


def time_stacked(encoded, protocol, task, restarts, epochs):
    """Seconds a restart and epoch of the stacked training, everything included."""
    short = replace(protocol, epochs=epochs, linear_start_epochs=min(
        protocol.linear_start_epochs, epochs // 5))
    began = time.perf_counter()
    for first in range(0, restarts, STACK):
        train(encoded, short, task, list(range(first, min(first + STACK, restarts))))
    return (time.perf_counter() - began) / restarts / (epochs + short.linear_start_epochs)


def compare(data, restarts, rounds, epochs):
    """A row a task: medians of both and of the ratios, round by round."""
    rows, protocol = [], VARIANTS[COLUMN]
    for task in tqdm(TASKS, unit="task", disable=None):
        pairs = []
        for _ in range(rounds):
            plain = time_plain(data[task], protocol, max(1, epochs // 10))
            pairs.append((plain, time_stacked(data[task], protocol, task, restarts, epochs)))
        ratios = sorted(plain / stacked for plain, stacked in pairs)
        rows.append({"task": task, "plain_s": statistics.median(p for p, _ in pairs),
                     "stacked_s": statistics.median(s for _, s in pairs),
                     "ratio": statistics.median(ratios), "ratio_min": ratios[0],
                     "ratio_max": ratios[-1]})
    return rows


def project(data, epochs):
    """Seconds of each column at 10 restarts, one thread, from `epochs` epochs of every cell."""
    rows = []
    for column, protocol in tqdm(VARIANTS.items(), unit="column", disable=None):
        total = protocol.epochs + protocol.linear_start_epochs
        rows.append({"column": column, "seconds": sum(
            10 * total * time_stacked(encoded, protocol, task, 10, epochs)
            for task, encoded in data.items())})
    return rows


# Hops and memory of the language model.
SIZES = ((2, 100), (6, 25), (6, 100), (7, 200))
V = 10_000  # words of Penn Treebank


def plain_step(hops, memory):
    """A function that does one step of the plain language model."""
    model = PlainLanguageModel(V, memory, PENN_TREEBANK.d, hops)
    optimizer = torch.optim.SGD(model.parameters(), lr=PENN_TREEBANK.rate)
    text = torch.randint(V, (PENN_TREEBANK.batch, memory + 1))

    def step():
        loss = nn.functional.cross_entropy(model(text[:, :-1]), text[:, -1], reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), PENN_TREEBANK.clip)
        optimizer.step()
    return step


def our_step(hops, memory):
    """A function that does one step of the language model as Table 2 trains it."""
    p = replace(PENN_TREEBANK, hops=hops, memory=memory)
    model = new_model(V, p, seed=0)
    text = torch.randint(V, (p.batch // p.window, memory + p.window))

    def step():
        g, _ = model.gradients(text[:, :-1], text[:, memory:])
        sgd_step(model, g, p.rate, p.clip)
    return step


def softmax_products(hops, memory):
    """A function that does the three products of a step which the vocabulary takes part in."""
    B, d = PENN_TREEBANK.batch, PENN_TREEBANK.d
    u, W, D = torch.randn(B, d), torch.randn(d, V), torch.randn(B, V)
    scores, dW, du = torch.empty(B, V), torch.empty(d, V), torch.empty(d, B)

    def step():
        torch.mm(u, W, out=scores)
        torch.mm(u.mT, D, out=dW)
        torch.mm(W, D.mT, out=du)
    return step


def compare_steps(rounds, steps):
    """A row a size: milliseconds of a step and ratios, medians over rounds in turn."""
    rows = []
    for hops, memory in tqdm(SIZES, unit="size", disable=None):
        kinds = [kind(hops, memory) for kind in (plain_step, our_step, softmax_products)]
        times = []
        for _ in range(rounds + 1):
            times.append([])
            for step in kinds:
                began = time.perf_counter()
                for _ in range(steps):
                    step()
                times[-1].append(1000 * (time.perf_counter() - began) / steps)
        plain, ours, floor = zip(*times[1:])     # the first round warms up
        rows.append({"hops": hops, "memory": memory, "plain_ms": statistics.median(plain),
                     "ours_ms": statistics.median(ours), "floor_ms": statistics.median(floor),
                     "plain / ours": statistics.median(p / o for p, o in zip(plain, ours)),
                     "ours / floor": statistics.median(o / f for o, f in zip(ours, floor))})
    return rows


def arguments(argv):
    parser = command_line.Parser(prog="python -m replication.benchmark", description=__doc__,
                                 allow_abbrev=False,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", type=Path, help="folder with the data sets")
    parser.add_argument("--source", choices=archives.SOURCES, default="auto",
                        help="official files, or those of the simulators (default: auto)")
    parser.add_argument("--restarts", metavar="N", default="30",
                        help="restarts that are trained together (default: 30)")
    parser.add_argument("--rounds", metavar="N", default="3",
                        help="times that both are measured, in turn; with --language-model five "
                             "times as many (default: 3)")
    parser.add_argument("--epochs", metavar="N", default="30",
                        help="of the stacked training in a round (default: 30)")
    parser.add_argument("--no-projection", action="store_true", help="only the ratios")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    parser.add_argument("--language-model", action="store_true",
                        help="a step of the language model, and nothing else; no data is needed")
    options = parser.parse_args(argv)
    for name, most in MOST.items():
        setattr(options, name, command_line.number(f"--{name}", getattr(options, name), most=most))
    return options


def main(argv=None):
    options = arguments(argv)
    torch.set_num_threads(1)
    if options.language_model:
        figures = {"threads": 1, "torch": torch.__version__,
                   "milliseconds a step": compare_steps(5 * options.rounds, 10)}
        print(tabulate(figures["milliseconds a step"], headers="keys", floatfmt=".3g"))
        return write(figures, options.json)
    tasks = TASKS if options.no_projection else tuple(babi.TASK_NAMES)
    source = archives.locate(options.data, options.source, needs=archives.babi_files("en", tasks))
    print(source.description)
    data = {task: encode(*({task: babi.read(source.babi("en", task, split))}
                           for split in ("train", "test"))) for task in tasks}
    figures = {"restarts": options.restarts, "threads": 1, "torch": torch.__version__,
               "seconds a restart and epoch": compare(data, options.restarts, options.rounds,
                                                      options.epochs)}
    print(tabulate(figures["seconds a restart and epoch"], headers="keys", floatfmt=".4g"))
    if not options.no_projection:
        figures["projected seconds at 10 restarts, one thread"] = rows = project(data, 4)
        print()
        print(tabulate(rows, headers="keys", floatfmt=".0f"))
        minutes = sum(row["seconds"] for row in rows) / 60
        print(f"whole table: {minutes:.1f} minutes on one thread, {minutes / 2:.1f} with --jobs 2 "
              "on two free cores")
    return write(figures, options.json)


def write(figures, file):
    """The figures as JSON, where a file was named."""
    if file:
        stored_files.write(file, (json.dumps(figures, indent=1) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(command_line.run(main))
