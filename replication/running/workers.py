"""What happens in a process that trains: one thread, one block of restarts, its cost."""

import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from replication.records import portable, provenance
from replication.running.epochs_shown import told
from replication.records.record import Trained
from tasks.errors import UserError

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass
class Block:
    """Restarts that were trained, and {environment, started, seconds, peak_memory_mb} of it."""
    trained: Trained
    cost: dict


@dataclass
class Failure:
    """Why a block could not be trained, in one line; and where, unless it is the user's to mend."""
    reason: str
    traceback: str = ""


def train_block(number, train, seeds, to_keep, device, parent):
    """Trains `seeds` and gives those to keep: (number, Block), or (number, Failure).

    `parent` is the process id of the run; anywhere else this is a worker of it, and ends with it.
    None: on a cluster, whose workers stay.
    peak_memory_mb is the largest size that this process has had so far.
    """
    use_one_thread()
    portable.plain_torch()
    if parent not in (None, os.getpid()):
        _end_with(parent)
    started, clock = datetime.now(UTC), time.perf_counter()
    try:
        with told(number):
            trained = _keep(train(list(seeds), device), list(seeds), to_keep)
    except Exception as error:  # a failed cell must not stop the others
        return number, failure_of(error)
    cost = {"environment": provenance.environment(device),
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - clock + trained.earlier, 3),
            "peak_memory_mb": provenance.peak_memory_mb()}
    return number, Block(trained, cost)


def use_one_thread():
    """A restart's numbers must not depend on how sums are divided among threads."""
    for name in THREAD_VARIABLES:
        os.environ[name] = "1"
    torch = sys.modules.get("torch")  # where it is loaded later it heeds the variables
    if torch is not None:
        torch.set_num_threads(1)


def _keep(trained, seeds, to_keep):
    """The restarts whose seeds are kept, with weights as arrays."""
    got = [restart["seed"] for restart in trained.restarts]
    if got != seeds or len(trained.weights) != len(seeds):
        raise ValueError(f"training gave seeds {got} where {seeds} were asked")
    rows = [seeds.index(seed) for seed in to_keep]
    for name, curve in trained.curves.items():
        if curve.ndim != 2 or len(curve) != len(seeds):
            raise ValueError(f"curve {name} has shape {curve.shape}, not ({len(seeds)}, epochs)")
    return Trained([trained.restarts[i] for i in rows],
                   {name: curve[rows] for name, curve in trained.curves.items()},
                   [_arrays(trained.weights[i]) if trained.restarts[i]["status"] == "ok" else None
                    for i in rows], trained.metadata, trained.earlier)


def _arrays(weights):
    return {name: tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor
            for name, tensor in weights.items()}


def failure_of(error):
    """The Failure that an exception is."""
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return Failure(text)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(f"{type(error).__name__}: {text} ({Path(place.filename).name}:{place.lineno})",
                   "".join(traceback.format_exception(error)))


_watching = False


def _end_with(parent):
    """A worker whose run was killed ends too, within a second."""
    global _watching
    if _watching:
        return
    _watching = True

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()
