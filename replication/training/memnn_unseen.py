"""Training and judging MemNN with unseen-word modelling, on statements given apart."""

import json
from collections import Counter
from dataclasses import dataclass, replace

import torch

from replication.training.memnn_world import dictionary, encode_sentences, lost_epoch
from replication.training.protocols import MemNN, MemNNUnseen
from replication.records.record import Trained, diverged
from replication.models import memnn
from replication.models.memnn import NULL, PAD, Layout
from replication.models.memnn_sgd import output_step, response_step
from replication.models.memnn_unseen import (UnseenLayout, averaged, context_bags, effective,
                                             pull_back)
from replication.training.memnn_steps import Plan, memories, steps
from replication.training.random_streams import memnn_world
from tasks.simulated_world import ACTORS, OBJECTS, ROOMS, generate


# The statements and questions of Figure 3, with the answers that it gives.
STORY = ("bilbo travelled to the cave", "gollum dropped the ring there", "bilbo took the ring",
         "bilbo went back to the shire", "bilbo left the ring there", "frodo got the ring",
         "frodo journeyed to mount-doom", "frodo dropped the ring there", "sauron died",
         "frodo went back to the shire", "bilbo travelled to the grey-havens", "the end")
QUESTIONS = (("where is the ring", "mount-doom"), ("where is bilbo now", "grey-havens"),
             ("where is frodo now", "shire"))


def train(protocol, seeds):
    """A stack of models, one a seed. Returns E_O, E_R (R, D, n) and losses (epochs, R, 3)."""
    layout = UnseenLayout(len(dictionary()))
    W = layout.words
    streams = {name: [memnn_world(seed, protocol.world, name) for seed in seeds]
               for name in ("weights", "order", "negatives", "unseen")}
    E_O, E_R = (torch.stack([_initial(layout, protocol, g) for g in streams["weights"]])
                for _ in range(2))
    data = [encode_sentences(generate(protocol.world, seed, "train"), MemNN()) for seed in seeds]
    bags = torch.stack([_recent_contexts(d, W, protocol.context_statements) for d in data])
    plan = Plan(2, True, len(data[0].answers),
                {"unseen": lambda count, g: torch.rand(count, W, generator=g)})
    memory, model = memories(data), torch.arange(len(seeds))
    mask = memnn.in_use(protocol.time_features)
    losses = torch.zeros(protocol.epochs, len(seeds), 3)
    for step in steps(data, memory, protocol, streams, plan):
        new = step.more["unseen"] < protocol.dropped * protocol.contexts
        new[:, [PAD, NULL]] = False
        known = (~new).float()
        described = averaged(bags[model, step.numbers].float() * new[..., None])
        x = [step.questions, *(torch.cat([step.questions, step.held[:, :hop].flatten(1)], 1)
                               for hop in (1, 2))]
        x_ids = memnn.hop_inputs(layout.plain, step.questions, step.held[:, 0])
        changes = []
        for hop in range(2):
            matched = _occurs(x[hop], W) * protocol.matches
            table = effective(E_O, layout, described, known, matched)
            before = table.clone()
            one = slice(hop, hop + 1)
            losses[step.epoch, :, one] += output_step(
                table, layout.plain, mask, x_ids[:, one], step.reference[:, one], memory,
                step.right[:, one], step.drawn[:, one], protocol.rate, protocol.margin)
            changes.append((table - before, matched))
        for change, matched in changes:
            pull_back(E_O, layout, change, described, known, matched)
        matched = _occurs(x[2], W) * protocol.matches
        table = effective(E_R, layout, described, known, matched)
        before = table.clone()
        losses[step.epoch, :, 2] += response_step(
            table, layout.plain, step.questions, step.held.transpose(0, 1), step.answers, None,
            protocol.rate, protocol.margin)
        pull_back(E_R, layout, table - before, described, known, matched)
    return E_O, E_R, losses / plan.questions


