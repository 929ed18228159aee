"""MemNN on the bAbI tasks: strongly supervised as in 2014, and weakly by MemN2N's heuristic."""

import json
from dataclasses import dataclass, replace

import torch

from replication import memnn_babi_data as babi_data
from replication.memnn_babi_training import (answers, find, given_pairs, train_output,
                                             train_response, valid_pairs)
from replication.results import Trained
from tasks import babi
from tasks.errors import UserError


@dataclass(frozen=True)
class Protocol:
    supervision: str = "supporting facts"
    several_words: str = "first word"
    time_features: str = "complements"
    size: int = 100
    rate: float = 0.01
    margin: float = 0.1
    epochs: int = 10
    supports: str = "a block each"
    scale: float = 0.1
    draws: int = 50
    response_from: str = "pairs"        # or "found"
    ignored: str = "function words"
    first_hop: str = ""
    valid_first: str = "any"
    valid_second: str = "any"
    same_twice: bool = True
    no_valid_hop: str = "null"          # or "skip"
    validation_share: float = 0.1


MEMNN_2014 = Protocol()
WSH = replace(MEMNN_2014, supervision="shared words")


def train_task(train_file, test_file, task, protocol, seeds, device="cpu"):
    if device != "cpu":
        raise UserError("MemNN's steps are too small for a GPU; use --device cpu")
    words, (everything, test) = babi_data.encode([babi.read(train_file), babi.read(test_file)],
                                                 protocol.several_words)
    W, total = len(words), len(everything.answers)
    held_out = int(protocol.validation_share * total)
    train, valid = everything.take(slice(total - held_out)), everything.take(slice(total - held_out, total))
    pairs = given_pairs
    if protocol.supervision == "shared words":
        ignored = babi_data.FUNCTION_WORDS if protocol.ignored == "function words" else ()
        pairs = valid_pairs(babi_data.Links(train, words, ignored))
    E_O, hop_losses = train_output(train, W, protocol, pairs, seeds, task)
    found = None
    if protocol.response_from == "found":
        found = torch.stack([find(E, train, W, protocol) for E in E_O])
    E_R, response_losses = train_response(train, W, protocol, pairs, found, seeds, task)
    restarts = []
    for r, seed in enumerate(seeds):
        out = {"seed": seed, "status": "ok"}
        for name, part in (("train", train), ("valid", valid), ("test", test)):
            f = find(E_O[r], part, W, protocol)
            right = (answers(E_R[r], part, W, protocol, f) == part.answers) & part.answerable
            out[f"{name}_error"] = 100 * (1 - right.double().mean().item())
            out[f"{name}_hop1"] = 100 * (f[0] == part.supports[0]).double().mean().item()
            out[f"{name}_hop2"] = 100 * (f[1] == part.supports[1]).double().mean().item()
        out["losses"] = [*hop_losses[-1, r].tolist(), response_losses[-1, r].item()]
        restarts.append(out)
    return Trained(restarts, {}, [{"E_O": a, "E_R": b} for a, b in zip(E_O, E_R)], {"words": json.dumps(words)})
