"""Where a number comes from: the code that made it and the machine it ran on."""

import ast
import hashlib
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("replication", "tasks")


def code(experiment):
    """{commit, dirty, sources} of an experiment's code.

    commit and dirty are None outside a git checkout; dirty is about
    replication/ and tasks/ alone. sources: the SHA-256 of every file of these
    two that the experiment's script reaches through its imports.
    """
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", *PACKAGES) if commit else None
    digests = {file: hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
               for file in imported_files(experiment)}
    return {"commit": commit, "dirty": None if changes is None else bool(changes),
            "sources": digests}


def environment(device):
    """{python, torch, numpy, device, threads, platform}; threads are those of one worker."""
    if device == "cuda":
        import torch
        device = f"cuda ({torch.cuda.get_device_name()})"
    return {"python": platform.python_version(), "torch": version("torch"),
            "numpy": version("numpy"), "device": device, "threads": 1,
            "platform": platform.platform()}


def imported_files(experiment):
    """Files of this package, as posix paths from its root, that an experiment's run uses.

    The experiment's folder name may carry a mark of other data ("@shuffled");
    its script is found without it.
    """
    script = ROOT / "replication" / f"{experiment.partition('@')[0]}.py"
    reached, waiting = set(), [ROOT / "replication" / "cells.py", script]
    while waiting:
        file = waiting.pop()
        if file in reached or not file.is_file():
            continue
        reached.add(file)
        for module in _imports(file):
            parts = module.split(".")
            waiting.append(ROOT.joinpath(*parts).with_suffix(".py"))
            waiting += [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    return sorted(file.relative_to(ROOT).as_posix() for file in reached)


def _imports(file):
    """Dotted names of this project's modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            # "from replication.models import memn2n" may name a module or a thing inside one
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


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
