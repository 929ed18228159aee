"""A table of the papers judged cell by cell, and column by column: published, ours, status.

One form for every table. A *series* is what one model or setting has in a table: a column of the
bAbI tables, a row of the others. Figures are in the unit of the table's metric.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from paper_tables import column_test, comparison
from paper_tables.published import FAILED, FAILS_ABOVE, MEAN, half_width
from paper_tables.records import same_restarts

STATUSES = ("match", "fitted", "better", "worse", "partial", "not run", "quoted",
            "substitute data", "unavailable")
OUTSIDE = ("better", "worse")
PASSES = 0.05   # a series whose test has a p above it is not told from the published one
APART = 0.01    # a task whose figures lie to one side in all columns with a p below it stands out

# What the restarts hold beside their figure, and what a table calls it. In percent.
MEASURED = {
    "segments_right": "segments right", "first_hop": "first hop",
    "second_hop": "second hop given the first", "response": "R given true supports",
    "given_true_supports": "R given true supports", "room_accuracy": "room right",
    "most_probable_words": "each word the most probable",
    "another_answer": "another question's answer",
    "accuracy_actor": "where an actor is", "accuracy_before": "where an actor was before",
    "accuracy_object": "where an object is", "train_accuracy": "on training questions",
    "valid_accuracy": "on validation questions", "last_room": "always the room named last",
}


@dataclass(frozen=True)
class Table:
    """What is known of a published table before anything is run.

    script      the experiment, and the name of its folder of records
    title       for people: the paper, the table, what it is
    lower_is_better, top   of the metric: errors and perplexity, or accuracies and F1; its bound
    by_column   whether a series is a column; else a row
    restarts, restarts_joint, restarts_averaged   needed of a cell, of joint columns and of means
                over seeds; fewer make a cell "partial"
    epochs, epochs_joint   of the paper's MemN2N; records of shorter runs are "partial"
    questions   of the published run's test; records with fewer are "partial", and the interval
                of a mean over seeds allows for the chance of so many (0: not known)
    other_data  rows whose data is of another release than the paper's
    fitted      {series: the entry of DEVIATIONS.md}: the series took part in choosing what the
                paper leaves open
    repeats     {row: (script, row)}: the same runs as those of another table's row
    stand_in    (row, mark): where the row has no record, those of the folder with this mark stand
                in, as other data; or ()
    quoted      rows that the paper itself cites
    solves      rows that solve the task in the paper
    wide        an interval wider than this says little
    far         cells further from the published figure need a reason also inside (None: none do)
    """
    script: str
    title: str
    lower_is_better: bool = True
    top: float = 100.0
    by_column: bool = True
    restarts: int = 100
    restarts_joint: int = 30
    restarts_averaged: int = 10
    epochs: int = 100
    epochs_joint: int = 60
    questions: int = 0
    other_data: frozenset = frozenset()
    fitted: dict = field(default_factory=dict)
    repeats: dict = field(default_factory=dict)
    stand_in: tuple = ()
    quoted: frozenset = frozenset()
    solves: tuple = ()
    wide: float = 5.0
    far: float | None = None

    @property
    def short(self):
        """The title without the paper's name and what stands in brackets."""
        return self.title.partition(", ")[2].partition(" (")[0]

    @staticmethod
    def joint(column):
        return column.endswith(" joint")

    def series(self, paper):
        return paper.columns if self.by_column else paper.rows

    def others(self, paper):
        """What each series has a cell of, summary rows not among them."""
        return paper.rows if self.by_column else paper.columns

    def key(self, series, other):
        """(column, row) of a series' cell."""
        return (series, other) if self.by_column else (other, series)

    def series_of(self, cell):
        return cell.column if self.by_column else cell.row

    def whole(self, column, record):
        """Whether a record has all the restarts, epochs and questions that its cell needs."""
        joint, ours = self.joint(column), column.startswith("MemN2N")
        needed = self.restarts_joint if joint else self.restarts
        if record.averaged:
            needed = self.restarts_averaged
        epochs = (self.epochs_joint if joint else self.epochs) if ours else 0
        return (len(record.seeds) >= needed and not record.content["partial"]
                and record.value is not None and record.content["data"]["n_test"] >= self.questions
                and (record.epochs is None or record.epochs >= epochs))


