"""MemN2N as a language model: Table 2 of its paper, Figure 3, and variants of ours.

A cell is a corpus and a model, with two figures: the perplexity on the validation words, by which
the paper picks one of ten restarts, and on the test words, which is judged.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from paper_tables import comparison, layout, not_run, published
from paper_tables.records import folders, read_all, read_figure
from paper_tables.sections import Lines, Picture, Section, page
from replication.records import record as results
from replication.records.record import slug

SCRIPT, VARIANTS, FIGURE = ("memn2n_table2_language_model", "memn2n_language_model_variants",
                            "memn2n_figure3_hops")
TITLE = "MemN2N, Table 2 (language models)"
OTHER_TITLES = {"@prefix": f"{TITLE}, on a part of Text8", "@simulated": f"{TITLE}, simulated"}
TEXT8 = "Text8"
RESTARTS = {"Penn Treebank": comparison.BEST_OF, TEXT8: 1}    # of the paper: section 5.1
EPOCHS = 100                   # at which a run ends at the latest; one of fewer is a beginning
DRAWN = ("6 hops, memory 100", "7 hops, memory 200")      # in Figure 3 of the paper
RECENT, HALF = 5, 2            # words, and parts of the memory, by which hops are told apart

ABOUT = """\
Perplexities. The paper's are whole numbers, of the restart with the lowest validation perplexity:
of ten on Penn Treebank, of one on Text8. *ours*: the same rule, after the last epoch, scored as the
released code does; *every word*: the exact mean over every word that has a full memory. *interval*:
where the published test figure should lie 95 times in 100 if the authors' code and ours draw from
the same distribution; it takes more restarts than the paper's. *status*: `partial` has fewer
restarts than the paper, no interval, or a shortened run; one restart is expected above the best of
ten. `quoted` are figures that the paper cites. `unavailable`: no run of ours, since the corpus was
not at hand."""

FAR = 4.0      # perplexity that a row may lie above its published one before that is said
ABOUT_FAR = """\
Rows trained to their end whose test perplexity is more than {far:g} above the published one. What
is known to differ from the paper is the number of restarts, and how a step is drawn
(replication/DEVIATIONS.md, LM1). *lowest on the way*: after the epoch with the lowest validation
perplexity. *training*: mean over the last epoch's steps."""
ABOUT_LAST = """\
What the last hop of each row's model looks at: its attention on the newest word and on the last
{recent} words, the mean over the test set (as Figure 3; *above*: the test perplexity above the
published one)."""
TOLD_APART = """\
It tells the rows apart: in those within {far:g} of the published figure the last hop has at least
{near:.1%} of its attention on the newest word, in those further off at most {most:.1%}. The paper
reports the best of ten restarts."""

ABOUT_APART = """\
Rows with several restarts, one a line (*chosen*: by the validation perplexity, as the paper does).
Restarts of one row lie up to {apart:.1f} apart on the test words; the published figures of all rows
that are run go from {lowest:g} to {highest:g}. So one restart a row does not settle the order of
rows that are close."""
IN_ORDER = """\
Of the {pairs} pairs of rows whose published test perplexities differ, {same} are in the
published order here{others}."""
OTHERS = "; the published figures of the others are at most {gap:g} apart"

ABOUT_GPU = """\
Restarts that a GPU trained, wholly or until they went on on a processor (*device*: in that order).
The protocol, its draws and its equations are the same, sums are in another order; all others were
trained on a processor."""

ABOUT_VARIANTS = """\
Ours, Penn Treebank: a row of Table 2 with one choice changed (replication/DEVIATIONS.md, "The
language model"), and an RNN and an LSTM of torch at the sizes that the paper quotes, which had
little tuning and no dropout. A diverged run has no perplexity."""
ABOUT_QUOTED = "The recurrent models that the paper quotes, which were tuned by their authors:"

