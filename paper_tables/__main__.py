"""Command line: python -m paper_tables [--local [DIR]]."""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from paper_tables import local as local_run
from paper_tables import manifest, tables
from tasks.errors import UserError


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m paper_tables",
        description="Writes the tables of paper_tables/, report.html, ask.html and the generated "
                    "parts of README.md from the committed records in results/reference. With "
                    "--local: writes a run's own tables, beside published and reference figures, "
                    "and prints them.")
    parser.add_argument("--local", nargs="?", type=Path, metavar="DIR",
                        const=tables.ROOT / "results" / "local",
                        help="the results of a run (default results/local); its tables go to "
                             "DIR/tables and nothing else is touched")
    local = parser.parse_args(arguments).local
    try:
        if local is None:
            files, remarks = tables.build()
            remarks += manifest.changed(tables.ROOT, files[tables.ROOT / manifest.NAME])
        else:
            remarks = []
            files, text = local_run.build(local)
            print(text)
        for line in remarks:
            print(line, file=sys.stderr)
        tables.write(files)
        print(f"written: {', '.join(_by_folder(map(_short, files)))}")
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _by_folder(paths):
    """Paths in few words: of a folder with several of them, how many."""
    folders = defaultdict(list)
    for path in sorted(paths):
        folders[path.parent].append(path)
    return [str(own[0]) if len(own) == 1 else f"{len(own)} files in {folder}"
            for folder, own in folders.items()]


def _short(path):
    return path.relative_to(tables.ROOT) if path.is_relative_to(tables.ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