@dataclass(frozen=True)
class Cell:
    """One cell of a table. Figures in the unit of the table; None where there is none.

    row       a task's number, a name, or published.MEAN or published.FAILED
    printed   the published figure as the paper prints it
    interval  where the published figure should lie, by our restarts
    median, best, worst, n, diverged    over all restarts of the record
    place     the share of our draws below the published figure (column_test)
    ties      {rule: mean selected error over the draws}, by how ties are broken
    tied      mean number of the 10 drawn restarts that share the lowest training error
    measured  {key of MEASURED: mean over the restarts}
    wide      whether the interval is so wide that a match says little
    """
    column: str
    row: object
    printed: str
    ours: float | None = None
    interval: comparison.Interval | None = None
    median: float | None = None
    best: float | None = None
    worst: float | None = None
    n: int | None = None
    diverged: int = 0
    status: str = "not run"
    place: float | None = None
    ties: dict = field(default_factory=dict)
    tied: float | None = None
    measured: dict = field(default_factory=dict)
    wide: bool = False

    @property
    def published(self):
        return float(self.printed)

    @property
    def decimals(self):
        """Of our figure beside the published one: as many, but one where that has none."""
        return max(1, len(self.printed.partition(".")[2]))


@dataclass(frozen=True)
class Judged:
    """A table as it was judged.

    table, folder, paper   the table, the folder of its records, the published figures
    cells, found    {(column, row): Cell}, {column: {row: record}}
    tests    {series: column_test.Test or None}, without cells of other data
    apart    the same of the cells of other data alone
    sides    {row: p that its figures lie to one side in all columns of best-of-10 draws}
    texts    {(column, row): reason}
    """
    table: Table
    folder: Path
    paper: object
    cells: dict
    found: dict
    tests: dict
    apart: dict = field(default_factory=dict)
    sides: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)

    def of_series(self, series):
        """The cells of one series, summary rows among them."""
        return [cell for cell in self.cells.values() if self.table.series_of(cell) == series]

    def counted(self):
        """Cells that counts are of: no summary rows, and no runs that another table has."""
        return [cell for cell in self.cells.values()
                if cell.row not in self.paper.summary and cell.row not in self.table.repeats]


def judge(table, folder, paper, found, substitute=False):
    """A table from its records, {column: {row: Record}}: Judged, still without reasons.

    Cells come column by column where a series is a column, else row by row. substitute: the
    records are of other data than the paper's, so that nothing is compared.
    """
    cells, tests, apart = {}, {}, {}
    for series in table.series(paper):
        judged = {}
        for other in (*table.others(paper), *paper.summary):
            key = table.key(series, other)
            if key in paper.printed and other not in paper.summary:
                judged[key] = _cell(table, *key, paper.printed[key],
                                    found.get(key[0], {}).get(key[1]))
        if paper.summary:
            judged |= _summary(table, paper, series, judged, found.get(series, {}))
        if substitute:
            judged = {key: replace(cell, status="substitute data") if cell.n else cell
                      for key, cell in judged.items()}
        cells |= judged
        for kind, which in ((tests, False), (apart, True)):
            restarts = _restarts(table, paper, series, found, which)
            kind[series] = None if substitute else _test(table, series, judged, restarts)
    return Judged(table, Path(folder), paper, cells, found, tests, apart,
                  _sides(table, paper, tests))


def _sides(table, paper, tests):
    drawn = [test for test in tests.values() if test and not test.single]
    rows = [row for row in paper.rows if row not in table.other_data]
    if not table.by_column or len(drawn) < 2:
        return {}
    return {row: column_test.of_one_cell(drawn, i)[0] for i, row in enumerate(rows)}


