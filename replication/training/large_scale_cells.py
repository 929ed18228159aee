"""A cell of Table 1 of Memory Networks: train, judge in three ways; and the baselines likewise.

Figures are of the test questions. A restart's record has

    f1, f1_mixed                    re-ranking of the given candidates; "mixed": of the questions
                                    that have right and wrong ones
    f1_extended, f1_extended_mixed  the same of the extended candidates
    hit_1, hit_10, mrr              retrieval: the rank of the first right triple in all of memory
                                    (given candidates, answerable questions)
    development_f1                  the extended F1 of the development questions
    equation_11                     the same of the same model with lambda of equation 11 when
                                    scoring; `exact` and `exact_retrieval` are the lambdas for
                                    re-ranking and for retrieval, chosen on development questions
    labels                          the same (but retrieval) of the model trained further on other
                                    questions' labels, in folds
"""

from dataclasses import dataclass

import numpy

from replication.models import memnn_bags
from replication.training.large_scale_baselines import BASELINES
from replication.training.large_scale_judging import Reranking, rank, ranks, retrieval
from replication.training.memnn_large_scale import Examples, train, train_on_labels
from replication.training.random_streams import large_scale as generator
from replication.training.restarts import refuse_gpu, trained_of
from tasks import openqa


@dataclass(frozen=True)
class Judge:
    """The data of a cell, read once for all seeds.

    memory     a KnowledgeBase; Phi (T, V) sparse, its bags
    sets       {"given", "extended": Reranking}
    retrieved  {development: (numbers of the given set's answerable questions, right triples)}
    exact      (V,) what a match of each word is worth in equation 11, before lambda
    """
    memory: object
    paraphrases: list
    Phi: object
    sets: dict
    retrieved: dict
    exact: numpy.ndarray

    @classmethod
    def read(cls, root, exact_words="idf"):
        """The Judge of the data under a root; exact_words as of protocols.LargeScaleQA."""
        data = openqa.read(root)
        memory, V = data.memory, len(data.memory.word_id)
        Phi = memnn_bags.memory_bags(memory.words, memory.bounds, V)
        sets = {name: Reranking(memory, Phi, questions)
                for name, questions in data.questions.items()}
        own, retrieved = sets["given"], {}
        for development in (False, True):
            numbers = numpy.flatnonzero(own.answerable & (own.development == development))
            right = own.right[own.answer]
            retrieved[development] = (numbers, [own.triple[right & (own.question == number)]
                                                for number in numbers])
        frequency = numpy.maximum(1, numpy.bincount(Phi.indices, minlength=V))
        exact = numpy.log(len(memory) / frequency) if exact_words == "idf" else numpy.ones(V)
        return cls(memory, data.paraphrases, Phi, sets, retrieved, exact.astype(numpy.float32))

    def figures(self, best, ranks=None):
        """The record's figures, and per-question arrays of the test.

        best   {"given", "extended": (Q,)}, as of Reranking.best
        ranks  those of the given set's answerable test questions
        """
        result, arrays = {}, {}
        for name, end in (("given", ""), ("extended", "_extended")):
            figures = self.sets[name].figures(best[name])
            result |= {f"f1{end}": figures["f1"], f"f1{end}_mixed": figures["f1_mixed"]}
            test = self.sets[name].answerable & ~self.sets[name].development
            arrays[f"right_{name}"] = best[name][test]
        result["development_f1"] = self.sets["extended"].figures(best["extended"], True)["f1"]
        if ranks is not None:
            result |= retrieval(ranks)
            arrays["reciprocal_rank"] = 1 / ranks
        return result, arrays

    def best(self, U, exact=None):
        """{"given", "extended": (Q,)} of a model, as Reranking.best; exact as in word_weights."""
        return {name: s.best(s.scores(U, exact)) for name, s in self.sets.items()}

    def ranks(self, U, exact=None, development=False):
        """The rank of the first right triple of each answerable question, (Q,), from 1."""
        numbers, right = self.retrieved[development]
        return ranks(U, self.Phi, self.sets["given"].X[numbers], right, exact)


