"""Runs the cells of a table: looks what is already there, trains the rest, in parallel."""

import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
import warnings
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend import resource_tracker as loky_resource_tracker
from joblib.externals.loky.process_executor import BrokenProcessPool

from replication.running import lock
from replication.running.cluster import Cluster
from replication.running.epochs_shown import shown_by
from replication.running.progress import Progress
from replication.records import portable, provenance, record as results, writing
from replication.records.cells import Cell, Recorded
from replication.running.workers import Failure, failure_of, train_block
from tasks.errors import UserError

STACK = 10     # restarts trained together; no result depends on it


@dataclass(frozen=True)
class Run:
    """How cells are completed.

    seeds    the restarts that every cell must have; restarts already recorded are not trained
             again, whatever version of the code made them
    results  the folder of results
    jobs     parallel processes, each with one thread, or a running.cluster.Cluster
    device   "cpu" or "cuda", of cells that do not name one themselves
    force    replace records that are damaged, or of another protocol or other data (otherwise
             these are refused, before anything is trained)
    """
    seeds: list | range
    results: Path
    jobs: int | Cluster = 1
    device: str = "cpu"
    force: bool = False


def run_cells(cells, run, stack=STACK, whole_blocks=False, tidy=None):
    """Completes the cells' records for the seeds of a Run; returns the exit status.

    cells    list of records.cells.Cell, the longest first
    stack    seeds trained together, in fixed blocks: 0-9, 10-19, ..., where a cell does not say
             otherwise. The record is written after each block, so a kill loses no more than the
             blocks that were being trained
    whole_blocks  train all seeds of a block also where fewer are asked; only those are kept
    tidy   called when every cell is complete, while no other run may touch these cells

    Status 0 only if every cell is complete. A cell that fails is named on
    standard error with its reason, and the others go on. Raises UserError for
    records that are refused, OSError where a file cannot be written.
    """
    paths = [cell.path(run.results) for cell in cells]
    if len(set(paths)) < len(paths):
        raise ValueError("two cells have the same record: " + str(max(paths, key=paths.count)))
    with lock.hold(run.results, paths):
        work = _what_is_missing(cells, run)
        if portable.active():
            _say_of_other_bits(work, run.seeds)
        blocks = [(item, block) for item in work
                  for block in _blocks(item.missing, item.cell.stack or stack)]
        for item, _ in blocks:
            item.blocks_left += 1
        complete = sum(not item.missing for item in work)
        with Progress(len(cells), complete) as progress:
            status = _train(blocks, run, stack if whole_blocks else None, progress)
        if tidy and not status:
            tidy()
        return status


@dataclass
class _Work:
    """One cell's state during a run: what is recorded so far and the seeds it still needs."""
    cell: Cell
    recorded: Recorded | None
    missing: list
    code: dict = field(default_factory=dict)    # provenance.code, as the run begins
    blocks_left: int = 0
    failures: list = field(default_factory=list)


def _what_is_missing(cells, run):
    work, refused = [], []
    for cell in cells:
        try:
            recorded = cell.recorded(run.results)
        except UserError as error:
            if not run.force:
                refused.append(error)
            recorded = None
        before = recorded.seeds if recorded else []
        missing = sorted(set(run.seeds).difference(before))
        work.append(_Work(cell, recorded, missing))
    if refused:
        others = f" ({len(refused) - 1} other cells likewise)" if len(refused) > 1 else ""
        raise UserError(f"{refused[0]}{others}")
    for item in work:
        writing.tidy(item.cell, run.results, item.recorded)
    return work


def _say_of_other_bits(work, seeds):
    """Names on standard error the cells whose restarts asked are there from another mode."""
    others = [item.cell.name for item in work if item.recorded and any(
        group["environment"].get("instruction_set") != portable.NAME
        and not set(group["seeds"]).isdisjoint(seeds)
        for record in item.recorded.asked for group in results.groups(record))]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        print(f"--portable: restarts of {others[0]}{more} are there already, trained without it, "
              "and stay as they are; another folder with --results trains them anew",
              file=sys.stderr)


