"""The published numbers: typed once, in published/*.csv, one file a table of the papers.

bAbI tables have one row a task and two rows under them, the mean error and the number of failed
tasks, as the paper prints them. Rows of other tables have names.
"""

from dataclasses import dataclass

from replication.records.published import FOLDER, language_model_row, rows  # noqa: F401, part of it

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

# Of tables whose rows are named by several columns: these columns, and how a row's name says each.
NAMED_BY = {"memn2n_table2_language_model": {
    "corpus": "{}", "model": "{}", "hops": "{} hops", "memory": "memory {}"}}
# Columns that hold no figure that is compared.
APART = {"memn2n_table2_language_model": {"hidden"},
         "memnn_table1_large_scale_qa": {"kind"},
         "memnn_table2_hashing": {"candidates", "speedup"}}


@dataclass(frozen=True)
class Published:
    """A published table.

    heading  what a row is
    rows, columns  the paper's names, in its order; rows of bAbI tables are task numbers
    summary  rows below these that are made of them: MEAN and FAILED, or none
    names    {task: the task's name}; empty where rows are named
    printed  {(column, row): the figure as the paper prints it}, rows and summary; whole percents
             of named rows without decimals
    """
    heading: str
    rows: tuple
    columns: tuple
    summary: tuple
    names: dict
    printed: dict

    def figures(self, column):
        """{row: figure} of one column, summary rows not among them."""
        return {row: float(self.printed[column, row]) for row in self.rows
                if (column, row) in self.printed}

    def row_name(self, row):
        """A row where its heading does not stand beside it."""
        if row in self.names:
            return f"{row} {self.names[row]}"
        return f"{row} {self.heading}" if str(row).isdigit() else row


def read(table):
    """One table as Published."""
    lines = rows(table)
    by = NAMED_BY.get(table, {next(iter(lines[0])): "{}"})
    tasks = "task" in by
    apart = {*by, *APART.get(table, ()), *(["name"] if tasks else [])}
    columns = tuple(name for name in lines[0] if name not in apart)
    printed, names = {}, {}
    for line in lines:
        row = ", ".join(text.format(line[key]) for key, text in by.items() if line[key])
        if tasks and row.isdigit():
            row = int(row)
            names[row] = line["name"]
        for column in filter(line.get, columns):
            whole = not tasks and half_width(table, column, line[column]) == 0.5
            printed[column, row] = line[column].partition(".")[0] if whole else line[column]
    summary = (MEAN, FAILED) if tasks else ()
    return Published(
        heading="row" if table in NAMED_BY else next(iter(by)),
        rows=tuple(dict.fromkeys(row for _, row in printed if row not in summary)),
        columns=columns, summary=summary, names=names, printed=printed)


def half_width(table, column, printed):
    """How far the figure behind a printed one may lie from it, by rounding alone.

    printed is the text of the cell: "20.3" may stand for 20.25 to 20.35 (0.05),
    and a whole percent of a column in WHOLE_PERCENT for half a percent either way.
    """
    if column in WHOLE_PERCENT.get(table, ()) and float(printed).is_integer():
        return 0.5
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])
