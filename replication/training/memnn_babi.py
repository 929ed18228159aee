"""MemNN on the bAbI tasks, in two forms that differ in what they are told.

`MEMNN_2014` is the model of Memory Networks (arXiv:1410.3916) with k = 2 and write-time features,
trained with the supporting facts, as "Towards AI-Complete Question Answering" (arXiv:1502.05698,
table 3, "MemNN (Weston et al., 2014)") reports it. `WSH` is the column MemNN-WSH of Table 1 of
End-To-End Memory Networks (arXiv:1503.08895, section 4.3): it never sees the supporting facts,
and ranks memories that share words with question and answer above those that do not.
"""

import json

import torch

from replication.training.memnn_inputs import SharedWords, SupportingFacts, encode
from replication.training.memnn import find, respond, train_output, train_response
from replication.records.record import Trained
from tasks import babi
from tasks.errors import UserError


_FIGURES = ("train_error", "valid_error", "test_error", "n_wrong", "first_hop", "second_hop",
            "response")


@torch.inference_mode()
def train_task(train_file, test_file, task, protocol, seeds, device="cpu"):
    """Trains one task's restarts from its two files, one a seed; a cell's `train`.

    Returns results.Trained. A restart has the errors of `judge` as train_, valid_ and test_error,
    n_wrong and n_test of the test file, first_hop, second_hop and response there, and train_loss,
    the mean over the last epoch's questions of the sampled hinges of both hops and of R's sum.
    """
    if device != "cpu":
        raise UserError("MemNN's steps are too small for a GPU; use --device cpu")
    words, parts = load(train_file, test_file, protocol)
    data, W = parts["train"], len(words)
    supervision = SupportingFacts(data)
    if protocol.supervision == "shared words":
        supervision = SharedWords(data, words, protocol.linking_words)
    E_O, hop_losses = train_output(data, W, protocol, supervision, seeds, task)
    E_R, losses = train_response(E_O, data, W, protocol, supervision, seeds, task)
    curves = {"first_hop_loss": hop_losses[:, 0].numpy(),
              "second_hop_loss": hop_losses[:, 1].numpy(), "response_loss": losses.numpy()}
    last = hop_losses[:, :, -1].sum(1) + losses[:, -1]
    restarts, weights = [], []
    for r, seed in enumerate(seeds):
        finite = torch.cat([hop_losses[r], losses[r, None]]).isfinite().all(0)      # (epochs,)
        if not finite.all() or not all(E[r].isfinite().all() for E in (E_O, E_R)):
            epoch = int(finite.to(torch.uint8).argmin()) + 1 if not finite.all() else len(finite)
            restarts.append({"seed": seed, "status": "diverged", "diverged_epoch": epoch,
                             "train_loss": None, **dict.fromkeys(_FIGURES),
                             "n_test": len(parts["test"].answers)})
            weights.append(None)
            continue
        judged = {name: judge(E_O[r], E_R[r], part, W, protocol) for name, part in parts.items()}
        restarts.append({
            "seed": seed, "status": "ok", "train_loss": last[r].item(),
            **{f"{name}_error": figures.pop("error") for name, figures in judged.items()},
            **judged["test"]})
        weights.append({"E_O": E_O[r].clone(), "E_R": E_R[r].clone()})
    return Trained(restarts, curves, weights,
                   {"vocabulary": json.dumps(words), "task": str(task)})


def load(train_file, test_file, protocol):
    """The dictionary of a task's two files, and {"train", "valid", "test": Data}.

    There is no "valid" where the protocol holds nothing back.
    """
    words, (given, test) = encode([babi.read(train_file), babi.read(test_file)],
                                  protocol.several_words)
    total = len(given.answers)
    trained = total - int(protocol.validation_share * total)
    parts = {"train": given.take(slice(trained)), "valid": given.take(slice(trained, total)),
             "test": test}
    return words, {name: part for name, part in parts.items() if len(part.answers)}


def judge(E_O, E_R, data, words, protocol):
    """How one model, E (D, n) each, answers the questions of Data over so many words.

    Returns error in %, n_wrong and n_test; first_hop and second_hop, the share in % of questions
    where O finds the first and the second supporting fact (the null memory where there is none);
    and response, the accuracy in % of R where these are given to it.
    """
    def right(supports):
        said = respond(E_R, data, words, protocol, supports)
        return (said == data.answers) & data.answerable

    found = find(E_O, data, words, protocol)
    wrong = int((~right(found)).sum())
    return {"error": 100 * wrong / len(data.answers), "n_wrong": wrong,
            "n_test": len(data.answers), "first_hop": _percent(found[0] == data.supports[0]),
            "second_hop": _percent(found[1] == data.supports[1]),
            "response": _percent(right(data.supports))}


def _percent(hits):
    return 100 * hits.double().mean().item()
