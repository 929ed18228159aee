"""Pages of our experiments beside MemN2N's Table 3: what is not known of its protocol, what a
simulated third task does, and the Keras example. Each is there once its records are.
"""

from paper_tables import catalogue, deviations, layout, published
from paper_tables.published import MEAN
from paper_tables.records import columns_of, read_table

CHOICES, THIRD, KERAS = "memn2n_10k_choices", "memn2n_simulated_third", "keras_babi_memnn"
TABLE1, TABLE3 = catalogue.BABI_1K.script, catalogue.BABI_10K.script
NONLINEAR, JOINT, NOISE = "MemN2N PE LS LW RN*", "MemN2N 3 hops PE LS joint", "MemN2N PE LS RN"
TASKS = range(1, 21)
MARK = catalogue.BABI_10K.stand_in[1]   # of folders whose third task's questions are simulated

CELLS = """\
Test errors in %. A cell is the restart with the lowest training error among seeds 0 to 9 and, in
brackets, the mean over restarts; how many these are stands in the column's head. * has questions of
our simulators in the place of task 3's official training questions; a joint model learnt from them
for all of its tasks."""

COMPARED = """\
*selected*: mean over these tasks of the restart with the lowest training error; *all restarts*: mean
over tasks and restarts, at the same seeds. The difference has its standard error, the restarts being
independent draws. *tasks that move*: by more than 2 points and 3 standard errors."""

ABOUT_CHOICES = """\
One field of the protocol of a column of Table 3 changed at a time. Of "PE LS LW RN*": what sets it
apart from the other columns, one by one. Of the joint model: a shorter linear start, of which neither
the paper nor the released code says how long it is with 10,000 training questions. *base* is
Table 3."""

ABOUT_THIRD = """\
Columns of Table 1 (1,000 training questions a task) that learnt from questions of our simulators in
the place of task 3's official ones, tested on the official test questions; *base* is Table 1. This is
what Table 3 does where the official file of 10,000 questions is not at hand: it shows what the
substitution changes. A model of one task is another on the third alone."""

ABOUT_KERAS = """\
The example `babi_memnn` of Keras, which is named after the paper and differs from it: a memory is a
single word, softmax is taken over the match of each story word with the words of the question, the
response is added to the match and read, side by side with the question, by an LSTM; one hop. Written
in our own words and code (replication/models/babi_memnn.py), 10,000 training questions. *as the
example has it*: its softmax goes over the question's words; *softmax over the story*: over the
story's, as MemN2N's goes over its memories. Means over seeds; beside them Table 3."""


def build(reference):
    """{file name: text} of the pages whose records are in a folder of results."""
    return _choices(reference) | _third(reference) | _keras(reference)


def records_of(reference, script, columns):
    """{column: {task: Record}}: official ones, and those with a simulated third task beside."""
    found = read_table(reference / script, columns, TASKS, source="official")
    beside = read_table(reference / f"{script}@{MARK}", columns, TASKS)
    return {column: dict(sorted((beside[column] | found[column]).items())) for column in columns}


def begun(reference, script):
    """{column: {task: Record}} of all columns that have records."""
    folders = (reference / script, reference / f"{script}@{MARK}")
    return records_of(reference, script,
                      sorted({column for folder in folders for column in columns_of(folder)}))


def _choices(reference):
    found, parts = begun(reference, CHOICES), []
    bases = records_of(reference, TABLE3, [NONLINEAR, JOINT])
    for base, joint in ((NONLINEAR, False), (JOINT, True)):
        variants = {name: records for name, records in found.items()
                    if (" joint" in name) == joint}
        if variants:
            parts.append((base, bases[base], variants))
    return _page(CHOICES, "What is not known of Table 3, and what PE LS LW RN* owes to what",
                 ABOUT_CHOICES, published.read(TABLE3), parts)


def _third(reference):
    found = begun(reference, THIRD)
    bases = records_of(reference, TABLE1, list(found))
    return _page(THIRD, "What a simulated third task does", ABOUT_THIRD, published.read(TABLE1),
                 [(column, bases[column], {f"{column}, third task simulated": records})
                  for column, records in found.items()])


