"""What ./run_all.sh runs: which scripts, with which arguments, how long, and in what order.

It needs only Python's own library, since it starts before the packages are there.
"""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

from replication.records.provenance import ROOT, module_of
from replication.running import cell_list, environment
from replication.running.costs import COSTS, Cost, announce, slowness
from tasks import terminal
from tasks.errors import UserError

RESULTS = "results/local"
DOWNLOADS = "MEMNN_DOWNLOADS"  # tasks/archives.py reads it, and needs packages

PROFILES = ("default", "smoke", "full")
USAGE = """usage: ./run_all.sh [--profile default|smoke|full] [--only SCRIPT] [--jobs N]
                    [--cluster ADDRESS] [--dry-run | --list-cells]
       ./run_all.sh tables | verify | test [PYTEST ARGUMENT...]"""
HELP = f"""{USAGE}

Trains the experiments and prints their tables: published, reference, this run.

  --profile default  what fits an hour: tables at 10 restarts (the baselines of MemN2N's
                     Table 1 at 3), into {RESULTS}; says what it leaves out
  --profile smoke    a tiny run of every script, which keeps nothing
  --profile full     everything as in the committed evidence, into {RESULTS}
  --only SCRIPT      one script
  --jobs N           cells in N parallel processes (here: %(jobs)d; smoke: 1)
  --cluster ADDRESS  cells on the workers of a Dask scheduler, in place of --jobs
  --dry-run          say what would run and how long it takes
  --list-cells       print a command for each cell and its expected minutes, longest first
  tables             rebuild every table, the report and README's generated parts
  verify             check records, checkpoints, tables and README against each other
  test               run the tests; further arguments go to pytest: -m "not retrain" adds what is
                     exhaustive, -m retrain trains cells of the evidence again

$MEMNN_DATA names the folder of the official data, $TORCH_INDEX_URL where torch comes from.
$MEMNN_SLOWER, how many times as long as expected this machine takes, is measured if not set."""


class Parser(argparse.ArgumentParser):
    """argparse, with a mistake as one line and the usage."""

    def error(self, message):
        raise UserError(f"{message}\n{USAGE}")


def main(arguments):
    """Run one command line of run_all.sh; returns its exit status."""
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    if command:
        return COMMANDS[command](arguments[1:])
    options = parse(arguments)
    if options is None:
        print(HELP % {"jobs": usable_cores()})
        return 0
    names, left_out = choose(options.profile, options.only, scripts())
    if options.list_cells:
        for line in cell_list.lines(names, options.profile, COSTS, RESULTS):
            print(line)
        return 0
    if options.cluster:
        os.environ.setdefault("MEMNN_EXTRAS", "cluster")
    python = environment.present(ROOT)
    # Of a run that is over in two minutes the measurement would be a large part.
    smoke = options.profile == "smoke"
    slower = slowness(None if smoke else python)
    for line in announce(options.profile, names, left_out, slower):
        print(line, flush=True)
    commands = [(script, words) for script in names
                for words in commands_of(script, options.profile, options.jobs, options.cluster)]
    if options.dry_run:
        for _, words in commands:
            print("would run: python", shlex.join(words))
        return 0
    if python is None:
        python = environment.ensure(ROOT, run)
        if slower is None and not smoke:
            slower = slowness(python)
            print(next(announce(options.profile, names, left_out, slower)), flush=True)
    with one_choice_of_data() as variables:
        if smoke:
            words = ["-m", "replication.running.in_turn", json.dumps(commands)]
            return run([python, *words], env=variables)
        failed = []
        for script, words in commands:
            print(f"\n== {script}", flush=True)
            failed += _failure(script, run([python, *words], env=variables))
    failed += _failure("the tables of this run", run([python, "-m", "paper_tables", "--local"]))
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _failure(name, status):
    return [f"{name} (exit status {status})"] if status else []


def parse(arguments):
    """The options of a run; None where help is asked for."""
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--profile", choices=PROFILES, default="default")
    parser.add_argument("--only", metavar="SCRIPT")
    parser.add_argument("--jobs", type=positive)
    parser.add_argument("--cluster", metavar="ADDRESS")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--list-cells", action="store_true")
    options = parser.parse_args(arguments)
    if options.jobs is None:     # another process would load torch anew, longer than a tiny run
        options.jobs = 1 if options.profile == "smoke" else usable_cores()
    return None if options.help else options


