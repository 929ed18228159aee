"""The Python that a run uses: the active one if it satisfies the pins, else .venv.

Needs only Python's own library.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path

from tasks.errors import UserError

MARKER = "complete"  # in .venv, written after everything is installed; holds the pins
LOG = "install.log"
CHECK = """
import sys
from importlib.metadata import PackageNotFoundError, version
def installed(name):
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None
sys.exit(any(installed(name) != wanted for name, _, wanted in
             (pin.partition("==") for pin in sys.argv[1:])))
"""


def pins(root):
    """The exact requirements of pyproject.toml, e.g. ["torch==2.13.0", ...]."""
    with open(root / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["dependencies"]


def wanted_pins(root):
    """Those, and of each extra that $MEMNN_EXTRAS names ("cluster")."""
    with open(root / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"].get("optional-dependencies", {})
    names = os.environ.get("MEMNN_EXTRAS", "").split()
    return pins(root) + [pin for name in names for pin in extras.get(name, [])]


def satisfied(python, pins):
    """Whether a Python has every pin at its version (torch's +cpu and the like do not count)."""
    try:
        return subprocess.run([str(python), "-c", CHECK, *pins],
                              stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def ensure(root, run):
    """The Python to use -> Path; makes .venv where the active environment does not do.

    run(words, **options) runs a program to its end and returns its exit status.
    """
    python = present(root)
    if python:
        return python
    with _one_at_a_time(root):
        python = present(root)  # another run may have made it meanwhile
        if python is None:
            python = root / ".venv" / "bin" / "python"
            _make(root / ".venv", python, wanted_pins(root), run)
    return python


def present(root):
    """The active Python, or that of .venv, if it has every pin; else None."""
    pins, folder = wanted_pins(root), root / ".venv"
    if satisfied(sys.executable, pins):
        return Path(sys.executable)
    python = folder / "bin" / "python"
    return python if _marked(folder, pins) and satisfied(python, pins) else None


@contextmanager
def _one_at_a_time(root):
    """Two runs do not make .venv at once. The lock is on a file that is there anyway."""
    with open(root / "pyproject.toml", "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another run is making .venv: waiting for it", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _marked(folder, pins):
    try:
        return set(pins) <= set((folder / MARKER).read_text().splitlines())
    except OSError:
        return False


def _base():
    """The Python that an active environment was made from: .venv itself may be the active one."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path = Path(sys.base_prefix, "bin", name)
    return path if path.exists() else sys.executable


def _make(folder, python, pins, run):
    """A new .venv with the pins; the marker comes last."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise UserError(f"{sys.executable} has no venv module with pip; install it (Debian, "
                        "Ubuntu: the package python3-venv) or activate an environment made from "
                        "environment.yml")
    print(f"{'making' if not folder.exists() else 'making anew'} .venv with the packages of "
          "pyproject.toml, a few minutes", flush=True)
    base = _base()
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        with open(folder / LOG, "wb") as log:
            if run([base, "-m", "venv", folder], stdout=log, stderr=log):
                raise UserError(_failure(".venv could not be made", folder / LOG))
            for words in _installs(pins):
                if run([python, "-m", "pip", *words], stderr=log):
                    raise UserError(_failure("the packages could not be installed (is there a "
                                             "network?)", folder / LOG))
        temporary = folder / f"{MARKER}.tmp"
        temporary.write_text("\n".join(pins) + "\n")
        os.replace(temporary, folder / MARKER)
    except OSError as error:
        raise UserError(f"{folder}: .venv cannot be made ({error.strerror}); free the place and "
                        "run this again") from None


def _installs(pins):
    """Arguments of pip, one list a call."""
    install = ["install", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    index = os.environ.get("TORCH_INDEX_URL")
    if index:
        torch = next(pin for pin in pins if pin.startswith("torch=="))
        # Without dependencies: an index of torch need not have them; the next call brings them.
        yield [*install, "--no-deps", "--index-url", index, torch]
    yield [*install, *pins]


def _failure(what, log):
    """One line: what failed, pip's own last complaint, where the rest is."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or [""]
    return f"{what}: {errors[-1].strip()[:200]}; the whole log is {log}"
