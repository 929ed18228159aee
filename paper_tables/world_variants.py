"""What the open choices of MemNN's simulated world do: the records of memnn_world_variants, a table
for each model, a line for each choice."""

import re

from paper_tables import layout, records
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
    found = read(folder)
    return [(name, found[SOLVES, name, HARD].figures) for name in (CHOSEN, *AS_PRINTED)
            if (SOLVES, name, HARD) in found]


def read(folder):
    """{(model, variant, column): Record} of a folder of results."""
    found = {}
    for path in sorted((folder / SCRIPT).glob("*/*.json")):
        record = records.read(path, {"experiment": SCRIPT})
        model, colon, variant = (record.content["row"] or "").partition(": ")
        if not colon:
            raise UserError(f"{path}: its row is not 'model: variant'; remove it")
        found[model, variant, record.content["column"]] = record
    return found


def build(folder):
    """{file name: text} of the page, empty where the folder of results has no such records."""
    found = read(folder)
    if not found:
        return {}
    seeds = sorted({run["seed"] for record in found.values() for run in record.restarts})
    page = ["# What the choices of the simulated world do",
            ABOUT.format(seeds=", ".join(map(str, seeds)))]
    for model in sorted({model for model, _, _ in found}, key=natural):
        page += [f"## {model}", layout.as_markdown(*table(found, model))]
    tidy = [[model, variant, column, layout.exact(float(record.figures.mean())),
             layout.exact(float(record.figures.min())), layout.exact(float(record.figures.max())),
             str(len(record.figures))]
            for (model, variant, column), record in sorted(
                found.items(), key=lambda item: [natural(name) for name in item[0]])]
    return {f"{SCRIPT}.md": "\n\n".join(page) + "\n",
            f"{SCRIPT}.csv": layout.as_csv(
                ["model", "variant", "column", "mean", "lowest", "highest", "seeds"], tidy)}


def table(found, model):
    """Header and lines of one model: a line a choice, a column a kind of question."""
    names = sorted({variant for name, variant, _ in found if name == model}, key=natural)
    columns = sorted({column for name, _, column in found if name == model}, key=natural)
    return (["choice", *columns],
            [[variant, *(shown(found.get((model, variant, column))) for column in columns)]
             for variant in names])


def shown(record):
    """A record's seeds as a cell of a table; a dash where there is none."""
    return layout.NONE if record is None else layout.mean_of(record.figures)


def natural(text):
    """Sorts numbers by size, and what was chosen first."""
    return text != CHOSEN, [(part.isdigit(), int(part) if part.isdigit() else 0, part)
                            for part in re.split(r"(\d+)", text)]
