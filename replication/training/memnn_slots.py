"""MemNN with a memory of few slots: grouped, or one that forgets (section 2 of arXiv:1410.3916)."""

from typing import NamedTuple

import torch

from replication.models import memnn
from replication.models.memnn_memory import FORGETTING, GroupedMemory, Memory
from replication.training.memnn_steps import runs_of
from replication.training.memnn_world import encode_sentences, layouts, train
from replication.training.restarts import trained_of
from tasks.simulated_world import ACTORS, OBJECTS, generate

SLOTS = (5, 10, 20, 40, 80, 160)
WAYS = (*FORGETTING, "groups")     # to write
NAMES = frozenset(ACTORS + OBJECTS)


def train_cell(seeds, device, protocol, row):
    """Train and judge one restart a seed, whose memory is written in a way, row: record.Trained."""
    training = [encode_sentences(generate(protocol.world, seed, "train"), protocol)
                for seed in seeds]
    E_O, E_R, losses = train([protocol] * len(seeds), seeds, training)

    def figures_of(model):
        stories, figures = generate(protocol.world, seeds[model], "test"), {}
        for slots in SLOTS:
            accuracy, candidates = judge_with_slots(E_O[model], E_R[model], protocol, stories,
                                                    memory_of(row, slots, stories))
            figures |= {f"accuracy_{slots}": accuracy, f"searched_{slots}": candidates}
        accuracy = figures["accuracy_40"]
        return {"test_accuracy": accuracy, "test_error": 100 - accuracy, **figures}

    runs = runs_of(seeds, losses, [{"E_O": E} for E in E_O], figures_of, {})
    return trained_of([(restart, {"loss": sum(curves.values())}, weights)
                       for restart, curves, weights in runs], {})


def names_in(words):
    """The actors and objects that a text mentions: its groups."""
    return [word for word in words if word in NAMES]


def memory_of(way, slots, stories):
    """An empty memory of so many slots for the numbers of the stories' statements."""
    if way == "groups":
        return GroupedMemory(lambda number: names_in(stories.statements[number].words), slots)
    return Memory(slots, way)


class Output(NamedTuple):
    """O of one model over the stories' statements: E (D, n), its Layout, Y (T, n) embedded."""
    E: torch.Tensor
    layout: memnn.Layout
    Y: torch.Tensor

    def best(self, ids, reference, slots):
        """One hop: the slot that it finds, or None where that is the null memory.

        ids        (J,) features of x
        reference  position that Phi_t calls x
        """
        X = memnn.embed(self.E[None], ids[None, None])[0]                          # (1, n)
        places = torch.tensor([0] + [slot.content + 1 for slot in slots])       # 0: the null memory
        parts = memnn.loop_parts((self.Y[places] @ X[0]).double().view(-1, 1), reference,
                                 memnn.time_scores(self.E, self.layout, X).double(), places)
        one = torch.tensor([1])
        best = int(memnn.search(*parts, one, one * len(places), null=True))
        return slots[best - 1] if best else None


def judge_with_slots(E_O, E_R, protocol, stories, memory):
    """Accuracy in % of one model with a memory, and how many candidates O scores a hop on average.

    memory  as of `memory_of`, empty
    """
    layout, _ = layouts(protocol)
    data = encode_sentences(stories, protocol)
    output = Output(E_O, layout, memnn.embed(E_O[None], layout.y(data.memory)[None])[0])
    position, candidates, supports = 0, 0, []
    for number, question in enumerate(stories.questions):
        for statement in range(position, question.position):
            memory.write(statement)
        position = question.position
        ids, groups, positions = layout.input(data.questions[number]), names_in(question.words), []
        for _ in range(protocol.hops):
            slots = memory.in_order(groups)
            candidates += len(slots)
            slot = output.best(ids, positions[0] if positions else position + 1, slots)
            if slot:
                slot.used += 1
                groups = [*groups, *names_in(stories.statements[slot.content].words)]
            positions.append(slot.content + 1 if slot else 0)
            ids = torch.cat([ids, layout.support(data.memory[positions[0]])])
        supports.append(positions)
    answers = memnn.rank_words(E_R, layout, data.memory, data.questions, torch.tensor(supports).T)
    right = (answers.argmax(1) == data.answers).double().mean().item()
    return 100 * right, candidates / (protocol.hops * len(supports))
