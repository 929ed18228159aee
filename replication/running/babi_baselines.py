"""The baselines on bAbI as cells of a table: MemNN with and without supporting facts, and the LSTM.

The papers quote them from one another, one run each, so that a cell's number is the mean over
seeds.
"""

from dataclasses import replace

from replication.running import babi_table

SUPERVISED, LSTM, WSH = "MemNN strongly supervised", "LSTM", "MemNN-WSH"
MEMNN_2014 = "MemNN k=2 (+time)"


def baseline(column):
    """(protocol, trainer, train_task, device) of a column; device None is any."""
    # Imported here, so that a table's --help need not load torch.
    if column == SUPERVISED:
        from replication.training import memnn_adaptive
        return memnn_adaptive.AM_NG_NL, "memnn_adaptive", memnn_adaptive.train_task, "cpu"
    if column == LSTM:
        from replication.training import recurrent_babi as lstm_babi
        return lstm_babi.LSTM, "lstm_babi", lstm_babi.train_task, None
    from replication.training import memnn_babi
    protocol = {WSH: memnn_babi.WSH, MEMNN_2014: memnn_babi.MEMNN_2014}[column]
    return protocol, "memnn_babi", memnn_babi.train_task, "cpu"


def cells(experiment, source, folder, variants, tasks, smoke=False):
    """One cell a column and task.

    experiment  the folder of records; source, an archives.Source; folder of the tasks' language
    variants    {column: (protocol, trainer, train_task, device)}
    """
    made = []
    for column, (protocol, trainer, train_task, device) in variants.items():
        protocol = replace(protocol, epochs=1) if smoke else protocol
        made += [babi_table.cell(experiment, column, source, folder, task, protocol, trainer,
                                 train_task, selection="mean over seeds", device=device)
                 for task in tasks]
    return babi_table.longest_first(made)
