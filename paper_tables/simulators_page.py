"""The table of simulated against official tasks: its files, for people and for programs."""

from pathlib import Path

from paper_tables import layout, reasons, records, simulators_samples
from paper_tables.table import OUTSIDE
from paper_tables.sections import Lines, Section, page
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


def build(results, written):
    """({name: (Section, its CSV)}, remarks) of a folder of results; nothing where it has none.

    written  {(column, task): reason} of reasons.csv
    """
    folder = Path(results) / EXPERIMENT
    if not folder.is_dir():
        return {}, []
    table = read(folder)
    judged, samples = judge(table), simulators_samples.judge(results)
    texts = explain(judged, written, samples)
    remarks = records.gaps(folder, {COLUMNS[source]: table[source] for source in COLUMNS},
                           task_names())
    remarks += map(reasons.idle_line, written.keys() - texts.keys())
    return page_of(judged, texts) | simulators_samples.pages(samples), remarks


def explain(judged, written, samples=()):
    """{(column, task): text} of the comparisons that are no match and have a reason.

    written  the reasons of reasons.csv
    samples  {(source, task): simulators_samples.Samples}: where several training sets of either
             source agree, the reason is that one of each differs by chance
    """
    texts = {}
    for place, one in judged.items():
        key = one.column, one.task
        if one.status in OUTSIDE and place in samples and samples[place].agrees:
            texts[key] = simulators_samples.reason(samples[place])
        elif one.status in OUTSIDE and key in written:
            texts[key] = reasons.filled(written[key], _figures(one), f"{key[0]}, task {key[1]}")
    return texts


def page_of(judged, texts):
    """{name: (Section, its CSV)} of the table."""
    section = Section(TITLE, [
        INTRO, Section("At one glance", [agreement(judged, texts), _glance(judged)]),
        *(Section(f"Tested on the {source} test set", [_lines(judged, source)])
          for source in COLUMNS)])
    return page(EXPERIMENT, section, *_tidy(judged, texts))


def agreement(judged, texts):
    """How many tasks agree, and which do not."""
    verdicts = {task: agrees(judged, task) for task in task_names()}
    known = [task for task, verdict in verdicts.items() if verdict is not None]
    if not known:
        return (f"Of {len(verdicts)} tasks, none has been compared with {RESTARTS} restarts a side "
                "yet.")
    matches = [one for one in judged.values() if one.status == "match"]
    wide = sum(max(high - low for low, high in (one.selected.interval, one.median.interval)) > WIDE
               for one in matches)
    lines = [f"Of {len(verdicts)} tasks, {len(known)} have been compared and "
             f"**{sum(verdicts[task] for task in known)} agree** on both test sets. Of the "
             f"{len(matches)} comparisons that are a match, {wide} have an interval wider than "
             f"{WIDE:g} points, so that their match says little."]
    lines += [f"- {one.column}, task {one.task} ({task_names()[one.task]}), {one.status}: "
              f"{_points(one.selected)} (selected), {_points(one.median)} (median): "
              f"{texts.get((one.column, one.task), reasons.UNKNOWN)}"
              for one in judged.values() if one.status in OUTSIDE]
    return "\n\n".join([lines[0], "\n".join(lines[1:])]).strip()


def _glance(judged):
    """One line a task."""
    return Lines(["task", *(f"tested on {source}" for source in COLUMNS), "agrees"],
                 [[f"{task} {name}", *(judged[source, task].status for source in COLUMNS),
                   SAYS[agrees(judged, task)] or layout.NONE]
                  for task, name in task_names().items()])


def _lines(judged, source):
    """One test set in full."""
    header = ["task", f"own ({source})", f"other ({another(source)})",
              "difference, selected", "difference, median", "restarts a side", "status"]
    lines = []
    for task, name in task_names().items():
        one, figures = judged[source, task], [layout.NONE] * 5
        if one.selected:
            s, m = one.selected, one.median
            figures = [f"{layout.figure(s.own)} / {layout.figure(m.own)}",
                       f"{layout.figure(s.other)} / {layout.figure(m.other)}",
                       _points(s), _points(m), str(one.n)]
        lines.append([f"{task} {name}", *figures, one.status])
    return Lines(header, lines)


def _points(difference):
    if difference.interval is None:
        return _signed(difference.value)
    low, high = map(_signed, difference.interval)
    return f"{_signed(difference.value)} ({low} to {high})"


def _signed(value):
    text = f"{value:+.1f}"
    return text.replace("-", "−") if float(text) else "0.0"


FIGURES = ("own", "other", "difference", "low", "high")
SAYS = {True: "yes", False: "no", None: ""}


def _figures(one):
    """The texts that a reason may name: own .. high, and median_own .. median_high."""
    return {f"{prefix}{name}": text for prefix, difference in
            (("", one.selected), ("median_", one.median))
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
        line = [task, name, SAYS[agrees(judged, task)]]
        for source in COLUMNS:
            one = judged[source, task]
            line += map(layout.exact, (*_values(one.selected), *_values(one.median), one.n))
            line += [one.status, texts.get((one.column, task), "")]
        lines.append(line)
    return header, lines
