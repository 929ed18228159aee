"""Pages of whole columns: where published figures fall among our draws, and what that can tell."""

import textwrap

from paper_tables import column_test, layout
from paper_tables.sections import Lines, Section, files, page
from paper_tables.table import PASSES
from paper_tables.whole_series import power

ABOUT = """\
Of each cell the *place* of the published figure: the share of our draws that lie below it, draws
within the rounding of the printed figure counted half. {draw} If the authors' code and ours draw
from the same distribution, places are spread evenly from 0 to 1. *p* of a {series} is how often
our own restarts in the paper's stead have places as far from the middle: the sum of squared normal
scores of all its cells, calibrated by letting {play} of our restarts play the paper while the
others are what they are held against, {draws} times ([paper_tables/column_test.py](column_test.py)).
A p below 0.05 comes up in one {series} of twenty that does not differ.{joint}{rows}"""
BEST_OF = ("A draw is the test error of the best of ten restarts by training error, each restart "
           "with its exact chance, ties shared evenly.")
RUN = "A draw is one run."
JOINT = (" Joint columns play whole models; 30 of these hold few independent draws of ten, so that "
         "there 7% of the p are below 0.05 and 3 to 4% below 0.01 where nothing differs.")
ROWS = (" *One side*: p that a task's figures lie to the same side in all columns; *far out*: p "
        "that they lie as far out, on whichever side. Of twenty tasks one has a p below 0.05 by "
        "chance.")
POWER = """\
p of each published column (lines) against the restarts of each column of ours: what the test can
tell apart, and what it cannot. On the diagonal a column against its own."""
OTHER = ("Tasks marked * have other data than the paper's: they are in no count and no p of a "
         "column; their own p stands in their line.")


def build(judged):
    """{file name: text} of a table's page; empty where no series has a test."""
    groups, parts, tidy = _by_draw(judged), [], []
    for best_of, names in groups.items():
        parts += [_about(judged, best_of, names), Lines(*places(judged, names))]
        if len(names) > 1:
            total = column_test.of_all([judged.tests[name] for name in names])
            parts.append(f"All of these together: p = {layout.probability(total)}.")
        tidy += [[series, layout.exact(judged.tests[series].p)] for series in names]
    title = f"{judged.table.title}: whole {word(judged)}s"
    return files(page(f"{judged.folder.name}_columns", Section(title, [
        *parts, *_power(judged, groups.get(True, []))]), [word(judged), "p"], tidy))


def failing(judged):
    """The series whose published figures are told from our restarts: p up to PASSES."""
    return [series for series, test in judged.tests.items() if test and test.p <= PASSES]


def word(judged):
    return "column" if judged.table.by_column else "row"


def averaged(judged, series):
    """Whether a series' figures are means over seeds, each published figure being one run."""
    return all(record.averaged for record in judged.all_records()
               if series in (record.column, record.row))


def _by_draw(judged):
    """{whether best of ten: series that have a test}."""
    groups = {}
    for series, test in judged.tests.items():
        if test:
            groups.setdefault(not averaged(judged, series), []).append(series)
    return groups


def _about(judged, best_of, names):
    joint = any(judged.table.joint(name) for name in names) and judged.table.by_column
    text = _wrapped(ABOUT, draw=BEST_OF if best_of else RUN, play="ten" if best_of else "one",
                    series=word(judged), draws=f"{column_test.DRAWS:,}",
                    joint=JOINT if joint else "", rows=ROWS if best_of and len(names) > 1 else "")
    return f"{text}\n\n{_wrapped(OTHER)}" if judged.table.other_data else text


def _wrapped(text, **parts):
    return textwrap.fill(text.format(**parts), 100, break_long_words=False, break_on_hyphens=False)


def places(judged, names):
    """A line a cell, a column a series, and p below and beside: header and lines."""
    table, others = judged.table, judged.table.others(judged.paper)
    tests = {name: judged.tests[name] for name in names}
    apart = {name: judged.apart.get(name) for name in names}
    plain = [other for other in others if other not in table.other_data]
    unlike = [other for other in others if other in table.other_data]
    by_row = len(names) > 1 and not averaged(judged, names[0])
    lines = []
    for other in others:
        cells = [judged.cells[table.key(name, other)] for name in names]
        line = [layout.line_name(judged, cells[0]),
                *(layout.figure(cell.place, 2) for cell in cells)]
        if by_row and other in plain:
            line += map(layout.probability, column_test.of_one_cell(
                list(tests.values()), plain.index(other)))
        elif by_row:
            line += map(layout.probability, column_test.of_one_cell(
                list(apart.values()), unlike.index(other)) if all(apart.values()) else (None, None))
        lines.append(line)
    if averaged(judged, names[0]):
        lines += [["beyond all of our runs", *(
            str(sum(_beyond(judged.cells[table.key(name, other)]) for other in plain))
            for name in names)],
            ["expected of so many", *(f"{_expected(judged, name, plain):.1f}" for name in names)]]
    lines.append(["**p**", *(f"**{layout.probability(test.p)}**" for test in tests.values()),
                  *["", ""] * by_row])
    return [layout.line_heading(judged), *names,
            *["one side", "far out"] * by_row], lines


def _beyond(cell):
    """Whether a published figure lies below or above all of our runs."""
    return cell.place is not None and not 1e-9 < cell.place < 1 - 1e-9


def _expected(judged, name, others):
    """How many figures lie beyond all n runs where nothing differs: 2/(n + 1) a cell."""
    return sum(2 / (judged.cells[judged.table.key(name, other)].n + 1) for other in others)


def _power(judged, names):
    """The matrix, and what it says in words."""
    if len(names) < 2:
        return []
    p = power(judged, names)
    lines = [[published, *(layout.probability(p[published, ours]) for ours in names)]
             for published in names]
    wrong = {pair: value for pair, value in p.items() if pair[0] != pair[1]}
    alike = [f"{published} from {ours} (p = {layout.probability(value)})"
             for (published, ours), value in wrong.items() if value > 0.05]
    words = (f"Of {len(wrong)} wrong pairs {len(wrong) - len(alike)} are told apart (p at most "
             "0.05).")
    if alike:
        words += f" Not told apart: published {'; '.join(alike)}."
    return [Section("What the test can tell apart", [
        POWER, Lines(["published", *names], lines), _wrapped(words)])]


def of_all(judged, best_of):
    """p of all series of one kind of draw together, and their names; (None, []) where none is."""
    names = _by_draw(judged).get(best_of, [])
    return (column_test.of_all([judged.tests[name] for name in names]) if names else None), names


def p_of(judged, series):
    """p of the test of a whole series, as text."""
    test = judged.tests.get(series)
    return layout.probability(test and test.p)