def _page(script, title, about, paper, parts):
    """parts: [(column of the paper, its records, {variant: records})]."""
    page, tidy = [f"# {title}", about], []
    lines = [line for column, base, variants in parts for name, records in variants.items()
             for line in compared(name, records, base, " joint" in column)]
    if lines:
        page += ["## In all", COMPARED, layout.as_markdown(
            ["variant", "tasks", "restarts", "selected", "base", "all restarts", "base",
             "difference", "standard error", "tasks that move"], lines)]
    if parts:
        page += ["## Task by task", CELLS]
    for column, base, variants in parts:
        columns = {"published": paper.figures(column), column: base, **variants}
        tasks = sorted({task for records in variants.values() for task in records})
        page += [f"### {column}", layout.as_markdown(*by_task(paper, columns, tasks))]
        tidy += _tidy(columns, tasks)
    return _files(script, page, tidy)


def compared(name, records, base, joint):
    """The line of a variant over the tasks that its base has too; none where there are none."""
    tasks = [task for task in records if task in base
             and set(records[task].seeds) <= set(base[task].seeds)]
    if not tasks or joint and len(tasks) < len(TASKS):
        return []
    one = deviations.compare(records, base, tasks, joint)
    named = "all" if len(tasks) == len(TASKS) else ", ".join(map(str, tasks))
    return [[name, named, str(one.seeds), layout.figure(one.selected),
             layout.figure(one.base_selected), layout.figure(one.mean),
             layout.figure(one.base_mean), f"{one.difference:+.2f}", f"{one.error:.2f}",
             one.moves]]


def _keras(reference):
    found = begun(reference, KERAS)
    if not found:
        return {}
    paper = published.read(TABLE3)
    columns = {f"published, {NOISE}": paper.figures(NOISE),
               f"ours, {NOISE}": records_of(reference, TABLE3, [NOISE])[NOISE],
               "published, LSTM": paper.figures("LSTM"), **found}
    tasks = sorted({task for records in found.values() for task in records})
    page = ["# The Keras example babi_memnn beside MemN2N", ABOUT_KERAS, CELLS,
            layout.as_markdown(*by_task(paper, columns, tasks))]
    return _files(KERAS, page, _tidy(columns, tasks))


def by_task(paper, columns, tasks):
    """Header and lines: a line a task, the mean last, over the tasks that all columns have.

    columns  {name: {task: Record, or a published figure}}; those without records are left out
    """
    columns = {name: cells for name, cells in columns.items() if cells}

    def head(name, cells):
        counts = sorted({len(cell.seeds) for task, cell in cells.items()
                         if task in tasks and not isinstance(cell, float)})
        return f"{name} ({layout.span(counts[0], counts[-1], 0)})" if len(counts) > 1 else (
            f"{name} ({counts[0]})" if counts else name)
    lines = [[paper.row_name(task), *(_shown(cells.get(task)) for cells in columns.values())]
             for task in tasks]
    common = [task for task in tasks if all(task in cells for cells in columns.values())]
    if len(common) > 1:
        name = MEAN if len(common) == len(TASKS) else f"mean of these {len(common)} tasks"
        if len(common) < len(tasks):
            name = "mean of tasks " + ", ".join(map(str, common))
        lines.append([name, *(_mean(cells, common) for cells in columns.values())])
    return ["task", *(head(name, cells) for name, cells in columns.items())], lines


def _shown(cell):
    if cell is None or isinstance(cell, float):
        return layout.figure(cell)
    text = layout.figure(cell.value)
    if not cell.averaged:
        text += f" ({layout.figure(float(cell.figures.mean()))})"
    return text + ("" if cell.content["data"]["source"] == "official" else "*")


def _mean(cells, tasks):
    if isinstance(cells[tasks[0]], float):
        return layout.figure(sum(cells[task] for task in tasks) / len(tasks))
    return layout.figure(deviations.mean_of_values(cells, tasks))


def _tidy(columns, tasks):
    return [[name, str(task), layout.exact(cell if isinstance(cell, float) else cell.value),
             *(["", "", "published"] if isinstance(cell, float) else
               [layout.exact(float(cell.figures.mean())), str(len(cell.seeds)),
                cell.content["data"]["source"]])]
            for name, cells in columns.items() for task, cell in cells.items() if task in tasks]


def _files(script, page, tidy):
    if not tidy:
        return {}
    return {f"{script}.md": "\n\n".join(page) + "\n", f"{script}.csv": layout.as_csv(
        ["column", "task", "error", "mean over restarts", "restarts", "data"], tidy)}
