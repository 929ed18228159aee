"""The manifest: the digest of every file of the evidence, and of every table and page.

results/reference/MANIFEST.sha256 has the form that `sha256sum -c` reads, with names from the
project's root. README.md is not in it: most of it is written by hand, and its generated parts are
held against the records.
"""

import re
from hashlib import sha256
from pathlib import Path

NAME = Path("results") / "reference" / "MANIFEST.sha256"
TABLES = (".md", ".tex", ".csv", ".html", ".svg")
MARKS = re.compile(r"\.running\..*|\..*\.tmp")  # of a run while it writes into the folder
LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>.+)")


def build(root, files):
    """{path: text} of the manifest. files: {path: text} that are about to be written."""
    digests = {path: sha256(path.read_bytes()).hexdigest() for path in _files(root)}
    digests |= {path: sha256(text.encode()).hexdigest() for path, text in files.items()
                if path.parent == root / "paper_tables"}
    lines = sorted((path.relative_to(root).as_posix(), digest) for path, digest in digests.items())
    return {root / NAME: "".join(f"{digest}  {name}\n" for name, digest in lines)}


def changed(root, text):
    """[line] on evidence that was in the manifest and now has another digest; text: the new one."""
    try:
        before = _listed((root / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []
    now = _listed(text)
    names = [name for name in before if name.startswith(f"{NAME.parent.as_posix()}/")
             and now.get(name, before[name]) != before[name]]
    return [f"{len(names)} files of the evidence are others than when the tables were made last "
            f"({', '.join(names[:3])}{', ..' if len(names) > 3 else ''}): git diff says what "
            "changed; these tables are of the files as they are now"] if names else []


def _listed(text):
    """{name: digest} of a manifest's text."""
    return {match["name"]: match["digest"] for match in map(LINE.fullmatch, text.splitlines())
            if match}


def differences(root):
    """What does not agree with the manifest, a line a file, both ways."""
    path = root / NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return [f"{NAME}: cannot be read ({error}); make it with ./run_all.sh tables"]
    listed, wrong = {}, []
    for number, line in enumerate(lines, start=1):
        match = LINE.fullmatch(line)
        if match is None or match["name"] in listed:
            wrong.append(f"{NAME}, line {number}: not a digest and the name of one more file")
        else:
            listed[match["name"]] = match["digest"]
    present = {path.relative_to(root).as_posix(): path for path in _files(root)}
    for name in sorted(listed.keys() | present.keys()):
        if name not in present:
            wrong.append(f"{name}: is in {NAME} and not there")
        elif name not in listed:
            wrong.append(f"{name}: is not in {NAME}")
        elif sha256(present[name].read_bytes()).hexdigest() != listed[name]:
            wrong.append(f"{name}: has another digest than {NAME} says")
    return wrong


def _files(root):
    """The files that are named: all evidence, and of paper_tables all but code."""
    tables = root / "paper_tables"
    named = [path for folder in (root / "results" / "reference", tables / "figures",
                                 tables / "published") for path in folder.rglob("*")]
    named += [path for path in tables.glob("*") if path.suffix in TABLES]
    return [path for path in named
            if path.is_file() and not MARKS.fullmatch(path.name) and path != root / NAME
            and path.parent.suffix != ".running"]   # what a language model keeps between epochs
