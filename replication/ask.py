"""Asks a trained MemN2N: tell it statements, ask questions, see its attention at every hop.

    python -m replication.ask --task 2                        a prompt
    python -m replication.ask --task 2 --column "PE LS"
    python -m replication.ask --joint                         one model for all 20 tasks
    python -m replication.ask --task 19 --table 3             of Table 3, 10k training questions
    python -m replication.ask --task 1 --json < story.txt     one line of JSON a question
    python -m replication.ask --language-model                the next words of a typed context

A line that ends with a question mark, or has a tab, is a question, any other
one a statement. Lines of a bAbI file are taken too: where all lines have an id,
it is left out (1 begins a new story), and the answer behind a question is shown
beside the model's. A model knows the words of its task's files (with --joint, of
all tasks') and no others: a line with another word is refused. Of a file or a pipe
a statement with another word is refused with the first question that follows it in
its story; what was answered before stands. The language model takes each line as a
context of its own.
"""

import argparse
import itertools
import json
import shutil
import sys
import textwrap
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from replication.records import named, record as results
from replication.running import ask_language_model, command_line
from replication.training import checkpoints
from replication import (
    memn2n_table1_babi_1k, memn2n_table2_language_model, memn2n_table3_babi_10k,
)
from replication.memn2n_table1_babi_1k import EXPERIMENT
from replication.training.asking import Answer, Story, answer  # noqa: F401, the tests' names
from tasks import babi, stand_ins, text_lines
from tasks.errors import UserError
from tasks.words import is_question

TABLES = {1: memn2n_table1_babi_1k, 3: memn2n_table3_babi_10k}
OTHER_DATA = " (data: "     # begins what is said of a model that learnt from other than the official
# What a folder of records of other data is called beside that of the official English tasks.
OTHERS = ("", f"@{stand_ins.MARKS[stand_ins.SIMULATED]}", "@simulated", "@hn", "@shuffled")
INPUT = "standard input"
NO_QUESTION = f"{INPUT}: no question in it; a question ends with '?' or has a tab"
BAR = 10  # characters of an attention of 1
ASKING = ("what", "where", "who", "why", "how", "which", "is", "did", "does")
COMMANDS = {
    "new": "begin a new story", "story": "show the story", "undo": "take the last statement back",
    "words": "the words that the model knows", "help": "this list", "quit": "end (also Ctrl-D)"}


def shown(reply, bar="█·"):
    """An Answer as lines for a terminal. bar: the characters of a bar and of the rest of it."""
    full, rest = bar
    mark = ""
    if reply.expected is not None:
        right = reply.expected == reply.answer
        mark = "  right" if right else f"  WRONG, expected {reply.expected}"
    lines = [f"{reply.answer}  {reply.probability:.1%}{mark}   "
             f"(then {reply.runner_up}  {reply.runner_up_probability:.1%})", ""]
    heads = [f"{f'hop {k + 1}':<{BAR + 5}}" for k in range(len(reply.empty))]
    lines.append(" ".join(heads).rstrip())
    rows = [(entry["hops"], f"{i}  {entry['statement']}")
            for i, entry in enumerate(reply.attention, start=reply.forgotten + 1)]
    if max(reply.empty) >= 0.005:
        rows.append((reply.empty, "   (empty memory)"))
    for hops, text in rows:
        bars = [f"{full * round(BAR * p):{rest}<{BAR}} {p:4.0%}" for p in hops]
        lines.append(" ".join(bars) + f"  {text}")
    if reply.forgotten:
        lines.append(f"The memory holds {len(reply.attention)} statements: the first "
                     f"{reply.forgotten} of the story are forgotten.")
    return "\n".join(lines)


def place_of(folder, experiment, column, task):
    """Where a cell's record is: that of official data, or else of other data, the first there is."""
    own, *others = (results.record_path(folder, experiment + mark, column, task) for mark in OTHERS)
    return next((path for path in (own, *others) if path.exists()), own)


def stored(folder, task, column, experiment=EXPERIMENT):
    """(Checkpoint, lines that introduce it) of a cell of a table under a results folder."""
    path = place_of(folder, experiment, column, task)
    if not path.exists():
        raise UserError(
            f"{path}: no model of {column}, task {task}; train it with "
            + _training(experiment, column, folder, f"--tasks {task} "))
    record, file = named.read(path)
    checkpoint = checkpoints.load(file)
    return checkpoint, [
        f"{column}, task {task} ({babi.TASK_NAMES[task].replace('-', ' ')}), seed "
        f"{checkpoint.seed}: {record['value']:.1f}% of {record['data']['n_test']} test questions "
        f"answered wrongly{_data(record)}"]


