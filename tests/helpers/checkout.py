"""A checkout of its own, with stub experiments, in which run_all.sh is run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from replication.records.provenance import ROOT
from tests.helpers.patience import PATIENCE

TABLE, FIGURE = "memnn_table4_learning_curve", "memnn_figure9_stub"
TABLE1 = "memn2n_table1_babi_1k"
PARTS = ("run_all.sh", ".gitignore", "replication/__init__.py", "replication/run_all.py",
         "replication/running/__init__.py", "replication/running/environment.py",
         "replication/running/cell_list.py", "replication/running/costs.py",
         "replication/running/in_turn.py",
         "replication/records/record.py",
         "replication/records/__init__.py", "replication/records/portable.py",
         "replication/records/provenance.py",
         "tasks/__init__.py", "tasks/errors.py", "tasks/terminal.py")
STUB = """
import os, sys
from pathlib import Path
with open(Path("results/local"), "a") as log:
    log.write(" ".join([Path(__file__).stem, *sys.argv[1:], "DATA=" + os.environ.get(
        "MEMNN_DATA", ""), sys.prefix]) + "\\n")
sys.exit({status})
"""
ASKS_FOR_DOWNLOADS = """
import os
from pathlib import Path
folder = Path(os.environ["MEMNN_DOWNLOADS"])
with open(Path("results/downloads"), "a") as log:
    log.write(f"{folder} {folder.is_dir()}\\n")
"""
# It lasts longer than PATIENCE.
ENDLESS = """
import subprocess, sys, time
from pathlib import Path
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(6000)"])
Path("results/workers").write_text(str(worker.pid))
try:
    time.sleep(6000)
except KeyboardInterrupt:
    Path("results/interrupted").write_text("yes")
    raise
"""


class Checkout:
    """A small checkout whose pins are this Python's own pytest alone."""

    def __init__(self, root):
        self.root = root
        for name in PARTS:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        (root / "results").mkdir()
        (root / "paper_tables").mkdir()
        (root / "paper_tables" / "__main__.py").touch()
        self.pin(f"pytest=={pytest.__version__}")
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(root.parent), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "MEMNN_SLOWER": "1"}

    def pin(self, *pins):
        lines = "".join(f'  "{pin}",\n' for pin in pins)
        (self.root / "pyproject.toml").write_text(
            f'[project]\nname = "stub"\nversion = "1"\ndependencies = [\n{lines}]\n')

    def stub(self, name, status=0, text=STUB):
        (self.root / "replication" / f"{name}.py").write_text(text.replace("{status}", str(status)))

    def start(self, *arguments, cwd=None, **environment):
        return subprocess.Popen(
            [self.root / "run_all.sh", *arguments], cwd=cwd or self.root, text=True,
            env=self.environment | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **options):
        process = self.start(*arguments, **options)
        process.out, process.err = process.communicate(timeout=PATIENCE)
        return process

    def log(self):
        path = self.root / "results" / "local"
        return path.read_text().splitlines() if path.exists() else []
