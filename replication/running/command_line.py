"""The command line that all experiments share: its flags, its checks, its exit status."""

import argparse
import atexit
import errno
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from replication.records import portable
from replication.records.provenance import ROOT
from replication.records.record import slug
from replication.running.cluster import Cluster
from replication.running.run_cells import Run
from tasks import stand_ins, terminal
from tasks.errors import UserError

MOST_SEED = 2**32         # records hold seeds in 32 bits
MOST_RESTARTS = 100_000   # all are listed before the first is trained


@dataclass(frozen=True)
class Options:
    """What was asked, checked.

    columns, rows, tasks  in the table's order, each once; empty where the table has none to ask for
    run             which restarts, where they are trained and kept
    data            the data folder that --data gives, else None
    """
    columns: list
    tasks: list
    run: Run
    data: Path | None
    source: str
    folder: str
    smoke: bool
    rows: list = field(default_factory=list)


@dataclass(frozen=True)
class Flag:
    """A flag of some scripts' own.

    takes  what it takes, as a complaint says; more: what help adds to it
    kind   type, choices, default: as of add_argument
    """
    name: str
    takes: str
    more: str = ""
    kind: dict = field(default_factory=dict)


FIGURES = Flag("--out", "a folder for the figures", kind={"type": Path, "metavar": "DIR"},
               more=" (default: paper_tables/figures for results/reference, else figures/ in the "
                    "results)")
THIRD_TASK = Flag("--task-3", "what stands in for task 3's training file", more=": simulated, "
                  "questions of the simulators; partial, the official ones that other files have; "
                  "official, nothing (default)",
                  kind={"choices": ("official", *stand_ins.KINDS), "default": "official"})


@dataclass(frozen=True)
class Table:
    """What can be asked of an experiment.

    columns  as the paper calls them
    tasks    the numbers of the tasks; none: no --tasks
    rows     none: no --rows
    folders  the languages of the data; none: no --folder
    prefix   may be left out of a column's name: "PE LS" for "MemN2N PE LS"
    data     whether it reads files; else there is no --data and no --source
    default  the columns that are run where none is asked; None: all
    default_rows  likewise
    own      the script's own Flags, which it reads by `taken`: here for --help alone
    gpu      whether its models are large enough that --device auto takes a GPU
    """
    columns: tuple
    tasks: tuple = ()
    rows: tuple = ()
    folders: tuple = ("en", "hn", "shuffled")
    prefix: str = ""
    data: bool = True
    default: tuple | None = None
    default_rows: tuple | None = None
    own: tuple = ()
    gpu: bool = False


class Parser(argparse.ArgumentParser):
    """One whose complaint is a UserError, one line, and whose usage can be typed as it stands."""

    def __init__(self, prog=None, **kwargs):
        super().__init__(prog or _program(), **kwargs)

    def error(self, message):
        raise UserError(f"{message}; --help lists the arguments")