ABOUT_FIGURE = """\
The attention of each hop over the memory, its mean over the words of the test set. *newest*: the
share on the last word; *last {recent}*, *older half*: on the last {recent} words and on the older
half of the memory; *distance*: the mean number of words back, 1 being the last. The published
figure has no numbers, so that nothing is compared; what its caption and text say of it is among the
claims ([claims.md](claims.md))."""


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
        named |= _figure(experiment.name, hops_of(experiment))
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
    lines = lines_of(records)
    shown, title = [_cells(line) for line in lines], TITLE
    if name == SCRIPT:
        missing = {line.row: (1, 1) for line in lines if line.status == "not run"}
        apart = []
        rest = [*_far(lines, looked_at), *_apart(lines), *_on_gpu(records),
                *not_run.section(SCRIPT, missing, 1, "--rows")]
    else:
        title = OTHER_TITLES[name.removeprefix(SCRIPT)]
        apart = ["Other data than the paper's: nothing is compared."]
        rest = _on_gpu(records)
    return (Section(title, [ABOUT, *apart, Lines(HEADER, shown), *rest]),
            (f"{name}.tex", "% needs \\usepackage{booktabs}\n" + layout.as_latex(
                [HEADER[i] for i in KEPT], [[line[i] for i in KEPT] for line in shown], title)),
            (f"{name}.csv", layout.as_csv(HEADER, [_cells(line, layout.exact) for line in lines])))


def _above(line):
    """A line's test perplexity above the published one."""
    return line.ours["test_perplexity"] - float(line.test)


def _far(lines, looked_at):
    """[Section] of the rows that lie far above their published figure, or [].

    looked_at  {row: record} of Figure 3
    """
    lines = [line for line in lines if line.test and line.ours]
    far = [line for line in lines if _above(line) > FAR]
    if not far:
        return []
    return [Section("Further off than expected", [ABOUT_FAR.format(far=FAR), Lines(
        ["model", "training", "valid, published / ours", "lowest on the way",
         "test, published / ours", "at the lowest valid", "test of each restart"],
        [[line.row, layout.figure(line.ours["train_perplexity"]),
          f"{line.valid} / {layout.figure(line.ours['valid_perplexity'])}",
          layout.figure(line.ours["valid_perplexity_best_epoch"]),
          f"{line.test} / {layout.figure(line.ours['test_perplexity'])}",
          layout.figure(line.ours["test_perplexity_best_epoch"]),
          ", ".join(layout.figure(restart["test_perplexity"]) for restart in line.each)]
         for line in far]), *_last_hops(lines, looked_at)])]


def _last_hops(lines, looked_at):
    """Where the last hop looks in each of some Lines' models; [] where it is not known of all."""
    of = {line.row: looked_at[line.row] for line in lines if line.row in looked_at
          and looked_at[line.row]["model"].get("seed") == line.ours["seed"]}
    if len(of) < len(lines):
        return []
    last = {row: shares(record["attention"][-1:]) for row, record in of.items()}
    newest, recent = ({row: share[part].item() for row, share in last.items()} for part in (0, 1))
    near, far = ([newest[line.row] for line in lines if (_above(line) > FAR) == off]
                 for off in (False, True))
    return [ABOUT_LAST.format(recent=RECENT),
            *([TOLD_APART.format(far=FAR, near=min(near), most=max(far))]
              if near and min(near) > max(far) else []),
            Lines(["model", "above", "newest", f"last {RECENT}"],
                  [[line.row, f"{_above(line):.1f}", f"{newest[line.row]:.1%}",
                    f"{recent[line.row]:.1%}"] for line in lines])]


