"""The conversation of `python -m replication.ask --language-model`."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

from replication.records import named, record as results
from tasks.errors import UserError

TABLE, CORPUS = "memn2n_table2_language_model", "Penn Treebank"
# The first that is there, where none is named: fewer hops bear a short context better.
ROWS = ("2 hops, memory 100", "6 hops, memory 100", "7 hops, memory 200",
        "2 hops, memory 100 (2 epochs)")
REFERENCE = Path("results/reference")
LAST = 20                                     # words whose attention is shown
SHOWN = 5                                     # next words that are shown
OFFICIAL = "(official data)"                  # what the introduction says of a model of these


def stored(folder, row=None):
    """(Checkpoint, a line that introduces it) of a row of Table 2 under a results folder."""
    from replication.training import language_model_checkpoint  # so that --help need not load torch
    paths = [path for name in ([row] if row else ROWS)
             for experiment in (TABLE, f"{TABLE}@simulated")
             for path in [results.record_path(folder, experiment, CORPUS, row=name)]
             if path.exists()]
    if not paths:
        raise UserError(f"{Path(folder) / TABLE}: no model of {row or ' or '.join(ROWS)}; "
                        f"there are {', '.join(_there(folder)) or 'none'}; train one with "
                        f'python -m replication.{TABLE} --restarts 1 --rows "{row or ROWS[0]}" '
                        + into(folder))
    record, file = named.read(paths[0])
    checkpoint = language_model_checkpoint.load(file)
    return checkpoint, (
        f"MemN2N, {record['row']}, {record['column']} ({record['data']['source']} data), seed "
        f"{checkpoint.seed}: test perplexity {record['value']:.1f}. It learnt from "
        f"{checkpoint.protocol.memory} words before each: the longer a line, the better its answers")


def into(folder):
    """The flag that trains into a folder that was asked, and never into the committed evidence."""
    if Path(folder).absolute() == REFERENCE.absolute():
        return "--results results/local, and give the same --results here"
    return f"--results {shlex.quote(str(folder))}"


def _there(folder):
    """The rows that have a record under a results folder."""
    return [name for name in ROWS if any(
        results.record_path(folder, experiment, CORPUS, row=name).exists()
        for experiment in (TABLE, f"{TABLE}@simulated"))]


def shown(reply):
    """A Next as lines for a terminal."""
    lines = []
    if reply.replaced:
        lines.append("read as: " + ", ".join(f"{typed} = {word}"
                                             for typed, word in reply.replaced.items()))
    lines += ["  ".join(f"{entry['word']} {entry['probability']:.1%}"
                        for entry in reply.words[:SHOWN]), ""]
    hops = range(len(reply.filled))
    lines.append(" ".join(f"{f'hop {k + 1}':>6}" for k in hops))
    rows = [(entry["hops"], entry["word"]) for entry in reply.attention[-LAST:]]
    older = reply.attention[:-LAST]
    if older:
        rows.insert(0, ([sum(entry["hops"][k] for entry in older) for k in hops],
                        f"({len(older)} words before)"))
    if any(reply.filled):
        rows.insert(0, (reply.filled, "(the same line again, in the rest of the memory)"))
    lines += [" ".join(f"{p:6.1%}" for p in attention) + f"  {text}" for attention, text in rows]
    return "\n".join(lines)


def converse(checkpoint, lines, as_json, prompt):
    """A context a line, until the end or quit; returns the exit status.

    lines    () -> the next line; EOFError at the end
    as_json  one line of JSON a context
    prompt   somebody is there to say it again where a line cannot be read
    """
    from replication.training import next_words
    count = 0
    while True:
        try:
            line = lines()
        except (EOFError, KeyboardInterrupt):
            break
        if line.strip().lower() == "quit":
            break
        if not line.strip():
            continue
        try:
            reply = next_words.after(checkpoint, line)
        except UserError as error:
            if not prompt:
                raise
            print(f"not taken: {error}")
            continue
        count += 1
        print(json.dumps(asdict(reply)) if as_json else f"{shown(reply)}\n", flush=True)
    if not count and not prompt:
        raise UserError("standard input: no context in it; each line is one")
    return 0
