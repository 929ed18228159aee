"""The table of simulated against official tasks: its files, for people and for programs."""

from pathlib import Path

from paper_tables import layout, reasons, records, simulators_samples
from paper_tables.judge import OUTSIDE
from paper_tables.simulators import (COLUMNS, EXPERIMENT, MARGIN, RESTARTS, agrees, another, judge,
                                     read, task_names)

TITLE = "Simulated against official bAbI tasks: MemN2N PE LS RN trained on each, tested on both"
INTRO = f"""\
Test errors in % as selected / median: the best of 10 restarts by training error (mean over all
draws of 10, ties at random), and the median over all restarts. *own*: models trained on data of
the test set's source. *other*: models trained on the other source. The differences are other less
own, in points, each with its bootstrap interval. *status*: `match` where both intervals include 0
or stay under {MARGIN:g} points; else `worse` or `better`, for the models trained on the other
source; `partial` has fewer than {RESTARTS} restarts a side. The rule, and why its intervals are
stretched: [paper_tables/simulators.py](simulators.py)."""
WIDE = 5.0   # points; a match with a wider interval says little


def build(root):
    """From results/reference: ({path: text}, remarks)."""
    folder = Path(root) / "results" / "reference" / EXPERIMENT
    found = read(folder)
    judged, given = judge(found), reasons.read(EXPERIMENT)
    samples = simulators_samples.judge(folder.parent)
    texts = explain(judged, given, samples)
    table = {COLUMNS[source]: found[source] for source in COLUMNS}
    remarks = records.gaps(folder, table, task_names())
    remarks += [f"{reasons.FILE.name}: {column}, task {task} has a reason and needs none"
                for column, task in given.keys() - texts.keys()]
    files = {Path(root) / "paper_tables" / name: text
             for name, text in [*files_of(judged, texts).items(),
                                *simulators_samples.files(samples).items()]}
    return files, remarks


def build_local(results):
    """A user's run: ({path: text}, [text for the terminal]); both empty where there is none."""
    folder = Path(results) / EXPERIMENT
    if not folder.is_dir():
        return {}, []
    judged = judge(read(folder))
    shown = [f"{TITLE}\n\n" + "\n\n".join(f"tested on the {source} test set\n" + layout.as_text(
        *_lines(judged, source)) for source in COLUMNS)]
    return {Path(results) / "tables" / name: text
            for name, text in files_of(judged, {}).items()}, shown


def explain(judged, given, samples=()):
    """{(column, task): text} of the comparisons that are no match and have a reason.

    given    the reasons of reasons.csv
    samples  {(source, task): simulators_samples.Samples}: where several training sets of either
             source agree, the reason is that one of each differs by chance
    """
    texts = {}
    for (source, task), found in judged.items():
        key = found.column, found.task
        if found.status in OUTSIDE and (source, task) in samples and samples[source, task].agrees:
            texts[key] = simulators_samples.reason(samples[source, task])
        elif found.status in OUTSIDE and key in given:
            texts[key] = reasons.filled(given[key], _figures(found), f"{key[0]}, task {key[1]}")
    return texts


def files_of(judged, texts):
    """{file name: text} of the table."""
    page = [f"# {TITLE}", INTRO, "## At one glance", agreement(judged, texts),
            layout.as_markdown(*_glance(judged))]
    for source in COLUMNS:
        page += [f"## Tested on the {source} test set", layout.as_markdown(*_lines(judged, source))]
    return {f"{EXPERIMENT}.md": "\n\n".join(page) + "\n",
            f"{EXPERIMENT}.csv": layout.as_csv(*_tidy(judged, texts))}


def agreement(judged, texts):
    """How many tasks agree, and which do not."""
    verdicts = {task: agrees(judged, task) for task in task_names()}
    known = [task for task, verdict in verdicts.items() if verdict is not None]
    if not known:
        return (f"Of {len(verdicts)} tasks, none has been compared with {RESTARTS} restarts a side "
                "yet.")
    matches = [found for found in judged.values() if found.status == "match"]
    wide = sum(_widest(found) > WIDE for found in matches)
    outside = [found for found in judged.values() if found.status in OUTSIDE]
    lines = [f"Of {len(verdicts)} tasks, {len(known)} have been compared and "
             f"**{sum(verdicts[task] for task in known)} agree** on both test sets. Of the "
             f"{len(matches)} comparisons that are a match, {wide} have an interval wider than "
             f"{WIDE:g} points, so that their match says little."]
    lines += [f"- {found.column}, task {found.task} ({task_names()[found.task]}), {found.status}: "
              f"{_points(found.selected)} (selected), {_points(found.median)} (median): "
              f"{texts.get((found.column, found.task), reasons.UNKNOWN)}" for found in outside]
    return "\n\n".join([lines[0], "\n".join(lines[1:])]).strip()


def _widest(found):
    return max(high - low for low, high in (found.selected.interval, found.median.interval))


def _glance(judged):
    """One line a task: header and lines."""
    says = {True: "yes", False: "no", None: layout.NONE}
    return (["task", *(f"tested on {source}" for source in COLUMNS), "agrees"],
            [[f"{task} {name}", *(judged[source, task].status for source in COLUMNS),
              says[agrees(judged, task)]] for task, name in task_names().items()])


def _lines(judged, source):
    """One test set in full: header and lines."""
    header = ["task", f"own ({source})", f"other ({another(source)})",
              "difference, selected", "difference, median", "restarts a side", "status"]
    lines = []
    for task, name in task_names().items():
        found, figures = judged[source, task], [layout.NONE] * 5
        if found.selected:
            s, m = found.selected, found.median
            figures = [f"{layout.figure(s.own)} / {layout.figure(m.own)}",
                       f"{layout.figure(s.other)} / {layout.figure(m.other)}",
                       _points(s), _points(m), str(found.n)]
        lines.append([f"{task} {name}", *figures, found.status])
    return header, lines


def _points(difference):
    if difference.interval is None:
        return _signed(difference.value)
    low, high = map(_signed, difference.interval)
    return f"{_signed(difference.value)} ({low} to {high})"


def _signed(value):
    text = f"{value:+.1f}"
    return text.replace("-", "−") if float(text) else "0.0"


FIGURES = ("own", "other", "difference", "low", "high")


def _figures(found):
    """The texts that a reason may name: own .. high, and median_own .. median_high."""
    return {f"{prefix}{name}": text for prefix, difference in
            (("", found.selected), ("median_", found.median))
            for name, text in zip(FIGURES, map(layout.figure, _values(difference)))}


def _values(difference):
    if difference is None:
        return [None] * len(FIGURES)
    low, high = difference.interval or (None, None)
    return [difference.own, difference.other, difference.value, low, high]


def _tidy(judged, texts):
    """One line a task, for other programs: header and lines."""
    header = ["task", "name", "agrees"]
    for source in COLUMNS:
        header += [f"{source}_{name}" for name in (
            *FIGURES, *(f"median_{name}" for name in FIGURES), "restarts", "status", "reason")]
    lines = []
    for task, name in task_names().items():
        verdict = agrees(judged, task)
        line = [task, name, "" if verdict is None else "yes" if verdict else "no"]
        for source in COLUMNS:
            found = judged[source, task]
            line += [layout.exact(value) for value in (*_values(found.selected),
                                                       *_values(found.median), found.n)]
            line += [found.status, texts.get((found.column, task), "")]
        lines.append(line)
    return header, lines
