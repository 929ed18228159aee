"""How fast this machine is: a little training of MemN2N, timed here and on another machine.

    python -m replication.running.calibration    how many times as long as there it takes here

Machines differ by three times, mostly in the width of their vector instructions. Only the
processor's own seconds count, so that what the machine does beside is left out.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from replication.running import command_line
from replication.running.run_cells import STACK
from replication.running.workers import use_one_thread
from replication.training.protocols import LINEAR_START
from tasks import babi
from tasks.generators.simulate import write_dataset

# Seconds of the same work where the expected minutes of costs.py were measured: one core of an
# Intel Xeon at 2.8 GHz with AVX-512.
SECONDS_THERE = 1.2
TASK, QUESTIONS, EPOCHS = 2, 500, 6


def seconds():
    """Processor seconds of a fixed piece of training, on one thread."""
    from replication.training.memn2n import train
    from replication.training.memn2n_inputs import encode
    use_one_thread()
    protocol = replace(LINEAR_START, epochs=EPOCHS, linear_start_epochs=1)
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder, "data"), [TASK], QUESTIONS, QUESTIONS, seed=0)
        train_file, test_file = (next(Path(folder, "data").rglob(babi.file_name(TASK, split)))
                                 for split in ("train", "test"))
        encoded = encode({TASK: babi.read(train_file)}, {TASK: babi.read(test_file)})
    began = time.process_time()
    train(encoded, protocol, TASK, range(STACK))
    return time.process_time() - began


def main(argv=None):
    print(f"{seconds() / SECONDS_THERE:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(command_line.run(main))
