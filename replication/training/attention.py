"""Where a trained MemN2N looks: one example, and the test set as a whole.

Dimensions: Q questions, K hops, N memory slots (the most recent statement first).
"""

import torch

from replication.training.memn2n_batches import QUESTIONS_AT_ONCE, Batches
from replication.training.memn2n_inputs import encode
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
    return next(i for i, there in enumerate(spare) if there >= enough)


@torch.inference_mode()
def attend(checkpoint, train, test):
    """The attention over every test question's memory, and what is answered.

    train, test  [tasks.babi.Question] of the files that the model was trained on and tests on

    Returns p (Q, K, N), the answers' probabilities (Q,) and words, and lengths (Q,), the
    statements in memory. Raises UserError where the model is of other files.
    """
    torch.set_num_threads(1)
    encoded = encode({0: train}, {0: test}, checkpoint.protocol.capacity)
    if (encoded.words, encoded.N, encoded.J) != (checkpoint.words, checkpoint.N, checkpoint.J):
        raise UserError("the checkpoint is of other data files: its vocabulary or memory differ")
    batches = Batches(encoded, checkpoint.model.form, "cpu")
    attention, chances, answers = [], [], []
    for rows in torch.arange(len(test)).split(QUESTIONS_AT_ONCE):
        X, x_q, where, _ = (x[0] for x in batches.take(encoded.test, rows[None, None]))
        scores, hops = checkpoint.model.answer(X, x_q, where)            # (1, B, V), K x (1, B, N)
        chance, best = scores[0].softmax(-1).max(-1)
        attention.append(torch.stack([p[0] for p in hops], 1).double())
        chances.append(chance.double())
        answers += [(best - encoded.N).tolist()]
    words = [encoded.words[i] if i >= 0 else f"<time {-i}>" for part in answers for i in part]
    return (torch.cat(attention), torch.cat(chances), words,
            torch.from_numpy(encoded.test.lengths))


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
    p, chances, words, lengths = attend(checkpoint, train, test)
    chosen = example_of(test)
    return (_example(test, chosen, p[chosen], int(lengths[chosen]), words[chosen],
                     chances[chosen].item()),
            _over_all(test, p, lengths, words))


def _example(test, chosen, p, n, prediction, probability):
    question = test[chosen]
    first = len(question.statements) - n  # the oldest statement that the memory holds
    statements = [
        {"text": statement.text, "support": i in question.supports,
         "attention": None if i < first else _rounded(p[:, n - 1 - (i - first)])}
        for i, statement in enumerate(question.statements)]
    return {"rule": RULE, "number": chosen + 1, "line": question.line, "question": question.text,
            "answer": question.answer, "prediction": prediction,
            "probability": round(probability, DECIMALS), "statements": statements,
            "empty": _rounded(p[:, n:].sum(1))}


def _over_all(test, p, lengths, words):
    Q, K, N = p.shape
    facts = [list(dict.fromkeys(q.supports)) for q in test]
    most = max(map(len, facts))
    # The slot of each supporting fact; N, behind the memory, for one that is not in it.
    slots = torch.full((Q, most), N)                                     # (Q, F)
    asked = torch.zeros(Q, most, dtype=torch.bool)
    for i, (q, supports) in enumerate(zip(test, facts)):
        for f, position in enumerate(supports):
            slots[i, f] = min(len(q.statements) - 1 - position, N)
            asked[i, f] = True
    padded = torch.cat([p, p.new_zeros(Q, K, 1)], 2)
    share = padded.gather(2, slots.unsqueeze(1).expand(Q, K, most)).mul(asked.unsqueeze(1)).sum(2)
    uniform = (asked & (slots < N)).sum(1) / lengths
    best = p.argmax(2)                                                   # (Q, K)
    hit = (best.unsqueeze(2) == slots.unsqueeze(1)) & asked.unsqueeze(1)  # (Q, K, F)
    largest = []
    for f in range(most):
        of = asked[:, f]
        largest.append({"questions": int(of.sum()),
                        "hops": _rounded(hit[of][:, :, f].double().mean(0)),
                        "any": round(hit[of][:, :, f].any(1).double().mean().item(), DECIMALS)})
    every = (hit.any(1) | ~asked).all(1)
    return {"questions": Q, "n_wrong": sum(q.answer != word for q, word in zip(test, words)),
            "uniform": round(uniform.double().mean().item(), DECIMALS),
            "share": _rounded(share.mean(0)), "largest": largest,
            "every": round(every.double().mean().item(), DECIMALS)}


def _rounded(values):
    return [round(value, DECIMALS) for value in values.tolist()]
