"""One run at a time on a cell: runs of different cells share a results folder side by side."""

import json
import os
import platform
import shlex
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import filelock

from replication.records import files as stored_files
from tasks.errors import UserError

FOLDER = ".cells.running"     # under the results, while a run writes into it


@contextmanager
def hold(results, records=(Path(),)):
    """Holds these records for this run; says who holds one, and waits, where another run does.

    records  paths under `results` of the cells' records; none named: the folder as a whole, which
             other such runs wait for

    A lock ends with its process, however that ends; on a shared disk it holds for all machines
    whose file system knows locks. Raises UserError for a folder that cannot be made or written.
    """
    results = Path(results)
    names = sorted({_name(results, record) for record in records})
    with ExitStack() as stack:
        try:
            said = set()
            for name in names:          # in one order for all runs: none waits for another's wait
                stack.enter_context(_lock(results, name, said))
        except OSError as error:
            raise _unwritable(results, error) from None
        yield


def refuse_unwritable(results):
    """UserError where `hold` could not make or write this folder of results; makes none."""
    try:
        nearest = next(folder for folder in (Path(results), *Path(results).absolute().parents)
                       if folder.exists())
        with tempfile.TemporaryDirectory(prefix=".", dir=nearest):
            pass
    except OSError as error:
        raise _unwritable(results, error) from None


def _unwritable(results, error):
    return UserError(f"{results}: results cannot be written there ({error.strerror}); choose "
                     "another folder with --results")


def held(results):
    """Whether a run writes into a results folder: locks that a killed one left are free."""
    for file in (Path(results) / FOLDER).glob("*.lock"):
        try:
            with filelock.FileLock(file).acquire(timeout=0):
                pass
        except filelock.Timeout:
            return True
    return False


def _name(results, record):
    """A file's name for a record's path: its parts, with "--" between them."""
    record = Path(record)
    with suppress(ValueError):
        record = record.relative_to(results)
    return "--".join(record.with_suffix("").parts) if record.parts else "all"


@contextmanager
def _lock(results, name, said):
    folder = results / FOLDER
    lock_file, holder_file = folder / f"{name}.lock", folder / f"{name}.json"
    lock = filelock.FileLock(lock_file)
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
            break
        except filelock.Timeout:
            holder = _holder(holder_file)
            if holder not in said:
                said.add(holder)
                print(f"{results} is in use by {holder}; waiting for it to end", file=sys.stderr,
                      flush=True)
            with suppress(FileNotFoundError):
                lock.acquire()
                break
        except FileNotFoundError:
            pass            # another run that ended took the folder away in between
    try:
        stored_files.write(holder_file, _this_run())
        yield
    finally:
        holder_file.unlink(missing_ok=True)
        lock_file.unlink(missing_ok=True)  # while it is held: a waiting run then makes its own
        lock.release()
        with suppress(OSError):
            folder.rmdir()                 # where no other run is there


def _this_run():
    return json.dumps({"pid": os.getpid(), "host": platform.node(),
                       "command": shlex.join(sys.argv),
                       "since": datetime.now().astimezone().isoformat(timespec="seconds")}).encode()


def _holder(file):
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
        return (f"process {run['pid']} on {run['host']} ({run['command']}) since {run['since']}")
    except (OSError, ValueError, KeyError):  # it has just begun, or just ended
        return "another run"
