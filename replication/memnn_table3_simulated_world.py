"""Memory Networks (arXiv:1410.3916), Table 3: the simulated world, told as word sequences.

A cell is a test accuracy in %: over 3,000 questions, after training on 3,000. The paper gives one
run; here it is the mean over seeds, each with a world, weights and an order of its own. Columns
are the kinds of question, rows the models.

    python -m replication.memnn_table3_simulated_world --jobs 2        about 13 minutes on two cores
"""

import sys
from dataclasses import replace

from replication.running import command_line, world_baselines
from replication.running.run_cells import run_cells
from replication.training.memnn_world import Protocol, simulated_only
from replication.training.memnn_world import cells as memnn_cells

EXPERIMENT = "memnn_table3_simulated_world"
COLUMNS = ("difficulty 1 / actor without before", "difficulty 1 / actor",
           "difficulty 1 / actor + object", "difficulty 5 / actor",
           "difficulty 5 / actor + object")

K2_TIME = Protocol()
ROWS = {
    "MemNN k=2 (+time)": K2_TIME,
    "MemNN k=1 (+time)": replace(K2_TIME, hops=1),
    "MemNN k=1": replace(K2_TIME, hops=1, time_features="none"),
}


def main(argv):
    options = command_line.parse(__doc__, COLUMNS, folders=(), prefix="", argv=argv)
    simulated_only(options)
    cells = memnn_cells(EXPERIMENT, options.columns, ROWS, options.smoke)
    cells += world_baselines.cells(EXPERIMENT, options.columns, True, options.smoke)
    return run_cells(cells, options.seeds, options.results, options.jobs, "cpu", options.force)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
