"""Training of large-scale QA (Memory Networks, section 5.1): one model a seed, k = 1."""

from typing import NamedTuple

import numpy
from scipy import sparse

from replication.models.memnn_bags import adagrad, ranking_step
from replication.training.memnn_large_scale_inputs import Facts, Paraphrases
from replication.training.random_streams import large_scale as generator

def train(memory, paraphrases, protocol, seed, dtype=numpy.float32):
    """Train one model: ({"U_x", "U_y"[, "U_m"]: (V, n)}, losses).

    losses  {"question_loss", "paraphrase_loss": (epochs,)}, the mean hinge of a sampled pair
    """
    facts, questions = Facts(memory), Paraphrases(memory, paraphrases)
    rng = {stream: generator(seed, stream)
           for stream in ("weights", "order", "questions", "negatives", "paraphrases")}
    U = initial(facts.size, protocol, rng["weights"], dtype)
    squares = {name: numpy.zeros(facts.size, dtype) for name in U}
    pairs = _rounds(len(questions), protocol.batch, rng["paraphrases"])
    losses = numpy.zeros((2, protocol.epochs))
    for epoch in range(protocol.epochs):
        order, steps = rng["order"].permutation(facts.count), 0
        for number, start in enumerate(range(0, facts.count, protocol.batch)):
            triples = order[start:start + protocol.batch]
            examples = Examples(
                facts.questions(triples, rng["questions"]), facts.bags(triples),
                facts.negatives(triples, protocol.negatives, protocol.replaced, rng["negatives"]))
            losses[0, epoch] += _step(U, squares, examples, protocol)
            if len(questions) and number % protocol.paraphrases_every == 0:
                examples = Examples(*questions.batch(next(pairs), protocol.negatives,
                                                     rng["negatives"]))
                # Both are questions, so both are embedded by U_x.
                losses[1, epoch] += _step({"U_x": U["U_x"]}, squares, examples, protocol)
                steps += 1
        losses[0, epoch] /= facts.count * protocol.negatives
        losses[1, epoch] /= max(steps, 1) * protocol.batch * protocol.negatives
    return U, dict(zip(("question_loss", "paraphrase_loss"), losses))


def initial(words, protocol, rng, dtype=numpy.float32):
    """The weights before training: U_x and U_y alike, so that equal words match from the start."""
    def block():
        return rng.normal(0, protocol.scale, (words, protocol.size)).astype(dtype)
    first = block()
    U = {"U_x": first, "U_y": first.copy()}
    return U | {"U_m": block()} if protocol.matching else U


class Examples(NamedTuple):
    """Examples as bags, sparse: questions X and facts Y (B, V), row i of X belonging to row i of Y,
    and K negatives for each in a row (B K, V).
    """
    X: sparse.csr_matrix
    Y: sparse.csr_matrix
    negatives: sparse.csr_matrix


def train_on_labels(U, examples, protocol, seed):
    """Goes on with labelled answers: each right one above each wrong one of its question.

    examples  Examples of a question, a right fact and a wrong fact each
    Returns new weights; U stays as it is.
    """
    U = {name: block.copy() for name, block in U.items()}
    squares = {name: numpy.zeros(len(block), block.dtype) for name, block in U.items()}
    rng = generator(seed, "labels")
    for _ in range(protocol.label_epochs):
        order = rng.permutation(examples.X.shape[0])
        for start in range(0, len(order), protocol.batch):
            rows = order[start:start + protocol.batch]
            _step(U, squares, Examples(*(part[rows] for part in examples)), protocol,
                  protocol.label_rate)
    return U


def _step(U, squares, examples, protocol, rate=None):
    """One step on Examples, in place, by the blocks of U that they use; the loss before it."""
    loss, gradients = ranking_step(U, *examples, protocol.margin)
    for name, (rows, gradient) in gradients.items():
        adagrad(U[name], squares[name], rows, gradient, rate or protocol.rate)
    return loss


def _rounds(count, batch, rng):
    """Endless batches of numbers below `count`, each number once a round."""
    waiting = numpy.zeros(0, int)
    while count:
        while len(waiting) < batch:
            waiting = numpy.concatenate([waiting, rng.permutation(count)])
        yield waiting[:batch]
        waiting = waiting[batch:]
