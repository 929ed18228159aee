"""The page that answers, for its tests: of the committed models, or of two of them."""

import shutil

from paper_tables import ask_page, tables
from replication.training import checkpoints

REFERENCE = tables.ROOT / "results" / "reference" / ask_page.EXPERIMENT


def page_text():
    return ask_page.build(tables.ROOT)[0][tables.ROOT / "paper_tables" / ask_page.FILE]


def checkpoint_of(model):
    """The Checkpoint of a model of the page."""
    return checkpoints.load(tables.ROOT / "paper_tables" / model["href"])


def copied(root):
    """Writes a root with the records and checkpoints of two tasks, and no joint model."""
    folder = root / "results" / "reference" / ask_page.EXPERIMENT / "memn2n-pe-ls-rn"
    folder.mkdir(parents=True)
    for task in (1, 2):
        for path in (REFERENCE / folder.name).glob(f"task-{task:02d}*"):
            shutil.copy(path, folder)
    return folder
