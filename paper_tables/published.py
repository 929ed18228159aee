"""The published numbers: typed once, in published/*.csv, one file a table of the papers.

bAbI tables have one row a task and two rows under them, the mean error and
the number of failed tasks, as the paper prints them. Errors are in percent.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import UserError

FOLDER = Path(__file__).parent / "published"
MEAN = "mean error"
FAILED = "failed tasks (error > 5%)"
FAILS_ABOVE = 5.0  # percent; MemN2N, Table 1: a task fails when its error exceeds it

# Columns whose figures are whole percents, though some are printed as x.0.
# MemN2N's Table 1 quotes them from the tasks' paper (arXiv:1502.05698), which
# gives whole accuracies; MemNN's Table 5 prints most of its cells without decimals.
WHOLE_PERCENT = {
    "memn2n_table1_babi_1k": {"MemNN strongly supervised", "LSTM"},
    "memnn_babi_tasks": {"MemNN k=2 (+time)"},
    "memnn_table5_sentence_level": {
        "difficulty 1 / actor without before", "difficulty 1 / actor without before + object",
        "difficulty 5 / actor without before", "difficulty 5 / actor without before + object"},
}


@dataclass(frozen=True)
class PublishedTasks:
    """A published table with one row a task.

    columns  the paper's column names, in its order
    names    {task: the task's name}
    errors   {column: {task: error in %}}
    mean     {column: printed mean error in %}
    failed   {column: printed number of failed tasks}
    """
    columns: tuple
    names: dict
    errors: dict
    mean: dict
    failed: dict


def rows(table):
    """The lines of one published table, as dicts of text. UserError if it is not there."""
    path = FOLDER / f"{table}.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None


def by_task(table):
    """One of the bAbI tables (MemN2N, Tables 1 and 3) as PublishedTasks."""
    lines = rows(table)
    columns = tuple(name for name in lines[0] if name not in ("task", "name"))
    tasks = [line for line in lines if line["task"].isdigit()]
    foot = {line["task"]: line for line in lines if not line["task"].isdigit()}
    return PublishedTasks(
        columns=columns,
        names={int(line["task"]): line["name"] for line in tasks},
        errors={column: {int(line["task"]): float(line[column]) for line in tasks}
                for column in columns},
        mean={column: float(foot[MEAN][column]) for column in columns},
        failed={column: int(foot[FAILED][column]) for column in columns})


@dataclass(frozen=True)
class PublishedRows:
    """A published table whose rows have names, such as models.

    heading  what a row is
    rows, columns  the paper's names, in its order
    printed  {(column, row): the figure as text}; whole percents without decimals
    """
    heading: str
    rows: tuple
    columns: tuple
    printed: dict


def names(table):
    """Everything that columns, rows and tasks of a table are called."""
    lines = rows(table)
    texts = {text for line in lines for text in (*line, *line.values())}
    return texts | {language_model_row(line) for line in lines if line.get("hops")}


def language_model_row(line):
    """What a line of MemN2N's Table 2 is called as a row."""
    return f"{line['hops']} hops, memory {line['memory']}"


def by_row(table):
    """One of the tables of the simulated world (MemNN, Tables 3 to 6) as PublishedRows."""
    lines = rows(table)
    heading, *columns = lines[0]
    printed = {}
    for line in lines:
        for column in columns:
            whole = half_width(table, column, line[column]) == 0.5
            printed[column, line[heading]] = line[column].partition(".")[0] if whole else (
                line[column])
    return PublishedRows(heading, tuple(line[heading] for line in lines), tuple(columns), printed)


def half_width(table, column, printed):
    """How far the figure behind a printed one may lie from it, by rounding alone.

    printed is the text of the cell: "20.3" may stand for 20.25 to 20.35 (0.05),
    and a whole percent of a column in WHOLE_PERCENT for half a percent either way.
    """
    if column in WHOLE_PERCENT.get(table, ()) and float(printed).is_integer():
        return 0.5
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])
