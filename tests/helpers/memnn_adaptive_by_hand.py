"""MemNN with adaptive memory one question at a time, as its equations read: dicts and loops.

Slow, in float64, and written without a look at the batched version, which must equal it. A text
is a list of feature names; `names` gives each its row in the weights.
"""

import math


def layers(h, W):
    """tanh(W tanh(h)), or h itself; W has its input in rows."""
    if W is None:
        return h
    inner = [math.tanh(value) for value in h]
    return [math.tanh(sum(value * W[i][j] for i, value in enumerate(inner)))
            for j in range(len(W[0]))]


def added(vectors, n):
    total = [0.0] * n
    for vector in vectors:
        total = [a + b for a, b in zip(total, vector)]
    return total


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


class ByHand:
    """One Matcher's weights as nested lists."""

    def __init__(self, matcher, names):
        self.id = {name: i for i, name in enumerate(names)}
        for name in ("y", "question", "supports", "W", "time", "emitted"):
            tensor = getattr(matcher, name)
            setattr(self, name, None if tensor is None else tensor.tolist())
        self.n = len(self.y[0])

    def candidate(self, text):
        return layers(added([self.y[self.id[f]] for f in text], self.n), self.W)

    def query(self, question, supports, emitted=()):
        rows = [self.question[self.id[f]] for f in question]
        for place, support in enumerate(supports):
            block = self.supports[min(place, len(self.supports) - 1)]
            rows += [block[self.id[f]] for f in support]
        rows += [self.emitted[self.id[word]] for word in emitted]
        return layers(added(rows, self.n), self.W)

    def s_t(self, x, age, y, y2, story):
        """s_Ot(x, y, y') of slots; `age` is the slot that x is dated by."""
        features = [age < y, age < y2, y < y2, age > y, age > y2, y > y2]
        v = [a - b for a, b in zip(self.candidate(story[y]), self.candidate(story[y2]))]
        v = added([v] + [row for row, active in zip(self.time, features) if active], self.n)
        return dot(x, v)

    def hop_loss(self, question, story, before, right, margin):
        x = self.query(question, [story[slot] for slot in before])
        age = before[-1] if before else len(story)
        costs = [max(0, margin - self.s_t(x, age, right, f, story))
                 + max(0, margin + self.s_t(x, age, f, right, story))
                 for f in range(len(story)) if f != right and f not in before]
        violating = [cost for cost in costs if cost > 0]
        return sum(violating) / len(violating) if violating else 0

    def word_loss(self, question, supports, emitted, right, words, margin):
        x = self.query(question, supports, emitted)
        score = {word: dot(x, self.candidate([word])) for word in words}
        costs = [max(0, margin - score[right] + score[w]) for w in words if w != right]
        violating = [cost for cost in costs if cost > 0]
        return sum(violating) / len(violating) if violating else 0

    def find(self, question, story, most):
        """O. story[0] is the stop memory. Algorithm 1 of Memory Networks at every hop."""
        found = []
        while len(found) < most:
            x = self.query(question, [story[slot] for slot in found])
            age = found[-1] if found else len(story)
            winner = 0
            for i in range(1, len(story)):
                if i not in found and self.s_t(x, age, i, winner, story) > 0:
                    winner = i
            if winner == 0:
                break
            found.append(winner)
        return tuple(found)

    def emit(self, question, supports, words, most, stop):
        emitted = []
        while len(emitted) < most:
            x = self.query(question, supports, emitted)
            word = max(words, key=lambda w: dot(x, self.candidate([w])))
            if word == stop:
                break
            emitted.append(word)
        return tuple(emitted)
