"""What drives the baselines of MemN2N's Table 1: their variants, task by task.

The records are those of replication/ablations/memn2n_baseline_variants.py, which has a
baseline's name and, behind a colon, what is changed; the baselines' own are in
Table 1 and in the table of the MemNN of 2014.
"""

from paper_tables import layout, published
from paper_tables.published import MEAN
from paper_tables.records import columns_of, read_table

SCRIPT = "memn2n_baseline_variants"
FREQUENT = "most frequent answer"
BASELINES = {"LSTM": "memn2n_table1_babi_1k", "MemNN-WSH": "memn2n_table1_babi_1k",
             "MemNN k=2 (+time)": "memnn_babi_tasks"}

ABOUT = """\
Test errors in %, means over seeds (how many: in the column's head). *published* and *ours* are
those of the table; each further column has one choice of ours changed, or learns nothing (*most
frequent answer* of the training questions). Settings: replication/DEVIATIONS.md, "The
baselines of Table 1"."""


def build(reference):
    """{file name: text} of the page; a column without all its tasks is left out."""
    tasks, folder = range(1, 21), reference / SCRIPT
    found = {name: records for name, records in read_table(
        folder, columns_of(folder), tasks, source="official").items()
        if len(records) == len(tasks)}
    page, tidy = ["# What drives the baselines", ABOUT], []
    for baseline, script in BASELINES.items():
        paper = published.read(script)
        changes = [name for name in found if name.startswith(f"{baseline}: ")]
        ours = read_table(reference / script, [baseline], tasks, source="official")[baseline]
        columns = {"ours": ours} if len(ours) == len(tasks) else {}
        columns |= {name.partition(": ")[2]: found[name] for name in changes}
        if FREQUENT in found:
            columns[FREQUENT] = found[FREQUENT]
        if not changes:
            continue
        page += [f"## {baseline}", layout.as_markdown(*_table(paper, baseline, columns))]
        tidy += [[baseline, name, str(task), layout.figure(record.value, 3),
                  str(len(record.seeds))]
                 for name, records in columns.items() for task, record in records.items()]
    if not tidy:
        return {}
    return {f"{SCRIPT}.md": "\n\n".join(page) + "\n",
            f"{SCRIPT}.csv": layout.as_csv(["baseline", "variant", "task", "error", "seeds"], tidy)}


def _table(paper, baseline, columns):
    """Header and lines: a line a task, the mean last."""
    def seeds(records):
        return min(len(record.seeds) for record in records.values())

    header = ["task", "published", *(name if name == FREQUENT else f"{name} ({seeds(records)})"
                                     for name, records in columns.items())]
    lines = [[paper.row_name(task), layout.figure(printed)]
             + [layout.figure(records[task].value) for records in columns.values()]
             for task, printed in paper.figures(baseline).items()]
    means = [sum(record.value for record in records.values()) / len(records)
             for records in columns.values()]
    return header, [*lines, [MEAN, paper.printed[baseline, MEAN],
                             *map(layout.figure, means)]]
