"""The pins are written once and repeated exactly; the citation names the same release."""

import re
import tomllib
from pathlib import Path

from replication.running import environment as run_environment

ROOT = Path(__file__).resolve().parent.parent


def project():
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


def test_every_dependency_is_pinned_exactly():
    pins = run_environment.pins(ROOT)
    assert len(pins) == len(project()["dependencies"]) > 0
    for pin in pins:
        assert re.fullmatch(r"[a-z][a-z0-9-]*==\d+(\.\d+)+", pin), pin


def test_the_extra_of_the_cluster_is_pinned_alike():
    extra = project()["optional-dependencies"]["cluster"]
    named = re.findall(r"^    # for --cluster alone: - (\S+)$",
                       (ROOT / "environment.yml").read_text(), re.MULTILINE)
    assert named == extra and [pin.partition("==")[0] for pin in extra] == ["dask", "distributed"]


def test_environment_yml_has_the_pins_of_pyproject():
    text = (ROOT / "environment.yml").read_text()
    before, _, pip_section = text.partition("  - pip:\n")
    assert re.findall(r"^    - (\S+)$", pip_section, re.MULTILINE) == run_environment.pins(ROOT)
    python = re.search(r"^  - python=(\d+)\.(\d+)$", before, re.MULTILINE)
    assert tuple(map(int, python.groups())) >= (3, 11)


def test_citation_names_this_release_and_both_papers():
    text = (ROOT / "CITATION.cff").read_text()
    assert re.search(rf"^version: {re.escape(project()['version'])}$", text, re.MULTILINE)
    assert re.search(r"^license: MIT$", text, re.MULTILINE)
    assert 'name: "The memory-networks-reproduction authors"' in text
    references = text.partition("\nreferences:\n")[2]
    assert "arXiv:1410.3916" in references and "arXiv:1503.08895" in references
    assert "The memory-networks-reproduction authors" in (ROOT / "LICENSE").read_text()
