"""Checks the evidence: every stored record, checkpoint and curve, every table, and README.

Evaluates every stored checkpoint on its data and compares the number of wrong
answers and the losses with its record; holds records against their schema,
their own arithmetic, their curves, the digests of their files and of the
official data; builds every generated file again, in memory, and compares it
with what is there. Trains nothing and writes nothing.

    python -m replication.verify                                  the committed evidence
    python -m replication.verify --results results/local          your own runs

A restart that was not selected has no stored weights: its figures are held
against its curves and counts alone. `pytest -m retrain` trains again.

Exit status: 0 all was checked and agrees; 1 something differs; 2 the command
cannot be run; 3 nothing differs, but something could not be checked.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

import joblib

from paper_tables import ask_page, manifest, published, tables
from replication.records import provenance, record as results
from replication.running import command_line, lock
from replication.verification import attention_checks, language_model_checks, record_checks
from replication.training.protocols import MemN2N
from replication.verification.figure_models import apart
from replication.verification.reevaluation import DataFolders, Outcome, reevaluate
from tasks import stand_ins
from tasks.errors import UserError

ROOT = provenance.ROOT
DIFFERENT, UNCHECKED = 1, 3


@dataclass
class Report:
    """What was found. unchecked: {reason: [paths]}; the others are lines."""
    done: list = field(default_factory=list)
    differences: list = field(default_factory=list)
    ties: list = field(default_factory=list)
    unchecked: dict = field(default_factory=lambda: defaultdict(list))
    information: list = field(default_factory=list)


def verify(results, data=(), jobs=1):
    """Checks the records in a folder, and the tables if these are made from it; a Report."""
    report, records = Report(), {}
    trainings, attention = apart(record_checks.record_files(results), results,
                                 attention_checks.EXPERIMENT)
    trainings, hops = apart(trainings, results, language_model_checks.FIGURE)
    for path in trainings:
        record, problem = record_checks.read(path)
        if problem:
            report.differences.append(problem)
        else:
            records[path] = record
    sound = {}
    for path, record in records.items():
        wrong = record_checks.of_record(path, record, results)
        report.differences += wrong
        if not wrong:
            sound[path] = record
    report.done.append(f"records: {len(sound)} of {len(trainings)} whole and in agreement with "
                       "their restarts, curves and the digests of their files")
    report.differences += record_checks.strays(results, records, set(trainings) - set(records))
    _evaluate(sound, data, jobs, report)
    for paths, check in ((attention, attention_checks.check),
                         (hops, language_model_checks.check_figure)):
        if not paths:
            continue
        equal, differences, unchecked = check(paths, results, data)
        report.done.append(f"attention: {equal} of {len(paths)} records measured again, with "
                           "the same figures")
        report.differences += differences
        for path, reason in unchecked:
            report.unchecked[reason].append(path)
    _tables(results, report)
    report.information += _gaps(records) + _other_code(sound)
    if not trainings:
        report.unchecked["there are no records"].append(results)
    return report


class Questions(NamedTuple):
    """What says which questions a record's model learnt from and was tested on.

    files        (name, SHA-256) of each
    seed         of the generator of simulated ones
    part, parts  the part of the training file; which files are for what, as JSON
    """
    source: str
    files: tuple
    seed: int | None
    part: tuple
    parts: str

    @classmethod
    def of(cls, data):
        """Of a record's `data`."""
        return cls(data["source"], tuple(data["files"].items()),
                   data.get("generator", {}).get("seed"), tuple(data.get("part", ())),
                   json.dumps(data.get("parts")))

    @property
    def names(self):
        """The files' names."""
        return [name for name, _ in self.files]


