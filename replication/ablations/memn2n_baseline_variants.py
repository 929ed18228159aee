"""What drives the baselines of MemN2N's Table 1: each with one choice changed (ours).

A cell is the test error, in %, the mean over seeds, of a baseline on one task as in Table 1 of
End-To-End Memory Networks, or of the MemNN of 2014 (memnn_babi_tasks), with one choice of its
protocol changed; and of an answerer that learns nothing but the most frequent answer. What the
fields are: replication/DEVIATIONS.md, "The baselines of Table 1".

    python -m replication.ablations.memn2n_baseline_variants --restarts 3 --jobs 2
    python -m replication.ablations.memn2n_baseline_variants --restarts 3 --columns "LSTM: questions alone"

About 5 minutes at 3 restarts on two cores.
"""

import sys
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from replication.running import babi_baselines, command_line
from replication.running.babi_baselines import LSTM, MEMNN_2014, WSH
from replication.running.run_cells import run_cells
from replication.memn2n_table1_babi_1k import locate, name_of, with_smoke
from replication.records.record import Trained
from tasks import babi

EXPERIMENT = "memn2n_baseline_variants"
FREQUENT = "most frequent answer"

# Column: the baseline, and what of its protocol is changed.
CHANGES = {
    f"{LSTM}: questions alone": (LSTM, {"statements": False}),
    f"{WSH}: content words link": (WSH, {"linking_words": "content"}),
    f"{WSH}: any valid pair": (WSH, {"valid": "any"}),
    f"{MEMNN_2014}: one block of supports": (MEMNN_2014, {"supports": "one block"}),
}
COLUMNS = (FREQUENT, *CHANGES)


@dataclass(frozen=True)
class Protocol:
    """Of the most frequent answer: which questions it is counted over."""
    validation_share: float = 0.1
    epochs: int = 1     # none are needed; every baseline has some, and --smoke lowers them


def most_frequent(train_file, test_file, task, protocol, seeds, device):
    """Gives every question the most frequent answer of the training questions; a cell's `train`."""
    questions, asked = babi.read(train_file), babi.read(test_file)
    seen = questions[:len(questions) - int(protocol.validation_share * len(questions))]
    answer = Counter(question.answer for question in seen).most_common(1)[0][0]
    wrong = {name: np.array([question.answer != answer for question in part])
             for name, part in (("train", seen), ("test", asked))}
    restart = {"status": "ok", **{f"{name}_error": 100 * part.mean()
                                  for name, part in wrong.items()},
               "n_wrong": int(wrong["test"].sum()), "n_test": len(asked)}
    return Trained([{"seed": seed, **restart} for seed in seeds],
                   {"train_error": np.full((len(seeds), 1), restart["train_error"])},
                   [{} for _ in seeds], {})


def variant(column):
    """(protocol, trainer, train_task, device) of a column."""
    if column == FREQUENT:
        return Protocol(), "most_frequent", most_frequent, "cpu"
    name, changes = CHANGES[column]
    protocol, *rest = babi_baselines.baseline(name)
    return replace(protocol, **changes), *rest


def protocols():
    """{column: its protocol}."""
    return {column: variant(column)[0] for column in COLUMNS}


def main(argv=None):
    options = command_line.parse(__doc__, columns=COLUMNS, tasks=list(babi.TASK_NAMES), prefix="",
                                 argv=argv)
    tasks, seeds = with_smoke(options)
    source = locate(options, tasks)
    cells = babi_baselines.cells(
        name_of(EXPERIMENT, source, options.folder), source, options.folder,
        {column: variant(column) for column in options.columns}, tasks, options.smoke)
    return run_cells(cells, seeds, options.results, options.jobs, options.device, options.force)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
