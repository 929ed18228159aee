"""The baselines on bAbI as cells of a table: MemNN with and without supporting facts, and the LSTM.

The papers quote them from one another, one run each, so that a cell's number is the mean over
seeds.
"""

from dataclasses import asdict, replace
from functools import partial

from replication.cells import Cell
from tasks import babi

SUPERVISED, LSTM, WSH = "MemNN strongly supervised", "LSTM", "MemNN-WSH"
MEMNN_2014 = "MemNN k=2 (+time)"


def baseline(column):
    """(protocol, train_task, device) of a column; device None is any."""
    # Imported here, so that a table's --help need not load torch.
    if column == SUPERVISED:
        from replication import memnn_adaptive
        return memnn_adaptive.AM_NG_NL, memnn_adaptive.train_task, "cpu"
    if column == LSTM:
        from replication import lstm_babi
        return lstm_babi.LSTM, lstm_babi.train_task, None
    from replication import memnn_babi
    protocol = {WSH: memnn_babi.WSH, MEMNN_2014: memnn_babi.MEMNN_2014}[column]
    return protocol, memnn_babi.train_task, "cpu"


def cells(experiment, source, folder, variants, tasks, smoke=False):
    """One cell a column and task.

    experiment  the folder of records; source, an archives.Source; folder of the tasks' language
    variants    {column: (protocol, train_task, device)}
    """
    made = []
    for column, (protocol, train_task, device) in variants.items():
        protocol = replace(protocol, epochs=1) if smoke else protocol
        for task in tasks:
            files = [source.babi(folder, task, split) for split in ("train", "test")]
            n, n_test = (len(babi.read(file)) for file in files)
            n_valid = int(protocol.validation_share * n)
            made.append(Cell(
                experiment=experiment, column=column, task=task,
                train=partial(train_task, *files, task, protocol), protocol=asdict(protocol),
                data={**source.record(folder, [task]), "n_train": n - n_valid,
                      "n_valid": n_valid, "n_test": n_test},
                selection="mean over seeds", device=device))
    return sorted(made, key=lambda cell: cell.task not in (3, 5, 2))
