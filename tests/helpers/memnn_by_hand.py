"""MemNN one example at a time, as its equations are printed: dense features, U of n x D, loops.

Slow, in float64, and written without a look at the stacked version, which must equal it.
"""

import torch


def phi(words, size, block, total):
    """Phi of one list of word ids in one of the three blocks: a bag as a vector of D entries."""
    features = torch.zeros(total, dtype=torch.float64)
    for word in words:
        if word != 0:
            features[block + word] += 1
    return features


class ByHand:
    """s_O, s_Ot and s_R of sections 3.1 and 3.4 for one model.

    U      (n, D), D = |W| candidate words, 6 time features, |W| input words, |W| support words
    used   numbers of the time features in use; none: the plain score
    """

    def __init__(self, U, words, used):
        self.U, self.words, self.used = U, words, used
        self.total = 3 * words + 6

    def phi_y(self, y):
        return phi(y, self.words, 0, self.total)

    def phi_x(self, x, supports=()):
        features = phi(x, self.words, self.words + 6, self.total)
        for support in supports:
            features = features + phi(support, self.words, 2 * self.words + 6, self.total)
        return features

    def phi_t(self, x, y, y2):
        """Ages are write positions: the lower is the older."""
        values = [x < y, x < y2, y < y2, x > y, x > y2, y > y2]
        features = torch.zeros(self.total, dtype=torch.float64)
        for number in self.used:
            features[self.words + number] = float(values[number])
        return features

    def s(self, px, py):
        return px @ self.U.T @ self.U @ py

    def s_t(self, px, reference, memory, y, y2):
        difference = self.phi_y(memory[y]) - self.phi_y(memory[y2])
        return self.s(px, difference + self.phi_t(reference, y, y2))

    def algorithm_1(self, px, reference, memory, candidates):
        """O_t of appendix C over the candidates' positions, in the order of writing."""
        t = candidates[0]
        for i in candidates[1:]:
            if self.s_t(px, reference, memory, i, t) > 0:
                t = i
        return t

    def hop_loss(self, px, reference, memory, right, drawn, margin):
        """Appendix C, or equation 6 without time, for the first drawn f that violates."""
        for f in drawn:
            if f == right:
                continue
            if self.used:
                loss = (torch.clamp(margin - self.s_t(px, reference, memory, right, f), min=0)
                        + torch.clamp(margin + self.s_t(px, reference, memory, f, right), min=0))
            else:
                loss = torch.clamp(margin - self.s(px, self.phi_y(memory[right]))
                                   + self.s(px, self.phi_y(memory[f])), min=0)
            if loss > 0:
                return loss
        return torch.zeros((), dtype=torch.float64)

    def response_loss(self, x, supports, answer, margin, negatives):
        """Equation 8 over the given wrong words."""
        px = self.phi_x(x, supports)
        right = self.s(px, self.phi_y([answer]))
        terms = [torch.clamp(margin - right + self.s(px, self.phi_y([word])), min=0)
                 for word in negatives if word != answer]
        return torch.stack(terms).sum()
