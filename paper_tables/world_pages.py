"""Pages of MemNN's simulated world that have no published number: Figures 2 and 3, and memories
of few slots. Each is made where its records are, and not otherwise."""

import re
from collections import Counter

from paper_tables import layout
from paper_tables.records import read_table
from tasks.errors import UserError

FIGURE2 = "memnn_figure2_predictions"
FIGURE3 = "memnn_figure3_unseen_words"
NEW_NAMES = "1,000 stories of new names"
VARIANTS = ("unseen words and matches", "unseen words alone", "matches alone", "neither")
MEMORY = "memnn_memory_management"
SLOTS = "40 slots"
WRITING = ("oldest", "least used", "random", "groups")

ABOUT_FIGURE2 = """\
Questions and answers at places of the test set that are fixed in advance, as the paper's Figure 2
shows them: statements joined to an unbroken stream, sentences written by an LSTM that reads what O
found, each word drawn from its probabilities. The accuracy over all test questions stands above
them."""

ABOUT_FIGURE3 = """\
The story of Figure 3, in words never seen in training, asks three questions. The paper answers all
three with the modelling of unseen words (section 3.5) and the matching features (3.6), and says
that it fails without. *3 of 3* and *0 of 3*: the share of seeds that answer so many of them.
*accuracy*: in %, mean over the seeds (lowest to highest), on other stories in which people, things
and places have names never seen in training, beyond the paper; *stories* of them a seed."""

ABOUT_MEMORY = """\
MemNN k=2 (+time), difficulty 5, actor + object, statements apart, trained with all of its memory;
then asked with memories of few slots. The paper names grouping and forgetting (section 2) and did
not try them; this table is ours. Test accuracy in %, mean over {seeds} seeds, by the number of
slots, and in brackets how many memories O scored for a question and hop. *oldest*, *least used*,
*random*: the slot that a statement is written over when all are taken. *groups*: so many slots for
each actor and each object, of which only those that are mentioned are searched."""


def build(results):
    """{file name: text} of the pages whose records are in a folder of results."""
    return _figure2(results) | _figure3(results / FIGURE3) | _memory(results / MEMORY)


def _figure2(results):
    path = results / f"{FIGURE2}.txt"
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); remove it and run the experiment "
                        "again") from None
    page = ["# Memory Networks, Figure 2: answers in sentences", ABOUT_FIGURE2,
            f"```text\n{text.strip()}\n```"]
    return {f"{FIGURE2}.md": "\n\n".join(page) + "\n"}


def _figure3(folder):
    records = read_table(folder, [NEW_NAMES], VARIANTS)[NEW_NAMES]
    if not records:
        return {}
    header = ["model", "3 of 3", "0 of 3", "accuracy", "where an actor is",
              "where an actor was before", "where an object is", "stories", "seeds"]
    lines, given = [], []
    for row, record in records.items():
        right = [run.get("figure3_right") for run in record.whole]
        n = len(record.figures)
        kinds = [record.mean_of(f"accuracy_{kind}") for kind in ("actor", "before", "object")]
        lines.append([row, f"{right.count(3)}/{n}", f"{right.count(0)}/{n}",
                      layout.mean_of(record.figures), *map(layout.figure, kinds),
                      str(record.content["data"]["n_test"]), str(n)])
        answers = Counter(", ".join(run.get("figure3_answers", [])) for run in record.whole)
        given.append(f"- {row}: " + "; ".join(
            f"{text} ({count} of {n} seeds)" for text, count in
            sorted(answers.items(), key=lambda item: (-item[1], item[0]))))
    page = ["# Memory Networks, Figure 3: words never seen", ABOUT_FIGURE3,
            layout.as_markdown(header, lines), "## Answers to the paper's three questions",
            "\n".join(given)]
    return {f"{FIGURE3}.md": "\n\n".join(page) + "\n",
            f"{FIGURE3}.csv": layout.as_csv(header, lines)}


def _memory(folder):
    records = read_table(folder, [SLOTS], WRITING)[SLOTS]
    if not records:
        return {}
    first = next(iter(records.values()))
    sizes = sorted(int(name[1]) for key in (first.whole[0] if first.whole else {})
                   if (name := re.fullmatch(r"accuracy_(\d+)", key)))
    header = ["writing", *(f"{size} slots" for size in sizes)]

    def shown(record, size):
        accuracy, searched = (record.mean_of(f"{name}_{size}") for name in ("accuracy", "searched"))
        return f"{layout.figure(accuracy)} ({layout.figure(searched)})"
    lines = [[row, *(shown(record, size) for size in sizes)] for row, record in records.items()]
    tidy = [[row, str(size), layout.exact(record.mean_of(f"accuracy_{size}")),
             layout.exact(record.mean_of(f"searched_{size}")), str(len(record.figures))]
            for row, record in records.items() for size in sizes]
    seeds = sorted({len(record.figures) for record in records.values()})
    about = ABOUT_MEMORY.format(seeds=" or ".join(map(str, seeds)))
    return {f"{MEMORY}.md": "\n\n".join(["# Memories of few slots", about,
                                         layout.as_markdown(header, lines)]) + "\n",
            f"{MEMORY}.csv": layout.as_csv(
                ["writing", "slots", "accuracy", "memories scored", "seeds"], tidy)}
