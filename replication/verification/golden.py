"""Golden figures: what each trainer gives on a tiny run, to the last bit.

results/golden/<trainer>.json holds them, for every trainer (what a cell's `train` calls) a few
runs of one or two seeds on simulated data that together meet each of its rules: restarts, curves,
and the norm and the digest of all weights. A change of any draw, sum or rule changes them, and a
record names the digest of its trainer's file, so that it can be told which records were made
before their numbers last changed.

    python -m replication.verification.golden             hold the figures against the files
    python -m replication.verification.golden --write     write the files of those that changed

The figures are exact on the kind of processor and with the libraries that a file names
(provenance.kind). Elsewhere sums are rounded otherwise: there shares in % may differ by SHARE
points, counts by COUNT, and all other numbers by the part RELATIVE.
"""

import argparse
import hashlib
import json
import math
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from replication.records import files as stored_files, provenance
from replication.running import command_line, workers
from replication.training import protocols
from replication.training.babi_task import Task
from tasks import corpora, openqa, simulated_facts
from tasks.generators.simulate import RELEASE, write_dataset
from tasks.babi import file_name
from tasks.simulated_world import World

SHARE, COUNT, RELATIVE = 5.0, 3, 0.02
WORLD = World(statements=160, questions=60)


def task_of(root, number, folder="en"):
    """A Task under a data root."""
    return Task(number, *(root / RELEASE / folder / file_name(number, split)
                          for split in ("train", "test")))


def memn2n(root):
    from replication.training.memn2n import train_task
    short = replace(protocols.LINEAR_START, epochs=3, linear_start_epochs=1, halve_every=2)
    variants = {
        "BoW": (1, replace(short, encoding="BoW", linear_start_epochs=0)),
        "PE LS": (3, short),
        "PE LS RN, full memories": (4, replace(short, noise=0.1)),
        "PE LS RN": (3, replace(short, noise=0.1)),
        "PE as printed": (1, replace(short, encoding="PE as printed", weigh_time=False)),
        "LW, ReLU, Frobenius norm": (1, replace(short, tying="layer-wise", relu=True, clip=1.0,
                                                clip_by="Frobenius norm")),
        "largest singular value": (1, replace(short, clip=1.0)),
        "without replacement": (1, replace(short, replacement=False, validation="random")),
    }
    return {name: train_task(task_of(root, task), protocol, [0, 3], "cpu")
            for name, (task, protocol) in variants.items()}


def memn2n_joint(root):
    from replication.training.memn2n import train_jointly
    tasks = [task_of(root, number) for number in (1, 3, 4)]
    files = {task.number: (task.train, task.test) for task in tasks}
    short = replace(protocols.JOINT, epochs=2, linear_start_epochs=1, noise=0.1, d=20)
    return {name: train_jointly(files, 40, protocol, [0, 3], "cpu") for name, protocol in {
        "RN": short, "LW": replace(short, tying="layer-wise", noise=0.0)}.items()}


def memn2n_several_tests(root):
    from replication.training.memn2n_several_tests import Sources, train_task
    short, task = replace(protocols.RANDOM_NOISE, epochs=2, linear_start_epochs=1), task_of(root, 4)
    return {"two": train_task(Sources(task, task.train), short, [0], "cpu"),
            "three, of a part": train_task(Sources(task, task.train, task.test, part=(5, 50)),
                                           short, [0], "cpu")}


def memnn_babi(root):
    from replication.training.memnn_babi import train_task
    from replication.training.protocols import MEMNN_2014, WSH
    variants = {
        "2014": MEMNN_2014, "WSH": WSH,
        "WSH, any pair, content words": replace(WSH, valid="any", linking_words="content"),
        "one block": replace(MEMNN_2014, supports="one block", several_words="one class"),
    }
    return {name: train_task(task_of(root, 3), replace(protocol, epochs=2), [0, 3], "cpu")
            for name, protocol in variants.items()}