def _program():
    """python -m and the module that runs; None, for argparse's own choice, where it has no name."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec else None


def parse(description, table, argv=None):
    """Reads the arguments of an experiment.

    description  the script's docstring: the table, and what a cell means
    table        the Table: what can be asked

    Returns Options. Raises UserError for anything that cannot be run.
    """
    arguments = _parser(description, table).parse_args(argv)
    check_portable(arguments)
    smoke, results = arguments.smoke, arguments.results
    if results is None:
        results = temporary_folder() if smoke else Path("results/local")
    tasks = _chosen_tasks(arguments.tasks, table.tasks) if table.tasks else []
    return Options(
        columns=chosen_columns(arguments.columns or table.default, table.columns, table.prefix),
        rows=chosen_columns(arguments.rows or table.default_rows, table.rows,
                            flag="--rows") if table.rows else [],
        tasks=tasks[:1] if smoke else tasks, run=_run(arguments, results, table.gpu),
        data=arguments.data if table.data else None,
        source=arguments.source if table.data else "simulated",
        folder=arguments.folder if table.folders else "", smoke=smoke)


def _run(arguments, results, gpu):
    """The Run that was asked for; gpu: whether one is taken where none is asked."""
    restarts = number("--restarts", arguments.restarts, most=MOST_RESTARTS)
    first = number("--seed", arguments.seed, least=0, most=MOST_SEED - restarts)
    seeds = list(range(first, first + restarts))
    jobs, device = number("--jobs", arguments.jobs), arguments.device
    if arguments.cluster:
        jobs, gpu = Cluster(arguments.cluster), False
    if not gpu and device == "auto":
        device = "cpu"
    return Run(seeds[:2] if arguments.smoke else seeds, results, jobs, chosen_device(device),
               arguments.force)


def _parser(description, table):
    parser = Parser(description=description, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    if table.data:
        parser.add_argument("--data", metavar="DIR", type=Path,
                            help="folder with the data sets (default: $MEMNN_DATA, the user's "
                                 "cache, a download, the simulators: the first that is there)")
        parser.add_argument("--source", choices=("auto", "official", "simulated"), default="auto",
                            help="official files, or those of the simulators (default: auto)")
    if table.folders:
        parser.add_argument("--folder", choices=table.folders, default=table.folders[0],
                            help=f"language of the tasks (default: {table.folders[0]})")
    parser.add_argument("--results", metavar="DIR", type=Path,
                        help="where the records go (default: results/local)")
    default = "all" if table.default is None else _listed(table.default)
    without = f'; "{table.prefix}" may be left out' if table.prefix else ""
    parser.add_argument("--columns", metavar="NAME", nargs="+", action="extend",
                        help=f"columns to run, of: {_listed(table.columns)} (default: {default})"
                             + without)
    if table.rows:
        default = "all" if table.default_rows is None else "; ".join(table.default_rows)
        parser.add_argument("--rows", metavar="NAME", nargs="+", action="extend",
                            help=f"rows to run, of: {'; '.join(table.rows)} (default: {default})")
    if table.tasks:
        parser.add_argument("--tasks", metavar="N", nargs="+", action="extend",
                            help=f"tasks to run, of: {_listed(table.tasks)} (default: all)")
    for flag in table.own:
        parser.add_argument(flag.name, help=flag.takes + flag.more, **flag.kind)
    _add_run(parser, table.gpu)
    parser.add_argument("--smoke", action="store_true",
                        help="a tiny run of every variant, of the first task and two seeds, into "
                             "a temporary folder unless --results is given; its numbers mean "
                             "nothing")
    return parser


def _add_run(parser, gpu):
    """The arguments that `_run` reads."""
    parser.add_argument("--restarts", metavar="N", default="10",
                        help="restarts a cell (default: 10)")
    parser.add_argument("--seed", metavar="S", default="0",
                        help="first seed: the restarts have seeds S to S+N-1 (default: 0). A "
                             "restart is selected among seeds 0 to 9, or, where none of these is "
                             "there, among all; without all of these a cell is partial")
    parser.add_argument("--jobs", metavar="N", default="1",
                        help="parallel processes, one thread each (default: 1)")
    parser.add_argument("--cluster", metavar="ADDRESS",
                        help="train on the workers of a Dask scheduler, in place of --jobs "
                             "(tcp://HOST:8786; USING.md says how to start them)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                        help=("auto: a GPU where there is one (default: auto)" if gpu else
                              "auto: the processor, since the models are small (default: auto)"))
    add_portable(parser)
    parser.add_argument("--force", action="store_true",
                        help="replace records that are damaged, or of another protocol or other "
                             "data; without it they are refused")


def taken(argv, *flags):
    """The values of a script's own Flags, and last the arguments without them."""
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for flag in flags:
        own.add_argument(flag.name, dest=flag.name, **flag.kind)
    try:
        arguments, others = own.parse_known_args(argv)
    except argparse.ArgumentError as error:
        takes = ", ".join(f"{flag.name} {'' if number else 'takes '}{flag.takes}"
                          for number, flag in enumerate(flags))
        raise UserError(f"{error}; {takes}") from None
    return *(getattr(arguments, flag.name) for flag in flags), others


def figures_of(folder):
    """Where figures of a folder of results go, unless --out says."""
    committed = folder.resolve() == ROOT / "results" / "reference"
    return ROOT / "paper_tables" / "figures" if committed else folder / "figures"


def chosen_columns(asked, columns, prefix="", flag="--columns"):
    """The columns (or rows) asked, by their names, in the table's order; all where none is asked.

    Upper and lower case are the same, and `prefix` may be left out.
    """
    if asked is None:
        return list(columns)
    names = {}
    for column in columns:
        names[_folded(column)] = column
        names.setdefault(_folded(column.removeprefix(prefix)), column)
    for name in asked:
        if _folded(name) not in names:
            kind = flag.removeprefix("--")
            raise UserError(f"{flag}: no {kind[:-1]} {name!r}; the {kind} are {_listed(columns)}")
    columns_asked = {names[_folded(name)] for name in asked}
    return [column for column in columns if column in columns_asked]


