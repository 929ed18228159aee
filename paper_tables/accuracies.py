"""Tables 3 to 6 of Memory Networks judged cell by cell: means over seeds against one published run.

The paper gives one run a cell. Ours is the mean over seeds, and the interval is where one more
run should lie. A run is a world, its questions, weights and an order, all from its seed, so that
the spread over seeds holds the sampling error of 3,000 test questions already, and it is not added
to it. A few seeds may show less of it by chance: it is the least that the interval is made from.
"""

from dataclasses import dataclass, field

import numpy as np

from paper_tables import comparison, published, reasons
from paper_tables.cells import OUTSIDE, Cell, status

FAR = 5.0       # points from the published figure, beyond which a cell needs a reason
SOLVED = 99.0   # percent, below which a cell of a row that solves the world needs one

# What the runs hold beside their accuracy, and what a table calls it. In percent.
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
class AccuracyTable:
    """What is known of a table before anything is run.

    script   the experiment, and the name of its folder of records
    title    for people
    solves   rows that solve the world in the paper
    questions   of the published run's test; records with fewer are "partial"
    """
    script: str
    title: str
    solves: tuple = ()
    questions: int = 3000


@dataclass(frozen=True)
class AccuracyCell(Cell):
    """A Cell in accuracies: best is the highest of the runs, worst the lowest.

    printed   the published figure as the paper prints it
    measured  {key of MEASURED: mean over the runs}
    """
    printed: str = ""
    measured: dict = field(default_factory=dict)

    @property
    def decimals(self):
        """Of our figure beside the published one: as many, but one where that has none."""
        return max(1, len(self.printed.partition(".")[2]))


def judge(table, records):
    """All cells of a table: {(column, row): AccuracyCell}, row by row as the paper prints them.

    records: {column: {row: AccuracyRecord}}, see accuracy_records.read_rows.
    """
    paper = published.by_row(table.script)
    return {(column, row): _cell(table, column, row, paper.printed[column, row],
                                 records.get(column, {}).get(row))
            for row in paper.rows for column in paper.columns}


def _cell(table, column, row, printed, record):
    figure = float(printed)
    if record is None:
        return AccuracyCell(column, row, figure, printed=printed)
    width = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    interval = next_run(record.accuracy, width, table.questions)
    complete = (not record.partial and record.value is not None
                and record.n_test >= table.questions)
    measured = {key: record.mean_of(key) for key in MEASURED}
    return AccuracyCell(
        column, row, figure, ours=record.value, interval=interval,
        median=float(np.median(record.accuracy)),
        best=float(record.accuracy.max()), worst=float(record.accuracy.min()),
        n=len(record.accuracy), diverged=int((~record.ok).sum()),
        status=status(figure, interval, complete, lower_is_better=False), printed=printed,
        measured={key: value for key, value in measured.items() if value is not None})


def next_run(accuracy, half_width, questions):
    """The interval for one more run, from those of all seeds (R,); None where R < 2.

    Its variance is that over the seeds, and at least that of so many test questions: it holds
    95 runs in 100, and 98 where runs differ in nothing but the questions that they are asked.
    """
    if len(accuracy) < 2:
        return None
    spread = accuracy.var(ddof=1)
    lacking = max(0.0, comparison.question_variance(accuracy.mean(), questions) - spread)
    return comparison.next_run_interval(accuracy[None], half_width, lacking)


def far(cell):
    """Whether a cell is further from the published figure than may stand without a reason."""
    return cell.ours is not None and abs(cell.ours - cell.published) > FAR


def unsolved(table, cell):
    return cell.row in table.solves and cell.ours is not None and cell.ours < SOLVED


def explain(table, cells, given):
    """{(column, row): text} for every cell that needs a reason or has one, in their order.

    given: {(column, row): text with placeholders}, see reasons.read.
    """
    texts = {}
    for key, cell in cells.items():
        if key in given and not idle(table, cell):
            more = {name: f"{value:.1f}" for name, value in cell.measured.items()}
            texts[key] = reasons.of_cell(given[key], cell, more)
        elif far(cell) or unsolved(table, cell):
            texts[key] = reasons.UNKNOWN
    return texts


def idle(table, cell):
    """Whether a reason would be one too many."""
    return not (far(cell) or unsolved(table, cell) or cell.status in OUTSIDE)
