"""Pages of MemNN's simulated world that have no published number: Figures 2 and 3, and memories
of few slots. Each is made where its records are, and not otherwise."""

import re
from collections import Counter

from paper_tables import layout
from paper_tables.records import read_table
from paper_tables.sections import Lines, Section, page
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
and places have names never seen in training, beyond the paper; *stories* of them a seed. Without
the modelling of unseen words such a name has no feature and is never an answer, so that the last
two lines are 0 by construction."""

ABOUT_MEMORY = """\
MemNN k=2 (+time), difficulty 5, actor + object, statements apart, trained with all of its memory;
then asked with memories of few slots. The paper names grouping and forgetting (section 2) and did
not try them; this table is ours. Test accuracy in %, mean over {seeds} seeds, by the number of
slots, and in brackets how many memories O scored for a question and hop. *oldest*, *least used*,
*random*: the slot that a statement is written over when all are taken. *groups*: so many slots for
each actor and each object, of which only those that are mentioned are searched."""


def pages(results):
    """{name: (Section, its CSV)} of the pages whose records are in a folder of results."""
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
    return {FIGURE2: (Section("Memory Networks, Figure 2: answers in sentences", [
        ABOUT_FIGURE2, f"```text\n{text.strip()}\n```"]),)}


def _figure3(folder):
    records = read_table(folder, [NEW_NAMES], VARIANTS)[NEW_NAMES]
    header = ["model", "3 of 3", "0 of 3", "accuracy", "where an actor is",
              "where an actor was before", "where an object is", "stories", "seeds"]
    lines, answers = [], []
    for row, record in records.items():
        right = [run.get("figure3_right") for run in record.whole]
        n = len(record.figures)
        kinds = [record.mean_of(f"accuracy_{kind}") for kind in ("actor", "before", "object")]
        lines.append([row, f"{right.count(3)}/{n}", f"{right.count(0)}/{n}",
                      layout.mean_of(record.figures), *map(layout.figure, kinds),
                      str(record.content["data"]["n_test"]), str(n)])
        counts = Counter(", ".join(run.get("figure3_answers", [])) for run in record.whole)
        answers.append(f"- {row}: " + "; ".join(
            f"{text} ({count} of {n} seeds)" for text, count in
            sorted(counts.items(), key=lambda item: (-item[1], item[0]))))
    return page(FIGURE3, Section("Memory Networks, Figure 3: words never seen", [
        ABOUT_FIGURE3, Lines(header, lines),
        Section("Answers to the paper's three questions", ["\n".join(answers)])]), header, lines)


def _memory(folder):
    records = read_table(folder, [SLOTS], WRITING)[SLOTS]
    sizes = sorted({int(name[1]) for record in records.values() for run in record.whole
                    for key in run if (name := re.fullmatch(r"accuracy_(\d+)", key))})
    figures = {(row, size): [record.mean_of(f"{name}_{size}") for name in ("accuracy", "searched")]
               for row, record in records.items() for size in sizes}
    lines = [[row, *("{} ({})".format(*map(layout.figure, figures[row, size])) for size in sizes)]
             for row in records]
    tidy = [[row, str(size), *map(layout.exact, pair), str(len(records[row].figures))]
            for (row, size), pair in figures.items()]
    seeds = sorted({len(record.figures) for record in records.values()})
    return page(MEMORY, Section("Memories of few slots", [
        ABOUT_MEMORY.format(seeds=" or ".join(map(str, seeds))),
        Lines(["writing", *(f"{size} slots" for size in sizes)], lines)]),
        ["writing", "slots", "accuracy", "memories scored", "seeds"], tidy)
