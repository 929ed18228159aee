"""Where a trained MemN2N looks: one example, and the test set as a whole.

Dimensions: Q questions, K hops, N memory slots (the most recent statement first).
"""

from typing import NamedTuple

import torch

from replication.training.memn2n_batches import QUESTIONS_AT_ONCE, Batches
from replication.training.memn2n_inputs import encode, word_of
from tasks.errors import UserError

MARGIN = 3
RULE = (f"the first test question whose story has at least {MARGIN} statements more than the "
        "question has supporting facts; where a task has no such question, the first of those "
        "with most")
DECIMALS = 6


def example_of(questions):
    """Index of the question that stands for a task, by RULE: whatever a model answers."""
    spare = [len(q.statements) - len(set(q.supports)) for q in questions]
    enough = min(MARGIN, max(spare))
    return next(i for i, number in enumerate(spare) if number >= enough)


def answers_of(model, encoded, split):
    """What one model (R = 1) makes of a memn2n_inputs.Split: p (Q, K, N), of float64, and the
    probability of each row of its tables, (Q, V).
    """
    batches, attention, chances = Batches(encoded, model.form, "cpu"), [], []
    for rows in torch.arange(len(split)).split(QUESTIONS_AT_ONCE):
        X, x_q, where, _ = (x[0] for x in batches.take(split, rows[None, None]))
        scores, hops = model.answer(X, x_q, where)                       # (1, B, V), K x (1, B, N)
        attention.append(torch.stack([p[0] for p in hops], 1).double())
        chances.append(scores[0].softmax(-1))
    return torch.cat(attention), torch.cat(chances)


class Answers(NamedTuple):
    """What a model answers to Q questions, and where it looks.

    p        (Q, K, N) attention; lengths (Q,) statements in memory
    words    Q answers; chances (Q,) their probabilities
    """
    p: torch.Tensor
    lengths: torch.Tensor
    words: list
    chances: torch.Tensor


@torch.inference_mode()
def attend(checkpoint, train, test):
    """The Answers to all test questions.

    train, test  [tasks.babi.Question] of the files that the model was trained on and tests on
    Raises UserError where the model is of other files.
    """
    torch.set_num_threads(1)
    encoded = encode({0: train}, {0: test}, checkpoint.protocol.capacity)
    if (encoded.words, encoded.N, encoded.J) != (checkpoint.words, checkpoint.N, checkpoint.J):
        raise UserError("the checkpoint is of other data files: its vocabulary or memory differ")
    p, chances = answers_of(checkpoint.model, encoded, encoded.test)
    chances, rows = chances.max(-1)
    words = [word_of(encoded.words, encoded.N, row) for row in rows.tolist()]
    return Answers(p, torch.from_numpy(encoded.test.lengths), words, chances.double())


def measure(checkpoint, train, test):
    """(example, test_set) of one model: the measured parts of a record of attention.

    example   question, answer, prediction and, for every statement, oldest first, whether it is
              a supporting fact and its attention at each hop (None: too old for the memory);
              `empty` is the attention of each hop on slots without a statement
    test_set  means over questions: `share` of each hop's attention that falls on supporting
              facts, `uniform`, what it would be if every statement in memory had the same;
              `largest`: per supporting fact, in the file's order, how often (0..1) a hop gives it
              its largest attention, at each hop and at any; `every`: how often each supporting
              fact of a question has the largest attention of some hop
    """
    answers = attend(checkpoint, train, test)
    return _example(test, example_of(test), answers), _over_all(test, answers)


def _example(test, number, answers):
    question, p, n = test[number], answers.p[number], int(answers.lengths[number])
    first = len(question.statements) - n  # the oldest statement that the memory holds
    statements = [
        {"text": statement.text, "support": i in question.supports,
         "attention": None if i < first else _rounded(p[:, n - 1 - (i - first)])}
        for i, statement in enumerate(question.statements)]
    return {"rule": RULE, "number": number + 1, "line": question.line, "question": question.text,
            "answer": question.answer, "prediction": answers.words[number],
            "probability": round(answers.chances[number].item(), DECIMALS),
            "statements": statements, "empty": _rounded(p[:, n:].sum(1))}


def _over_all(test, answers):
    p, (Q, K, N) = answers.p, answers.p.shape
    facts = [list(dict.fromkeys(q.supports)) for q in test]
    most = max(map(len, facts))
    # The slot of each supporting fact; N, behind the memory, for one that is not in it.
    slots = torch.full((Q, most), N)                                     # (Q, F)
    exists = torch.zeros(Q, most, dtype=torch.bool)
    for i, (q, supports) in enumerate(zip(test, facts)):
        for f, position in enumerate(supports):
            slots[i, f] = min(len(q.statements) - 1 - position, N)
            exists[i, f] = True
    wider = torch.cat([p, p.new_zeros(Q, K, 1)], 2)
    share = wider.gather(2, slots.unsqueeze(1).expand(Q, K, most)).mul(exists.unsqueeze(1)).sum(2)
    uniform = (exists & (slots < N)).sum(1) / answers.lengths
    best = p.argmax(2)                                                   # (Q, K)
    hit = (best.unsqueeze(2) == slots.unsqueeze(1)) & exists.unsqueeze(1)  # (Q, K, F)
    largest = []
    for f in range(most):
        of = exists[:, f]
        largest.append({"questions": int(of.sum()),
                        "hops": _rounded(hit[of][:, :, f].double().mean(0)),
                        "any": round(hit[of][:, :, f].any(1).double().mean().item(), DECIMALS)})
    every = (hit.any(1) | ~exists).all(1)
    return {"questions": Q,
            "n_wrong": sum(q.answer != word for q, word in zip(test, answers.words)),
            "uniform": round(uniform.double().mean().item(), DECIMALS),
            "share": _rounded(share.mean(0)), "largest": largest,
            "every": round(every.double().mean().item(), DECIMALS)}


def _rounded(values):
    return [round(value, DECIMALS) for value in values.tolist()]