def memnn_adaptive(root):
    from replication.training.memnn_adaptive import train_task
    short = replace(protocols.AM_NG_NL, epochs=2)
    variants = {"AM NG NL": short, "SGD": replace(short, optimizer="SGD", adaptive=False)}
    return {name: train_task(task_of(root, 3), protocol, [0, 3], "cpu")
            for name, protocol in variants.items()}


def lstm_babi(root):
    from replication.training.recurrent_babi import train_task
    short = replace(protocols.LSTM, size=12, epochs=2)
    variants = {"Adam": short, "SGD, questions alone": replace(short, optimizer="SGD", rate=0.3,
                                                               statements=False)}
    return {name: train_task(task_of(root, 1), protocol, [0, 3], "cpu")
            for name, protocol in variants.items()}


def keras_babi_memnn(root):
    from replication.training.keras_babi_memnn import train_task
    short = replace(protocols.KERAS_BABI_MEMNN, epochs=2)
    variants = {"over the question": short, "over the story": replace(short, over="story")}
    return {name: train_task(task_of(root, 1), protocol, [0, 3], "cpu")
            for name, protocol in variants.items()}


def most_frequent(root):
    from replication.training import most_frequent
    return {"task 1": most_frequent.most_frequent(task_of(root, 1), protocols.MostFrequent(), [0],
                                                  "cpu")}


def memnn_world(root):
    from replication.training.memnn_world import train_cell
    short = protocols.MemNN(world=WORLD, epochs=2, draws=20, segmenter_draws=10)
    variants = {
        "k=2": short,
        "k=1 without time": replace(short, hops=1, time_features="none"),
        "sentences, last 40, as printed": replace(
            short, words=False, memory_size=40, time_features="printed", second_support="same"),
        "few, sampled R, cut after there": replace(
            short, questions=30, response_negatives="sampled", complete="end",
            segmenter_threshold="margin"),
        "one dictionary": replace(short, features="one dictionary"),
        "absolute index": replace(short, features="absolute index", time_features="none"),
    }
    return {name: train_cell([0, 3], "cpu", protocol) for name, protocol in variants.items()}


def memnn_unseen_words(root):
    from replication.training.memnn_unseen import train_cell
    short = protocols.MemNNUnseen(world=WORLD, epochs=1, draws=20)
    variants = {"both": short, "neither": replace(short, contexts=False, matches=False)}
    return {name: train_cell([0, 3], "cpu", protocol, 10) for name, protocol in variants.items()}


def memnn_memory(root):
    from replication.training.memnn_slots import WAYS, train_cell
    protocol = protocols.MemNN(world=WORLD, epochs=1, draws=20, words=False)
    return {row: train_cell([0], "cpu", protocol, row) for row in WAYS}


def recurrent_world(root):
    from replication.training.recurrent_world import train_baseline
    short = protocols.WorldRNN(size=8, epochs=3, lanes=4)
    runs = {"RNN": ("RNN", short), "sigmoid RNN": ("sigmoid RNN", short),
            "LSTM, sentences, Adam": ("LSTM", replace(short, joined=False, optimizer="Adam",
                                                      answers_read=True))}
    return {name: train_baseline(kind, WORLD, protocol, [0, 3], "cpu")
            for name, (kind, protocol) in runs.items()}


def sentence_answers(root):
    from replication.training.protocols import SentenceAnswers, Writer
    from replication.training.sentence_answers import train_writers
    writer = Writer(size=8, epochs=2)
    memory = protocols.MemNN(world=WORLD, epochs=1, draws=20)
    runs = {"RNN on memories": ("RNN", SentenceAnswers(WORLD, writer, memory)),
            "LSTM on words": ("LSTM", SentenceAnswers(WORLD, replace(writer, window=20, batch=10)))}
    return {name: train_writers(kind, protocol, [0, 3], "cpu")
            for name, (kind, protocol) in runs.items()}


