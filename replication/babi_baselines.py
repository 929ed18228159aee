"""The three baselines of MemN2N's Table 1 (arXiv:1503.08895), as cells of that table.

The paper quotes two of them from the tasks' paper (arXiv:1502.05698), one run each, so that a
cell's number is the mean over seeds.
"""

from dataclasses import asdict, replace
from functools import partial

from replication.cells import Cell
from tasks import babi

SUPERVISED, LSTM, WSH = NAMES = ("MemNN strongly supervised", "LSTM", "MemNN-WSH")


def protocols():
    """{column: (protocol, train_task, device)}; device None is any."""
    # Here, so that the table's --help need not load torch.
    from replication import lstm_babi, memnn_adaptive, memnn_babi
    return {SUPERVISED: (memnn_adaptive.AM_NG_NL, memnn_adaptive.train_task, "cpu"),
            LSTM: (lstm_babi.LSTM, lstm_babi.train_task, None),
            WSH: (memnn_babi.WSH, memnn_babi.train_task, "cpu")}


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
    return made
