"""Are the simulated bAbI tasks as hard as the official ones? MemN2N PE LS RN trained on each.

A cell is a model trained on the official or on the simulated training set of
one task (1,000 questions each) and tested on both test sets. Its value, and
`test_error` of a restart, is the error on the test set of the same source;
`other_test_error` is that on the other source's, with the same weights. The
protocol and the draws are those of Table 1, so that "trained on official"
trains the same models as "MemN2N PE LS RN" there.

    python -m replication.ablations.simulators_difficulty --restarts 30                  all cells
    python -m replication.ablations.simulators_difficulty --restarts 30 --tasks 1 2      two tasks

Official data is needed; the simulated is made (generator seed 0). paper_tables/simulators.py
says how the two kinds of models are compared; it needs 30 restarts a cell.
"""

import sys
from dataclasses import asdict
from functools import partial

from replication.records.cells import Cell
from replication.running import command_line
from replication.running.babi_table import data_of, longest_first, questions_in, shortened
from replication.running.command_line import Table
from replication.running.run_cells import run_cells
from replication.training.protocols import RANDOM_NOISE
from tasks import archives, babi
from replication.training.babi_task import Task
from replication.training.memn2n_several_tests import Sources, test_file_only, train_task
from tasks.errors import UserError

EXPERIMENT = "simulators_difficulty"
FOLDER = "en"

VARIANTS = {
    "trained on official": RANDOM_NOISE,
    "trained on simulated": RANDOM_NOISE,
}


def cells(official, simulated, columns, tasks, smoke=False):
    """The cells asked, those that take longest first. official, simulated: archives.Source."""
    pairs = {"trained on official": (official, simulated),
             "trained on simulated": (simulated, official)}
    result = []
    for column in columns:
        source, other = pairs[column]
        protocol = shortened(VARIANTS[column]) if smoke else VARIANTS[column]
        for task in tasks:
            train_file, test_file = (source.babi(FOLDER, task, split)
                                     for split in ("train", "test"))
            other_file = other.babi(FOLDER, task, "test")
            n, n_test, n_other = map(questions_in, (train_file, test_file, other_file))
            result.append(Cell(
                experiment=EXPERIMENT, column=column, task=task,
                train=partial(train_task, Sources(Task(task, train_file, test_file), other_file),
                              protocol),
                trainer="memn2n_several_tests",
                protocol=asdict(protocol),
                data=data_of(source.record(FOLDER, [task]), protocol, n, n_test=n_test,
                             other={**test_file_only(other.record(FOLDER, [task])),
                                    "n_test": n_other})))
    return longest_first(result)


def main(argv=None):
    options = command_line.parse(
        __doc__, Table(tuple(VARIANTS), babi.TASK_NAMES, folders=(), prefix="trained on"), argv)
    if options.source == "simulated":
        raise UserError("--source simulated: this experiment holds simulated data against "
                        "official data and needs both; leave --source away")
    tasks = options.tasks
    needs = archives.babi_files(FOLDER, tasks)
    # A smoke run's numbers mean nothing, so that any data will do.
    official = archives.locate(options.data, "auto" if options.smoke else "official", needs)
    simulated = archives.locate(None, "simulated", needs)
    print(official.description)
    print(simulated.description)
    return run_cells(cells(official, simulated, options.columns, tasks, options.smoke),
                     options.run)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