def _training(experiment, column, folder, tasks=""):
    """The command that trains a column into a folder, to be pasted."""
    return (f'python -m replication.{experiment} --columns "{column}" {tasks}'
            + ask_language_model.into(folder))


def _data(record):
    """What is said of a model that learnt from other data than the official."""
    source = record["data"]["source"]
    return "" if source == "official" else f"{OTHER_DATA}{source})"


def stored_joint(folder, column, experiment=EXPERIMENT):
    """(Checkpoint, lines that introduce it) of a joint column of a table under a results folder."""
    paths = [place_of(folder, experiment, column, task) for task in babi.TASK_NAMES]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UserError(f"{missing[0]}: no such record of {column}; train it with "
                        + _training(experiment, column, folder))
    records = [results.read(path) for path in paths]
    checkpoint = checkpoints.load(named.file_of(paths[0], records[0]))
    for path, record in zip(paths, records):
        if record["checkpoint"] != records[0]["checkpoint"]:
            raise UserError(f"{path}: names another model than {paths[0].name}; complete the "
                            f"column with {_training(experiment, column, folder)}")
    mean = sum(record["value"] for record in records) / len(records)
    return checkpoint, [f"{column}, one model for all {len(records)} tasks, seed "
                        f"{checkpoint.seed}: {mean:.1f}% of the test questions answered wrongly"
                        f"{_data(records[0])}"]


def converse(checkpoint, lines, prompt):
    """Statements and questions, until quit or the end; returns the exit status.

    lines   () -> the next line; EOFError at the end
    prompt  a person says them, who can say one again
    """
    story, bar, done = Story(checkpoint), _bar(), False
    for number in itertools.count(1):
        try:
            line = lines()
        except EOFError:
            if not prompt and not done:
                raise UserError(NO_QUESTION) from None
            print(end="\n" if prompt else "")
            return 0
        except KeyboardInterrupt:
            print(end="\n" if prompt else "")
            return 0
        word = line.strip().lower()
        if not word:
            continue
        if word == "quit":
            return 0
        if word in COMMANDS:
            print(_command(word, story))
            done = True
            continue
        if prompt and line.split()[0].lower() in ASKING and not is_question(line) \
                and "\t" not in line:
            print('not taken: a question ends with "?"')
            continue
        try:
            reply = story.take(line, "" if prompt else f"{INPUT}, line {number}")
        except UserError as error:
            if not prompt:
                raise  # nobody is there to say it again, and the story would lack a line
            print(f"not taken: {error}")
            continue
        if reply:
            done = True
            print(f"\n{shown(reply, bar)}\n" if prompt else
                  f"{reply.question}\n{shown(reply, bar)}\n")


def _command(name, story):
    """Does one command; returns what to print."""
    if name == "new":
        story.begin()
        return "a new story"
    if name == "undo":
        return f"taken back: {story.undo()}" if story.statements else "the story is empty"
    if name == "story":
        return "\n".join(f"{i}  {statement.text}" for i, statement in
                         enumerate(story.statements, start=1)) or "the story is empty"
    if name == "words":
        return _words(story.checkpoint)
    return "\n".join(f"{name:6} {meaning}" for name, meaning in COMMANDS.items())


def _words(checkpoint):
    """All words but the null word, in lines as wide as the terminal."""
    width = min(100, shutil.get_terminal_size().columns)
    return textwrap.fill(" ".join(checkpoint.words[1:]), width)


def _bar():
    """The characters of the bars: those that the terminal can show."""
    try:
        "█·".encode(sys.stdout.encoding or "ascii")
        return "█·"
    except UnicodeEncodeError:
        return "#."


def as_json(checkpoint, lines):
    """Answers the questions among some lines, one line of JSON each; returns the exit status."""
    story, count = Story(checkpoint), 0
    escaped = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        reply = story.take(line, f"{INPUT}, line {number}")
        if reply:
            count += 1
            print(json.dumps(asdict(reply), ensure_ascii=escaped), flush=True)
    if not count:
        raise UserError(NO_QUESTION)
    return 0


def _lines():
    """Standard input line by line, as tasks.babi reads files."""
    if not hasattr(sys.stdin, "buffer"):
        return iter(sys.stdin)      # text already
    return text_lines.of_stream(sys.stdin.buffer, INPUT)