def _apart(lines):
    """[Section] of how far restarts of a row lie apart, and of the order of rows, or []."""
    lines = [line for line in lines if line.test and line.ours]
    several = [line for line in lines if len(line.each) > 1]
    if not several:
        return []
    found = [[restart["test_perplexity"] for restart in line.each] for line in several]
    published_of = [float(line.test) for line in lines]
    return [Section("How far restarts lie apart", [
        ABOUT_APART.format(apart=max(max(test) - min(test) for test in found),
                           lowest=min(published_of), highest=max(published_of)),
        Lines(["model", "seed", "training", "valid", "test", "above the published", "chosen"],
              [[line.row, str(restart["seed"]), *(layout.figure(restart[f"{part}_perplexity"])
                                                  for part in ("train", "valid", "test")),
                f"{restart['test_perplexity'] - float(line.test):+.1f}".replace("-", "−"),
                "yes" if restart["seed"] == line.ours["seed"] else ""]
               for line in several for restart in line.each]),
        _order(published_of, [line.ours["test_perplexity"] for line in lines])])]


def _order(printed, ours):
    """How many pairs of rows are in the published order; figures that are equal have none."""
    gaps = [(abs(a - b), (a < b) == (x < y))
            for (a, x), (b, y) in combinations(zip(printed, ours), 2) if a != b]
    others = [gap for gap, same in gaps if not same]
    return IN_ORDER.format(pairs=len(gaps), same=len(gaps) - len(others),
                           others=OTHERS.format(gap=max(others)) if others else "")


def _on_gpu(records):
    """[Section] of the restarts that a GPU trained, or []."""
    lines = [[record.column, record.row, str(seed), *(
        ", ".join(dict.fromkeys(machine[key] for machine in machines))
        for key in ("device", "torch"))]
        for record in records.values()
        for seed, machines in results.trained_on_gpu(record.content).items()]
    return [Section("Trained on a GPU", [ABOUT_GPU, Lines(
        ["corpus", "model", "seed", "device", "torch"], lines)])] if lines else []


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
        ABOUT_VARIANTS, shown, ABOUT_QUOTED, quoted, *_on_gpu(records)]), exact.header, exact.lines)


def hops_of(folder):
    """{row: record} of Figure 3 in an experiment's folder. UserError for a bad one."""
    records = [read_figure(path, _problem_of_hops, "Figure 3")
               for path in sorted(Path(folder).glob("*/*.json"))]
    return {record["row"]: record | {"attention": np.array(record["attention"])}
            for record in records}


def _problem_of_hops(record):
    """What is wrong with a record of Figure 3, in words, or None."""
    p = np.array(record["attention"], dtype=float)
    if p.ndim != 2 or not np.allclose(p.sum(1), 1, atol=1e-4):
        return "a hop's attention does not sum to 1"
    lacking = {"row", "words", "column", "model"} - record.keys()
    return f"it has no {', '.join(sorted(lacking))}" if lacking else None


def shares(p):
    """Of each hop's attention (K, N): on the newest word, the last ones, the older half."""
    return p[:, -1], p[:, -RECENT:].sum(1), p[:, :p.shape[1] // HALF].sum(1)


def _figure(name, hops):
    parts, tidy = [], []
    for row, record in hops.items():
        p = record["attention"]
        K, N = p.shape
        parts = parts or [ABOUT_FIGURE.format(recent=RECENT)]
        stem = f"figures/{name}_{slug(row)}"
        distance = p @ np.arange(N, 0, -1)
        picture = Picture(f"average attention of each hop over the memory, {row}",
                          f"{stem}_light.png", f"{stem}_dark.png")
        parts.append(Section(f"{record['column']}, {row}", [
            *([picture] if row in DRAWN else []),
            Lines(["hop", "newest", f"last {RECENT}", "older half", "distance"],
                  [[str(k + 1), *(f"{share[k]:.1%}" for share in shares(p)), f"{distance[k]:.1f}"]
                   for k in range(K)]),
            f"Mean over {record['words']:,} words; seed {record['model']['seed']}. Spread evenly, "
            f"a hop would have {RECENT / N:.1%} on the last {RECENT} words and 50% on the older "
            "half."]))
        tidy += [[row, str(k + 1), str(i - N), f"{p[k, i]:.6g}"]
                 for k in range(K) for i in range(N)]
    return page(name, Section("MemN2N, Figure 3 (where the language model's hops look)", parts),
                ["model", "hop", "position", "attention"], tidy)
