"""Pages of our experiments beside the bAbI tables of MemN2N: each a title, a base, a comparison.

The records are those of the scripts of the same names in replication/ablations. Each page is there
once its records are.
"""

from scipy.stats import t

from paper_tables import layout, published, variants
from paper_tables.catalogue import BABI_1K, BABI_10K, MEMNN_BABI
from paper_tables.sections import Lines, Section, page
from paper_tables.variants import TASKS, by_task, compare, variants_of

DEVIATIONS, BASELINES = "memn2n_deviations", "memn2n_baseline_variants"
CHOICES, THIRD, KERAS = "memn2n_10k_choices", "memn2n_simulated_third", "keras_babi_memnn"
TABLE1, TABLE3 = BABI_1K.script, BABI_10K.script
BASE, JOINT_BASE = "MemN2N PE LS", "MemN2N PE LS LW joint"                      # of Table 1
NONLINEAR, JOINT, NOISE = "MemN2N PE LS LW RN*", "MemN2N 3 hops PE LS joint", "MemN2N PE LS RN"
WSH, SUPERVISED = "MemNN-WSH", "MemNN strongly supervised"
FREQUENT = "most frequent answer"
TABLE_OF = {"LSTM": TABLE1, WSH: TABLE1, "MemNN k=2 (+time)": MEMNN_BABI.script}

ABOUT_DEVIATIONS = """\
One field of the protocol of "MemN2N PE LS" changed at a time (of "MemN2N PE LS LW joint" where a
choice is of a joint model), at the same seeds, all 20 tasks.
*selected*: mean over tasks of the restart with the lowest training error. *all restarts*: mean over
tasks and restarts; its difference from the released code's choice is given with its standard error,
from the differences of restarts of the same seed. *tasks that move*: those whose mean over restarts
differs by more than 2 points and 3 standard errors, with the difference in points."""

ABOUT_BASELINES = """\
Test errors in %, means over seeds (how many: in the column's head). *published* and *ours* are
those of the table; each further column has one choice of ours changed, or learns nothing (*most
frequent answer* of the training questions). Settings: replication/DEVIATIONS.md, "The
baselines of Table 1"."""

CELLS = """\
Test errors in %. A cell is the restart with the lowest training error among seeds 0 to 9 and, in
brackets, the mean over restarts; of a baseline the mean alone, as in the table. How many restarts
stands in the column's head. * has questions of
our simulators in the place of task 3's official training questions; a joint model learnt from them
for all of its tasks."""

COMPARED = f"""\
*selected*: mean over these tasks of the restart with the lowest training error (of a baseline, of
which none is selected, the mean over all its seeds); *all restarts*: mean over tasks and restarts, at
the same seeds. The difference has its standard error, from the differences of restarts of the same
seed. *tasks that move*: by more than 2 points and 3 standard errors, which of normal errors that do
not differ {2 * t.sf(3, 2):.1%} would with three restarts, and {2 * t.sf(3, 9):.1%} with ten."""

ABOUT_CHOICES = {
    NONLINEAR: 'Of "PE LS LW RN*": what makes it, one by one.',
    JOINT: """\
Of the joint model: a shorter linear start, of which neither the paper nor the released code says how
long it is with 10,000 training questions.""",
    WSH: """\
Of MemNN-WSH: content words alone link statements, where Table 3 has every shared word (the same at
1k: [what drives the baselines](memn2n_baseline_variants.md)).""",
    SUPERVISED: """\
Of MemNN strongly supervised: fewer epochs, of which no text says how many there are, on tasks whose
published error ours does not have, and others."""}

ABOUT_THIRD = """\
Columns of Table 1 (1,000 training questions a task) that learnt from questions of our simulators in
the place of task 3's official ones, tested on the official test questions; *base* is Table 1. This is
what Table 3 does where the official file of 10,000 questions is not at hand: it shows what the
substitution changes. A model of one task is another on the third alone."""

ABOUT_KERAS = """\
The example `babi_memnn` of Keras, which is named after the paper and differs from it: a memory is a
single word, softmax is taken over the match of each story word with the words of the question, the
response is added to the match and read, side by side with the question, by an LSTM; one hop. Written
in our own words and code (replication/models/babi_memnn.py), 10,000 training questions. {softmax}.
Beside it Table 3."""
SOFTMAX = {"as the example has it": "its softmax goes over the question's words",
           "softmax over the story": "it goes over the story's, as MemN2N's over its memories"}


def pages(reference):
    """{name: (Section, its CSV)} of the pages whose records are in a folder of results."""
    return (_deviations(reference) | _baselines(reference) | _choices(reference)
            | _third(reference) | _keras(reference))


# --- MemN2N at 1k: choices between paper and released code, and what drives its baselines ---------

def deviations(reference):
    """Lines of the choices; a variant without all its tasks is left out."""
    base = variants.official(reference, TABLE1, [BASE, JOINT_BASE])
    table, lines = variants.whole(variants.official(reference, DEVIATIONS)), []
    for name, records in variants.whole(base).items():
        compared = {variant: compare(changed, records, TASKS)
                    for variant, changed in variants_of(name, table).items()}
        if compared:
            first = next(iter(compared.values()))
            lines.append([f"{name}: the released code's", str(first.seeds),
                          layout.figure(first.base_selected), layout.figure(first.base_mean),
                          *[layout.NONE] * 3])
        lines += [[variant, str(one.seeds), layout.figure(one.selected), layout.figure(one.mean),
                   *one.difference] for variant, one in compared.items()]
    return Lines(["choice", "restarts", "selected", "all restarts", "difference", "standard error",
                  "tasks that move"], lines)


