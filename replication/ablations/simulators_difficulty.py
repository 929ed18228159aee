"""Are the simulated bAbI tasks as hard as the official ones? MemN2N PE LS RN trained on each.

A cell is a model trained on the official or on the simulated training set of
one task (1,000 questions each) and tested on both test sets. Its value, and
`test_error` of a restart, is the error on the test set of the same source;
`other_test_error` is that on the other source's, with the same weights. The
protocol and the draws are those of Table 1, so that "trained on official"
trains the same models as "MemN2N PE LS RN" there.

    python -m replication.ablations.simulators_difficulty --restarts 30                  all cells
    python -m replication.ablations.simulators_difficulty --restarts 30 --tasks 1 2      two tasks

Official data is needed; the simulated is made (generator seed 0). About a quarter of
an hour for all cells at 30 restarts on two cores (--jobs 2). paper_tables/simulators.py
says how the two kinds of models are compared; it needs 30 restarts a cell.
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from replication.running import command_line
from replication.running.run_cells import Cell, run_cells
from replication.memn2n_table1_babi_1k import VARIANTS as TABLE1
from tasks import archives, babi
from replication.training.memn2n_inputs import encode
from tasks.errors import UserError

EXPERIMENT = "simulators_difficulty"
FOLDER = "en"
STACK = 10     # restarts trained together; no result depends on it

VARIANTS = {
    "trained on official": TABLE1["MemN2N PE LS RN"],
    "trained on simulated": TABLE1["MemN2N PE LS RN"],
}


def train_task(train_file, test_file, other_test_file, task, protocol, seeds, device, part=None,
               shared_test_file=None):
    """Trains one task's restarts and tests them on both test files; a cell's `train`.

    part              (first, number) of the training file's questions to train on; None: all
    shared_test_file  a third file to test on, the same for several cells; None: none

    The vocabulary covers all files. Adds to each restart other_test_error (in %),
    other_test_loss (nats a question), other_n_wrong and other_n_test, and likewise
    shared_...; a diverged restart has None for the first three.
    """
    from replication.training.memn2n import train  # here, so that --help need not load torch
    own, more = babi.read(test_file), {"other": babi.read(other_test_file)}
    if shared_test_file:
        more["shared"] = babi.read(shared_test_file)
    first, number = part or (0, None)
    questions = babi.read(train_file)[first:][:number]
    tests = own + [question for read in more.values() for question in read]
    everything = encode({task: questions}, {task: tests}, protocol.capacity)
    encoded = replace(everything, test=everything.test.take(slice(len(own))))
    trained = train(encoded, protocol, task, seeds, device)
    begin = len(own)
    for name, read in more.items():
        split = everything.test.take(slice(begin, begin + len(read)))
        begin += len(read)
        for restart, found in zip(trained.restarts, tested(trained, encoded, split, protocol)):
            restart.update({f"{name}_{key}": value for key, value in found.items()},
                           **{f"{name}_n_test": len(split)})
    return trained


def tested(trained, encoded, split, protocol):
    """Every restart's figures on a split that it was not tested on: R dicts."""
    import torch

    from replication.training.memn2n_batches import Batches
    from replication.models.memn2n import Form, MemN2N
    from replication.training.memn2n import error, evaluate
    p = protocol
    form = Form(p.d, p.hops, p.tying, p.encoding, p.relu, p.weigh_time)
    names = ("test_error", "test_loss", "n_wrong")
    batches = Batches(encoded, form, "cpu")
    rows = torch.arange(len(split)).unsqueeze(0)                         # (1, Q)
    figures = []
    with torch.inference_mode():
        for weights in trained.weights:
            if weights is None:
                figures.append(dict.fromkeys(names))
                continue
            E = torch.stack([weights[f"E{i}"] for i in range(form.tables)]).unsqueeze(1)
            H = weights["H"].unsqueeze(0) if form.layerwise else None
            model = MemN2N(form, E, H, encoded.N, encoded.J)       # R = 1
            losses, guesses = evaluate(model, batches, split, rows)
            wrong = int((guesses[0] != torch.from_numpy(split.answers)).sum())
            figures.append(dict(zip(names, (error(split, rows, guesses).item(),
                                            losses.double().mean().item(), wrong))))
    return figures


def cells(official, simulated, columns, tasks, smoke=False):
    """The cells asked, those that take longest first. official, simulated: archives.Source."""
    pairs = {"trained on official": (official, simulated),
             "trained on simulated": (simulated, official)}
    made = []
    for column in columns:
        source, other = pairs[column]
        protocol = VARIANTS[column]
        if smoke:
            protocol = replace(protocol, epochs=2, linear_start_epochs=1)
        for task in tasks:
            train_file, test_file = (source.babi(FOLDER, task, split)
                                     for split in ("train", "test"))
            other_file = other.babi(FOLDER, task, "test")
            n, n_test, n_other = (len(babi.read(file))
                                  for file in (train_file, test_file, other_file))
            n_valid = int(protocol.validation_share * n)
            made.append(Cell(
                experiment=EXPERIMENT, column=column, task=task,
                train=partial(train_task, train_file, test_file, other_file, task, protocol),
                trainer="memn2n_several_tests",
                protocol=asdict(protocol),
                data={**source.record(FOLDER, [task]), "n_train": n - n_valid,
                      "n_valid": n_valid, "n_test": n_test,
                      "other": {**test_file_only(other.record(FOLDER, [task])),
                                "n_test": n_other}}))
    return sorted(made, key=lambda cell: cell.task not in (3, 5, 2))


def test_file_only(said):
    """What a record says of a source of which only the test file is read."""
    return {**said, "files": {name: digest for name, digest in said["files"].items()
                              if name.endswith("_test.txt")}}


def main(argv=None):
    options = command_line.parse(__doc__, columns=list(VARIANTS), tasks=list(babi.TASK_NAMES),
                                 folders=(), prefix="trained on", argv=argv)
    if options.source == "simulated":
        raise UserError("--source simulated: this experiment holds simulated data against "
                        "official data and needs both; leave --source away")
    tasks, seeds = options.tasks, options.seeds
    if options.smoke:
        tasks, seeds = tasks[:1], seeds[:2]
    needs = archives.babi_files(FOLDER, tasks)
    # A smoke run's numbers mean nothing, so that any data will do.
    official = archives.locate(options.data, "auto" if options.smoke else "official", needs)
    simulated = archives.locate(None, "simulated", needs)
    print(official.description)
    print(simulated.description)
    return run_cells(cells(official, simulated, options.columns, tasks, options.smoke), seeds,
                     options.results, options.jobs, options.device, options.force, stack=STACK)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
