"""Check a data folder, released or simulated, against the symbolic answerers.

    python -m tasks.answerers --data DIR [--folder en en-10k] [--tasks 1 2] [--json FILE]

Reads DIR/tasks_1-20_v1-2/<folder>/qaN_..._{train,test}.txt. Exit status: 0 if every question
agrees with a reading of its text, 1 if one does not, 2 for a mistake in what was asked.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from tabulate import tabulate

from tasks import babi, terminal
from tasks.answerers.check import SPLITS, as_json, check_file
from tasks.errors import UserError

FOLDERS = ("en", "en-10k")
SHOWN = 10  # disagreements printed per file; --json has all
COLUMNS = ("folder", "task", "questions", "answers right", "supports right", "other reading",
           "exceptions", "unexplained")


def main(arguments=None):
    terminal.take_any_text()
    try:
        status = _main(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        if terminal.reader_is_gone():
            return terminal.READER_GONE
        raise


def _main(arguments):
    options = _parse(arguments)
    try:
        files, missing = _files(options)
        if options.json:
            _check_writable(options.json)
        checks = [check_file(*file) for file in files]
        if options.json:
            _write(options.json, as_json(checks))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    _report(checks, missing)
    return 1 if any(check.unexplained for check in checks) else 0


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tasks.answerers",
                                     description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="DIR", default=os.environ.get("MEMNN_DATA"),
                        help="the folder that holds tasks_1-20_v1-2 (default: $MEMNN_DATA)")
    parser.add_argument("--folder", nargs="+", metavar="NAME",
                        help="folders to check (default: those of en, en-10k that are there)")
    parser.add_argument("--tasks", nargs="+", metavar="N",
                        help="tasks, 1 to 20 (default: those that are there)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the result here, too")
    return parser.parse_args(arguments)


def _files(options):
    """([(path, folder, task, split)] to check, [folder/name] of the missing ones)."""
    if not options.data:
        raise UserError("no data folder: give --data DIR or set $MEMNN_DATA")
    root = Path(options.data) / "tasks_1-20_v1-2"
    tasks = _tasks(options.tasks)
    folders = options.folder or [name for name in FOLDERS if (root / name).is_dir()]
    if not folders:
        raise UserError(f"{root}: has no folder {' or '.join(FOLDERS)}; check --data")
    files, missing = [], []
    for folder in dict.fromkeys(folders):
        if not (root / folder).is_dir():
            raise UserError(f"{root / folder}: no such folder; check --data and --folder")
        for task in tasks:
            splits = [split for split in SPLITS
                     if (root / folder / babi.file_name(task, split)).is_file()]
            if options.tasks and not splits:
                raise UserError(f"{root / folder}: has no file of task {task}; check --tasks")
            files += [(root / folder / babi.file_name(task, split), folder, task, split)
                      for split in splits]
            missing += [f"{folder}/{babi.file_name(task, split)}"
                        for split in SPLITS if split not in splits]
    if not files:
        raise UserError(f"{root}: no file of any task in {', '.join(folders)}; check --data")
    return files, missing


def _tasks(names):
    if names is None:
        return list(babi.TASK_NAMES)
    unknown = [name for name in names
               if not (name.isascii() and name.isdigit() and int(name) in babi.TASK_NAMES)]
    if unknown:
        raise UserError(f"unknown task {unknown[0]!r}; valid tasks are 1 to 20")
    return sorted({int(name) for name in names})


def _check_writable(path):
    if path.is_dir():
        raise UserError(f"{path}: is a folder; --json needs a file name")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path}: its folder does not exist; make it or give another --json")


def _write(path, value):
    """Write JSON whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(value, stream, indent=1, allow_nan=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UserError(f"{path}: cannot be written ({error.strerror}); "
                        "give another --json") from None


def _report(checks, missing):
    rows = {}  # (folder, task): counts over both splits
    for check in checks:
        counts = [check.questions, check.answers_right, check.supports_right,
                  check.other_reading, len(check.exceptions), len(check.unexplained)]
        row = rows.setdefault((check.folder, check.task), [0] * len(counts))
        rows[check.folder, check.task] = [sum(pair) for pair in zip(row, counts)]
    table = [[*where, *counts] for where, counts in rows.items()]
    table.append(["all", "", *map(sum, zip(*rows.values()))])
    print(tabulate(table, headers=COLUMNS))
    print("\nother reading: the text allows several answers or sets of supporting facts, and the "
          "file has\nanother than the answerer prefers; exceptions: those of them where the "
          "answer differs.")
    for check in checks:
        name = f"{check.folder}/{babi.file_name(check.task, check.split)}"
        if check.exceptions:
            lines = ", ".join(map(str, check.exceptions))
            listed = "as in exceptions.json" if check.listed else "not those of exceptions.json"
            print(f"{name}: exceptions at lines {lines} ({listed})")
        for line in check.unexplained[:SHOWN]:
            print(f"{name}, line {line['line']}: {line['question']} file: {line['file']}; "
                  f"answerer: {line['answerer']}")
        if len(check.unexplained) > SHOWN:
            print(f"{name}: and {len(check.unexplained) - SHOWN} more")
    for name in missing:
        print(f"not there, not checked: {name}")


if __name__ == "__main__":
    sys.exit(main())
