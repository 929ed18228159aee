"""Every link between the committed pages leads somewhere."""

import re
import subprocess
from urllib.parse import unquote

import pytest

from paper_tables.tables import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages():
    try:
        named = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "*.md"], text=True,
                               capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git is not there, or this is no checkout")
    return [ROOT / name for name in named.stdout.split("\0") if name]


def test_every_relative_link_is_to_a_file_that_is_here():
    links = [(page, unquote(link.partition("#")[0])) for page in pages()
             for link in LINK.findall(page.read_text(encoding="utf-8"))
             if not link.startswith(("http", "#"))]
    assert len(links) > 20
    assert not [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()]