def memn2n_language_model(root):
    from replication.training.memn2n_language_model import Learner
    short = protocols.MemN2NText(hops=2, memory=12, d=8, batch=16, window=4, rate=0.05, epochs=3)
    variants = {"windows": short, "random positions": replace(short, window=1),
                "beside the best epoch": replace(
                    short, hops=3, rate=0.2, clip=5.0, cut_beside="best")}
    return {name: of_text(Learner, protocol) for name, protocol in variants.items()}


def recurrent_language_model(root):
    from replication.training.recurrent_language_model import RecurrentLearner
    return {kind: of_text(RecurrentLearner, protocols.TextRNN(kind, d=8, bptt=10, epochs=3))
            for kind in ("RNN", "LSTM")}


def of_text(kind, protocol):
    """Two restarts of a language model on the simulated world's stories."""
    from replication.training.language_model import Row, train_corpus
    return train_corpus(Row("golden", kind, protocol), partial(stories, 600), [0, 3], "cpu")


def stories(words):
    return corpora.simulated(corpora.SIMULATED_SEED).shortened(words)


def facts(root):
    """A data root with a few invented facts."""
    simulated_facts.write(root / "facts" / openqa.FOLDER, seed=0, names=12, facts=120)
    return root / "facts"


def memnn_large_scale(root):
    from replication.training.large_scale_cells import train_cell
    from replication.training.protocols import LargeScaleQA
    short, data = LargeScaleQA(size=8, batch=20, label_epochs=2), facts(root)
    variants = {"embedding": short,
                "matching features": replace(short, matching=True, exact_words="one")}
    return {name: train_cell([0, 3], "cpu", protocol, data) for name, protocol in variants.items()}


def large_scale_baselines(root):
    from replication.training.large_scale_baselines import BASELINES
    from replication.training.large_scale_cells import baseline_cell
    data = facts(root)
    return {name: baseline_cell([0], "cpu", name, data) for name in ("random", *BASELINES)}


def memnn_hashing(root):
    from replication.training.large_scale_hashing import train_cell
    from replication.training.protocols import Hashing, LargeScaleQA
    trained = train_cell([0, 3], "cpu", LargeScaleQA(size=8, batch=20),
                         Hashing(clusters=10, cuts=(1.0, 0.05)), facts(root))
    return {"embedding": _untimed(trained)}


def memnn_dialogue(root):
    from replication.training.dialogue import train_cell
    facts_model = protocols.LargeScaleQA(size=8, batch=20)
    world = protocols.MemNN(words=False, world=WORLD, epochs=1, draws=20)
    trained = train_cell([0], "cpu", protocols.Dialogue(facts_model, world, questions=20),
                         facts(root))
    for restart in trained.restarts:
        del restart["dialogue"]         # words: elsewhere rounding may decide on others
    return {"both": trained}


def memnn_scale(root):
    from replication.training.large_scale_search import train_cell
    trained = train_cell([0, 3], "cpu", protocols.LargeScaleQA(size=8, batch=20), protocols.Scale(
        statements=1000, questions=5, batch=2, clusters=10, cuts=(0.05,)), facts(root))
    return {"hashes": _untimed(trained)}


def _untimed(trained):
    """Without what a clock says, in place."""
    def strip(figures):
        for name in list(figures):
            if isinstance(figures[name], dict):
                strip(figures[name])
            elif name in ("milliseconds", "faster") or name.endswith(("seconds", "_mb")):
                del figures[name]
    for restart in trained.restarts:
        strip(restart)
    return trained


TRAINERS = {run.__name__: run for run in (
    memn2n, memn2n_joint, memn2n_several_tests, memnn_babi, memnn_adaptive, lstm_babi,
    keras_babi_memnn, most_frequent, memnn_world, memnn_unseen_words, memnn_memory, recurrent_world,
    sentence_answers, memn2n_language_model, recurrent_language_model, memnn_large_scale,
    large_scale_baselines, memnn_hashing, memnn_dialogue, memnn_scale)}


