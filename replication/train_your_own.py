"""Trains MemN2N on data of your own in the bAbI format, by the protocol of Table 1.

The same restarts, selection by training error, checkpoint and record as for the
paper's cells, so that the result can stand as a baseline for other data; and
beside it what shows at once what the story is worth: the strongly supervised
MemNN (AM+NG+NL) where all training questions name their supporting facts, the
LSTM, the LSTM that reads the question alone, and the most frequent answer.

    python -m replication.train_your_own --train mine_train.txt --test mine_test.txt
    python -m replication.train_your_own --train a_train.txt b_train.txt \\
        --test a_test.txt b_test.txt             one model of several files together
    ... --valid mine_valid.txt --memory 100 --hops 2 --d 50 --epochs 60
    ... --table 3 --column "PE LS LW RN*"        by the protocol of 10,000 training questions

Records, curves and checkpoints go to results/local/train_your_own/<name>/, the
name being that of the first training file without "train". The vocabulary is that
of all files, as for the paper's tasks: an answer that only the test file has can
be given, and never is learnt.

The format: a line is an id and a sentence; id 1 begins a story. A question has a
tab, its answer and, optionally, a tab and the ids of its supporting facts:

    1 Mary moved to the bathroom.
    2 Where is Mary?<tab>bathroom<tab>1
"""

import argparse
import itertools
import re
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from replication.records import record as results
from replication import memn2n_table1_babi_1k, memn2n_table3_babi_10k
from replication.running import command_line, lock, own_table
from replication.running.own_table import MODELS
from replication.running.run_cells import STACK, Run, run_cells
from replication.training.own import Files, encoded
from tasks import own_data
from tasks.errors import UserError

TABLES = {1: memn2n_table1_babi_1k, 3: memn2n_table3_babi_10k}      # whose protocols there are
MOST = 1_000_000          # of a number without another bound
NUMBERS = {"restarts": command_line.MOST_RESTARTS, "jobs": MOST, "memory": MOST, "hops": 1000,
           "d": MOST, "epochs": MOST}      # a hop is a layer of its own
OF_MEMN2N = ("column", "memory", "hops", "d", "epochs")     # flags that no other model takes
LONGEST_NAME = 100        # characters of a folder's name


@dataclass(frozen=True)
class Plan:
    """What is trained: a Data, MemN2N's column and protocol, and which MODELS."""
    data: own_table.Data
    column: str
    protocol: object
    models: tuple


def protocols():
    """No column's protocol is fixed: that of one's own data is one's own."""
    return {}


def name_of(train_file):
    """What the data set is called: qa1_mine_train.txt is qa1_mine, mine/train.txt is mine."""
    path = Path(train_file).absolute()
    words = [word for word in re.split(r"[^\w]+|_", path.stem) if word.lower() != "train"]
    return "_".join(filter(None, words)) or path.parent.name


def variants_of(table, several):
    """{column: protocol} of a table: the joint columns where several files are trained on."""
    return TABLES[table].JOINT_VARIANTS if several else TABLES[table].VARIANTS


def protocol_of(protocol, **changes):
    """A column's protocol for data of one's own; changes of None are none.

    It validates on each file's last questions, the joint columns' too.
    """
    return replace(protocol, validation="last", **{name: value for name, value in changes.items()
                                                   if value is not None})


def planned(files, name=None, column=None, models=tuple(MODELS), table=1, **changes):
    """The Plan of own.Files by the protocol of a table's column.

    changes  of MemN2N's protocol, None where it stays as it is
    """
    several = len(files.train) > 1
    variants = variants_of(table, several)
    if column is None:
        column = "PE LS RN joint" if several else "PE LS RN"
    try:
        column = command_line.column_named(column, variants)
    except UserError as error:
        raise UserError(f"{error}{_elsewhere(column, table, several)}") from None
    protocol = protocol_of(variants[column], **changes)
    name = name_of(files.train[0]) if name is None else " ".join(name.split())
    if not 0 < len(results.slug(name)) <= LONGEST_NAME:
        raise UserError(f"--name: {name[:LONGEST_NAME]!r} has not 1 to {LONGEST_NAME} letters a-z "
                        "and digits, which the folder's name is made of; give another")
    own_table.refuse_unnamed(name, name)
    return Plan(own_table.data(files, name, protocol), column, protocol, tuple(models))


def _elsewhere(column, table, several):
    """What to say of a column that another table has, or that is of another number of files."""
    for other, more in itertools.product((table, *TABLES), (several, not several)):
        with suppress(UserError):
            name = command_line.column_named(column, variants_of(other, more))
            needs = [f"--table {other}"] * (other != table) + (
                [f"{'several files' if more else 'one file'} to train"] * (more != several))
            return f"; {name} is there with {' and '.join(needs)}"
    return ""


