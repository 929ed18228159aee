"""Memory Networks (arXiv:1410.3916), Figure 3 (section 5.2.1): a story in words never seen.

MemNN k=2 (+time) is trained on the simulated world, difficulty 5, actor + object, statement by
statement, with and without the modelling of unseen words (section 3.5) and the matching features
(section 3.6). A cell is the accuracy in %, mean over seeds, on 1,000 stories of the same world
whose people, things and places have names never seen in training: beyond the paper. Each restart
also holds what the paper shows: how many of Figure 3's three questions it answers right
(figure3_right), and its answers.

    python -m replication.memnn_figure3_unseen_words --jobs 2         about 10 minutes on two cores
"""

import json
import sys
from collections import Counter
from dataclasses import asdict, replace
from functools import partial

import torch

from replication.running import command_line, world_table
from replication.running.run_cells import run_cells
from replication.training.memnn_unseen import Reader, UnseenProtocol, new_names, train
from replication.training.memnn_world import dictionary, lost_epoch, simulated_only
from replication.records.record import Trained, diverged

EXPERIMENT = "memnn_figure3_unseen_words"
COLUMN = "1,000 stories of new names"

# The statements and questions of Figure 3, with the answers that it gives.
STORY = ("bilbo travelled to the cave", "gollum dropped the ring there", "bilbo took the ring",
         "bilbo went back to the shire", "bilbo left the ring there", "frodo got the ring",
         "frodo journeyed to mount-doom", "frodo dropped the ring there", "sauron died",
         "frodo went back to the shire", "bilbo travelled to the grey-havens", "the end")
QUESTIONS = (("where is the ring", "mount-doom"), ("where is bilbo now", "grey-havens"),
             ("where is frodo now", "shire"))

BOTH = UnseenProtocol()
ROWS = {
    "unseen words and matches": BOTH,
    "unseen words alone": replace(BOTH, matches=False),
    "matches alone": replace(BOTH, contexts=False),
    "neither": replace(BOTH, contexts=False, matches=False),
}


def train_cell(seeds, device, protocol, stories):
    """Train and judge one restart a seed: results.Trained."""
    E_O, E_R, losses = train(protocol, seeds)
    restarts = []
    for model, seed in enumerate(seeds):
        if not torch.isfinite(losses[:, model]).all():
            restarts.append(diverged(seed, lost_epoch(losses[:, model]), n_test=stories))
            continue
        reader = Reader(E_O[model], E_R[model], protocol)
        statements = [text.split() for text in STORY]
        answers = [reader.answer(statements, text.split())[0] for text, _ in QUESTIONS]
        restarts.append({"seed": seed, "status": "ok",
                         "train_loss": losses[-1, model].sum().item(),
                         **judge_new_names(reader, protocol, stories, seed),
                         "figure3_right": sum(answer == expected for answer, (_, expected)
                                              in zip(answers, QUESTIONS)),
                         "figure3_answers": answers})
    names = ("first_hop_loss", "second_hop_loss", "response_loss")
    curves = {name: losses[:, :, part].T.numpy() for part, name in enumerate(names)}
    weights = [{"E_O": E_O[model], "E_R": E_R[model]} for model in range(len(seeds))]
    return Trained(restarts, curves, weights, {"words": json.dumps(list(dictionary()))})


def judge_new_names(reader, protocol, stories, seed):
    """Accuracy in % over stories of new names, in all and for each kind of question."""
    asked, right = Counter(), Counter()
    for statements, question, answer, kind in new_names(protocol.world, stories, seed):
        asked[kind] += 1
        right[kind] += reader.answer(statements, question)[0] == answer
    total, hits = sum(asked.values()), sum(right.values())
    return {"test_accuracy": 100 * hits / total, "test_error": 100 - 100 * hits / total,
            "n_wrong": total - hits, "n_test": total,
            **{f"accuracy_{kind}": 100 * right[kind] / asked[kind] for kind in sorted(asked)}}


def main(argv):
    options = command_line.parse(__doc__, (COLUMN,), folders=(), prefix="", argv=argv)
    simulated_only(options)
    cells = []
    for row, protocol in ROWS.items():
        stories = 1000
        if options.smoke:
            world = replace(protocol.world, statements=240, questions=60)
            protocol, stories = replace(protocol, world=world, epochs=1, draws=20), 20
        cells.append(world_table.cell(
            EXPERIMENT, COLUMN, row, "memnn_unseen_words", partial(train_cell, protocol=protocol, stories=stories),
            asdict(protocol), protocol.world.questions, stories))
    return run_cells(cells, options.seeds, options.results, options.jobs, "cpu", options.force,
                     whole_blocks=not options.smoke)   # matmul rounds by the stack's size


if __name__ == "__main__":
    sys.exit(command_line.run(main))