def _evaluate(records, data, jobs, report):
    """Every checkpoint on its data; records of the same files together, to read these once."""
    groups = defaultdict(list)
    means = [path for path, record in records.items() if record["selection"] == "mean over seeds"]
    records = {path: record for path, record in records.items() if path not in means}
    if means:
        report.information.append(f"{len(means)} records are means over seeds, which keep no "
                                  "model to evaluate again")
    diverged = [path for path, record in records.items() if record["selected"] is None]
    records = {path: record for path, record in records.items() if path not in diverged}
    if diverged:
        report.information.append("every restart diverged, and there is no model to evaluate "
                                  f"again: {', '.join(map(str, diverged))}")
    texts = []
    for path, record in records.items():
        reason = _no_evaluation(record)
        if reason:
            report.unchecked[reason].append(path)
        elif language_model_checks.kind_of(record):
            texts.append((path, record))
        else:
            groups[Questions.of(record["data"])].append((path, record))
    work = []
    folders = DataFolders(data, [(group.source, group.names, group.seed) for group in groups])
    for group, items in groups.items():
        paths, reason = folders.files(group.names, group.source, group.seed)
        if reason:
            report.unchecked[reason] += [path for path, _ in items]
        else:
            work.append((items, paths))
    work += [([item], None) for item in texts]
    outcomes = joblib.Parallel(n_jobs=min(jobs, max(len(work), 1)))(
        joblib.delayed(reevaluate)(items, paths) if paths else
        joblib.delayed(language_model_checks.reevaluate)(items, data) for items, paths in work)
    equal, total = 0, len(records)
    for (items, _), reached in zip(work, outcomes):
        for (path, _), outcome in zip(items, reached):
            equal += outcome == Outcome()
            report.differences += [f"{path}: {line}" for line in outcome.differences]
            report.ties += [f"{path}: {line}" for line in outcome.ties]
            if outcome.unchecked:
                report.unchecked[outcome.unchecked].append(path)
    report.done.append(f"checkpoints: {equal} of {total} evaluated again, with the same numbers of "
                       "wrong answers, losses and perplexities")


def _no_evaluation(record):
    """Why a record's checkpoint is not evaluated, or None where it is."""
    if (record["protocol"].keys() != {item.name for item in fields(MemN2N)}
            and not language_model_checks.kind_of(record)):
        return "the checkpoint is of a model that is not evaluated here"
    return None


def _tables(results, report):
    """Every generated file is what the records in results/reference give."""
    if results.resolve() != (ROOT / "results" / "reference").resolve():
        report.information.append("tables and README are made from results/reference, and are "
                                  "not held against the records here")
        return
    wrong = manifest.differences(ROOT)
    report.differences += wrong
    report.done.append(f"manifest: {len(wrong)} files are not what {manifest.NAME} says")
    try:
        files, _ = tables.build(ROOT)
    except UserError as error:
        report.differences.append(f"the tables cannot be made: {error}")
        return
    same, _ = 0, files.pop(ROOT / manifest.NAME)  # held against the files above
    for path, text in sorted(files.items()):
        content = path.read_bytes() if path.is_file() else None
        same += content == text.encode()
        if content is None:
            report.differences.append(f"{_short(path)}: is not there; make it with ./run_all.sh "
                                      "tables")
        elif content != text.encode():
            report.differences.append(f"{_short(path)}: {_first_difference(content, text)}; make "
                                      "it again with ./run_all.sh tables")
    _weights_of_the_page(report)
    report.differences += [f"{_short(path)}: no records make this file; remove it"
                           for path in tables.strays(ROOT, files)]
    report.done.append(f"tables and README: {same} of {len(files)} files are what the records give")


def _weights_of_the_page(report):
    """The models that the page holds are those of the checkpoints whose digests it names."""
    path = ROOT / "paper_tables" / ask_page.FILE
    if not path.is_file():
        return
    try:
        count, wrong = ask_page.held(path.read_text(encoding="utf-8"), ROOT)
    except (UserError, UnicodeDecodeError) as error:
        count, wrong = 0, [f"{_short(path)}: {error}"]
    report.differences += wrong
    report.done.append(f"models in {_short(path)}: {count - len(wrong)} of {count} are their "
                       "checkpoints")


def _first_difference(content, text):
    """Where a file is not the text it should be."""
    lines = content.decode("utf-8", "replace").split("\n")
    for number, (old, new) in enumerate(zip(lines, text.split("\n")), start=1):
        if old != new:
            return f"line {number} is not what the records give"
    return "it is shorter or longer than what the records give"


def _gaps(records):
    """Columns that have been begun and lack tasks; one that stands in for another's is its own."""
    tasks_of = defaultdict(set)
    for path, record in records.items():
        experiment, _, mark = record["experiment"].partition("@")
        folder = path.parent
        if mark in stand_ins.MARKS.values() and record["scope"] == "cell":
            folder = folder.parent.with_name(experiment) / folder.name
        if record["task"] is not None:
            tasks_of[folder, experiment].add(record["task"])
    lines = []
    for (folder, experiment), tasks in tasks_of.items():
        try:
            lacking = sorted(set(published.read(experiment).names) - tasks)
        except (UserError, KeyError):
            continue  # no published table, or one without tasks
        if lacking:
            lines.append(f"{folder}: no records of {_numbers(lacking)}")
    return lines


