"""Every command that the pages and the docstrings give is one that can be run as it stands."""

import ast
import contextlib
import functools
import importlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

from replication import tune

ROOT = Path(__file__).resolve().parent.parent
PAGES = [str(path.relative_to(ROOT)) for folder in (".", "replication", "paper_tables")
         for path in sorted((ROOT / folder).glob("*.md"))]
PACKAGES = ("tasks", "replication", "paper_tables")
COMMAND = re.compile(r"python -m\s+([a-z_0-9]++(?:\.[a-z_0-9]++)*+)(?!\.?\{)((?: [^`\n]*)?)")
FLAG = re.compile(r"(?<!\S)--[a-z][a-z-]*")


def texts():
    """(where, text) of each page, and of each docstring and string of the packages."""
    for page in PAGES:
        yield page, (ROOT / page).read_text(encoding="utf-8")
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):     # what an f-string puts in stands as {}
                if isinstance(node, ast.JoinedStr):
                    yield str(path.relative_to(ROOT)), "".join(
                        part.value if isinstance(part, ast.Constant) else "{}"
                        for part in node.values)
                    for part in node.values:
                        part.value = None
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield str(path.relative_to(ROOT)), node.value


def commands():
    """{(where, module, words before its first flag, flags)} of every command in the texts."""
    seen = set()
    for where, text in texts():
        for module, rest in COMMAND.findall(re.sub(r"\\\n\s*", "", text)):
            command = re.split(r"   |  #|; | && ", rest)[0]     # behind it: what it does, or takes
            words = command.partition(" -")[0].split()
            seen.add((where, module, tuple(words), tuple(dict.fromkeys(FLAG.findall(command)))))
    return sorted(seen)


COMMANDS = [command for command in commands() if command[1].partition(".")[0] in PACKAGES]


def program(module):
    """The module that `python -m module` runs, or None."""
    spec = importlib.util.find_spec(module)
    if spec and spec.submodule_search_locations is not None:
        module = f"{module}.__main__"
        spec = importlib.util.find_spec(module)
    return module if spec else None


@functools.cache
def help_of(module, *words):
    """What the program says where --help is asked for."""
    main = importlib.import_module(program(module)).main
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            assert not main([*words, "--help"])
        except SystemExit as end:
            assert not end.code
    return said.getvalue()


def test_the_commands_are_found():
    assert {"replication.verify", "replication.train_your_own", "tasks.generators",
            "replication.ablations.simulators_difficulty"} <= {command[1] for command in COMMANDS}
    assert {"README.md", "replication/DEVIATIONS.md", "replication/ask.py"} <= {
        command[0] for command in COMMANDS}


@pytest.mark.parametrize("name", tune.NAMES)
def test_each_tuning_names_its_flags_and_its_command(name):
    said = help_of("replication.tune", name)
    assert said.startswith(f"usage: python -m replication.tune {name} ")
    assert {"--results", "--jobs", "--choose"} <= {*FLAG.findall(said)}


def test_a_flag_of_a_scripts_own_is_in_its_help():
    usage, *_ = help_of("replication.memnn_figure4_dialogue").partition("\n\n")
    assert "[--interactive]" in usage


@pytest.mark.parametrize("module", sorted({command[1] for command in COMMANDS}))
def test_a_command_can_be_run_and_knows_its_flags(module):
    given = [command for command in COMMANDS if command[1] == module]
    assert program(module), f"{given}: there is no such module"
    source = Path(importlib.util.find_spec(program(module)).origin).read_text(encoding="utf-8")
    assert '__name__ == "__main__"' in source, f"{given}: nothing happens when it is run"
    for where, _, words, flags in given:
        # tune has a command line for each of its names, ours and the reader's NAME.
        name = [tune.NAMES[0] if words[:1] == ("NAME",) else words[0]] if (
            module == "replication.tune") else []
        unknown = [flag for flag in flags if flag not in FLAG.findall(
            help_of(module, *name).replace("[", " ").replace(",", " ").replace("|", " "))]
        assert not unknown, f"{where}: {module} has no {unknown}"