def _blocks(seeds, stack):
    """The seeds, sorted, in aligned blocks: of stack 10, seeds 3, 4, 12 are [3, 4] and [12]."""
    blocks = {}
    for seed in seeds:
        blocks.setdefault(seed // stack, []).append(seed)
    return list(blocks.values())


def _train(blocks, run, whole, progress):
    """Trains the blocks and writes what they give, in whatever order they end."""
    code = {trainer: provenance.code(trainer)
            for trainer in {item.cell.trainer for item, _ in blocks}}
    for item, _ in blocks:
        item.code = code[item.cell.trainer]
    calls = [(item.cell, _trained_seeds(seeds, whole), seeds, item.cell.device or run.device)
             for item, seeds in blocks]
    failed = 0
    try:
        with _signals_kept() as raise_what_was_lost, \
                shown_by(progress, [item.cell.name for item, _ in blocks]), \
                closing(run.jobs.train(calls) if isinstance(run.jobs, Cluster) else
                        _train_here(calls, min(run.jobs, max(len(blocks), 1)))) as ended:
            for number, block in ended:
                item, seeds = blocks[number]
                failed += _finish_block(item, seeds, block, run.results, progress)
                raise_what_was_lost()
    except BrokenProcessPool:
        print("a training process was killed, perhaps for lack of memory: what is complete is "
              "kept; run again with fewer --jobs", file=sys.stderr)
        return 1
    if failed:
        print(f"{failed} of {progress.total} cells are not complete", file=sys.stderr)
    return 1 if failed else 0


def _train_here(calls, jobs):
    """Trains blocks in processes of this machine; yields (number, Block or Failure)."""
    ended = None
    try:
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1,
                                       max_nbytes=None)  # arrays travel as they are, writable
            with _interrupts_held_back() if jobs > 1 else nullcontext():
                ended = parallel(                                  # starts workers
                    joblib.delayed(train_block)(number, cell.train, *block, os.getpid())
                    for number, (cell, *block) in enumerate(calls))
        yield from ended
    finally:
        _end_workers(ended, jobs)


def _end_workers(ended, jobs):
    """Leaves no process behind, whether the run is complete, interrupted or out of disk space.

    What joblib has to say about it is not heard: blocks are cancelled on
    purpose, and its own thread may miss them.
    """
    heard = threading.excepthook
    threading.excepthook = lambda thread_error: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if ended is not None:
                ended.close()
            if jobs > 1:
                get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
    finally:
        threading.excepthook = heard


@contextmanager
def _signals_kept():
    """Gives a function that raises again what a signal raised in vain, to be called now and then.

    Ctrl-C raises an exception wherever the run is. Inside a destructor or a callback of some
    library Python drops it, and the run would go on as if nothing had been asked.
    """
    noted, before = [], {}

    def note(number, frame):
        noted.append(number)
        before[number](number, frame)

    def raise_what_was_lost():
        if noted:
            before[noted[0]](noted[0], None)
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
                  if callable(signal.getsignal(number))}
    for number in before:
        signal.signal(number, note)
    try:
        yield raise_what_was_lost
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _interrupts_held_back():
    """Ctrl-C reaches every process of a terminal; those started in here leave it to the run.

    A process starts with the signals blocked that are blocked in the thread
    that starts it. Here other threads may still take the signal, so that it is
    noted, and raised at the end, when no start can be torn apart.
    """
    for tracker in (multiprocessing.resource_tracker, loky_resource_tracker):
        tracker.ensure_running()  # starting one of these would unblock the signal
    noted, main = [], threading.current_thread() is threading.main_thread()
    if main:     # elsewhere no handler can be set, and none would run
        handler = signal.signal(signal.SIGINT, lambda *signal_and_frame: noted.append(True))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if main:
            signal.signal(signal.SIGINT, handler)
    if noted:
        raise KeyboardInterrupt


def _trained_seeds(seeds, whole):
    if whole is None:
        return seeds
    first = seeds[0] // whole * whole
    return list(range(first, first + whole))


def _finish_block(item, seeds, block, folder, progress):
    """Writes one block's restarts; returns 1 where this was a failed cell's last block, else 0."""
    if not isinstance(block, Failure):
        origin = {"code": item.code, **block.cost}
        try:
            item.recorded = writing.add(item.cell, folder, item.recorded, block.trained, origin)
            progress.blocks += 1
        except (ValueError, TypeError, KeyError, UserError) as error:
            block = failure_of(error)
    item.blocks_left -= 1
    if isinstance(block, Failure):
        item.failures.append(block)
        progress.say(f"{block.traceback}failed: {item.cell.name}, seeds {seeds[0]} to {seeds[-1]}: "
                  f"{block.reason}")
    if item.blocks_left:
        progress.step(f"{item.cell.name}: blocks left: {item.blocks_left}")
        return 0
    if item.failures:
        return 1
    progress.finish(item.cell, item.recorded)
    return 0