def _deviations(reference):
    lines = deviations(reference)
    return page(DEVIATIONS, Section("What the choices do", [ABOUT_DEVIATIONS, lines]),
                lines.header, lines.lines)


def baselines(reference):
    """{baseline: {variant: {task: Record}}}, "" being the baseline itself, and FREQUENT's records.

    Whole columns alone; a baseline without a variant is left out, FREQUENT may be None.
    """
    table = variants.whole(variants.official(reference, BASELINES))
    columns = {}
    for baseline, script in TABLE_OF.items():
        changed = {name.partition(": ")[2]: records for name, records in table.items()
                   if name.startswith(f"{baseline}: ")}
        if changed:
            own = variants.whole(variants.official(reference, script, [baseline]))
            columns[baseline] = {"": own[baseline], **changed} if own else changed
    return columns, table.get(FREQUENT)


def _baselines(reference):
    columns, frequent = baselines(reference)
    parts, tidy = [ABOUT_BASELINES], []
    for baseline, changed in columns.items():
        paper = published.read(TABLE_OF[baseline])
        shown = {name or "ours": records for name, records in changed.items()}
        shown |= {FREQUENT: frequent} if frequent else {}
        parts.append(Section(baseline, [by_task(
            paper, {"published": variants.printed(paper, baseline), **shown}, TASKS)]))
        tidy += [[baseline, name, str(task), layout.figure(record.value, 3),
                  str(len(record.seeds))]
                 for name, records in shown.items() for task, record in records.items()]
    return page(BASELINES, Section("What drives the baselines", parts),
                ["baseline", "variant", "task", "error", "seeds"], tidy)


# --- MemN2N at 10k, and what stands in for its third task --------------------------------------

def _choices(reference):
    table = variants.with_third(reference, CHOICES)
    bases = variants.with_third(reference, TABLE3, list(ABOUT_CHOICES))
    changed = {base: {} for base in bases}
    for column, records in table.items():
        named = [base for base in (WSH, SUPERVISED) if column.startswith(base)]
        base = JOINT if next(iter(records.values())).joint else (*named, NONLINEAR)[0]
        changed[base][column] = records
    about = "\n".join(["One field of the protocol of a column of Table 3 changed at a time.",
                      *(ABOUT_CHOICES[base] for base in bases if changed[base]),
                      "*base* is Table 3."])
    return _compared(
        CHOICES, "What is not known of Table 3, and what PE LS LW RN* owes to what", about,
        published.read(TABLE3),
        {base: (records, changed[base]) for base, records in bases.items()})


def _third(reference):
    table = variants.with_third(reference, THIRD)
    bases = variants.with_third(reference, TABLE1, list(table))
    return _compared(
        THIRD, "What a simulated third task does", ABOUT_THIRD, published.read(TABLE1),
        {column: (bases[column], {f"{column}, third task simulated": records})
         for column, records in table.items()})


def _compared(script, title, about, paper, bases):
    """bases: {column of the paper: (its records, {variant: records})}."""
    bases = {column: pair for column, pair in bases.items() if pair[1]}
    parts, tidy = [about], []
    lines = [line for base, changed in bases.values() for name, records in changed.items()
             for line in _line(name, records, base)]
    if lines:
        parts.append(Section("In all", [COMPARED, Lines(
            ["variant", "tasks", "restarts", "selected", "base", "all restarts", "base",
             "difference", "standard error", "tasks that move"], lines)]))
    tables = [CELLS]
    for column, (base, changed) in bases.items():
        columns = {"published": variants.printed(paper, column), column: base, **changed}
        tasks = sorted({task for records in changed.values() for task in records})
        tables.append(Section(column, [by_task(paper, columns, tasks)]))
        tidy += _tidy(columns, tasks)
    return page(script, Section(title, [*parts, Section("Task by task", tables)]), TIDY, tidy)


def _line(name, records, base):
    """The line of a variant over the tasks that its base has too; none where there are none."""
    tasks = [task for task in records if task in base
             and set(records[task].seeds) <= set(base[task].seeds)]
    if not tasks or records[tasks[0]].joint and len(tasks) < len(TASKS):
        return []
    one = compare(records, base, tasks)
    figures = one.selected, one.base_selected, one.mean, one.base_mean
    return [[name, "all" if len(tasks) == len(TASKS) else ", ".join(map(str, tasks)),
             str(one.seeds), *map(layout.figure, figures), *one.difference]]


def _keras(reference):
    table, paper = variants.with_third(reference, KERAS), published.read(TABLE3)
    columns = {f"published, {NOISE}": variants.printed(paper, NOISE),
               f"ours, {NOISE}": variants.with_third(reference, TABLE3, [NOISE])[NOISE],
               "published, LSTM": variants.printed(paper, "LSTM"), **table}
    tasks = sorted({task for records in table.values() for task in records})
    section = Section("The Keras example babi_memnn beside MemN2N", [
        ABOUT_KERAS.format(softmax="; ".join(
            f"*{column}*: {SOFTMAX[column]}" for column in table)),
        CELLS, by_task(paper, columns, tasks)])
    return page(KERAS, section, TIDY, _tidy(columns, tasks))


TIDY = ["column", "task", "error", "mean over restarts", "restarts", "data"]


def _tidy(columns, tasks):
    """The cells of TIDY."""
    return [[name, str(task), layout.exact(cell if isinstance(cell, float) else cell.value),
             *(["", "", "published"] if isinstance(cell, float) else
               [layout.exact(float(cell.figures.mean())), str(len(cell.seeds)),
                cell.content["data"]["source"]])]
            for name, cells in columns.items() for task, cell in cells.items() if task in tasks]
