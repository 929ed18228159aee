"""Loads the stored checkpoint of a MemN2N language model."""

import json
from dataclasses import dataclass, fields

from replication.models.memn2n_language_model import LanguageModel
from replication.training import checkpoints
from replication.training.memn2n_language_model import Learner, model_of, shapes_of
from replication.training.protocols import MemN2NText


@dataclass(frozen=True)
class Checkpoint:
    """A trained model, its vocabulary in the order of the rows, its protocol and its seed."""
    model: LanguageModel
    words: tuple
    protocol: MemN2NText
    seed: int


def load(path):
    """The Checkpoint in a safetensors file. Raises UserError as checkpoints.opened."""
    return checkpoints.opened(path, Learner.NAME, _checkpoint)


def _checkpoint(weights, metadata):
    if metadata["kind"] != Learner.NAME:
        raise ValueError(f"it is of a {metadata['kind']}")
    stated = json.loads(metadata["protocol"])
    p = MemN2NText(**{item.name: stated[item.name] for item in fields(MemN2NText)})
    words = tuple(json.loads(metadata["vocabulary"]))
    checkpoints.hold(weights, shapes_of(len(words), p))
    return Checkpoint(model_of(weights, p.hops), words, p, int(metadata["seed"]))
