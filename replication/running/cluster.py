"""Cells on a Dask cluster: `--cluster ADDRESS`, through joblib's Dask backend.

The run that is started holds the locks and writes the records; workers only train. A worker has
this package, in the same version, and the data: at the same path, or under its own $MEMNN_DATA. It
is refused, by name, where its code or a file differs, and nothing is trained there. Workers may
come and go: a block whose worker ended is trained again on another one.

    pip install '.[cluster]'              on all machines, in a checkout of this package
    dask scheduler
    dask worker ADDRESS --nthreads 1 --nworkers 8        on each, from the checkout's folder
"""

import hashlib
import os
import platform
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import joblib

from replication.records.files import sha256
from replication.records.provenance import PACKAGES, ROOT
from replication.running.workers import train_block
from tasks.errors import UserError

EXTRA = "pip install '.[cluster]'"
SECONDS = 10      # to reach the scheduler, and then for a first worker to be there


@dataclass(frozen=True)
class Cluster:
    """Where blocks are trained in place of this machine: the scheduler's address."""
    address: str

    def train(self, calls):
        """Trains blocks; yields (number, Block or Failure) as each ends.

        calls  [(cell, seeds to train, seeds to keep, device)]
        Raises UserError where the cluster cannot be reached or no worker of it can be taken.
        """
        _dask()
        with _client(self.address) as client:
            code, waiting, refused = code_digest(), dict(enumerate(calls)), {}
            files = {number: files_of(cell) for number, (cell, *_) in waiting.items()}
            while waiting:
                workers = _admitted(client, code, refused)
                backend = _backend(client, workers if refused else None)
                with joblib.parallel_config(backend=backend):
                    parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1,
                                               pre_dispatch="all")
                    ended = parallel(
                        joblib.delayed(train_there)(number, cell.train, block, files[number], code)
                        for number, (cell, *block) in waiting.items())
                    try:
                        for number, result in ended:
                            if isinstance(result, Refusal):
                                _say(refused, result)
                                continue
                            del waiting[number]
                            yield number, result
                    except _lost() as error:
                        reason = " ".join(str(error).split())
                        raise UserError(f"--cluster {self.address}: {reason}; what is complete is "
                                        "kept: run the same command again") from None
                    finally:
                        ended.close()


@dataclass(frozen=True)
class Refusal:
    """Why a worker, named by its address and machine, trains nothing."""
    worker: str
    machine: str
    reason: str


def _dask():
    """The library, or one line on how to get it."""
    try:
        import distributed
    except ImportError:
        raise UserError(f"--cluster: the package distributed is not there; {EXTRA}") from None
    return distributed


def _client(address):
    distributed = _dask()
    try:
        distributed.comm.get_address_host_port(address)  # Client would leave an error behind it
        return distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"--cluster {address}: no scheduler answers there ({reason[:200]}); start "
                        "one with: dask scheduler") from None


def _lost():
    """What is raised where workers were lost too often, or the scheduler."""
    from distributed import CancelledError
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker
    return KilledWorker, CancelledError, CommClosedError, TimeoutError


def _backend(client, workers):
    """joblib's Dask backend, with two cases of joblib 1.6 mended.

    A task that was lost for good calls nobody back, and would be waited for forever; and what is
    sent to a cluster of one worker would be done here.
    """
    from joblib._dask import DaskDistributedBackend
    from joblib._utils import _ExceptionWithTraceback

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs):
            return max(2, super().effective_n_jobs(n_jobs))

        def submit(self, func, callback=None):
            future = super().submit(func, callback)

            def tell(done):
                error = done.exception()
                if error is not None:
                    callback(_ExceptionWithTraceback(error))
            future.add_done_callback(tell)
            return future
    return Backend(client=client, wait_for_workers_timeout=SECONDS,
                   **({} if workers is None else {"workers": workers}))


def _admitted(client, code, refused):
    """Addresses of the workers that may train; names those that may not. UserError: there is none.

    A worker that comes later is asked before its first block.
    """
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError:
        raise UserError(f"--cluster: no worker has come to the scheduler in {SECONDS} seconds; "
                        "start some with: dask worker ADDRESS --nthreads 1") from None
    answers = client.run(refusal, {}, code, on_error="return")
    for address, answer in answers.items():
        if isinstance(answer, BaseException):
            answer = Refusal(address, "its machine", f"{type(answer).__name__}: {answer}")
        if answer is not None:
            _say(refused, replace(answer, worker=address))
    admitted = [address for address in answers if address not in refused]
    if not admitted:
        first = next(iter(refused.values()))
        raise UserError(f"--cluster: no worker can be taken; {first.worker} on {first.machine}: "
                        f"{first.reason}")
    return admitted


