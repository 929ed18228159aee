"""Loads a stored checkpoint back into the MemN2N that was trained."""

import json
from dataclasses import dataclass
from pathlib import Path

import safetensors
import torch

from replication.models.memn2n import Form, MemN2N
from replication.training import protocols
from tasks.errors import UserError


@dataclass(frozen=True)
class Checkpoint:
    """A trained model with what is needed to use it.

    model     MemN2N of one restart (R = 1)
    words     the vocabulary in the order of the tables' rows, the null word first
    protocol  the protocols.MemN2N that it was trained by
    task      the number that keyed its draws
    seed      the restart's
    N, J      memory slots, and words of the longest sentence plus one for the time word
    """
    model: MemN2N
    words: tuple
    protocol: protocols.MemN2N
    task: int
    seed: int
    N: int
    J: int


def load(path):
    """The Checkpoint in a safetensors file. Raises UserError as `opened`."""
    return opened(path, "MemN2N on bAbI tasks", _checkpoint)


def opened(path, kind, built):
    """What `built` makes of the weights, {name: tensor}, and the metadata of a safetensors file.

    Raises UserError, one line, where there is none, it is damaged, or it is of another model than
    a `kind`: where `built` raises KeyError, TypeError or ValueError.
    """
    path = Path(path)
    if path.is_dir() or path.suffix == ".json":
        what = "a folder" if path.is_dir() else "a record"
        raise UserError(f"{path}: {what}, no checkpoint; name the .safetensors file in it, or "
                        "beside it")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint; check the name, or run the experiment that "
                        "makes it") from None
    except (OSError, safetensors.SafetensorError) as error:
        if path.suffix != ".safetensors":
            raise UserError(f"{path}: no .safetensors file and not a whole checkpoint; name the "
                            ".safetensors file that a training wrote") from None
        raise UserError(f"{path}: not a whole checkpoint ({error}); restore it, or run its cell "
                        "again with --force") from None
    try:
        return built(weights, metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a checkpoint of a {kind} "
                        f"({type(error).__name__}: {error})") from None


def hold(weights, shapes):
    """Raises ValueError where weights are not finite numbers of these shapes, {name: shape}."""
    stored = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if stored != shapes:
        raise ValueError(f"weights of shapes {stored} where its protocol gives {shapes}")
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise ValueError("weights that are not finite numbers")


def _checkpoint(weights, metadata):
    words, N, J = json.loads(metadata["vocabulary"]), int(metadata["N"]), int(metadata["J"])
    p = protocols.MemN2N(**json.loads(metadata["protocol"]))
    form = Form.of(p)
    shapes = {f"E{i}": (N + len(words), p.d) for i in range(form.tables)}
    if form.mapped:
        shapes["H"] = (p.d, p.d)
    hold(weights, shapes)
    return Checkpoint(MemN2N.of(weights, form, N, J), tuple(words), p, int(metadata["task"]),
                      int(metadata["seed"]), N, J)
