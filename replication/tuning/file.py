"""Files of tuning runs: a CSV with one row a run, and the command line of what fills it."""

import argparse
import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import joblib

from replication.records import files as stored_files
from replication.running import command_line, lock
from replication.training.recurrent import best_epoch
from tasks.errors import UserError


@dataclass(frozen=True)
class TuningFile:
    """Columns of a file: what was set in a run, and what was measured, as numbers.

    A diverged run has no measures but `seconds`. In memory a file is its rows, {settings as text:
    {column: text}}.
    """
    settings: tuple
    measures: tuple

    @property
    def columns(self):
        return (*self.settings, *self.measures)

    def of_run(self, settings, seconds, curves):
        """The row of a run: its figures at the epoch with the lowest validation loss.

        curves  {"valid_loss", perhaps "valid_accuracy" in %: (epochs,)}; None of a run that diverged
        """
        measured = {}
        if curves is not None:
            best = best_epoch(curves)
            measured = {name: float(curve[best]) for name, curve in curves.items()}
            measured |= {"epoch": best + 1, "valid_loss": round(measured["valid_loss"], 4)}
        if "valid_accuracy" in measured:
            measured["valid_error"] = round(100 - measured["valid_accuracy"], 2)
            measured["valid_accuracy"] = round(measured["valid_accuracy"], 2)
        return self.row_of(settings, **measured, seconds=round(seconds, 1))

    def row_of(self, values, **measured):
        """One run as a row, as numbers; measures that are not given are left empty."""
        return dict(zip(self.settings, values, strict=True)) | {
            name: measured.get(name, "") for name in self.measures}

    def add(self, rows, row):
        """Adds a row to `rows`, as text."""
        row = {name: str(value) for name, value in row.items()}
        rows[tuple(row[name] for name in self.settings)] = row

    def read(self, path):
        """The rows of the file; none where there is no file. Raises UserError if it is damaged."""
        if not path.exists():
            return {}
        rows = {}
        try:
            with open(path, newline="", encoding="utf-8") as file:
                table = csv.DictReader(file)
                if tuple(table.fieldnames or ()) != self.columns:
                    raise UserError(f"{path}: its columns are not {', '.join(self.columns)}; "
                                    "delete it to tune anew")
                for row in table:
                    problem = self._problem_of(row)
                    if problem:
                        raise UserError(f"{path}, line {table.line_num}: {problem}; delete the "
                                        "line to train its run again")
                    self.add(rows, row)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{path} is not a table of text ({error}); delete it to tune anew")
        return rows

    def _problem_of(self, row):
        """What is wrong with a row, or None."""
        if None in row or None in row.values():
            return f"it has not {len(self.columns)} values"
        for name in self.measures:
            if not _is_number(row[name]) and (row[name] or row["valid_loss"]):
                return f"{name} is {row[name]!r}, not a number"
        return None

    def write(self, path, rows, all_settings):
        """All rows in the order of `all_settings`, others last; replaces the file."""
        order = {_as_text(settings): number for number, settings in enumerate(all_settings)}
        text = io.StringIO()
        table = csv.DictWriter(text, self.columns, lineterminator="\n")
        table.writeheader()
        keys = sorted(rows, key=lambda key: order.get(key, len(order)))
        table.writerows(rows[key] for key in keys)
        stored_files.write(path, text.getvalue().encode())

    def run_missing(self, path, all_settings, call, jobs):
        """Trains what the file lacks; it is written anew after each run, so a kill loses little.

        call  settings -> joblib.delayed(...) of what trains them and gives their row
        """
        rows = self.read(path)
        missing = _missing(rows, all_settings)
        runs = joblib.Parallel(n_jobs=jobs, return_as="generator")(
            call(settings) for settings in missing)
        for number, row in enumerate(runs, 1):
            self.add(rows, row)
            self.write(path, rows, all_settings)
            print(f"{number} of {len(missing)}: " + ", ".join(map(str, row.values())), flush=True)

    def completed(self, options, file, all_settings, call):
        """The rows of `file` in options.results, trained first unless options.choose."""
        path = options.results / file
        if not options.choose:
            with lock.hold(options.results, [path]):
                self.run_missing(path, all_settings, call, options.jobs)
        rows = self.read(path)
        missing = len(_missing(rows, all_settings))
        if not rows:
            raise UserError(f"{path}: there are no runs; leave --choose out to train them")
        if missing:
            print(f"{path}: {missing} of {len(all_settings)} runs are missing; points without all "
                  "of theirs are left out of the choice")
        return rows


def judged(rows, grid, runs_of, *measures):
    """[(means of the measures .., point)] of a grid's points, the lowest first mean first.

    runs_of  a point -> the settings of its runs; a point that lacks one, or whose run diverged,
             is left out
    """
    result = []
    for point in grid:
        runs = [rows.get(_as_text(settings)) for settings in runs_of(point)]
        if all(row and row["valid_loss"] for row in runs):
            result.append((*(mean(float(row[name]) for row in runs) for name in measures), point))
    return sorted(result)


def options(name, description, argv, data=False):
    """The arguments of what tunes `name`: results, jobs, choose, with `data` its folder too."""
    parser = command_line.Parser(prog=f"python -m replication.tune {name}",
                                 description=description, allow_abbrev=False,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    if data:
        parser.add_argument("--data", metavar="DIR", type=Path,
                            help="folder with the data sets (default: $MEMNN_DATA, the user's "
                                 "cache, a download: the first that is there)")
    parser.add_argument("--results", metavar="DIR", type=Path, default=Path("results/local"),
                        help="where the file goes (default: results/local)")
    parser.add_argument("--jobs", metavar="N", default="1",
                        help="parallel processes, one thread each (default: 1)")
    parser.add_argument("--choose", action="store_true",
                        help="train nothing: say what the file's rows say")
    arguments = parser.parse_args(argv)
    arguments.jobs = command_line.number("--jobs", arguments.jobs)
    return arguments


def _missing(rows, all_settings):
    """The settings that the rows have no run of."""
    return [settings for settings in all_settings if _as_text(settings) not in rows]


def _as_text(settings):
    return tuple(map(str, settings))


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
