"""MemN2N as a language model: Table 2 of its paper, Figure 3, and variants of ours.

A cell is a corpus and a model, with two figures: the perplexity on the validation words, by which
the paper picks one of ten restarts, and on the test words, which is judged.
"""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paper_tables import comparison, layout, not_run, published
from paper_tables.language_model_hops import FIGURE, figure, hops_of
from paper_tables.language_model_rows import apart, far_off, on_gpu
from paper_tables.records import folders, read_all
from paper_tables.sections import Lines, Section, page

SCRIPT, VARIANTS = "memn2n_table2_language_model", "memn2n_language_model_variants"
TITLE = "MemN2N, Table 2 (language models)"
OTHER_TITLES = {"@prefix": f"{TITLE}, on a part of Text8", "@simulated": f"{TITLE}, simulated"}
TEXT8 = "Text8"
RESTARTS = {"Penn Treebank": comparison.BEST_OF, TEXT8: 1}    # of the paper: section 5.1
EPOCHS = 100                   # at which a run ends at the latest; one of fewer is a beginning

ABOUT = """\
Perplexities. The paper's are whole numbers, of the restart with the lowest validation perplexity:
of ten on Penn Treebank, of one on Text8. *ours*: the same rule, after the last epoch, scored as the
released code does; *every word*: the exact mean over every word that has a full memory. *interval*:
where the published test figure should lie 95 times in 100 if the authors' code and ours draw from
the same distribution; it takes more restarts than the paper's. *status*: `partial` has fewer
restarts than the paper, no interval, or a shortened run; one restart is expected above the best of
ten. `quoted` are figures that the paper cites. `unavailable`: no run of ours, since the corpus was
not at hand."""

ABOUT_OTHER = """\
Other data than the paper's: nothing is compared. It has {n_train:,} words for training, {n_valid:,}
for validation, {n_test:,} to test on, and a vocabulary of {vocabulary:,}."""

ABOUT_VARIANTS = """\
Ours, Penn Treebank: a row of Table 2 with one choice changed (replication/DEVIATIONS.md, "The
language model"), and an RNN and an LSTM of torch at the sizes that the paper quotes, which had
little tuning and no dropout. A diverged run has no perplexity."""
ABOUT_QUOTED = "The recurrent models that the paper quotes, which were tuned by their authors:"

@dataclass(frozen=True)
class Line:
    """A line of the table: published figures as text, and ours where there is a record.

    ours  {name of a restart's key: value} of the selected restart; None without one
    each  all restarts that did not diverge
    """
    corpus: str
    row: str
    valid: str
    test: str
    status: str
    ours: dict | None = None
    interval: comparison.Interval | None = None
    restarts: int | None = None
    each: tuple = ()


def records_of(folder):
    """{(row, column): Record} of an experiment's folder, those that are there."""
    return {(record.row, record.column): record for record in read_all(folder)}


def lines_of(records):
    """The table's Lines: the paper's, each once, then records of other rows."""
    lines, known = [], set()
    for line in published.rows(SCRIPT):
        row = published.language_model_row(line) if line["hops"] else line["model"]
        key = row, line["corpus"]
        if key in known:
            continue
        known.add(key)
        printed = line["corpus"], row, line["valid perplexity"], line["test perplexity"]
        if not line["hops"]:
            lines.append(Line(*printed, "quoted"))
        elif key not in records:
            lines.append(Line(*printed, "unavailable" if line["corpus"] == TEXT8 else "not run"))
        else:
            lines.append(_judged(printed, records[key]))
    return lines + [_judged((column, row, "", ""), record)
                    for (row, column), record in records.items() if (row, column) not in known]


def _judged(printed, record):
    """A Line of a Record."""
    best_of, n = RESTARTS[record.column], len(record.restarts)
    place = _interval(record.whole, best_of) if printed[3] else None
    if not record.official:
        status = "substitute data"
    elif place is None or n < best_of or record.selected is None or record.epochs != EPOCHS:
        status = "partial"
    else:
        status = place.verdict(float(printed[3]))
    return Line(*printed, status, record.selected, place, n, tuple(record.whole))


def _interval(restarts, best_of):
    """Where the published test perplexity should lie, by these restarts; None where unknown."""
    test = np.array([restart["test_perplexity"] for restart in restarts])
    if best_of == 1:
        return comparison.next_run_interval(test[None], 0.5, top=math.inf)
    factor = comparison.widening(len(test), best_of)
    if factor is None:
        return None
    rank = comparison.ranks([restart["valid_perplexity"] for restart in restarts])
    return comparison.interval(test, factor, 0.5, math.inf, comparison.chances(rank, best_of))


