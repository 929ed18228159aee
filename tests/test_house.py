"""The house's rules: each folder has one job, and imports run one way. Held on the source's text,
so that an import inside a function counts like one at the top."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from replication import run_all
from replication.records.provenance import module_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tasks", "replication", "paper_tables")
# What a reader runs, apart from the experiments.
TOOLS = {f"replication.{name}" for name in (
    "run_all", "verify", "tune", "ask", "train_your_own", "benchmark", "api")}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
SOURCE = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def is_main(test):
    return isinstance(test, ast.Compare) and ast.unparse(test) == "__name__ == '__main__'"


def imports(name, tree):
    """The modules of the house that a module imports; of `from package import module`, the module."""
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[:len(package.split(".")) - node.level + 1]
            base = ".".join([*(up if node.level else []), *([node.module] if node.module else [])])
            wanted = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for module in wanted:
            while module and module not in FILES:       # a name inside a module: the module itself
                module = module.rpartition(".")[0]
            if module:
                yield module


def test_every_form_of_import_is_seen():
    text = """
import tasks.babi
from tasks.words import is_question
from tasks import corpora
def later():
    from . import files
    from ..models.memn2n import Form
"""
    assert set(imports("replication.records.record", ast.parse(text))) == {
        "tasks.babi", "tasks.words", "tasks.corpora", "replication.records.files",
        "replication.models.memn2n"}


IMPORTS = {name: set(imports(name, tree)) - {name} for name, tree in SOURCE.items()}


def under(name, *folders):
    return any(name == folder or name.startswith(folder + ".") for folder in folders)


def experiments():
    """Scripts that make a table or a figure, or one of our own experiments."""
    return {name for name, path in FILES.items()
            if path.parent in (ROOT / "replication", ROOT / "replication" / "ablations")
            and path.name != "__init__.py"} - TOOLS


def breaches(where, allowed):
    """Imports of the modules under `where` that `allowed` (of the imported module) refuses."""
    return sorted(f"{name} imports {module}" for name, modules in IMPORTS.items()
                  if under(name, where) for module in modules if not allowed(module))


@pytest.mark.parametrize("where, allowed", [
    ("tasks", lambda module: under(module, "tasks")),
    ("replication.models", lambda module: under(module, "replication.models", "tasks.errors")),
    ("replication.records", lambda module: not under(
        module, "replication.running", "replication.training", "replication.models")),
    ("replication.training", lambda module: not under(module, "replication.running")),
    ("paper_tables", lambda module: under(module, "paper_tables", "tasks", "replication.records")),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_folder_imports_only_what_lies_below_it(where, allowed):
    assert breaches(where, allowed) == []


def test_of_replication_only_verify_knows_the_tables():
    who = {name for name, modules in IMPORTS.items() if under(name, "replication")
           and any(under(module, "paper_tables") for module in modules)}
    assert who == {"replication.verify"}


def test_no_experiment_imports_another_and_no_folder_below_imports_one():
    scripts = experiments()
    assert {module_of(name) for name in run_all.scripts()} <= scripts
    assert {name for name in scripts if IMPORTS[name] & scripts} == set()
    # The tools may: verify, ask and the like start from what an experiment defines.
    below = {name for name in FILES if under(name, "replication") and FILES[name].parent not in (
        ROOT / "replication", ROOT / "replication" / "ablations")}
    assert {f"{name} imports {module}" for name in below for module in IMPORTS[name] & scripts
            if not under(name, "replication.verification")} == set()


def test_every_experiment_can_be_run():
    for name in experiments() | (TOOLS - {"replication.api"}):
        assert any(isinstance(node, ast.If) and is_main(node.test)
                   for node in SOURCE[name].body), name


def test_no_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
