"""Trains MemN2N on data of your own in the bAbI format, by the protocol of Table 1.

The same restarts, selection by training error, checkpoint and record as for the
paper's cells, so that the result can stand as a baseline for other data.

    python -m replication.train_your_own --train mine_train.txt --test mine_test.txt

The record, curves and checkpoint go to results/local/train_your_own/<name>/, the
name being that of the training file without "train". The vocabulary is that of
both files, as for the paper's tasks: an answer that only the test file has can
be given, and never is learnt. About a minute for 1,000 questions and 10 restarts.

The format: a line is an id and a sentence; id 1 begins a story. A question has a
tab, its answer and, optionally, a tab and the ids of its supporting facts:

    1 Mary moved to the bathroom.
    2 Where is Mary?<tab>bathroom<tab>1
"""

import argparse
import hashlib
import re
import statistics
import sys
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tabulate import tabulate

from replication.records import record as results
from replication.running import command_line
from replication.running.run_cells import Cell, run_cells
from replication.memn2n_table1_babi_1k import VARIANTS
from replication.running.babi_table import STACK
from tasks import babi
from tasks.errors import UserError

EXPERIMENT = "train_your_own"
TASK = 0  # keys the draws; the paper's tasks have 1 to 20


def cell(train_file, test_file, column, name):
    """(Cell, training questions, test questions) of one column on two files. UserError if unfit."""
    from replication.training.memn2n import train_task  # here, so that --help need not load torch
    protocol = VARIANTS[column]
    train, test = babi.read(train_file), babi.read(test_file)
    contents = [hashlib.sha256(Path(file).read_bytes()).hexdigest()
                for file in (train_file, test_file)]
    if contents[0] == contents[1]:
        raise UserError(f"{test_file}: the same questions as {train_file}; a test needs others")
    n_valid = int(protocol.validation_share * len(train))
    if len(train) - n_valid < protocol.batch:
        least = next(n for n in range(protocol.batch, 10 * protocol.batch)
                     if n - int(protocol.validation_share * n) >= protocol.batch)
        raise UserError(f"{train_file}: {len(train)} questions, and at least {least} are needed: "
                        f"a batch has {protocol.batch}, and the last "
                        f"{protocol.validation_share:.0%} are held out for validation")
    made = Cell(experiment=EXPERIMENT, column=column, row=name,
                train=partial(train_task, train_file, test_file, TASK, protocol),
                trainer="memn2n",
                protocol=asdict(protocol),
                data={"source": "own",
                      "files": dict(zip(names_of(train_file, test_file), contents)),
                      "n_train": len(train) - n_valid, "n_valid": n_valid, "n_test": len(test)})
    return made, train, test


def names_of(train_file, test_file):
    """The files' names for the record: with their folder's where they would be the same."""
    train, test = Path(train_file).absolute(), Path(test_file).absolute()
    if train.name != test.name:
        return train.name, test.name
    names = tuple(f"{path.parent.name}/{path.name}" for path in (train, test))
    if names[0] == names[1]:
        raise UserError(f"{test_file}: has the same name as {train_file}; rename one, so that the "
                        "record can tell them apart")
    return names


def name_of(train_file):
    """What the data set is called: qa1_mine_train.txt is qa1_mine, mine/train.txt is mine."""
    path = Path(train_file).absolute()
    words = [word for word in re.split(r"[^\w]+|_", path.stem) if word.lower() != "train"]
    return "_".join(filter(None, words)) or path.parent.name


def remarks(train, test, capacity):
    """Lines on what in the data the protocol does not serve."""
    known = {question.answer for question in train}
    unseen = sum(question.answer not in known for question in test)
    if unseen:
        yield (f"{unseen} of {len(test)} test questions have an answer that no training question "
               "has: a model cannot learn it")
    longest = max(len(question.statements) for question in train + test)
    if longest > capacity:
        yield (f"stories have up to {longest} statements before a question; the memory holds the "
               f"last {capacity}")


def table(record, train, test):
    """The restarts' errors, and that of always giving the most frequent answer."""
    ok = [restart for restart in record["restarts"] if restart["status"] == "ok"]
    keys = ("train_error", "valid_error", "test_error")
    lines = []
    if record["selected"] is not None:
        chosen = record["restarts"][record["selected"]]
        lines.append([f"selected (seed {chosen['seed']})", *(chosen[key] for key in keys)])
    for name, of in (("median", statistics.median), ("lowest", min), ("highest", max)):
        if ok:
            lines.append([f"{name} of {len(ok)} restarts",
                          *(of([restart[key] for restart in ok]) for key in keys)])
    answer = Counter(question.answer for question in train).most_common(1)[0][0]
    seen = record["data"]["n_train"]
    lines.append([f"always {answer!r}",
                  *(100 * sum(question.answer != answer for question in part) / len(part)
                    for part in (train[:seen], train[seen:], test))])
    data = record["data"]
    headers = ["error in %", f"training ({data['n_train']})", f"validation ({data['n_valid']})",
               f"test ({data['n_test']})"]
    return tabulate(lines, headers=headers, floatfmt=".1f")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m replication.train_your_own",
                                     description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", metavar="FILE", type=Path, required=True,
                        help="training questions, in the bAbI format; the last tenth validates")
    parser.add_argument("--test", metavar="FILE", type=Path, required=True, help="test questions")
    parser.add_argument("--column", metavar="NAME", default="PE LS RN",
                        help=f"the model, of: {', '.join(VARIANTS)} (default: PE LS RN)")
    parser.add_argument("--name", help="what the data set is called (default: see above)")
    parser.add_argument("--restarts", metavar="N", type=int, default=10,
                        help="seeds 0 to N-1; the rule selects among 0 to 9 (default: 10)")
    parser.add_argument("--results", metavar="DIR", type=Path, default=Path("results/local"),
                        help="where the record goes (default: results/local)")
    parser.add_argument("--jobs", metavar="N", type=int, default=1,
                        help="parallel processes, one thread each (default: 1)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu",
                        help="cpu gives the same numbers on every run (default: cpu)")
    parser.add_argument("--force", action="store_true",
                        help="replace a record of other data or another protocol")
    given = parser.parse_args(argv)
    for flag, number in (("--restarts", given.restarts), ("--jobs", given.jobs)):
        if number < 1:
            raise UserError(f"{flag}: {number} is too small; the least is 1")
    name = given.name or name_of(given.train)
    if not results.slug(name):
        raise UserError(f"--name: {name!r} has no letter a-z and no digit, which the folder's "
                        "name is made of; give another")
    made, train, test = cell(given.train, given.test, command_line.column_named(given.column, VARIANTS), name)
    print(f"{name}: {len(train)} training questions ({made.data['n_valid']} of them to validate), "
          f"{len(test)} test questions, {made.column}")
    for line in remarks(train, test, VARIANTS[made.column].capacity):
        print(f"note: {line}")
    blocks = -(-given.restarts // given.jobs)
    status = run_cells([made], range(given.restarts), given.results, given.jobs,
                       command_line.chosen_device(given.device), given.force,
                       stack=min(STACK, blocks))
    if status == 0:
        path = made.path(given.results)
        record = results.read(path)
        print(f"\n{table(record, train, test)}\n\nrecord: {path}")
        if record["checkpoint"]:
            print("ask it: python -m replication.ask --checkpoint "
                  f"{path.parent / record['checkpoint']['file']}")
    return status


if __name__ == "__main__":
    sys.exit(command_line.run(main))
