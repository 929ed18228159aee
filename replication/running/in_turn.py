"""Runs scripts one after another, each in a fork of one process that has loaded torch.

A tiny run takes a few seconds, of which loading torch is a large part: run_all.py's smoke profile
loads it once.

    python -m replication.running.in_turn '[["SCRIPT", ["-m", "MODULE", "--smoke"]], ..]'
"""

import gc
import json
import os
import runpy
import signal
import sys


def main(text):
    """Runs each [script, words behind `python`] of a JSON list; returns 1 where one fails."""
    import scipy.stats  # noqa: F401, what several of the scripts load
    import sklearn  # noqa: F401
    import torch  # noqa: F401
    gc.freeze()     # what is loaded stays: looking through it again and again would copy it
    failed = []
    for script, words in json.loads(text):
        print(f"\n== {script}", flush=True)
        process = os.fork()
        if process == 0:
            _, module, *sys.argv[1:] = words
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            return 0
        status = _ended(process)
        if status:
            failed.append(f"failed: {script} (exit status {status})")
    print(*failed, sep="\n", end="\n" * bool(failed), file=sys.stderr)
    return 1 if failed else 0


def _ended(process):
    """A fork's exit status, once it has ended; what interrupts us interrupts it."""
    try:
        status = os.waitpid(process, 0)[1]
    except KeyboardInterrupt:
        os.kill(process, signal.SIGINT)
        os.waitpid(process, 0)
        sys.exit(130)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