def _say(refused, refusal):
    if refusal.worker not in refused:
        refused[refusal.worker] = refusal
        print(f"worker {refusal.worker} on {refusal.machine} is refused: {refusal.reason}",
              file=sys.stderr, flush=True)


# What follows runs on the workers.

_one_block = threading.Lock()   # a worker of several threads trains one block at a time


def train_there(number, train, block, files, code):
    """workers.train_block after a look at code and data: (number, Block, Failure or Refusal).

    block   (seeds to train, seeds to keep, device)
    files   {path on the run's machine: (name under the data root, SHA-256)} of the cell's files
    """
    no = refusal(files, code)
    if no:
        from distributed import get_worker
        return number, replace(no, worker=get_worker().address)
    with _one_block:
        own_files = {path: _here(path, *facts) for path, facts in files.items()}
        return train_block(number, with_paths(train, own_files), *block, None)


def refusal(files, code):
    """The Refusal of this worker; None where code and files are the run's."""
    reason = None
    if code_digest() != code:
        reason = f"its code is another version ({ROOT})"
    for path, (name, digest) in files.items():
        if not reason and _here(path, name, digest) is None:
            reason = _difference(path, name)
    return reason and Refusal("this worker", platform.node(), reason)


def _difference(path, name):
    others = [place for place in _places(path, name) if place.is_file()]
    if others:
        return f"{others[0]}: not the run's file (another SHA-256)"
    return f"{path}: not there, nor under its own $MEMNN_DATA"


def _here(path, name, digest):
    """Where this worker has a file with that digest, or None."""
    for place in _places(path, name):
        if place.is_file() and _sha256(place, place.stat().st_mtime_ns) == digest:
            return place
    return None


def _places(path, name):
    yield Path(path)
    root = os.environ.get("MEMNN_DATA")
    if root:
        yield Path(root) / name
        yield Path(root) / Path(name).relative_to(Path(name).parts[0])   # the release's own folder


@lru_cache(maxsize=1024)
def _sha256(path, changed):
    return sha256(path)


@lru_cache(maxsize=1)
def code_digest():
    """SHA-256 of the package's sources."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def files_of(cell):
    """{path: (name, SHA-256)} of the data files that a cell's `train` names by their paths.

    UserError where it names a folder: what is in there no worker could be asked for.
    """
    digests, files = cell.data.get("files", {}), {}
    names = {digest: name for name, digest in digests.items()}
    for path in paths_in(cell.train):
        if path.is_dir():
            raise UserError(f"--cluster: {cell.name} reads from a folder ({path}), which workers "
                            "cannot be held to; run it without --cluster")
        # By its name; what stands in for a file has another in records than its path ends in.
        name = next((name for name in digests if path.as_posix().endswith(f"/{name}")
                     or path.name == name), None)
        if name is None and path.is_file():
            name = names.get(_sha256(path, path.stat().st_mtime_ns))
        if name is not None:
            files[path] = (name, digests[name])
    return files


def paths_in(value):
    """All paths in a callable's arguments, however deep."""
    paths = []
    with_paths(value, _Noted(paths))
    return paths


class _Noted(dict):
    """Takes note of each path that is looked up, and leaves it."""

    def __init__(self, paths):
        super().__init__()
        self.paths = paths

    def get(self, path, default=None):
        self.paths.append(path)
        return default


def with_paths(value, changed):
    """The value with some of its paths changed: {path: another}."""
    if isinstance(value, Path):
        return changed.get(value, value)
    if isinstance(value, partial):
        return partial(value.func, *(with_paths(x, changed) for x in value.args),
                       **with_paths(value.keywords, changed))
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(with_paths(x, changed) for x in value)
    if isinstance(value, Mapping):
        return {key: with_paths(x, changed) for key, x in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: with_paths(getattr(value, field.name), changed)
                 for field in fields(value) if field.init}
        return replace(value, **parts)
    return value
