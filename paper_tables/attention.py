"""Figures 2 and 4 of End-To-End Memory Networks as tables, from the records of attention.

The records are those of replication/memn2n_figure2_attention.py, which also draws them.
"""

from functools import partial
from pathlib import Path

from paper_tables import layout, records
from paper_tables.catalogue import BABI_10K
from paper_tables.sections import Lines, Section, page
from replication.records.attention import COLUMN, problem_of
from replication.records.record import slug

SCRIPT = "memn2n_figure2_attention"
STAND_IN = BABI_10K.stand_in
TITLE = "MemN2N, Figures 2 and 4 (attention of each hop, PE LS RN, 1k training questions a task)"
AT_10K = "10k"      # begins the mark of folders of models of Table 3

OTHER_DATA = """\
Not the official data alone ({source}): these numbers say nothing about the paper."""
ELSEWHERE = """\
Task {row}, whose official training questions were not at hand, is on
[a page of its own]({page}.md)."""

SUMMARY = """\
Over all test questions of a task, in %. *uniform*: the share of the attention that supporting facts
would get if every statement in memory had the same. *hop 1, 2, 3*: the mean share of the hop's
attention that falls on supporting facts; a fact that is too old for the memory has none. *largest
on fact 1, 2, ..*: of the questions that have so many supporting facts (in the order of the data
file), how many have some hop whose largest attention is on it; *on all*: how many have this for
every one of their facts. The paper shows examples only, so that nothing is compared."""

BESIDE = """\
The same column with 1,000 training questions a task (Table 1) and with 10,000 (Table 3), over the
same test questions: the mean share of each hop's attention on supporting facts, how many questions
have the largest attention of some hop on every one of them, and the test error, in %."""

EXAMPLES = """\
The question of a task is {rule}. Whether the model is right plays no part. **yes** marks supporting
facts; – is a statement too old for the memory. Statements and questions are from the bAbI tasks,
release v1.2, by Facebook (CC BY 3.0)."""


def read(folder):
    """The records of one folder of attention, by task: {task: dict}. UserError for a bad one."""
    table = {}
    for path in sorted((Path(folder) / slug(COLUMN)).glob("task-*.json")):
        record = records.read_figure(path, partial(_problem_at, path), "attention")
        table[record["task"]] = record | {"path": path}
    return table


def _problem_at(path, record):
    """What is wrong with a record in its place."""
    folder = path.parent.parent
    if path != records.path_of(folder, COLUMN, record["task"]):
        return "it is of another task than its name says"
    return problem_of(record, folder.name)


def pages(results):
    """{name: (Section, its CSV)} of a folder of results; Table 3's models beside Table 1's."""
    folders, named = records.folders(results, SCRIPT), {}
    small = read(folders[0])
    for folder in folders:
        table = read(folder)
        if table:
            aside = folder.with_name(f"{folder.name}-{STAND_IN[1]}")
            named |= _page(folder.name, table, small, aside.name if aside in folders else None)
    return named


def _page(name, table, small, others):
    """The same of one folder.

    small   {task: record} of models of 1,000 questions a task
    others  the page of tasks that are missing here, or None
    """
    first, at_10k = next(iter(table.values())), name.startswith(f"{SCRIPT}@{AT_10K}")
    parts = [Section("Over the whole test set", [SUMMARY, Lines(*summary(table))])]
    if first["data"]["source"] != "official":
        parts.insert(0, OTHER_DATA.format(source=first["data"]["source"]))
    if others:
        parts.insert(0, ELSEWHERE.format(row=STAND_IN[0], page=others))
    if at_10k and small.keys() & table.keys():
        parts.append(Section("1k and 10k", [BESIDE, Lines(*beside(small, table))]))
    parts.append(Section("Examples", [EXAMPLES.format(rule=first["example"]["rule"]), *(
        Section(f"Task {task}: {record['name']}", [
            Lines(*example_table(record["example"])), outcome(record["example"])])
        for task, record in table.items())]))
    title = TITLE.replace("1k", AT_10K) if at_10k else TITLE
    return page(name, Section(title, parts), *tidy(table))


def summary(table):
    """Header and lines of the table over the whole test set. table: {task: record}."""
    hops = max(len(record["test_set"]["share"]) for record in table.values())
    facts = max(len(record["test_set"]["largest"]) for record in table.values())
    header = ["task", "uniform", *(f"hop {k}" for k in range(1, hops + 1)),
              *(f"largest on fact {f}" for f in range(1, facts + 1)), "on all", "test error"]
    lines = []
    for task, record in table.items():
        figures = record["test_set"]
        largest = [_percent(fact["any"]) for fact in figures["largest"]]
        lines.append([f"{task} {record['name']}", _percent(figures["uniform"]),
                      *map(_percent, figures["share"]),
                      *largest, *[layout.NONE] * (facts - len(largest)),
                      _percent(figures["every"]),
                      _percent(figures["n_wrong"] / figures["questions"])])
    return header, lines


def beside(small, large):
    """Header and lines of models of 1k and of 10k, of the tasks that both have."""
    tasks = [task for task in large if task in small]
    hops = len(large[tasks[0]]["test_set"]["share"])
    names = [*(f"hop {k}" for k in range(1, hops + 1)), "on all", "test error"]

    def figures(record):
        one = record["test_set"]
        return [*one["share"], one["every"], one["n_wrong"] / one["questions"]]
    return (["task", *(f"{name}, {size}" for name in names for size in ("1k", AT_10K))],
            [[f"{task} {large[task]['name']}", *(
                _percent(share) for pair in zip(figures(small[task]), figures(large[task]))
                for share in pair)] for task in tasks])


def tidy(table):
    """One line a task and figure, for other programs; shares in 0..1, errors as counts."""
    lines = []
    for task, record in table.items():
        figures = record["test_set"]
        named = {"questions": figures["questions"], "wrong": figures["n_wrong"],
                 "uniform share": figures["uniform"]}
        named |= {f"share, hop {k}": share for k, share in enumerate(figures["share"], start=1)}
        for f, fact in enumerate(figures["largest"], start=1):
            named[f"questions with fact {f}"] = fact["questions"]
            named |= {f"largest on fact {f}, hop {k}": share
                      for k, share in enumerate(fact["hops"], start=1)}
            named[f"largest on fact {f}, any hop"] = fact["any"]
        named["largest on every fact"] = figures["every"]
        lines += [[task, record["name"], key, value] for key, value in named.items()]
    return ["task", "name", "figure", "value"], lines


def example_table(example):
    """Header and lines of one story: statement, supporting or not, attention of each hop."""
    hops = len(example["empty"])
    lines = [[s["text"], "**yes**" if s["support"] else "",
              *([f"{p:.2f}" for p in s["attention"]] if s["attention"] is not None
                else [layout.NONE] * hops)] for s in example["statements"]]
    if max(example["empty"]) >= 0.005:
        lines.append(["(empty memory)", "", *(f"{p:.2f}" for p in example["empty"])])
    return ["statement", "supporting", *(f"hop {k}" for k in range(1, hops + 1))], lines


def outcome(example):
    """Question, answer and prediction in one line."""
    right = "right" if example["prediction"] == example["answer"] else "wrong"
    return (f"{example['question']} Answer: {example['answer']}. Prediction: "
            f"{example['prediction']} (probability {example['probability']:.2f}; {right}). "
            f"Question {example['number']} of the test file, line {example['line']}.")


def _percent(share):
    return f"{100 * share:.1f}"