def pages(folder):
    """{name: (Section, then (file name, text) of each file beside it)}, of those with records."""
    named = {}
    for experiment in folders(folder, SCRIPT):
        records = records_of(experiment)
        if records:
            looked_at = hops_of(Path(folder) / experiment.name.replace(SCRIPT, FIGURE))
            named[experiment.name] = _table(experiment.name, records, looked_at)
    named |= _variants(records_of(Path(folder) / VARIANTS))
    for experiment in folders(folder, FIGURE):
        named |= figure(experiment.name, hops_of(experiment))
    return named


def states(folder):
    """{status: cells} of the published table's own models; empty where none has a record."""
    records = records_of(Path(folder) / SCRIPT)
    counted = Counter(line.status for line in lines_of(records) if line.test)
    del counted["quoted"]
    return dict(counted) if records else {}


HEADER = ["corpus", "model", "published valid", "published test", "ours valid", "ours test",
          "every word valid", "every word test", "interval", "restarts", "epochs", "status"]


def _cells(line, number=layout.figure):
    """The texts of HEADER."""
    ours = line.ours or {}
    span = line.interval and (f"{line.interval.low:.1f}", f"{line.interval.high:.1f}")
    return [line.corpus, line.row, line.valid or layout.NONE, line.test or layout.NONE,
            *(number(ours.get(key)) for key in (
                "valid_perplexity", "test_perplexity", "valid_perplexity_every_word",
                "test_perplexity_every_word")),
            "–".join(span) if span else layout.NONE,
            layout.figure(line.restarts), layout.figure(ours.get("epochs")), line.status]


def _table(name, records, looked_at):
    own, lines = name == SCRIPT, lines_of(records)
    if not own:      # rows that are not run on these data are run on the paper's, or named there
        lines = [line for line in lines if line.ours]
    shown, title = [_cells(line) for line in lines], TITLE
    if own:
        compared = [line for line in lines if line.test and line.ours]
        missing = {line.row: (1, 1) for line in lines if line.status == "not run"}
        said = []
        rest = [*far_off(compared, looked_at), *apart(compared), *on_gpu(records),
                *not_run.section(SCRIPT, missing, 1, "--rows")]
    else:
        title = OTHER_TITLES[name.removeprefix(SCRIPT)]
        said = list(dict.fromkeys(ABOUT_OTHER.format(**record.content["data"])
                                  for record in records.values()))
        rest = on_gpu(records)
    return (Section(title, [ABOUT, *said, Lines(HEADER, shown), *rest]),
            (f"{name}.tex", "% needs \\usepackage{booktabs}\n" + layout.as_latex(
                [HEADER[i] for i in KEPT], [[line[i] for i in KEPT] for line in shown], title)),
            (f"{name}.csv", layout.as_csv(HEADER, [_cells(line, layout.exact) for line in lines])))


KEPT = (0, 1, 2, 3, 4, 5, 9, 11)      # columns of the LaTeX table, which has to fit on a page


def parts(folder):
    """Lines of Table 2's rows and of the variants together, by what reporting decides."""
    records = records_of(Path(folder) / SCRIPT) | records_of(Path(folder) / VARIANTS)
    return _lines(records, layout.figure)


def _lines(records, number):
    """Lines of records: perplexities by every way of reporting them."""
    lines = []
    for record in records.values():
        ours = record.selected or {}
        if record.column != TEXT8:
            lines.append([record.row, *(number(ours.get(key)) for key in (
                "valid_perplexity", "test_perplexity", "test_perplexity_every_word",
                "test_perplexity_best_epoch")), layout.figure(len(record.restarts)),
                layout.figure(ours.get("epochs"))])
    return Lines(["model", "valid", "test", "every word test", "best epoch's test", "restarts",
                  "epochs"], lines)


def _variants(records):
    shown, exact = _lines(records, layout.figure), _lines(records, layout.exact)
    quoted = Lines(["quoted", "valid", "test"], [
        [line["model"], line["valid perplexity"], line["test perplexity"]]
        for line in published.rows(SCRIPT)
        if not line["hops"] and line["corpus"] != TEXT8])
    return page(VARIANTS, Section("Variants and baselines of the language model", [
        ABOUT_VARIANTS, shown, ABOUT_QUOTED, quoted, *on_gpu(records)]), exact.header, exact.lines)
