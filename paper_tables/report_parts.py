"""Parts of the report page that are not of one table: attention, environment, plain tables."""

import os
from collections import Counter
from html import escape
from pathlib import Path

from paper_tables import attention as attention_tables
from paper_tables import layout
from replication.results import groups


def table(header, lines, kind, text_columns=()):
    """A table that scrolls by itself where the page is narrow. Texts are HTML already."""
    heads = "".join(f'<th scope="col">{text}</th>' for text in header)
    body = "".join(
        f'<tr><th scope="row">{line[0]}</th>' + "".join(
            f'<td class="text">{text}</td>' if i in text_columns else f"<td>{text}</td>"
            for i, text in enumerate(line[1:], start=1)) + "</tr>" for line in lines)
    return (f'<div class="wide" tabindex="0"><table class="{kind}"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def attention_section(found, here):
    """Attention over the test sets and one story a task; empty without records."""
    if not found:
        return ""
    header, lines = attention_tables.summary(found)
    parts = ['<section id="attention"><h2>' + escape(attention_tables.TITLE) + "</h2>",
             "<h3>Over the whole test set, % of attention on supporting facts</h3>",
             table(header, [[escape(text) for text in line] for line in lines], "attention"),
             f"<p>{emphasis(attention_tables.SUMMARY)}</p>", "<h3>One story a task</h3>",
             f"<p>{emphasis(attention_tables.EXAMPLES)}</p>".format(
                 rule=escape(next(iter(found.values()))["example"]["rule"]))]
    figures = sorted((here / "figures").glob(f"{attention_tables.SCRIPT}_*.*"))
    if figures:
        parts.append("<p>As files: " + ", ".join(
            f'<a href="figures/{path.name}">{escape(path.name)}</a>' for path in figures) + ".</p>")
    parts += [_story(record, here) for record in found.values()]
    return "\n".join([*parts, "</section>"])


def emphasis(text):
    """Markdown's *words* as HTML."""
    pieces = escape(text).replace("**", "*").split("*")
    return "".join(f"<b>{piece}</b>" if i % 2 else piece for i, piece in enumerate(pieces))


def _story(record, here):
    header, lines = attention_tables.example_table(record["example"])
    body = ""
    for line in lines:
        support = " class=\"support\"" if line[1] else ""
        hops = "".join(
            f"<td class=\"hop\">{value}</td>" if value == layout.NONE else
            f'<td class="hop" style="background:rgba(var(--heat),{0.75 * float(value):.2f})">'
            f"{value}</td>" for value in line[2:])
        body += (f'<tr{support}><td class="text">{escape(line[0])}</td>'
                 f"<td>{line[1].strip('*')}</td>{hops}</tr>")
    link = Path(os.path.relpath(record["path"], here)).as_posix()
    heads = "".join(f'<th scope="col">{text}</th>' for text in header)
    return (f'<h4>Task {record["task"]}: {escape(record["name"])}</h4>'
            f'<div class="wide" tabindex="0"><table class="story" data-record="{escape(link)}">'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
            f'<p class="key">{escape(attention_tables.outcome(record["example"]))} '
            f'<a href="{escape(link)}">record</a></p>')


def environment_section(contents):
    """What made the records: software and machines, code, data. contents: {path: record}."""
    machines, commits, data = Counter(), Counter(), {}
    for content in contents.values():
        for part in groups(content):
            where = part["environment"]
            machines[tuple(str(where.get(key, "not noted")) for key in ENVIRONMENT)] += 1
            commits[str(part["code"]["commit"]), str(part["code"]["dirty"])] += 1
        data.update({(name, digest): content["data"]["source"]
                     for name, digest in content["data"]["files"].items()})
    parts = ['<section id="environment"><h2>Environment and provenance</h2>']
    if not contents:
        return parts[0] + "<p>No records yet.</p></section>"
    seconds = sum(content["seconds"] for content in contents.values())
    memory = max(content["peak_memory_mb"] for content in contents.values())
    started = sorted(content["started"] for content in contents.values())
    restarts = sum(len(content["restarts"]) for content in contents.values())
    parts.append(
        f"<p><b>{len(contents)}</b> records with <b>{restarts}</b> restarts, made from "
        f"{escape(started[0])} to {escape(started[-1])}, in <b>{seconds / 3600:.2f}</b> hours of "
        f"training on one thread; at most <b>{memory:.0f}</b> MB of memory. Only CPU results are "
        "the same bit for bit.</p>")
    parts.append(table([*ENVIRONMENT, "parts of records"],
                       [[escape(text) for text in key] + [str(count)]
                        for key, count in sorted(machines.items())], "environment"))
    parts.append("<h3>Code</h3>" + table(
        ["commit", "with uncommitted changes", "parts of records"],
        [[f"<code>{escape(commit)}</code>", {"True": "yes", "False": "no"}.get(dirty, "not known"),
          str(count)] for (commit, dirty), count in sorted(commits.items())], "code"))
    files = [[escape(name), source, f"<code>{escape(digest)}</code>"]
             for (name, digest), source in sorted(data.items())]
    parts.append(f"<details><summary>{len(files)} data files and their SHA-256</summary>"
                 + table(["file", "source", "SHA-256"], files, "data", text_columns=(2,))
                 + "</details>")
    parts.append("<p>Check all of this: <code>./run_all.sh verify</code>. Records of other code "
                 "than this version's are listed there.</p>")
    return "\n".join([*parts, "</section>"])


ENVIRONMENT = ("python", "torch", "numpy", "device", "threads", "platform", "processor",
               "instruction_set")
