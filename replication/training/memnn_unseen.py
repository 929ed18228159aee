"""Training and judging MemNN with unseen-word modelling, on statements given apart."""

import json
from collections import Counter
from dataclasses import dataclass

import torch

from replication.models import memnn
from replication.models.memnn import NULL, PAD, Layout, Questions
from replication.models.memnn_sgd import output_step, response_step
from replication.models.memnn_unseen import (UnseenLayout, Words, averaged, context_bags,
                                             effective, pull_back)
from replication.training.memnn_steps import Plan, initial, runs_of, steps
from replication.training.memnn_world import (dictionary, encode_sentences, last_questions,
                                              weights_of)
from replication.training.protocols import MemNN, MemNNUnseen
from replication.training.random_streams import memnn_world
from replication.training.restarts import trained_of
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
    p, layout = protocol, UnseenLayout(len(dictionary()), protocol.time_features)
    W = layout.words
    streams = {name: [memnn_world(seed, p.world, name) for seed in seeds]
               for name in ("weights", "order", "negatives", "unseen")}
    E_O, E_R = (initial(layout, p, streams["weights"]) for _ in range(2))
    data = [encode_sentences(generate(p.world, seed, "train"), MemNN()) for seed in seeds]
    contexts = torch.stack([_recent_contexts(d, W, p.context_statements) for d in data])
    plan = Plan(layout.plain, 2, len(data[0].answers),
                {"unseen": lambda count, g: torch.rand(count, W, generator=g)})
    model, losses = torch.arange(len(seeds)), torch.zeros(p.epochs, len(seeds), 3)
    for step in steps(data, p, streams, plan):
        new = (step.more["unseen"] < p.dropped) & p.contexts            # (R, W)
        new[:, [PAD, NULL]] = False
        bags = averaged(contexts[model, step.numbers].float() * new[..., None])

        def words_of(hops):
            """The Words of a step whose x has those of the question and of so many supports."""
            x = torch.cat([step.response.questions, *step.response.supports[:hops]], 1)
            return Words(bags, (~new).float(), _occurs(x, W) * p.matches)

        changes = []
        for hop in range(2):
            words, one = words_of(hop), slice(hop, hop + 1)
            table = effective(E_O, layout, words)
            before = table.clone()
            losses[step.epoch, :, one] += output_step(table, layout.plain, step.output.at(one),
                                                      p.rate, p.margin)
            changes.append((table - before, words))
        for change, words in changes:
            pull_back(E_O, layout, change, words)
        words = words_of(2)
        table = effective(E_R, layout, words)
        before = table.clone()
        losses[step.epoch, :, 2] += response_step(table, layout.plain, step.response, p.rate,
                                                  p.margin)
        pull_back(E_R, layout, table - before, words)
    return E_O, E_R, losses / plan.questions


def _occurs(ids, words):
    """Which words of the dictionary occur: (R, J) -> (R, words) of 0 and 1; the pad word never."""
    occurs = torch.zeros(len(ids), words).scatter_(1, ids, 1.0)
    occurs[:, PAD] = 0
    return occurs


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
        layout = UnseenLayout(len(word_id), self.protocol.time_features)
        for text in (*statements, question):
            for word in text:
                word_id.setdefault(word, len(word_id))
        W, V = layout.words, len(word_id)
        texts = [("<null>",), *statements]
        memory = memnn.bags(texts, word_id, max(map(len, texts)))
        x = memnn.bags([question], word_id, len(question))
        data = Questions(memory, x, torch.tensor([1]), torch.tensor([len(texts)]), null=True)
        own = (torch.arange(V) < W).float()[None]
        bags = context_bags([[word_id[word] for word in text] for text in texts], W, V)
        contexts = averaged(bags[None] * (1 - own[..., None])) * self.protocol.contexts

        def table(E, x):
            """The plain model's rows where matching features are those of the words x."""
            match = _occurs(x, V) * self.protocol.matches
            return effective(E[None], layout, Words(contexts, own, match))[0]

        plain, first = Layout(V, self.protocol.time_features), None
        for hop in range(2):    # each with the features that match what it reads
            supports = memnn.find_supports(table(self.E_O, x), plain, data, hop + 1, first)
            first = supports[0]
            x = torch.cat([x, memory[supports[hop]]], 1)
        scores = memnn.rank_words(table(self.E_R, x), plain, memory, data.questions, supports)[0]
        if not self.protocol.contexts:
            scores[W:] = -torch.inf             # words without any feature cannot be ranked
        return list(word_id)[scores.argmax()], [statements[place - 1] if place else None
                                                for place in supports[:, 0].tolist()]


def new_names(world, stories, seed):
    """Stories whose people, things and places are told by names never seen in training.

    Yields (statements, question words, answer, kind), one question a story: its last.
    """
    for statements, question in last_questions(world, stories, seed, "test"):
        def renamed(words):
            return tuple(f"{word}-{question.start}" if word in ACTORS + OBJECTS + ROOMS else word
                         for word in words)
        yield (list(map(renamed, statements)), renamed(question.words),
               renamed((question.answer,))[0], question.kind)


def train_cell(seeds, device, protocol, stories):
    """Train and judge one restart a seed: record.Trained."""
    E_O, E_R, losses = train(protocol, seeds)

    def figures_of(model):
        reader = Reader(E_O[model], E_R[model], protocol)
        statements = [text.split() for text in STORY]
        answers = [reader.answer(statements, text.split())[0] for text, _ in QUESTIONS]
        return {**judge_new_names(reader, protocol, stories, seeds[model]),
                "figure3_right": sum(answer == right for answer, (_, right)
                                     in zip(answers, QUESTIONS)),
                "figure3_answers": answers}

    runs = runs_of(seeds, losses, weights_of(E_O, E_R), figures_of, {"n_test": stories})
    return trained_of(runs, {"words": json.dumps(list(dictionary()))})


def judge_new_names(reader, protocol, stories, seed):
    """Accuracy in % over stories of new names, in all and for each kind of question."""
    counts, right = Counter(), Counter()
    for statements, question, answer, kind in new_names(protocol.world, stories, seed):
        counts[kind] += 1
        right[kind] += reader.answer(statements, question)[0] == answer
    total, hits = sum(counts.values()), sum(right.values())
    return {"test_accuracy": 100 * hits / total, "test_error": 100 - 100 * hits / total,
            "n_wrong": total - hits, "n_test": total,
            **{f"accuracy_{kind}": 100 * right[kind] / counts[kind] for kind in sorted(counts)}}