def figures(trainer):
    """The content of a trainer's file, measured here."""
    workers.use_one_thread()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        write_dataset(root, (1, 3, 4), train=60, test=40, seed=0)
        runs = {name: _plain(trained) for name, trained in TRAINERS[trainer](root).items()}
    return {"trainer": trainer, "kind": provenance.kind(provenance.environment("cpu")),
            "runs": runs}


def _plain(trained):
    curves = {name: [[float(x) if math.isfinite(x) else None for x in row] for row in curve]
              for name, curve in trained.curves.items()}
    weights = [{name: _of_tensor(tensor) for name, tensor in sorted(tensors.items())}
               for tensors in trained.weights]
    return {"restarts": trained.restarts, "curves": curves, "weights": weights}


def _of_tensor(tensor):
    array = np.ascontiguousarray(tensor.detach().cpu().numpy())
    squares = array.astype(np.float64).ravel() ** 2
    return {"norm": math.sqrt(math.fsum(squares.tolist())),       # whatever the order of the sum
            "sha256": hashlib.sha256(array.tobytes()).hexdigest()}


def differences(stored, now):
    """Where figures differ from a stored file's: lines; exactly on its kind of processor."""
    exact = stored["kind"] == now["kind"]
    return list(_compare(stored["runs"], json.loads(json.dumps(now["runs"])), exact, "runs"))


def _compare(old, new, exact, place):
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            yield from _compare(old[key], new[key], exact, f"{place}, {key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair_of in enumerate(zip(old, new)):
            yield from _compare(*pair_of, exact, f"{place}[{number}]")
    elif old != new and (exact or not _near(old, new, place.rpartition(", ")[2])):
        yield f"{place}: {old} in the file, {new} here"


def _near(old, new, name):
    """Whether a figure is what another rounding may make of it."""
    if name == "sha256" or name.startswith("figure3_answers"):
        return True
    if name.startswith(("right_", "reciprocal_rank", "exact")):     # one question's: f1 is the sum
        return True
    if not all(isinstance(x, (int, float)) for x in (old, new)):
        return False
    if isinstance(old, int) and isinstance(new, int):
        return abs(old - new) <= COUNT
    share = name.partition("[")[0].endswith(("_error", "_accuracy", "_hop", "response"))
    share |= name.startswith(("accuracy_", "last_room", "segments_right", "another_answer"))
    share |= name in ("most_probable_words", "given_true_supports", "story_by_story",
                      "general_by_general", "story_answers")
    if name.startswith(("f1", "hit_", "mrr", "development_f1", "kept", "unanswered", "recall")):
        return abs(old - new) <= SHARE / 100
    return math.isclose(old, new, rel_tol=RELATIVE, abs_tol=SHARE if share else 1e-3)


def file_of(trainer):
    return provenance.GOLDEN / f"{trainer}.json"


def read(trainer):
    """A trainer's stored figures."""
    return json.loads(file_of(trainer).read_text(encoding="utf-8"))


def write(trainer, now):
    """Writes a trainer's file unless it holds the same figures; returns whether it was written."""
    if file_of(trainer).is_file() and not differences(read(trainer), now):
        return False
    stored_files.write(file_of(trainer), (json.dumps(now, indent=1) + "\n").encode())
    return True


def main(argv=None):
    parser = command_line.Parser(prog="python -m replication.verification.golden",
                                 description=__doc__, allow_abbrev=False,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write what has changed")
    options, status = parser.parse_args(argv), 0
    for trainer in TRAINERS:
        now = figures(trainer)
        if options.write:
            print(f"{trainer}: {'written' if write(trainer, now) else 'as it was'}", flush=True)
            continue
        lines = differences(read(trainer), now)
        status |= bool(lines)
        print("\n".join([f"{trainer}: {'changed' if lines else 'as it was'}", *lines[:3]]),
              flush=True)
    return status


if __name__ == "__main__":
    sys.exit(command_line.run(main))
