"""Memory Networks (arXiv:1410.3916), Table 5 (appendix E): the world told statement by statement.

A cell is a test accuracy in % over 3,000 questions where each statement is given apart, so that
nothing is to be segmented; the mean over seeds, where the paper gives one run.

    python -m replication.memnn_table5_sentence_level --jobs 2         about 5 minutes on two cores
"""

import sys
from dataclasses import replace

from replication import command_line, recurrent_baselines
from replication.cells import run_cells
from replication.memnn_world_qa import Protocol, cell, column_world, simulated_only, smoke

EXPERIMENT = "memnn_table5_sentence_level"
COLUMNS = ("difficulty 1 / actor without before", "difficulty 1 / actor without before + object",
           "difficulty 5 / actor without before", "difficulty 5 / actor without before + object")

K2_TIME = Protocol(words=False)
ROWS = {
    "MemNN k=2 (+time)": K2_TIME,
    "MemNN k=1 (+time)": replace(K2_TIME, hops=1),
    "MemNN k=1": replace(K2_TIME, hops=1, time_features="none"),
}


def main(argv):
    options = command_line.parse(__doc__, COLUMNS, folders=(), prefix="", argv=argv)
    simulated_only(options)
    cells = []
    for row, protocol in ROWS.items():
        for column in options.columns:
            one = replace(protocol, world=column_world(column, protocol.world))
            cells.append(cell(EXPERIMENT, column, row, smoke(one) if options.smoke else one))
    for row in recurrent_baselines.ROWS:
        for column in options.columns:
            cells.append(recurrent_baselines.cell(
                EXPERIMENT, column, row, column_world(column, K2_TIME.world), False,
                options.smoke))
    return run_cells(cells, options.seeds, options.results, options.jobs, "cpu", options.force)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
