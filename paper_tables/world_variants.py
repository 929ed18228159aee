"""What the open choices of MemNN's simulated world do: the records of memnn_world_variants, a table
for each model, a line for each choice."""

import re

from paper_tables import layout
from paper_tables.records import read_all
from paper_tables.sections import Lines, Section, page
from tasks.errors import UserError

SCRIPT = "memnn_world_variants"
CHOSEN = "as chosen"
# What the paper prints, or what is nearest to its text, where another reading was chosen.
AS_PRINTED = ("time features as printed", "negatives drawn once", "cut after there",
              "segmenter fires above the margin")
SOLVES, HARD = "MemNN k=2 (+time)", "difficulty 5 / actor + object"

ABOUT = """\
Rows of Tables 3 to 6 of Memory Networks with one setting changed, or the few that a line names; in
the line *as chosen* there is none changed. The recurrent baselines as chosen are tuned for each
data set, and stand in Tables 3 and 5. Test accuracy in %, mean over seeds {seeds} (lowest to
highest); the tables use seeds 0 to 9, the choices were made on seeds from 1000 on. *MemNN k=2
(+time), 100 questions* is the row of Table 4; *statements apart* is the input of Table 5, otherwise
it is word sequences; *as R* and *word features* are the answer sentences of Table 6. What is
chosen, and why: replication/DEVIATIONS.md."""


def readings(folder):
    """[(reading, accuracies of its seeds)] of the model that solves the world, as chosen first."""
    table = read(folder)
    return [(name, table[SOLVES, name, HARD].figures) for name in (CHOSEN, *AS_PRINTED)
            if (SOLVES, name, HARD) in table]


def read(folder):
    """{(model, variant, column): Record} of a folder of results, in natural order."""
    table = {}
    for record in read_all(folder / SCRIPT):
        model, colon, variant = (record.row or "").partition(": ")
        if not colon:
            raise UserError(f"{record.path}: its row is not 'model: variant'; remove it")
        table[model, variant, record.column] = record
    return dict(sorted(table.items(), key=lambda item: [natural(name) for name in item[0]]))


def pages(folder):
    """{name: (Section, its CSV)}, empty where the folder of results has no such records."""
    table = read(folder)
    seeds = sorted({seed for record in table.values() for seed in record.seeds})
    parts = [Section(model, [lines_of(table, model)])
             for model in dict.fromkeys(model for model, _, _ in table)]
    tidy = [[*key, *(layout.exact(float(figure)) for figure in (
        record.figures.mean(), record.figures.min(), record.figures.max())),
        str(len(record.figures))] for key, record in table.items()]
    return page(SCRIPT, Section("What the choices of the simulated world do", [
        ABOUT.format(seeds=", ".join(map(str, seeds))), *parts]),
        ["model", "variant", "column", "mean", "lowest", "highest", "seeds"], tidy)


def lines_of(table, model):
    """Lines of one model: a line a choice, a column a kind of question."""
    own = {(variant, column): record for (name, variant, column), record in table.items()
           if name == model}
    columns = sorted({column for _, column in own}, key=natural)
    return Lines(["choice", *columns],
                 [[variant, *(shown(own.get((variant, column))) for column in columns)]
                  for variant in dict.fromkeys(variant for variant, _ in own)])


def shown(record):
    """A record's seeds as a cell of a table; a dash where there is none."""
    return layout.NONE if record is None else layout.mean_of(record.figures)


def natural(text):
    """Sorts numbers by size, and what was chosen first."""
    return text != CHOSEN, [(part.isdigit(), int(part) if part.isdigit() else 0, part)
                            for part in re.split(r"(\d+)", text)]
