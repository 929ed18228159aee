"""Shows how many epochs of a block are done, from whichever process trains it.

A run gives its processes a folder by $MEMNN_EPOCHS; each writes there how far its block is, and the
run looks every second. On a terminal it stands beside the bar; a log has a line a minute.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from replication.training import epochs

FOLDER = "MEMNN_EPOCHS"
LOOK, LINE = 1.0, 60.0     # seconds between looks, and between lines of a log


@contextmanager
def shown_by(progress, names):
    """Has a Progress show the epochs of blocks while this lasts; names: of each block's cell."""
    folder, over = tempfile.mkdtemp(prefix="epochs-"), threading.Event()
    os.environ[FOLDER] = folder
    thread = threading.Thread(target=_watch, args=(Path(folder), progress, names, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def told(number):
    """What this process trains meanwhile is block `number`; a run is told, where one asks."""
    folder = os.environ.get(FOLDER)
    if not folder:
        yield
        return
    file, last = Path(folder, str(number)), [0.0]

    def tell(epoch, total):
        if time.monotonic() - last[0] > LOOK / 2 or epoch == total:
            last[0] = time.monotonic()
            with suppress(OSError):        # the run is over, or its disk is full: no harm
                file.write_text(f"{epoch} {total}")
    epochs.listen(tell)
    try:
        yield
    finally:
        epochs.listen(None)
        with suppress(OSError):
            file.unlink()


def _watch(folder, progress, names, over):
    line = time.monotonic()
    while not over.wait(LOOK):
        now = _now(folder, names)
        if not now:
            continue
        if sys.stderr.isatty():
            progress.step(now)
        elif time.monotonic() - line >= LINE:
            line = time.monotonic()
            progress.say(now)


def _now(folder, names):
    """The blocks in training in one line: "PE, task 3: epoch 12 of 120; ..."."""
    parts = []
    for file in sorted(folder.glob("*"), key=lambda file: int(file.name)):
        with suppress(OSError, ValueError):    # written or gone just now
            epoch, total = file.read_text().split()
            parts.append(f"{names[int(file.name)]}: epoch {epoch} of {total}")
    more = f" and {len(parts) - 2} more" if len(parts) > 2 else ""
    return "; ".join(parts[:2]) + more