def _cell(table, column, row, printed, record):
    if record is None:
        return Cell(column, row, printed, status="quoted" if row in table.quoted else "not run")
    figures, averaged = record.figures, record.averaged
    width = half_width(table.script, column, printed)
    interval = ties = tied = None
    if averaged:
        interval = next_run(figures, width, table)
    else:
        drawn = _drawn(table, column, row, record)
        draws = figures[comparison.select(drawn, record.rank)]
        interval = comparison.interval(draws, comparison.widening(len(figures)), width, table.top)
        ties, tied = _ties(record, drawn), comparison.tied(drawn, record.rank)
    measured = {key: record.mean_of(key) for key in MEASURED}
    cell = Cell(
        column, row, printed, ours=record.value, interval=interval,
        median=float(np.median(figures)), n=len(figures), diverged=int((~record.ok).sum()),
        best=float(figures.min() if table.lower_is_better else figures.max()),
        worst=float(figures.max() if table.lower_is_better else figures.min()),
        place=_place(record, float(printed), width), ties=ties or {}, tied=tied,
        measured={key: value for key, value in measured.items() if value is not None},
        wide=interval is not None and interval.high - interval.low > table.wide)
    other = row in table.other_data
    return replace(cell, status=status(table, cell, table.whole(column, record), other))


def _drawn(table, column, row, record):
    """Draws of ten, (draws, 10): in a joint column the same whole models for every task."""
    stream = (column,) if table.joint(column) else (column, row)
    return comparison.draw(comparison.generator(*stream), len(record.seeds))


def _place(record, figure, width):
    best_of = 1 if record.averaged else comparison.BEST_OF
    chance = column_test.weights(record.rank, best_of)
    return float((chance @ column_test.below(record.figures, np.array([figure]), width)).item())


def next_run(figures, width, table):
    """The interval for one more run, from those of all seeds (R,); None where R < 2.

    Its variance is that over the seeds, and at least that of the table's number of test questions.
    """
    lacking = 0.0
    if table.questions and len(figures) > 1:
        lacking = max(0.0, comparison.question_variance(figures.mean(), table.questions)
                      - figures.var(ddof=1))
    return comparison.next_run_interval(figures[None], width, lacking, table.top)


def _ties(record, drawn):
    """{rule: mean selected error}: the same draws for each, only the tie-break differs."""
    first = record.column("train_error")
    if first is None:
        return {}
    keys = {"at random": (), "by training loss": (record.column("train_loss"),),
            "by online training error": (record.column("online_train_error"),)}
    return {rule: float(record.figures[
                comparison.select(drawn, comparison.ranks(first, *key))].mean())
            for rule, key in keys.items() if all(part is not None for part in key)}


def status(table, cell, complete, other_data=False):
    """A status of STATUSES: the published figure against the interval of our runs."""
    if other_data:
        return "substitute data"
    if cell.interval is None or not complete:
        return "partial"
    if cell.interval.holds(cell.published):
        return "fitted" if table.series_of(cell) in table.fitted else "match"
    # An error that is published above the interval means that ours is lower.
    above = cell.published > cell.interval.high
    return "better" if above == table.lower_is_better else "worse"