def _other_code(records):
    """Which records were made before the numbers of which trainer last changed; what was not
    committed; and, once, those of the older form, which does not say.
    """
    older = [item for item in records.items() if item[1]["schema"] == results.OLDER]
    changed, before, dirty = defaultdict(list), defaultdict(list), []
    for path, record in records.items():
        codes = [group["code"] for group in results.groups(record)]
        for trainer, digest in {(code.get("trainer"), code.get("golden")) for code in codes}:
            if trainer and digest != provenance.golden_digest(trainer):
                (changed if digest else before)[trainer].append((path, record))
        if any(code["dirty"] for code in codes):
            dirty.append(path)
    lines = [f"made before {said.format(trainer)}: {'; '.join(_which(cells, records))}"
             for of, said in ((changed, "the numbers of {} last changed"),
                              (before, "{} had golden figures"))
             for trainer, cells in sorted(of.items())]
    if older:
        lines.append(f"{len(older)} records are of an older form, which names the commit that made "
                     "them and no golden figures")
    return lines + [f"{path}: made with uncommitted changes of the code" for path in dirty]


def _which(cells, records):
    """Names of cells, [(path, record)]: a line an experiment, and its columns where not all are."""
    def folder_of(path, record):
        return next(folder for folder in path.parents if folder.name == record["experiment"])

    everything = Counter(folder_of(*item) for item in records.items())
    in_column = Counter(path.parent for path in records)
    by_folder = defaultdict(lambda: defaultdict(list))
    for path, record in cells:
        by_folder[folder_of(path, record)][path.parent].append(record["task"] or path.name)
    for folder, columns in by_folder.items():
        if sum(map(len, columns.values())) == everything[folder]:
            yield f"{folder}, all {everything[folder]} records"
        else:
            yield f"{folder}, " + ", ".join(
                column.name + ("" if len(items) == in_column[column] else f" ({_numbers(items)})")
                for column, items in columns.items())


def _numbers(items):
    """Tasks 1, 2, 3, 5 as "tasks 1 to 3, 5"; anything else one by one."""
    if not all(isinstance(item, int) for item in items):
        return ", ".join(map(str, items))
    runs = []
    for item in sorted(items):
        if runs and item == runs[-1][-1] + 1:
            runs[-1].append(item)
        else:
            runs.append([item])
    return "tasks " + ", ".join(
        f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _short(path):
    path = Path(path)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def text_of(report):
    """The report for a terminal."""
    parts = [report.done]
    if report.differences:
        parts.append([f"differs ({len(report.differences)}):"] + _indented(report.differences))
    if report.ties:
        parts.append([f"near ties, which rounding decides ({len(report.ties)}):"]
                     + _indented(report.ties))
    if report.unchecked:
        count = sum(map(len, report.unchecked.values()))
        parts.append([f"not checked ({count}):"] + _indented(
            f"{_named(paths)}: {reason}" for reason, paths in report.unchecked.items()))
    if report.information:
        parts.append(["for information:"] + _indented(report.information))
    parts.append([VERDICTS[status_of(report)]])
    return "\n\n".join("\n".join(lines) for lines in parts)


VERDICTS = {0: "verified: all was checked and agrees",
            DIFFERENT: "NOT verified: something differs",
            UNCHECKED: "nothing differs, but not all could be checked"}


def status_of(report):
    """The exit status."""
    return DIFFERENT if report.differences else UNCHECKED if report.unchecked else 0


def _indented(lines):
    return [f"  {line}" for line in lines]


def _named(paths):
    return f"{paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


def main(argv=None):
    parser = command_line.Parser(prog="python -m replication.verify", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", metavar="DIR", type=Path, default=Path("results/reference"),
                        help="the records to check (default: results/reference)")
    parser.add_argument("--data", metavar="DIR", type=Path, nargs="+", action="extend", default=[],
                        help="folders with the data sets, or with your own data (default: "
                             "$MEMNN_DATA, the user's cache, a download: the first that is there)")
    parser.add_argument("--jobs", metavar="N", type=int, default=1,
                        help="parallel processes (default: 1)")
    options = parser.parse_args(argv)
    if options.jobs < 1:
        raise UserError(f"--jobs: {options.jobs} is too small; the least is 1")
    for flag, folder in (("--results", options.results), *(("--data", x) for x in options.data)):
        if not folder.is_dir():
            raise UserError(f"{flag}: {folder} is not a folder; check the name")
    if lock.held(options.results):
        print(f"{options.results}: a run is writing there; what it has not finished may differ",
              file=sys.stderr)
    print(f"checks the records in {options.results}: every stored model answers its questions "
          "again, which takes minutes where there are many", file=sys.stderr)
    try:
        report = verify(options.results, options.data, options.jobs)
    except KeyboardInterrupt:
        print("interrupted: nothing was verified", file=sys.stderr)
        return 130
    print(text_of(report))
    return status_of(report)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