def complete(plan, run):
    """Trains what is missing; returns the exit status and {column: record} of complete cells.

    plan  a Plan; run: running.run_cells.Run, its seeds from 0 on
    Says on standard error what in the data may not be meant, and which models are left out.
    """
    from replication.training import memory_need
    parts, files = plan.data.parts, plan.data.files
    train, test = ([q for questions in lists for q in questions]
                   for lists in ((*parts.train, *parts.valid), parts.test))
    lines = [line for paths in (files.train, files.valid, files.test) for path in paths
             for line in own_data.of_file(path)]
    for line in [*lines, *own_data.notes(train, test, plan.protocol.capacity)]:
        print(f"note: {line}", file=sys.stderr)
    if "memn2n" in plan.models:
        memory_need.refuse_stories(parts, plan.protocol.capacity, "give a smaller --memory")
    restarts = len(run.seeds)
    blocks = -(-restarts // run.jobs)
    need = memory_need.need(encoded(parts, plan.protocol.capacity), plan.protocol,
                            min(STACK, blocks))
    if need.few_words:
        need = memory_need.need(encoded(parts, plan.protocol.capacity), plan.protocol, 1)
    if "memn2n" in plan.models:
        memory_need.refuse_too_much(need, min(run.jobs, restarts),
                                    "give fewer --jobs, or a smaller --memory or --d")
        print(f"MemN2N needs {need}", file=sys.stderr)
    cells, left_out = own_table.cells(plan.data, plan.column, plan.protocol, plan.models,
                                      need.few_words)
    for line in left_out:
        print(f"note: {line}", file=sys.stderr)
    status = run_cells(cells, run, stack=min(STACK, blocks))
    recorded = {cell.column: cell.recorded(run.results) for cell in cells}
    return status, {column: one.asked[0] for column, one in recorded.items()
                    if one and set(one.seeds).issuperset(run.seeds)}


def arguments(argv):
    parser = command_line.Parser(prog="python -m replication.train_your_own",
                                 description=__doc__, allow_abbrev=False,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", metavar="FILE", type=Path, nargs="+", action="extend",
                        required=True,
                        help="training questions, in the bAbI format; several files: one model of "
                             "all")
    parser.add_argument("--test", metavar="FILE", type=Path, nargs="+", action="extend",
                        required=True,
                        help="test questions: a file for each to train")
    parser.add_argument("--valid", metavar="FILE", type=Path, nargs="+", action="extend",
                        default=[],
                        help="questions to validate on, likewise (default: the last tenth of each "
                             "training file)")
    parser.add_argument("--column", metavar="NAME",
                        help=f"which MemN2N, of: {', '.join(variants_of(1, False))} (default: PE "
                             f"LS RN); of several files: {', '.join(variants_of(1, True))} "
                             "(default: PE LS RN joint)")
    parser.add_argument("--table", metavar="N", type=int, choices=TABLES, default=1,
                        help="by the protocol of 1 (1k training questions a task) or 3 (10k; there "
                             "is PE LS LW RN* too) of End-To-End Memory Networks (default: 1)")
    parser.add_argument("--models", nargs="+", action="extend", choices=MODELS,
                        help="what to train: " + ", ".join(f"{key} ({name})" for key, name in
                                                           MODELS.items()) + " (default: all)")
    parser.add_argument("--memory", metavar="N",
                        help="statements in MemN2N's memory at most (default: 50)")
    parser.add_argument("--hops", metavar="K", help="hops (default: 3)")
    parser.add_argument("--d", metavar="D",
                        help="size of its vectors (default: 20; of several files 50)")
    parser.add_argument("--epochs", metavar="N",
                        help="epochs after the linear start (default: 100; of several files 60)")
    parser.add_argument("--name", help="what the data set is called (default: see above)")
    parser.add_argument("--restarts", metavar="N", default="10",
                        help="seeds 0 to N-1; the rule selects among 0 to 9 (default: 10)")
    parser.add_argument("--results", metavar="DIR", type=Path, default=Path("results/local"),
                        help="where the records go (default: results/local)")
    parser.add_argument("--jobs", metavar="N", default="1",
                        help="parallel processes, one thread each (default: 1)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu",
                        help="cpu gives the same numbers on every run on one kind of processor "
                             "(default: cpu)")
    command_line.add_portable(parser)
    parser.add_argument("--force", action="store_true",
                        help="replace records of other data or another protocol")
    options = parser.parse_args(argv)
    options.models = list(dict.fromkeys(options.models or MODELS))
    command_line.check_portable(options)
    for name in NUMBERS:
        setattr(options, name, number(f"--{name}", getattr(options, name)))
    for name in OF_MEMN2N:
        if "memn2n" not in options.models and getattr(options, name) is not None:
            raise UserError(f"--{name}: of MemN2N, which is not among --models; leave it out, or "
                            "add memn2n")
    return options


def number(flag, value):
    """The whole number of one of NUMBERS, None as it is. UserError where it is out of bounds."""
    if value is None:
        return None
    return command_line.number(flag, value, most=NUMBERS[flag.removeprefix("--")])


def main(argv=None):
    options = arguments(argv)
    lock.refuse_unwritable(options.results)     # before files are read, which may take long
    files = Files(tuple(options.train), tuple(options.test), tuple(options.valid))
    plan = planned(files, options.name, options.column, options.models, options.table,
                   capacity=options.memory, hops=options.hops, d=options.d, epochs=options.epochs)
    data = plan.data
    print(f"{data.name}: {data.count('train')} training questions, {data.count('valid')} to "
          f"validate, {data.count('test')} test questions, {plan.column}", flush=True)
    run = Run(range(options.restarts), options.results, options.jobs,
              command_line.chosen_device(options.device), options.force)
    status, records = complete(plan, run)
    if records:
        print(f"\n{own_table.table(data, records)}\n")
    own = records.get(plan.column)
    if own and own_table.table_by_file(own):
        print(f"{own_table.table_by_file(own)}\n")
    for column in records:
        path = results.record_path(options.results, own_table.EXPERIMENT, column, row=data.name)
        print(f"record: {path}")
    if own and own["checkpoint"]:
        path = results.record_path(options.results, own_table.EXPERIMENT, plan.column, row=data.name)
        print("ask it: python -m replication.ask --checkpoint "
              + shlex.quote(str(path.parent / own["checkpoint"]["file"])))
    return status


if __name__ == "__main__":
    sys.exit(command_line.run(main))
