"""Table 1 of End-To-End Memory Networks: test error on the 20 bAbI tasks, 1k training questions.

A cell is the test error, in %, of the restart with the lowest training error
among seeds 0 to 9 of one model on one task. `test_error` of every restart is in
the record, so the spread can be seen. In the columns called "joint" one model is
trained on all 20 tasks and selected by its training error over all of them;
--tasks then only chooses which records are written. The baselines, the first
three columns, are means over seeds.

    python -m replication.memn2n_table1_babi_1k                                  all cells
    python -m replication.memn2n_table1_babi_1k --columns "PE LS RN" --tasks 1 2
    python -m replication.memn2n_table1_babi_1k --columns "3 hops PE LS joint"

At 10 restarts on two cores (--jobs 2): the MemN2N columns about 21 minutes, the baselines 13.
"""

import sys
from dataclasses import asdict, dataclass, replace
from functools import partial

from replication.running import babi_baselines, babi_table, command_line
from replication.running.run_cells import run_cells
from replication.records.joint import JointCell
from tasks import archives, babi
from replication.training.memn2n_inputs import encode

EXPERIMENT = "memn2n_table1_babi_1k"
STACK = 10         # restarts trained together; no result depends on it
JOINT_STACK = 5    # of a joint model, whose tables are larger


@dataclass(frozen=True)
class Protocol:
    """How a MemN2N is trained on bAbI. "Code" is the released facebook/MemNN.

    Where the paper and its code differ, the code's choice is the default and
    replication/DEVIATIONS.md has an entry.
    """
    encoding: str = "PE"              # "BoW", "PE" (code) or "PE as printed": section 4.1
    weigh_time: bool = True           # position encoding weighs the time word too: code
    hops: int = 3                     # section 4.2
    tying: str = "adjacent"           # or "layer-wise": section 2.2
    relu: bool = False                # after each hop: appendix A, 10k only
    d: int = 20                       # section 4.2; 50 joint: section 4.2
    init: float = 0.1                 # standard deviation: section 4.2
    capacity: int = 50                # most statements in memory: section 4.2
    batch: int = 32                   # section 4.2
    replacement: bool = True          # questions drawn with replacement: code
    epochs: int = 100                 # section 4.2; 60 joint: section 4.2
    rate: float = 0.01                # section 4.2
    halve_every: int = 25             # section 4.2; at the start of an epoch: code; 15 joint
    clip: float = 40.0                # section 4.2
    clip_by: str = "largest singular value"   # of each matrix: code; or "Frobenius norm"
    linear_start_epochs: int = 0      # 20 with LS, 30 joint: code (until validation rises: paper)
    linear_start_rate: float = 0.005  # also where the schedule then starts: code
    noise: float = 0.0                # 0.1 with RN: section 4.1
    validation_share: float = 0.1     # section 4.2
    validation: str = "last"          # the last tenth of the file: code; "random": joint


POSITION = Protocol()
LINEAR_START = replace(POSITION, linear_start_epochs=20)

VARIANTS = {
    "MemN2N BoW": replace(POSITION, encoding="BoW"),
    "MemN2N PE": POSITION,
    "MemN2N PE LS": LINEAR_START,
    "MemN2N PE LS RN": replace(LINEAR_START, noise=0.1),
}


JOINT = replace(LINEAR_START, d=50, epochs=60, halve_every=15, linear_start_epochs=30,
                validation="random")

JOINT_VARIANTS = {
    "MemN2N 1 hop PE LS joint": replace(JOINT, hops=1),
    "MemN2N 2 hops PE LS joint": replace(JOINT, hops=2),
    "MemN2N 3 hops PE LS joint": JOINT,
    "MemN2N PE LS RN joint": replace(JOINT, noise=0.1),
    "MemN2N PE LS LW joint": replace(JOINT, tying="layer-wise"),
}

BASELINES = (babi_baselines.SUPERVISED, babi_baselines.LSTM, babi_baselines.WSH)
COLUMNS = (*BASELINES, *VARIANTS, *JOINT_VARIANTS)


def protocols():
    """{column: its protocol} of all columns."""
    return VARIANTS | JOINT_VARIANTS | {
        column: babi_baselines.baseline(column)[0] for column in BASELINES}


def train_task(train_file, test_file, task, protocol, seeds, device):
    """Trains one task's restarts from its two files; a cell's `train`."""
    from replication.training.memn2n import train  # here, so that --help need not load torch
    encoded = encode({task: babi.read(train_file)}, {task: babi.read(test_file)},
                     protocol.capacity)
    return train(encoded, protocol, task, seeds, device)


