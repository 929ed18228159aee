"""Loads the stored checkpoint of a MemN2N language model, by itself or by its record."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

import safetensors
import torch

from replication.models.memn2n_language_model import LanguageModel
from replication.records import files as stored_files, record as results
from replication.training.memn2n_language_model import Learner, model_of
from replication.training.protocols import MemN2NText
from tasks.errors import UserError


@dataclass(frozen=True)
class Checkpoint:
    """A trained model, its vocabulary in the order of the rows, its protocol and its seed."""
    model: LanguageModel
    words: tuple
    protocol: MemN2NText
    seed: int


def load(path):
    """The Checkpoint in a safetensors file.

    Raises UserError, one line, where there is none, it is damaged, or it is of another model.
    """
    path = Path(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint; check the name, or run the experiment that "
                        "makes it") from None
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"{path}: not a whole checkpoint ({error}); restore it, or run its cell "
                        "again with --force") from None
    try:
        return _checkpoint(weights, metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a checkpoint of a {Learner.NAME} "
                        f"({type(error).__name__}: {error})") from None


def _checkpoint(weights, metadata):
    if metadata["kind"] != Learner.NAME:
        raise ValueError(f"it is of a {metadata['kind']}")
    stated = json.loads(metadata["protocol"])
    p = MemN2NText(**{item.name: stated[item.name]
                                 for item in fields(MemN2NText)})
    words = tuple(json.loads(metadata["vocabulary"]))
    V = len(words)
    shapes = {"A": (V, p.d), "C": (V, p.d), "T_A": (p.memory, p.d), "T_C": (p.memory, p.d),
              "H": (p.d, p.d), "W": (V, p.d)}
    there = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if there != shapes:
        raise ValueError(f"weights of shapes {there} where its protocol gives {shapes}")
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise ValueError("weights that are not finite numbers")
    return Checkpoint(model_of(weights, p.hops), words, p, int(metadata["seed"]))


def named_by(path):
    """(Checkpoint, its file, the record) of the record in a file. Raises UserError, one line."""
    path = Path(path)
    record = results.read(path)
    if record["checkpoint"] is None:
        raise UserError(f"{path}: all its restarts diverged, so that it has no model")
    file = path.parent / record["checkpoint"]["file"]
    if stored_files.sha256(file) not in (None, record["checkpoint"]["sha256"]):
        raise UserError(f"{file}: not the checkpoint that {path.name} names; restore both")
    return load(file), file, record
