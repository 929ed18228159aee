"""One run at a time on a results folder."""

import json
import os
import platform
import shlex
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import filelock

from replication.records import files as stored_files
from tasks.errors import UserError


@contextmanager
def hold(results):
    """Holds the folder for this run; says who holds it, and waits, where another run does.

    The lock ends with its process, however that ends. Raises UserError for a
    folder that cannot be made or written.
    """
    results = Path(results)
    lock_file, holder_file = results / ".running.lock", results / ".running.json"
    lock = filelock.FileLock(lock_file)
    try:
        results.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            print(f"{results} is in use by {_holder(holder_file)}; waiting for it to end",
                  file=sys.stderr, flush=True)
            lock.acquire()
        stored_files.write(holder_file, _this_run())
    except OSError as error:
        lock.release()
        raise UserError(f"{results}: results cannot be written there ({error.strerror}); choose "
                        "another folder with --results") from None
    try:
        yield
    finally:
        holder_file.unlink(missing_ok=True)
        lock_file.unlink(missing_ok=True)  # while it is held: a waiting run then makes its own
        lock.release()


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