def train_cell(seeds, device, protocol, root):
    """Trains and judges one model a seed: record.Trained. root: the data root."""
    refuse_gpu(device, "large-scale QA's steps")
    judge, runs = Judge.read(root, protocol.exact_words), []
    for seed in seeds:
        U, losses = train(judge.memory, judge.paraphrases, protocol, seed)
        figures, arrays = judge.figures(judge.best(U), judge.ranks(U))
        for name, (more, of_questions) in (("equation_11", with_exact(judge, U, protocol)),
                                           ("labels", with_labels(judge, U, protocol, seed))):
            figures[name] = more
            arrays |= {f"{key}_{name}": array for key, array in of_questions.items()}
        restart, curves, weights = run_of(seed, losses, figures)
        runs.append((restart, curves | arrays, weights))
    return trained_of(runs, {})


def run_of(seed, losses, figures):
    """(restart, curves, weights) of one seed: its losses {name: (epochs,)} and figures."""
    loss = float(sum(curve[-1] for curve in losses.values()))
    return {"seed": seed, "status": "ok", "train_loss": loss, **figures}, losses, {}


def with_exact(judge, U, protocol):
    """(figures, arrays) with equation 11, its lambda by the development questions."""
    extended = judge.sets["extended"]
    value = max(protocol.lambdas, key=lambda one: extended.figures(
        extended.best(extended.scores(U, one * judge.exact)), development=True)["f1"])
    other = max(protocol.lambdas, key=lambda one: retrieval(
        judge.ranks(U, one * judge.exact, development=True))["mrr"])
    figures, arrays = judge.figures(judge.best(U, value * judge.exact),
                                    judge.ranks(U, other * judge.exact))
    return figures | {"exact": value, "exact_retrieval": other}, arrays


def with_labels(judge, U, protocol, seed):
    """(figures, arrays) where each fold's questions are scored by a model that saw the others'."""
    best = {}
    for name, reranking in judge.sets.items():
        fold = numpy.arange(len(reranking.questions)) % protocol.folds
        scores = numpy.zeros(len(reranking.question))
        for number in range(protocol.folds):
            examples = labelled(judge, reranking, fold != number, seed)
            further = train_on_labels(U, examples, protocol, seed)
            held_out = fold[reranking.question] == number
            scores[held_out] = reranking.scores(further)[held_out]
        best[name] = reranking.best(scores)
    return judge.figures(best)


def labelled(judge, reranking, selection, seed):
    """Examples of a question, a right triple and a wrong one, of the questions `selection` (Q,).

    Each right triple has one wrong one of its question, or any of memory where it has none.
    """
    rng, right = generator(seed, "labels"), reranking.right[reranking.answer]
    wrong_of = {}
    for row in numpy.flatnonzero(~right):
        wrong_of.setdefault(reranking.question[row], []).append(reranking.triple[row])
    rows = numpy.flatnonzero(right & selection[reranking.question])
    wrong = [rng.choice(wrong_of[question]) if question in wrong_of
             else rng.integers(len(judge.memory)) for question in reranking.question[rows]]
    return Examples(reranking.X[reranking.question[rows]], reranking.Y[rows], judge.Phi[wrong])


def baseline_cell(seeds, device, name, root):
    """Judges one of BASELINES, or "random": nothing is drawn, so that every seed is alike."""
    judge = Judge.read(root)
    numbers, right = judge.retrieved[False]
    if name == "random":
        best = {key: reranking.at_random() for key, reranking in judge.sets.items()}
        # The first of r right ones among T in a random order.
        places = numpy.array([(len(judge.memory) + 1) / (len(set(one)) + 1) for one in right])
    else:
        scores = BASELINES[name](judge.memory, judge.Phi)
        best = {key: reranking.best(_of_candidates(reranking, scores))
                for key, reranking in judge.sets.items()}
        X = judge.sets["given"].X
        places = numpy.array([rank(scores(X[number].indices), one)
                              for number, one in zip(numbers, right)])
    figures, arrays = judge.figures(best, places)
    restart = {"status": "ok", "train_loss": 0.0, **figures}
    return trained_of([({"seed": seed, **restart}, arrays, {}) for seed in seeds], {})


def _of_candidates(reranking, scores):
    result = numpy.zeros(len(reranking.question))
    for number in range(len(reranking.questions)):
        rows = reranking.question == number
        result[rows] = scores(reranking.X[number].indices)[reranking.triple[rows]]
    return result