def _initial(layout, protocol, rng):
    rows = torch.randn(layout.features, protocol.size, generator=rng) * protocol.scale
    rows[layout.plain.pads()] = 0
    return rows


def _occurs(ids, words):
    """Which words of the dictionary occur: (R, J) -> (R, words) of 0 and 1; the pad word never."""
    found = torch.zeros(len(ids), words).scatter_(1, ids, 1.0)
    found[:, PAD] = 0
    return found


def _recent_contexts(data, words, statements):
    """Contexts of each word in the statements before each question: uint8 (Q, |W|, 2|W|)."""
    texts = [[word for word in text if word != PAD] for text in data.memory.tolist()]
    each = [[(word, other if left else words + other) for place, word in enumerate(text)
             for left, others in ((True, text[:place]), (False, text[place + 1:]))
             for other in others] for text in texts]
    bags = torch.zeros(len(data.stop), words, 2 * words, dtype=torch.uint8)
    for number, stop in enumerate(data.stop.tolist()):
        pairs = [pair for text in each[max(1, stop - statements):stop] for pair in text]
        if pairs:
            word, other = torch.tensor(pairs).T
            bags[number, word, other] = 1
    return bags


@dataclass(frozen=True)
class Reader:
    """One trained model, answering questions on stories with any words."""
    E_O: torch.Tensor
    E_R: torch.Tensor
    protocol: MemNNUnseen

    def answer(self, statements, question):
        """The word that it answers, and the two statements found (None: the null memory).

        statements  sequences of words, oldest first; question  its words
        """
        word_id = dictionary()
        W, layout = len(word_id), UnseenLayout(len(word_id))
        for text in (*statements, question):
            for word in text:
                word_id.setdefault(word, len(word_id))
        V = len(word_id)
        texts = [[NULL], *([word_id[word] for word in text] for text in statements)]
        width = max(map(len, texts))
        memory = torch.tensor([text + [PAD] * (width - len(text)) for text in texts])
        asked = torch.tensor([[word_id[word] for word in question]])
        known = (torch.arange(V) < W).float()[None]
        bags = averaged(context_bags(texts, W, V)[None] * (1 - known[..., None]))
        bags = bags * self.protocol.contexts
        plain, x, found = Layout(V), asked, None
        for hop in range(2):    # each with the features that match what it reads
            table = effective(self.E_O[None], layout, bags, known, self._matched(x, V))[0]
            found = memnn.find_supports(table, plain, memory, asked, torch.tensor([1]),
                                        torch.tensor([len(texts)]), hop + 1,
                                        self.protocol.time_features, True,
                                        given=found if found is None else found[0])
            x = torch.cat([x, memory[found[hop]]], 1)
        table = effective(self.E_R[None], layout, bags, known, self._matched(x, V))[0]
        scores = memnn.rank_words(table, plain, memory, asked, found)[0]
        if not self.protocol.contexts:
            scores[W:] = -torch.inf             # words without any feature cannot be ranked
        words = list(word_id)
        return words[scores.argmax()], [statements[f - 1] if f else None
                                        for f in found[:, 0].tolist()]

    def _matched(self, ids, count):
        return _occurs(ids, count) * self.protocol.matches


def new_names(world, stories, seed):
    """Stories whose people, things and places are told by names never seen in training.

    Yields (statements, question words, answer, kind), one question a story: its last.
    """
    length = 12
    short = replace(world, story_length=length, statements=length * stories,
                    questions=3 * stories)
    told = generate(short, seed, "test")
    last = {question.start: question for question in told.questions}
    for start, question in last.items():
        def renamed(words):
            return tuple(f"{word}-{start}" if word in ACTORS + OBJECTS + ROOMS else word
                         for word in words)
        statements = [renamed(s.words) for s in told.statements[start:question.position]]
        yield statements, renamed(question.words), renamed((question.answer,))[0], question.kind


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