def column_named(name, variants, prefix="MemN2N", kind="column"):
    """The full name of one of `variants`, columns of a table: "pe ls" is "MemN2N PE LS".

    kind  the flag that gives the name: a row's is found likewise
    """
    names = {slug(short): column for column in variants
             for short in (column, column.removeprefix(prefix))}
    if slug(name) not in names:
        raise UserError(f"--{kind}: no {kind} {name!r}; the {kind}s are {_listed(variants)}")
    return names[slug(name)]


def add_portable(parser):
    parser.add_argument("--portable", action="store_true", help=portable.HELP)


def check_portable(arguments):
    """With --portable the device is the CPU. Raises UserError where the mode cannot be kept."""
    if not arguments.portable:
        return
    if not portable.possible():
        raise UserError("--portable: this is no x86-64 processor")
    if arguments.device == "cuda":
        raise UserError("--portable: of the CPU alone; leave --device cuda away")
    if getattr(arguments, "cluster", None):
        raise UserError("--portable: on this machine alone; a cluster's workers run already")
    if not portable.active():
        raise UserError("--portable: libraries are loaded already that it must come before; run "
                        "this as a command of its own")
    arguments.device = "cpu"


def chosen_device(device):
    """auto, cpu or cuda -> cpu or cuda."""
    if device == "cpu":
        return "cpu"
    import torch  # here, because --help and a mistyped argument should answer at once
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise UserError("--device cuda: torch finds no CUDA device on this machine; use "
                        "--device cpu")
    return "cpu"


def run(main, argv=None):
    """Runs an experiment's main(argv) and returns the exit status; a script ends with

        if __name__ == "__main__":
            sys.exit(command_line.run(main))

    A user's mistake is one line on standard error and status 2, without a
    traceback; a full disk or a file that cannot be written, one line and
    status 1; Ctrl-C, one line and 130; a termination signal likewise, 143.
    Where the output's reader ends early (`| head`), so does the script, quietly.
    """
    if argv is None and "--portable" in sys.argv and portable.possible() and not portable.active():
        portable.start_again()
    previous = signal.signal(signal.SIGTERM, _terminate)
    terminal.take_any_text()
    try:
        status = main(argv) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        if terminal.reader_is_gone():
            return terminal.READER_GONE
        raise
    except UserError as error:
        return _end(2, str(error))
    except KeyboardInterrupt as error:
        status, word = (143, "terminated") if isinstance(error, _Terminated) else (
            130, "interrupted")
        remains = getattr(error, "kept", "what is complete is kept")
        return _end(status, f"{word}: {remains}; the same command goes on")
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        return _end(1, f"{error.filename or 'a file'}: {os.strerror(error.errno)}; what is "
                       "complete is kept: make room or give access, and run the same command")
    finally:
        signal.signal(signal.SIGTERM, previous)


_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR,
               errno.EFBIG, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)


class _Terminated(KeyboardInterrupt):
    """A termination signal: everything that Ctrl-C winds up, this does too."""


def _terminate(number, frame):
    raise _Terminated


def _end(status, line):
    print(line, file=sys.stderr)
    return status


def _chosen_tasks(texts, tasks):
    if texts is None:
        return list(tasks)
    by_text = {str(task): task for task in tasks}
    for task in texts:
        if task not in by_text:
            raise UserError(f"--tasks: no task {task!r}; the tasks are {_listed(tasks)}")
    wanted = {by_text[task] for task in texts}
    return [task for task in tasks if task in wanted]


def number(flag, text, least=1, most=None):
    """A flag's whole number. UserError where it is none, too small or too large."""
    try:
        value = int(str(text))    # not what a fraction is cut to
    except ValueError:
        raise UserError(f"{flag}: {text!r} is not a whole number") from None
    if value < least:
        raise UserError(f"{flag}: {value} is too small; the least is {least}")
    if most is not None and value > most:
        raise UserError(f"{flag}: {value} is too large; the most is {most}")
    return value


def temporary_folder():
    """A new folder, which goes with this process."""
    folder = tempfile.mkdtemp(prefix="smoke-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _folded(name):
    return " ".join(name.lower().split())


def _listed(items):
    """What can be asked, for a message: numbers in a row as "1 to 20"."""
    items = list(items)
    if isinstance(items[0], int) and items == list(range(items[0], items[0] + len(items))):
        return f"{items[0]} to {items[-1]}"
    return ("; " if any("," in str(item) for item in items) else ", ").join(map(str, items))