def _summary(table, paper, column, cells, records):
    """The mean error and the number of failed tasks: intervals of their own, draws combined."""
    rows = [row for row in paper.rows if row in records]
    printed = {row: paper.printed[column, row] for row in paper.summary}
    if len(rows) < len(paper.rows):
        return {(column, row): Cell(column, row, text, status="partial" if rows else "not run")
                for row, text in printed.items()}
    if table.joint(column):
        same_restarts(records)
    draws, noise = [], []
    averaged = records[rows[0]].averaged
    for row in rows:
        record = records[row]
        drawn = (comparison.draw(comparison.generator(column, row), len(record.seeds), 1)
                 if averaged else _drawn(table, column, row, record))
        values = record.figures[comparison.select(drawn, record.rank)]
        other = row in table.other_data
        if other:
            rng = comparison.generator(column, row, "questions")
            values = comparison.as_published_run(rng, values)
        draws.append(values)
        noise.append(comparison.question_variance(record.figures.mean()) if other else 0.0)
    n = min(len(records[row].seeds) for row in rows)
    # A mean of figures that were rounded to whole percents is off by as much, at worst.
    width = max(half_width(table.script, column, cells[column, row].printed) for row in rows)
    ours = [records[row].value for row in rows]
    judged = {}
    for row, text in printed.items():
        values = np.stack(draws) if row == MEAN else np.stack(draws) > FAILS_ABOVE
        if row == MEAN and averaged:
            runs = np.stack([records[task].figures[:n] for task in rows])
            interval = comparison.next_run_interval(runs, width, np.array(noise))
        else:
            best_of = 1 if averaged else comparison.BEST_OF
            # A joint column's draw is one model: a single quantity. Tasks apart are independent.
            freedom = (None if table.joint(column)
                       else comparison.pooled_freedom(values, n, best_of))
            factor = comparison.widening(n, best_of, freedom)
            interval = (comparison.interval(values.mean(axis=0), factor, width) if row == MEAN else
                        comparison.interval(values.sum(axis=0), factor, 0.0, float(len(rows))))
        figure = None
        if None not in ours:
            figure = (float(np.mean(ours)) if row == MEAN else
                      sum(error > FAILS_ABOVE for error in ours))
        cell = Cell(column, row, text, ours=figure, interval=interval, n=n)
        complete = all(table.whole(column, records[task]) for task in rows)
        judged[column, row] = replace(cell, status=status(table, cell, complete))
    return judged


# --- whole series -----------------------------------------------------------------------------

def _restarts(table, paper, series, found, other_data=False):
    """The keys of a series' cells, and column_test.Cells; of rows of other data, or of the rest."""
    keys = [table.key(series, other) for other in table.others(paper)]
    keys = [key for key in keys
            if key in paper.printed and (key[1] in table.other_data) == other_data]
    records = [found.get(column, {}).get(row) for column, row in keys]
    if not keys or None in records:
        return None
    together = table.by_column and table.joint(series)
    best_of = 1 if records[0].averaged else comparison.BEST_OF
    return keys, column_test.Cells([record.figures for record in records],
                                   [record.rank for record in records], best_of, together)


def _test(table, series, cells, restarts):
    """Where the published figures of a series fall among our draws; None if that is not known."""
    if restarts is None:
        return None
    keys, tested = restarts
    if not tested.testable or any(cells[key].status == "partial" for key in keys):
        return None
    return column_test.test(
        _stream(table, series), tested,
        [cells[key].published for key in keys],
        [half_width(table.script, key[0], cells[key].printed) for key in keys])


def _stream(table, series):
    """Rows of one table are of the same worlds, seed by seed: the same seeds play in each."""
    return comparison.generator(series if table.by_column else table.script, "column test")


def power(judged, names):
    """p of each published series against each series' restarts: {(published, ours): p}.

    What the test can tell apart, and what it cannot. names: series of best-of-10 draws.
    """
    table, paper, found = judged.table, judged.paper, {}
    restarts = {name: _restarts(table, paper, name, judged.found) for name in names
                if judged.tests.get(name)}
    for ours, (keys, tested) in restarts.items():
        columns = [[float(paper.printed[table.key(name, _other(table, key))]) for key in keys]
                   for name in restarts]
        tests = column_test.many(_stream(table, ours), tested, columns,
                                 [half_width(table.script, key[0], judged.cells[key].printed)
                                  for key in keys])
        found |= {(name, ours): test.p for name, test in zip(restarts, tests)}
    return found


def _other(table, key):
    return key[1] if table.by_column else key[0]
