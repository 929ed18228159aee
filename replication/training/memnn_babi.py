"""MemNN on the bAbI tasks, in two forms that differ in what they are told.

`MEMNN_2014` is the model of Memory Networks (arXiv:1410.3916) with k = 2 and write-time features,
trained with the supporting facts, as "Towards AI-Complete Question Answering" (arXiv:1502.05698,
table 3, "MemNN (Weston et al., 2014)") reports it. `WSH` is the column MemNN-WSH of Table 1 of
End-To-End Memory Networks (arXiv:1503.08895, section 4.3): it never sees the supporting facts,
and ranks memories that share words with question and answer above those that do not.
"""

import json

import torch

from replication.training import babi_task
from replication.training.memnn import find, respond, train_output, train_response
from replication.training.memnn_inputs import SharedWords, SupportingFacts, encode
from replication.training.memnn_steps import runs_of
from replication.training.random_streams import MEMNN_BABI, memnn_babi
from replication.training.restarts import percent, refuse_gpu, trained_of

_FIGURES = ("train_loss", "train_error", "valid_error", "test_error", "n_wrong", "first_hop",
            "second_hop", "response")


@torch.inference_mode()
def train_task(task, protocol, seeds, device="cpu"):
    """Trains a babi_task.Task's restarts, one a seed; a cell's `train`.

    Returns record.Trained. A restart has the errors of `judge` as train_, valid_ and test_error,
    n_wrong and n_test of the test file, first_hop, second_hop and response there, and train_loss,
    the mean over the last epoch's questions of the sampled hinges of both hops and of R's sum.
    """
    refuse_gpu(device, "MemNN's steps")
    parts = load(task, protocol)
    data = parts["train"]
    supervision = SupportingFacts(data)
    if protocol.supervision == "shared words":
        supervision = SharedWords(data, protocol.linking_words)
    streams = {name: [memnn_babi(seed, task.number, name) for seed in seeds] for name in MEMNN_BABI}
    E_O, hop_losses = train_output(data, protocol, supervision, streams)
    E_R, losses = train_response(E_O, data, protocol, supervision, streams)
    losses = torch.cat([hop_losses, losses[..., None]], 2)                # (epochs, R, 3)
    weights = [{"E_O": E_O[r].clone(), "E_R": E_R[r].clone()} for r in range(len(seeds))]

    def figures_of(r):
        figures = {name: judge(E_O[r], E_R[r], part, protocol) for name, part in parts.items()}
        errors = {f"{name}_error": part.pop("error") for name, part in figures.items()}
        return errors | figures["test"]

    runs = runs_of(seeds, losses, weights, figures_of,
                   {**dict.fromkeys(_FIGURES), "n_test": len(parts["test"].answers)})
    return trained_of(runs, {"vocabulary": json.dumps(data.words), "task": str(task.number)})


def load(task, protocol):
    """{"train", "valid", "test": Data} of a Task's two files, over one dictionary.

    There is no "valid" where the protocol holds nothing back.
    """
    train, test = encode(task.questions(), protocol.several_words)
    total = len(train.answers)
    boundary = total - babi_task.held_out(total, protocol.validation_share)
    parts = {"train": train.take(slice(boundary)), "valid": train.take(slice(boundary, total)),
             "test": test}
    return {name: part for name, part in parts.items() if len(part.answers)}


def judge(E_O, E_R, data, protocol):
    """How one model, E (D, n) each, answers the questions of Data.

    Returns error in %, n_wrong and n_test; first_hop and second_hop, the share in % of questions
    where O finds the first and the second supporting fact (the null memory where there is none);
    and response, the accuracy in % of R where these are given to it.
    """
    def right(supports):
        return (respond(E_R, data, protocol, supports) == data.answers) & data.answerable

    supports = find(E_O, data, protocol)
    wrong = int((~right(supports)).sum())
    return {"error": 100 * wrong / len(data.answers), "n_wrong": wrong,
            "n_test": len(data.answers), "first_hop": percent(supports[0] == data.supports[0]),
            "second_hop": percent(supports[1] == data.supports[1]),
            "response": percent(right(data.supports))}
