"""Where a number comes from: the code that made it and the machine it ran on."""

import hashlib
import platform
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from replication.records import portable

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "results" / "golden"
PACKAGES = ("replication", "tasks")


def module_of(script):
    """The dotted name of an experiment's script: one of a paper's, or of our own ablations."""
    place = "ablations." if (ROOT / "replication" / "ablations" / f"{script}.py").is_file() else ""
    return f"replication.{place}{script}"


def code(trainer):
    """{commit, dirty, trainer, golden} of what trains a cell.

    commit and dirty are None outside a git checkout; dirty is about replication/ and tasks/ alone.
    golden: the SHA-256 of the trainer's golden figures, which change when its numbers would.
    """
    top = _git("rev-parse", "--show-toplevel")
    # Unpacked inside a repository of something else, this is no checkout.
    commit = _git("rev-parse", "HEAD") if top and Path(top).resolve() == ROOT else None
    changes = _git("status", "--porcelain", "--", *PACKAGES) if commit else None
    return {"commit": commit, "dirty": None if changes is None else bool(changes),
            "trainer": trainer, "golden": golden_digest(trainer)}


def golden_digest(trainer):
    """SHA-256 of a trainer's golden figures as they are here; None where there are none."""
    file = GOLDEN / f"{trainer}.json"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def environment(device):
    """What trains here: {python, torch, numpy, device, threads, platform, processor,
    instruction_set ("portable" in the mode of that name)}; threads are those of one worker.
    """
    import torch
    if device == "cuda":
        device = f"cuda ({torch.cuda.get_device_name()})"
    return {"python": platform.python_version(), "torch": version("torch"),
            "numpy": version("numpy"), "device": device, "threads": 1,
            "platform": platform.platform(), "processor": processor(),
            "instruction_set": portable.NAME if portable.active() and device == "cpu" else
            torch.backends.cpu.get_cpu_capability()}


def peak_memory_mb():
    """Largest resident size of this process so far, in MB (2**20 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KB on Linux, bytes on macOS
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def kind(environment):
    """What must be the same for the same bits: the libraries and the kind of processor.

    Of the portable mode the C library in the place of the processor's maker and model.
    """
    same = {key: environment.get(key)
            for key in ("torch", "numpy", "device", "processor", "instruction_set")}
    if same["instruction_set"] == portable.NAME:
        same["processor"] = environment["platform"].rpartition("-with-")[2]
    return same


def processor():
    """The processor's kind: its machine type, and on Linux its maker, family and model."""
    facts = {}
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            facts.setdefault(name.strip(), value.strip())
    except OSError:
        return " ".join(dict.fromkeys((platform.machine(), platform.processor())))
    names = ("vendor_id", "cpu family", "model", "CPU implementer", "CPU part")
    return " ".join([platform.machine(), *(facts[name] for name in names if name in facts)])


def _git(*arguments):
    """Output of a git command on this project; None without git or outside a checkout.

    It only looks: a lock on git's index would stay behind in a run killed meanwhile.
    """
    try:
        done = subprocess.run(["git", "--no-optional-locks", "-C", str(ROOT), *arguments],
                              capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
