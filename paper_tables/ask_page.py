"""The page that answers, paper_tables/ask.html: stored models of Table 1 that run in a browser.

It is one file that opens from disk: stories from our simulators (no official data), the weights as
the checkpoints hold them (float32, base64), and the model as some lines of JavaScript,
templates/ask_model.js. It is a pure function of the records in results/reference and of the
simulators. `held` holds a page's weights against the checkpoints.
"""

import base64
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import safetensors

from paper_tables import rendering
from paper_tables.records import read_table
from replication.records import named
from tasks import babi
from tasks.errors import UserError
from tasks.generators.simulate import simulate

EXPERIMENT = "memn2n_table1_babi_1k"
COLUMN, JOINT = "MemN2N PE LS RN", "MemN2N PE LS RN joint"
FILE = "ask.html"
STORIES, STATEMENTS = 6, 8         # stories a task, and about so many statements in each
QUESTIONS, SEED = 150, 0           # simulated, among which the stories are found
FORM = {"d": "d", "K": "hops", "tying": "tying", "encoding": "encoding", "relu": "relu",
        "weigh_time": "weigh_time"}  # models.memn2n.Form by the names of the protocol
STORED = re.compile(r'(?<=<script type="application/json" id="stored">\n).*(?=\n</script>)')


def build(root):
    """({path: text}, remarks); no page where results/reference has no model of the two columns.

    remarks: lines for people, such as checkpoints that are not there.
    """
    folder = Path(root) / "results" / "reference" / EXPERIMENT
    models, remarks = read_models(folder)
    if not models:
        return {}, remarks
    stored = {"tasks": {task: name.replace("-", " ") for task, name in babi.TASK_NAMES.items()},
              "models": models, "stories": {task: stories(task) for task in babi.TASK_NAMES}}
    # "</" would end the script element that holds the text.
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    path = Path(root) / "paper_tables" / FILE
    return {path: rendering.render("ask.html", stored=text)}, remarks


def read_models(folder):
    """({task or "joint": what the page holds of a model}, remarks) of a table's folder of records.

    A cell without a record, or whose restarts all diverged, has no model. Raises UserError for a
    checkpoint that is damaged, or not the one that its record names.
    """
    table = {column: {task: record for task, record in records.items()
                      if record.content["checkpoint"]}
             for column, records in read_table(folder, [COLUMN, JOINT], babi.TASK_NAMES).items()}
    named = {str(task): (record, f"{COLUMN}, {{seed}}: {record.value:.1f}% of "
                                 f"{record.content['data']['n_test']:,} official test questions "
                                 "answered wrongly.") for task, record in table[COLUMN].items()}
    joint = list(table[JOINT].values())
    if len(joint) == len(babi.TASK_NAMES):
        error = sum(record.value for record in joint) / len(joint)
        named["joint"] = joint[0], (f"{JOINT}, {{seed}}: {error:.1f}% of the official test "
                                    f"questions of all {len(joint)} tasks answered wrongly.")
    models, remarks = {}, []
    for name, (record, about) in named.items():
        file = record.path.with_name(record.content["checkpoint"]["file"])
        if file.exists():
            models[name] = _model(record, file, about)
        else:
            remarks.append(f"{file}: no such checkpoint, which {record.path.name} names; {FILE} "
                           "goes without its model")
    return models, remarks


def _model(record, file, about):
    """One model for the page: its file and digest, its form, its words, its weights."""
    digest = record.content["checkpoint"]["sha256"]
    weights, metadata = _weights(file, digest, record.path.name)
    protocol = json.loads(metadata["protocol"])
    form = {name: protocol[field] for name, field in FORM.items()}
    N, J = int(metadata["N"]), int(metadata["J"])
    about = about.format(seed=f"seed {metadata['seed']}") + (
        f" {form['K']} hops, d = {form['d']}; it reads sentences of up to {J - 1} words and "
        f"remembers the last {N} statements. Checkpoint")
    where = f"../results/reference/{EXPERIMENT}/{file.parent.name}/{file.name}"
    return {"about": about, "file": file.name, "href": where, "sha256": digest,
            "N": N, "J": J, "form": form, "words": json.loads(metadata["vocabulary"]),
            "weights": {name: base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")
                        for name, values in sorted(weights.items())}}


def _weights(file, digest, record):
    """({name: array}, metadata) of a safetensors file with this SHA-256."""
    try:
        named.check(file, digest, record)
        with safetensors.safe_open(file, framework="np") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); restore it with git, or run "
                        "its cell again with --force") from None
    except safetensors.SafetensorError as error:
        raise UserError(f"{file}: not a whole checkpoint ({error}); restore it") from None


def stories(task):
    """Stories of one task for the page, whatever a model answers.

    Of each simulated story the question that has nearest to STATEMENTS statements before it, and
    of these the nearest: [{statements, facts (positions in statements), question, answer}].
    """
    def far(question):
        return abs(len(question.statements) - STATEMENTS)

    by_story = {}
    for question in simulated(task, QUESTIONS, SEED):
        by_story.setdefault(question.story, []).append(question)
    nearest = sorted((min(questions, key=far) for questions in by_story.values()), key=far)
    return [{"statements": [statement.text for statement in question.statements],
             "facts": sorted(set(question.supports)), "question": question.text,
             "answer": question.answer} for question in nearest[:STORIES]]


def simulated(task, count, seed):
    """So many simulated questions of a task: [tasks.babi.Question]."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / babi.file_name(task, "test")
        file.write_text(simulate(task, count, seed, "test"), encoding="utf-8", newline="\n")
        return babi.read(file)


def stored_in(text):
    """What a page holds: {"tasks", "models", "stories"}. UserError if it is no such page."""
    match = STORED.search(text)
    try:
        return json.loads(match.group())
    except (AttributeError, ValueError):
        raise UserError(f"{FILE}: it holds no stored models; make it with ./run_all.sh "
                        "tables") from None


def held(text, root):
    """A page's weights against the checkpoints whose digests it names.

    Returns how many models it holds, and a line for each that is not its checkpoint's.
    """
    folder, models = Path(root) / "paper_tables", stored_in(text)["models"]
    lines = []
    for key, model in models.items():
        name, file = f"{FILE}: model {key}", folder / model["href"]
        try:
            weights, _ = _weights(file, model["sha256"], FILE)
        except UserError as error:
            lines.append(f"{name}: {error}")
            continue
        shown = {part: np.frombuffer(base64.b64decode(values), "<f4")
                 for part, values in model["weights"].items()}
        if shown.keys() != weights.keys() or not all(
                np.array_equal(values.ravel(), shown[part]) for part, values in weights.items()):
            lines.append(f"{name}: its weights are not those of {model['file']}; make the page "
                         "again with ./run_all.sh tables")
    return len(models), lines