def _next_line(prompt):
    """() -> the next line of standard input; EOFError at the end."""
    if not prompt:
        lines = _lines()

    def line():
        try:
            return input("> ") if prompt else next(lines)
        except StopIteration:
            raise EOFError from None
        except UnicodeDecodeError as error:
            raise text_lines.not_utf8(INPUT, error.start + 1) from None
    return line


def model_of(options):
    """(Checkpoint, lines that introduce it) that --checkpoint, --joint or --task names."""
    table = TABLES[options.table or 1]
    if options.checkpoint:
        checkpoint = checkpoints.load(options.checkpoint)
        return checkpoint, [f"{options.checkpoint}, seed {checkpoint.seed}"]
    if options.joint:
        column = command_line.column_named(options.column or "PE LS RN joint", table.JOINT_VARIANTS)
        return stored_joint(options.results, column, table.EXPERIMENT)
    if options.task not in babi.TASK_NAMES:
        raise UserError(f"--task: no task {options.task}; the tasks are 1 to "
                        f"{len(babi.TASK_NAMES)}")
    column = command_line.column_named(options.column or "PE LS RN", table.VARIANTS)
    return stored(options.results, options.task, column, table.EXPERIMENT)


def main(argv=None):
    parser = command_line.Parser(prog="python -m replication.ask", description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--task", metavar="N", type=int, help="task, 1 to 20")
    which.add_argument("--joint", action="store_true",
                       help="a model that was trained on all 20 tasks together")
    which.add_argument("--language-model", action="store_true",
                       help="a language model of Table 2: its next words, and where it looks")
    which.add_argument("--checkpoint", metavar="FILE", type=Path,
                       help="a checkpoint of your own (.safetensors)")
    parser.add_argument("--column", metavar="NAME",
                        help="column of the table (default: PE LS RN; with --joint, PE LS RN "
                             "joint)")
    parser.add_argument("--table", metavar="N", type=int, choices=TABLES,
                        help="whose models: 1 (1k training questions a task) or 3 (10k) of "
                             "End-To-End Memory Networks (default: 1)")
    parser.add_argument("--row", metavar="NAME",
                        help="with --language-model: row of Table 2 (default: the first that is "
                             f"there of {'; '.join(ask_language_model.ROWS)})")
    parser.add_argument("--results", metavar="DIR", type=Path, default=ask_language_model.REFERENCE,
                        help="where the records are (default: results/reference)")
    parser.add_argument("--json", action="store_true",
                        help="read a story from standard input, write one line of JSON a question")
    options = parser.parse_args(argv)
    of_a_table = options.task is not None or options.joint
    for flag, fits, takers in (("column", of_a_table, "--task or --joint"),
                               ("table", of_a_table, "--task or --joint"),
                               ("row", options.language_model, "--language-model")):
        if getattr(options, flag) is not None and not fits:
            raise UserError(f"--{flag}: goes with {takers}; leave it out")
    if options.language_model:
        row = options.row
        if row is not None:
            row = command_line.column_named(row, memn2n_table2_language_model.ROWS, kind="row")
        checkpoint, introduction = ask_language_model.stored(options.results, row)
        return _next_words(checkpoint, introduction, options.json)
    checkpoint, introduction = model_of(options)
    return _reply(checkpoint, introduction, options.json)


def _next_words(checkpoint, introduction, json_asked):
    prompt = sys.stdin.isatty() and not json_asked
    if prompt:
        print(introduction, "Type words; quit ends.", sep="\n")
    status = ask_language_model.converse(checkpoint, _next_line(prompt), json_asked, prompt)
    if not prompt and ask_language_model.OFFICIAL not in introduction:
        print(introduction, file=sys.stderr)
    return status


def _reply(checkpoint, introduction, json_asked):
    prompt = sys.stdin.isatty() and not json_asked
    if prompt:
        with suppress(ImportError):
            import readline  # noqa: F401, arrow keys and history at the prompt
        print(*introduction, f"It reads sentences of up to {checkpoint.J - 1} of these words, and "
              f"remembers the last {checkpoint.N} statements:", _words(checkpoint), "",
              'A question ends with "?". Commands: ' + ", ".join(COMMANDS) + ".", sep="\n")
    status = as_json(checkpoint, _lines()) if json_asked else converse(
        checkpoint, _next_line(prompt), prompt)
    for line in introduction:
        if OTHER_DATA in line and not prompt:     # behind the answers: a mistake stays one line
            print(line, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(command_line.run(main))