def train_jointly(files, questions, protocol, seeds, device):
    """Trains restarts of one model on all tasks; a JointCell's `train`.

    files      {task: (train_file, test_file)}
    questions  of each file used, the first ones; None: all
    """
    from replication.training.memn2n import train  # here, so that --help need not load torch
    train_set, test_set = ({task: babi.read(pair[i])[:questions] for task, pair in files.items()}
                           for i in (0, 1))
    return train(encode(train_set, test_set, protocol.capacity), protocol, 0, seeds, device)


def name_of(experiment, source, folder):
    """The experiment's folder of records: other data than the official English has its own."""
    suffix = "@simulated" if source.kind == "simulated" else "" if folder == "en" else f"@{folder}"
    return experiment + suffix


def shortened(protocol):
    """The same for --smoke."""
    return replace(protocol, epochs=2, linear_start_epochs=min(1, protocol.linear_start_epochs))


def joint_cells(source, folder, variants, tasks, smoke=False):
    """One cell a variant {column: Protocol}; tasks: those whose records are asked."""
    files = {task: tuple(source.babi(folder, task, split) for split in ("train", "test"))
             for task in babi.TASK_NAMES}
    questions = 20 if smoke else None
    sizes = {task: [len(babi.read(file)[:questions]) for file in pair]
             for task, pair in files.items()}
    n = sum(train for train, _ in sizes.values())
    made = []
    for column, protocol in variants.items():
        protocol = shortened(protocol) if smoke else protocol
        n_valid = int(protocol.validation_share * n)
        made.append(JointCell(
            experiment=name_of(EXPERIMENT, source, folder), column=column,
            train=partial(train_jointly, files, questions, protocol), trainer="memn2n_joint",
            protocol=asdict(protocol),
            data={**source.record(folder, list(files)), "n_train": n - n_valid,
                  "n_valid": n_valid},
            tasks=tuple(tasks), n_test={task: test for task, (_, test) in sizes.items()},
            stack=JOINT_STACK))
    return sorted(made, key=lambda cell: -cell.protocol["hops"])


def cells(source, folder, variants, tasks, smoke=False, experiment=EXPERIMENT):
    """One cell a variant {column: Protocol} and task, those that take longest first."""
    name = name_of(experiment, source, folder)
    made = []
    for column, protocol in variants.items():
        protocol = shortened(protocol) if smoke else protocol
        made += [babi_table.cell(name, column, source, folder, task, protocol, "memn2n", train_task)
                 for task in tasks]
    return babi_table.longest_first(made)


def locate(options, tasks):
    """The data files of these tasks; says where they are from."""
    source = archives.locate(options.data, options.source,
                             needs=archives.babi_files(options.folder, tasks))
    print(source.description, flush=True)
    return source


def with_smoke(options):
    """The tasks and seeds asked; of --smoke the first of them."""
    return (options.tasks[:1], options.seeds[:2]) if options.smoke else (
        options.tasks, options.seeds)


def run(options, variants, experiment=EXPERIMENT):
    """Completes the records of the per-task variants {column: Protocol} that were asked."""
    tasks, seeds = with_smoke(options)
    source = locate(options, tasks)
    chosen = {column: variants[column] for column in options.columns}
    return run_cells(cells(source, options.folder, chosen, tasks, options.smoke, experiment),
                     seeds, options.results, options.jobs, options.device, options.force,
                     stack=STACK)


def main(argv=None):
    options = command_line.parse(__doc__, columns=COLUMNS, tasks=list(babi.TASK_NAMES),
                                 argv=argv)
    tasks, seeds = with_smoke(options)
    alone, joint = ({column: variants[column] for column in options.columns if column in variants}
                    for variants in (VARIANTS, JOINT_VARIANTS))
    source = locate(options, list(babi.TASK_NAMES) if joint else tasks)
    asked = joint_cells(source, options.folder, joint, tasks, options.smoke) if joint else []
    asked += babi_baselines.cells(
        name_of(EXPERIMENT, source, options.folder), source, options.folder,
        {column: babi_baselines.baseline(column) for column in options.columns
         if column in BASELINES}, tasks, options.smoke)
    asked += cells(source, options.folder, alone, tasks, options.smoke)
    return run_cells(asked, seeds, options.results, options.jobs, options.device, options.force,
                     stack=STACK)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
