"""What a judged table is: the table as the paper has it, its cells, and all that is known of them.

One form for every table. A *series* is what one model or setting has in a table: a column of the
bAbI tables, a row of the others. Figures are in the unit of the table's metric.
"""

from dataclasses import dataclass, field
from pathlib import Path

from paper_tables import comparison
from replication.records.record import SPREAD

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
    lower_is_better   of the metric: errors, or accuracies; both are percents
    by_column   whether a series is a column; else a row
    restarts, restarts_joint, restarts_averaged   needed of a cell, of joint columns and of means
                over seeds; fewer make a cell "partial"
    restarts_spread   needed of a cell whose draws of the best of ten spread (record.SPREAD), where
                `restarts` are enough of the others; 0: as many
    epochs, epochs_joint   of models that are the best of several (the paper's MemN2N); records of
                shorter runs are "partial"
    questions   of the published run's test; records with fewer are "partial", and the interval
                of a mean over seeds allows for the chance of so many (0: not known)
    other_data  rows whose data is of another release than the paper's
    fitted      {series: the entry of DEVIATIONS.md}: the series took part in choosing what the
                paper leaves open
    repeats     {row: (script, row)}: the same runs as those of another table's row
    stand_in    (row, mark): where the row has no record, those of the folder with this mark stand
                in, as other data; or ()
    solves      rows that solve the task in the paper
    wide        an interval wider than this says little
    far         cells further from the published figure need a reason also inside (None: none do)
    """
    script: str
    title: str
    lower_is_better: bool = True
    by_column: bool = True
    restarts: int = 100
    restarts_joint: int = 30
    restarts_averaged: int = 10
    restarts_spread: int = 0
    epochs: int = 100
    epochs_joint: int = 60
    questions: int = 0
    other_data: frozenset = frozenset()
    fitted: dict = field(default_factory=dict)
    repeats: dict = field(default_factory=dict)
    stand_in: tuple = ()
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

    def whole(self, record):
        """Whether a record has all the restarts, epochs and questions that its cell needs."""
        restarts, epochs = ((self.restarts_averaged, 0) if record.averaged else
                            (self.restarts_joint, self.epochs_joint) if record.joint else
                            (self.restarts, self.epochs))
        if len(record.seeds) < self.restarts_spread and not record.averaged:
            low, _, high = comparison.quantiles(
                record.figures, comparison.chances(record.rank, record.best_of))
            if high - low > SPREAD:
                return False
        return (len(record.seeds) >= restarts and not record.content["partial"]
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
    cells, records   {(column, row): Cell}, {column: {row: Record}}
    tests    {series: column_test.Test or None}, without cells of other data
    apart    the same of the cells of other data alone
    sides    {row: p that its figures lie to one side in all columns of best-of-10 draws}
    texts    {(column, row): reason}
    """
    table: Table
    folder: Path
    paper: object
    cells: dict
    records: dict
    tests: dict = field(default_factory=dict)
    apart: dict = field(default_factory=dict)
    sides: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)

    @property
    def own(self):
        """Whether its records are of the paper's data, and not of other data beside them."""
        return self.folder.name == self.table.script

    def record(self, cell):
        """The Record of a cell; None where it has none."""
        return self.records.get(cell.column, {}).get(cell.row)

    @property
    def run(self):
        """Whether any cell has been run."""
        return any(cell.n for cell in self.cells.values())

    def all_records(self):
        return [record for rows in self.records.values() for record in rows.values()]

    def of_series(self, series):
        """The cells of one series, summary rows among them."""
        return [cell for cell in self.cells.values() if self.table.series_of(cell) == series]

    def counted(self):
        """Cells that counts are of: no summary rows, and no runs that another table has."""
        return [cell for cell in self.cells.values()
                if cell.row not in self.paper.summary and cell.row not in self.table.repeats]
