"""MemNN with a memory of few slots: grouped, or one that forgets (section 2 of arXiv:1410.3916)."""

import torch

from replication.models import memnn
from replication.models.memnn_memory import FORGETTING, GroupedMemory, Memory
from replication.records.record import Trained, diverged
from replication.training.memnn_world import encode_sentences, layouts, lost_epoch, train
from tasks.simulated_world import ACTORS, OBJECTS, generate

SLOTS = (5, 10, 20, 40, 80, 160)
WAYS = (*FORGETTING, "groups")     # to write


def train_cell(seeds, device, protocol, row):
    """Train and judge one restart a seed: results.Trained."""
    layout, _ = layouts(protocol)
    training = [encode_sentences(generate(protocol.world, seed, "train"), protocol)
                for seed in seeds]
    E_O, E_R, losses = train([protocol] * len(seeds), seeds, training)
    restarts = []
    for model, seed in enumerate(seeds):
        if not losses[:, model].isfinite().all():
            restarts.append(diverged(seed, lost_epoch(losses[:, model])))
            continue
        stories = generate(protocol.world, seed, "test")
        result = {}
        for slots in SLOTS:
            accuracy, searched = judge_with_slots(E_O[model], E_R[model], layout, protocol, stories,
                                                  row, slots)
            result |= {f"accuracy_{slots}": accuracy, f"searched_{slots}": searched}
        restarts.append({"seed": seed, "status": "ok", "train_loss": losses[-1, model].sum().item(),
                         "test_accuracy": result["accuracy_40"],
                         "test_error": 100 - result["accuracy_40"], **result})
    curves = {"loss": losses.sum(2).T.numpy()}
    return Trained(restarts, curves, [{"E_O": e} for e in E_O], {})


def judge_with_slots(E_O, E_R, layout, protocol, stories, row, slots):
    """Accuracy in % of one model with so many slots, and the memories searched per question."""
    data = encode_sentences(stories, protocol)
    Y = memnn.embed(E_O[None], layout.y(data.memory)[None])[0]
    mask = memnn.in_use(protocol.time_features, E_O.dtype)
    mentioned = [[word for word in s.words if word in ACTORS + OBJECTS] for s in stories.statements]
    memory = (GroupedMemory(lambda i: mentioned[i], capacity=slots) if row == "groups"
              else Memory(slots, row))
    told, searched, found, one = 0, 0, [], torch.tensor([1])
    for number, question in enumerate(stories.questions):
        for told in range(told, question.position):
            memory.write(told)
        told = question.position
        ids, reference, chosen = layout.input(data.questions[number]), told + 1, []
        groups = [word for word in question.words if word in ACTORS + OBJECTS]
        for _ in range(protocol.hops):
            seen = memory.in_order(groups) if row == "groups" else memory.in_order()
            searched += len(seen)
            X = memnn.embed(E_O[None], ids[None, None])[0, 0]
            times = E_O[layout.time()] @ X * mask
            places = torch.tensor([0] + [slot.content + 1 for slot in seen])   # 0: the null memory
            parts = memnn.loop_parts((Y[places] @ X).double().view(-1, 1), reference,
                                     times.double().view(-1, 1), places)
            best = int(memnn.search(*parts, one, one * len(places), null=True))
            if best:
                seen[best - 1].used += 1
                groups = [*groups, *mentioned[seen[best - 1].content]]
            chosen.append(int(places[best]))
            ids = torch.cat([ids, layout.support(data.memory[chosen[0]])])
            reference = chosen[0]
        found.append(chosen)
    answers = memnn.rank_words(E_R, layout, data.memory, data.questions, torch.tensor(found).T)
    right = (answers.argmax(1) == data.answers).double().mean().item()
    return 100 * right, searched / (protocol.hops * len(found))
