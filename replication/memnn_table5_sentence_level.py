"""Memory Networks (arXiv:1410.3916), Table 5 (appendix E): the world told statement by statement.

A cell is a test accuracy in % over 3,000 questions where each statement is given apart, so that
nothing is to be segmented; the mean over seeds, where the paper gives one run.

    python -m replication.memnn_table5_sentence_level --jobs 2         about 6 minutes on two cores
"""

import sys
from dataclasses import replace

from replication.running import command_line, world_baselines
from replication import memnn_table3_simulated_world as table3
from replication.running.run_cells import run_cells
from replication.training.memnn_world import simulated_only
from replication.training.memnn_world import cells as memnn_cells

EXPERIMENT = "memnn_table5_sentence_level"
COLUMNS = ("difficulty 1 / actor without before", "difficulty 1 / actor without before + object",
           "difficulty 5 / actor without before", "difficulty 5 / actor without before + object")

ROWS = {row: replace(protocol, words=False) for row, protocol in table3.ROWS.items()}


def main(argv):
    options = command_line.parse(__doc__, COLUMNS, folders=(), prefix="", argv=argv)
    simulated_only(options)
    cells = memnn_cells(EXPERIMENT, options.columns, ROWS, options.smoke)
    cells += world_baselines.cells(EXPERIMENT, options.columns, False, options.smoke)
    return run_cells(cells, options.seeds, options.results, options.jobs, "cpu", options.force)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
