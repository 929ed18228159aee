"""How much does the training set matter? Several official and several simulated ones, task by task.

Where replication/ablations/simulators_difficulty.py finds that a model trained on
simulated questions differs from one trained on official questions, the two
training sets may differ as any two samples do. A cell is MemN2N PE LS RN
trained on one of five disjoint thousands of official questions (of the 10k
training file, the first thousand being the 1k training file), or on one of five
simulated thousands (generator seeds 0 to 4). Every model is tested on the test
set of its own source and seed (`test_error`) and on the other source's
(`other_test_error`), simulated ones also on that of seed 0 (`shared_test_error`).

    python -m replication.ablations.simulators_samples --jobs 2
"""

import sys
from dataclasses import asdict
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.babi_table import data_of, questions_in, shortened
from replication.running.command_line import Table
from replication.running.run_cells import run_cells
from replication.training.protocols import RANDOM_NOISE
from replication.training.babi_task import Task
from replication.training.memn2n_several_tests import Sources, test_file_only, train_task
from tasks import archives
from tasks.errors import UserError

EXPERIMENT = "simulators_samples"
TASKS = (4, 7, 9, 10, 17, 18)   # those that simulators_difficulty finds, or found, to differ
SIZE = 1000                    # questions of a training set
OFFICIAL = tuple(f"official thousand {number}" for number in range(1, 6))
SIMULATED = tuple(f"simulated seed {seed}" for seed in range(5))
VARIANTS = dict.fromkeys(OFFICIAL + SIMULATED, RANDOM_NOISE)


def cell(column, task, official, simulated, protocol):
    """One cell. official, simulated: archives.Source of en-10k, and of each seed's en."""
    number = (OFFICIAL + SIMULATED).index(column) % len(OFFICIAL)
    if column in OFFICIAL:
        part, folder, source, other, other_folder = (
            (number * SIZE, SIZE), "en-10k", official, simulated[0], "en")
    else:
        part, folder, source, other, other_folder = (
            None, "en", simulated[number], official, "en-10k")
    train_file, test_file = (source.babi(folder, task, split) for split in ("train", "test"))
    other_file = other.babi(other_folder, task, "test")
    shared = None if column in OFFICIAL else simulated[0].babi("en", task, "test")
    data = data_of(source.record(folder, [task]), protocol, SIZE, n_test=questions_in(test_file),
                   other=test_file_only(other.record(other_folder, [task])))
    return Cell(experiment=EXPERIMENT, column=column, task=task, protocol=asdict(protocol),
                trainer="memn2n_several_tests",
                train=partial(train_task, Sources(Task(task, train_file, test_file), other_file,
                                                  shared, part), protocol),
                data=data | ({"part": list(part)} if part else {}))


def main(argv=None):
    options = command_line.parse(
        __doc__, Table(tuple(VARIANTS), tasks=tuple(TASKS), folders=()), argv)
    if options.source == "simulated":
        raise UserError("--source simulated: this experiment holds simulated data against "
                        "official data and needs both; leave --source away")
    tasks = options.tasks
    protocol = shortened(RANDOM_NOISE) if options.smoke else RANDOM_NOISE
    # A smoke run's numbers mean nothing, so that any data will do.
    official = archives.locate(options.data, "auto" if options.smoke else "official",
                               archives.babi_files("en-10k", tasks))
    simulated = [archives.locate(None, "simulated", archives.babi_files("en", tasks), seed=seed)
                 for seed in range(len(SIMULATED))]
    print(official.description)
    print(*(source.description for source in simulated), sep="\n", flush=True)
    return run_cells([cell(column, task, official, simulated, protocol)
                      for column in options.columns for task in tasks], options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
