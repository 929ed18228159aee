"""A cell of a table on bAbI: one task, from its training and its test file."""

from dataclasses import asdict
from functools import partial

from replication.records.cells import Cell
from tasks import babi


def cell(experiment, column, source, folder, task, protocol, trainer, train_task, **more):
    """The cell of one column and task.

    experiment  the folder of records
    source      an archives.Source; folder of the tasks' language
    trainer     the name of train_task's golden figures
    train_task  (train_file, test_file, task, protocol, seeds, device) -> results.Trained
    more        further fields of the Cell
    """
    files = [source.babi(folder, task, split) for split in ("train", "test")]
    n, n_test = (len(babi.read(file)) for file in files)
    n_valid = int(protocol.validation_share * n)
    return Cell(experiment=experiment, column=column, task=task,
                train=partial(train_task, *files, task, protocol), trainer=trainer,
                protocol=asdict(protocol),
                data={**source.record(folder, [task]), "n_train": n - n_valid,
                      "n_valid": n_valid, "n_test": n_test}, **more)


def longest_first(cells):
    """The cells, those of the tasks that take longest first."""
    return sorted(cells, key=lambda cell: cell.task not in (3, 5, 2))
