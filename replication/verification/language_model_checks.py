"""Holds records of language models, and Figure 3's, against their checkpoints and corpora."""

import json
import math
from dataclasses import asdict, fields

import numpy as np
import safetensors
import safetensors.torch
import torch

from replication.memn2n_figure3_hops import EXPERIMENT as FIGURE
from replication.records import record as results
from replication.training import language_model, language_model_checkpoint
from replication.training.memn2n_language_model import Learner, average_attention
from replication.training.protocols import MemN2NText, TextRNN
from replication.training.recurrent_language_model import RecurrentLearner
from replication.verification.figure_models import model_of
from replication.verification.reevaluation import DataFolders, Outcome, fault_of_data
from tasks import corpora
from tasks.errors import UserError

KINDS = ((Learner, MemN2NText), (RecurrentLearner, TextRNN))
TOLERANCE = 1e-4      # of a perplexity, relative; of an attention, absolute


def kind_of(record):
    """(the kind of learner, its protocol's class) of a record, or None where it is of neither."""
    keys = record["protocol"].keys()
    return next(((kind, protocol) for kind, protocol in KINDS
                 if keys == {item.name for item in fields(protocol)}), None)


class Corpora:
    """The corpora of records, each read once. data: the folders that --data gives."""

    def __init__(self, data):
        self.data, self.read = data, {}

    def of(self, column, data):
        """(Corpus, None), or (None, why it cannot be had). data: a record's own."""
        key = column, json.dumps(data, sort_keys=True)
        if key not in self.read:
            self.read[key] = self._of(column, data)
        return self.read[key]

    def _of(self, column, data):
        if data["source"] == "simulated":
            corpus = corpora.simulated(data["generator"]["seed"])
        else:
            names = list(data["files"])
            paths, reason = DataFolders(self.data, [(data["source"], names, None)]).files(
                names, data["source"])
            reason = reason or fault_of_data(paths, data)
            if reason:
                return None, reason
            try:
                corpus = corpora.from_files(column, paths)
            except UserError as error:
                return None, str(error)
        if data["n_train"] < len(corpus.train):          # a smoke run's, which is shortened
            corpus = corpus.shortened(data["n_train"])
        return corpus, None


@torch.inference_mode()
def reevaluate(records, data):
    """An Outcome for each of [(path, record)], whose checkpoints are evaluated one by one."""
    torch.set_num_threads(1)
    texts, outcomes = Corpora(data), []
    for path, record in records:
        corpus, reason = texts.of(record["column"], record["data"])
        outcomes.append(Outcome(unchecked=reason))
        if reason:
            continue
        try:
            outcomes[-1].differences += _differences(path, record, corpus)
        except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError,
                RuntimeError) as error:
            outcomes[-1].differences.append("its checkpoint cannot be evaluated "
                                            f"({type(error).__name__}: {error})")
    return outcomes


def _differences(path, record, corpus):
    kind, protocol = kind_of(record)
    protocol, restart = protocol(**record["protocol"]), record["restarts"][record["selected"]]
    file = path.parent / record["checkpoint"]["file"]
    with safetensors.safe_open(file, framework="pt") as content:
        metadata = content.metadata()
    pairs = {"kind": (metadata["kind"], kind.NAME),
             "seed": (int(metadata["seed"]), restart["seed"]),
             "vocabulary": (tuple(json.loads(metadata["vocabulary"])), corpus.words),
             "protocol": (json.loads(metadata["protocol"]), results.plain(asdict(protocol)))}
    lines = [f"its checkpoint's {name} is not the record's and its data's"
             for name, (stored, expected) in pairs.items() if stored != expected]
    lengths = {f"n_{split}": len(getattr(corpus, split)) for split in ("train", "valid", "test")}
    lines += [f"{name} is {record['data'][name]}, the data has {length}"
              for name, length in lengths.items() if record["data"][name] != length]
    if lines:
        return lines
    learner = kind(corpus, protocol, restart["seed"], "cpu")
    now = language_model.as_stored(learner, safetensors.torch.load_file(file))
    return [f"{name} is {restart[name]:.6f}, evaluated again {value:.6f}"
            for name, value in now.items()
            if not math.isclose(value, restart[name], rel_tol=TOLERANCE)]


@torch.inference_mode()
def check_figure(paths, folder, data):
    """Figure 3's records measured again: (number that agree, lines, [(path, why not checked)])."""
    equal, differences, unchecked, texts = 0, [], [], Corpora(data)
    for path in paths:
        try:
            stated = json.loads(path.read_text(encoding="utf-8"))
            wrong, reason = _figure(path, stated, folder, texts)
        except UserError as error:
            wrong, reason = [str(error)], None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            wrong, reason = [f"not a whole record of Figure 3 ({type(error).__name__}: "
                             f"{error})"], None
        if reason:
            unchecked.append((path, reason))
        differences += [f"{path}: {line}" for line in wrong]
        equal += not wrong and not reason
    return equal, differences, unchecked


def _figure(path, stated, folder, texts):
    """(lines that say what differs, why it was not checked)."""
    record, wrong = model_of(path, stated, folder, FIGURE)
    if record["row"] != stated["row"]:
        wrong.append("its row is not that of its model's record")
    corpus, reason = texts.of(stated["column"], stated["data"])
    if wrong or reason:
        return wrong, reason
    model = language_model_checkpoint.load(folder / stated["model"]["checkpoint"]).model
    now = average_attention(model, torch.from_numpy(corpus.test)).numpy()
    stored = np.array(stated["attention"], dtype=float)
    if stored.shape != now.shape or not np.allclose(stored, now, rtol=0, atol=TOLERANCE):
        return ["its attention is not what its model has on the test words"], None
    if stated["words"] != len(corpus.test) - now.shape[1]:
        return [f"words is {stated['words']}, the data has {len(corpus.test) - now.shape[1]}"], None
    return [], None
