"""Parts of the report that are not of one table: attention, environment, words as HTML."""

import re
from collections import Counter
from html import escape
from types import SimpleNamespace

from paper_tables import attention as attention_tables
from paper_tables import layout
from paper_tables.report_cells import link
from paper_tables.sections import flat
from replication.records.record import groups, slug

ENVIRONMENT = ("python", "torch", "numpy", "device", "threads", "instruction_set", "processor",
               "platform")
MARKS = re.compile(r"\*\*?(?P<strong>[^*]+)\*\*?|`(?P<code>[^`]+)`"
                   r"|\[(?P<text>[^]]+)\]\((?P<href>[^)]+)\)")


def html(text):
    """Markdown's *words*, `code` and [links](to), as HTML; everything else is escaped."""
    def mark(match):
        if match["strong"]:
            return f"<b>{match['strong']}</b>"
        if match["code"]:
            return f'<code>{match["code"]}</code>'
        return f'<a href="{match["href"]}">{match["text"]}</a>'
    return MARKS.sub(mark, escape(text, quote=False))


def section(name, page):
    """A page that is no judged table; name.md beside the report is the same page."""
    parts = []
    for kind, part in flat(page):
        if kind == "lines":
            part = SimpleNamespace(header=part.header, lines=[
                [(text, html(text)) for text in line] for line in part.lines])
        elif kind == "words":
            part = html(part)
        parts.append((kind, part))
    return SimpleNamespace(id=slug(name), name=name, title=page.title, parts=parts)


def attention(records, folder):
    """Attention over the test sets and one story a task; None without records."""
    if not records:
        return None
    header, lines = attention_tables.summary(records)
    first = next(iter(records.values()))
    return SimpleNamespace(
        title=attention_tables.TITLE, header=header, lines=lines,
        about=html(attention_tables.SUMMARY),
        examples=html(attention_tables.EXAMPLES.format(rule=first["example"]["rule"])),
        figures=[path.name for path in
                 sorted((folder / "figures").glob(f"{attention_tables.SCRIPT}_*.*"))],
        stories=[_story(record, folder) for record in records.values()])


def _story(record, folder):
    """One example: header, and a line a statement, whose hops are (text, shade from 0 to 1)."""
    header, lines = attention_tables.example_table(record["example"])
    return SimpleNamespace(
        title=f"Task {record['task']}: {record['name']}", record=link(record["path"], folder),
        outcome=attention_tables.outcome(record["example"]), header=header,
        lines=[SimpleNamespace(
            text=line[0], support=line[1].strip("*"),
            hops=[(value, 0.0 if value == layout.NONE else float(value)) for value in line[2:]])
            for line in lines])


def trainings(contents):
    """Of records [content] one a training: a joint column's, a record a task, are of the same."""
    apart = [content for content in contents if content["scope"] == "cell"]
    joint = {(content["experiment"], content["column"]): content
             for content in sorted(contents, key=lambda content: len(content["restarts"]))
             if content["scope"] == "column"}
    return [*apart, *joint.values()]


def environment(contents):
    """What made the records [content]: software and machines, code, data; None without any."""
    machines, commits, data = Counter(), Counter(), {}
    for content in contents:
        for part in groups(content):
            where = part["environment"]
            machines[tuple(str(where.get(name, layout.NONE)) for name in ENVIRONMENT)] += 1
            commits[str(part["code"]["commit"]), str(part["code"]["dirty"])] += 1
        data.update({(name, digest): content["data"].get("source")
                     for name, digest in content["data"]["files"].items()})
    if not contents:
        return None
    started = sorted(content["started"] for content in contents)
    once = trainings(contents)
    known = {"True": "yes", "False": "no"}
    return SimpleNamespace(
        records=len(contents), restarts=sum(len(content["restarts"]) for content in once),
        first=started[0], last=started[-1],
        hours=sum(content["seconds"] for content in once) / 3600,
        memory=max(content["peak_memory_mb"] for content in contents),
        kinds=[name.replace("_", " ") for name in ENVIRONMENT],
        machines=[[*names, str(count)] for names, count in sorted(machines.items())],
        commits=[[commit, known.get(dirty, "not known"), str(count)]
                 for (commit, dirty), count in sorted(commits.items())],
        files=[[name, source, digest] for (name, digest), source in sorted(data.items())])