def positive(text):
    """A count from the command line."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def usable_cores():
    """Cores of this process, at most 8: more workers cost memory without being needed."""
    if hasattr(os, "sched_getaffinity"):
        return min(8, len(os.sched_getaffinity(0)))
    return min(8, os.cpu_count() or 1)


def scripts():
    """Names of the experiment scripts of this checkout: tables and figures, then our own."""
    folder = ROOT / "replication"
    # Figures after the tables: they are drawn from the tables' models.
    papers = [path.stem for kind in ("table", "figure")
              for path in sorted(folder.glob(f"memn*_{kind}*.py"))]
    ours = {path.stem for place in (folder, folder / "ablations") for path in place.glob("*.py")}
    return papers + [name for name in COSTS if name not in papers and name in ours]


def choose(profile, only, available):
    """Scripts of a profile -> (those that run, those left out for their time)."""
    if only is not None:
        name = only.removesuffix(".py").rpartition("/")[2]
        if name not in available:
            raise UserError(f"--only {only}: not one of {', '.join(available) or 'no script'}")
        return [name], []
    if not available:
        raise UserError("no experiment scripts in replication/; is this checkout complete?")
    long = [name for name in available
            if profile == "default" and name in COSTS and COSTS[name].default is None]
    return [name for name in available if name not in long], long


@contextmanager
def one_choice_of_data():
    """The variables of the scripts: by them, what one could not download, the next do not try."""
    with tempfile.TemporaryDirectory(prefix="memnn-") as folder:
        yield os.environ | {DOWNLOADS: folder}


def commands_of(script, profile, jobs, cluster=None):
    """For each run of one script the words after `python`."""
    where = ["--cluster", cluster] if cluster else ["--jobs", str(jobs)]
    words = ["-m", module_of(script), *where]
    cost = COSTS.get(script, Cost(0, 0, 0))
    if profile == "smoke":
        return [[*words, "--smoke", *cost.tiny]]
    runs = cost.evidence if profile == "full" else cost.short
    return [[*words, "--results", RESULTS, *arguments] for arguments in runs]


def part(name, module):
    """A command that is a module of its own."""
    def command(arguments):
        if arguments:
            raise UserError(f"unrecognized arguments after {name}: {' '.join(arguments)}\n{USAGE}")
        return run([environment.ensure(ROOT, run), "-m", module])
    return command


def test(arguments):
    """The tests, in the place of this process: a debugger then has the terminal.

    A process a core runs them, file by file; with --pdb, or -n 0, there is one.
    """
    python = str(environment.ensure(ROOT, run))
    sys.stdout.flush()
    os.environ.setdefault("PYTEST_XDIST_AUTO_NUM_WORKERS", str(usable_cores()))
    os.execv(python, [python, "-m", "pytest", "-n", "auto", "--dist", "loadfile", *arguments])


COMMANDS = {
    "tables": part("tables", "paper_tables"),
    "verify": part("verify", "replication.verify"),
    "test": test,
}


class Stopped(BaseException):
    """A signal asked this program to stop."""


def run(words, **options):
    """Run one program to its end -> its exit status; a signal to us stops it and all it started."""
    # A process group of its own, so that its workers can be stopped with it.
    child = subprocess.Popen([str(word) for word in words], cwd=ROOT, stdin=subprocess.DEVNULL,
                             process_group=0, **options)
    try:
        return child.wait()
    except BaseException:
        stop(child)
        raise


def stop(child):
    """Ask the program to stop as Ctrl-C does, then end whatever is left of its group."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        end = time.monotonic() + 3
        while child.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def _on_signal(number, _frame):
    # Once is enough: a second Ctrl-C must not break off the stopping.
    for name in STOPS:
        signal.signal(name, signal.SIG_IGN)
    raise Stopped(number)


STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


if __name__ == "__main__":
    for _name in STOPS:
        # nohup and the like set SIGHUP aside; Ctrl-C always stops.
        if _name == signal.SIGINT or signal.getsignal(_name) != signal.SIG_IGN:
            signal.signal(_name, _on_signal)
    try:
        _status = main(sys.argv[1:])
        sys.stdout.flush()      # here, where a reader that has ended is no surprise
        sys.exit(_status)
    except UserError as _error:
        print(f"run_all.sh: {_error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        if not terminal.reader_is_gone():
            raise
        sys.exit(terminal.READER_GONE)
    except Stopped as _stopped:
        print("run_all.sh: stopped; run it again to go on", file=sys.stderr)
        sys.exit(128 + _stopped.args[0])
