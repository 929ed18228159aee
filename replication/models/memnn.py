"""MemNN (Weston et al., Memory Networks, arXiv:1410.3916): I, G, O and R as four parts.

    I  input feature map     `bags`        text -> bags of word ids
    G  generalization        memnn_memory.py: which slot a statement is written to
    O  output feature map    `search`      finds m_o1, then m_o2 (equations 2, 3; Algorithm 1)
    R  response              `rank_words`  answers with one word (equation 4)

Several models are trained at once, stacked in the first dimension; none sees another.

    R  stacked models           H  hops, k of the paper         T  memories
    W  words of the dictionary  D  features, n  embedding size  S  sampled negatives
    L, J  words of a memory, of a question (shorter ones are filled with the pad word)

Instead of U (n x D) the code holds E = U^T, one row a feature, so that U Phi is a sum of rows
and the score Phi_x^T U^T U Phi_y (equation 5) is a dot product of two such sums.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import embedding_bag

PAD = 0          # word id of the pad word; its rows stay zero in every block
NULL = 1         # word id of the null memory, the second support where a question has one
TIME = 6         # x older than y, x older than y', y older than y'; then the same with "newer"
TIME_FEATURES = {  # which of them are in use (section 3.4; the last two are ours)
    "none": (),
    "printed": (0, 1, 2),
    "complements": (0, 1, 2, 3, 4, 5),
    "order": (2, 5),
}


@dataclass(frozen=True)
class Layout:
    """Rows of E. D = 3|W| + the time features: one block for Phi_y, two for Phi_x (section 3.1).

    words          |W|
    time_features  a key of TIME_FEATURES: those that O has in use; R has none
    """
    words: int
    time_features: str = "none"

    @property
    def features(self):
        """D, the rows of E."""
        return 3 * self.words + TIME

    def y(self, ids):
        """Phi_y: the words of a candidate."""
        return ids

    def time(self):
        """The rows of Phi_t, beside the block of Phi_y (section 3.4)."""
        return slice(self.words, self.words + TIME)

    def input(self, ids):
        """Phi_x, words of the actual input."""
        return ids + self.words + TIME

    def support(self, ids):
        """Phi_x, words of the supporting memories."""
        return ids + 2 * self.words + TIME

    def pads(self):
        """The rows of the pad word, which stay zero."""
        return [self.y(PAD), self.input(PAD), self.support(PAD)]


class OneDictionary(Layout):
    """One block for all words, in Phi_y and Phi_x alike (footnote 4)."""

    @property
    def features(self):
        return self.words + TIME

    def input(self, ids):
        return ids

    def support(self, ids):
        return ids


@dataclass(frozen=True)
class Questions:
    """Questions, and the memory that they are asked of.

    memory       (T, L) word ids, in the order of writing
    questions    (Q, J) word ids
    start, stop  (Q,) sorted: each question sees memories [start, stop)
    null         whether it sees memory 0 too, the null memory
    """
    memory: torch.Tensor
    questions: torch.Tensor
    start: torch.Tensor
    stop: torch.Tensor
    null: bool


def bags(texts, word_id, width):
    """I: the words of each text as ids.

    texts    sequences of words
    word_id  {word: id}
    Returns int64 (len(texts), width), filled with PAD. A word occurring twice counts twice.
    """
    ids = torch.full((len(texts), width), PAD)
    for row, text in enumerate(texts):
        if len(text) > width:
            raise ValueError(f"a text of {len(text)} words where at most {width} are expected")
        ids[row, :len(text)] = torch.tensor([word_id[word] for word in text], dtype=torch.int64)
    return ids


def initial(layout, size, scale, generator, dtype=torch.float32):
    """E of one model, (D, n): N(0, scale), zero for the pad word."""
    rows = torch.randn(layout.features, size, generator=generator, dtype=dtype) * scale
    rows[layout.pads()] = 0
    return rows


def embed(E, ids):
    """Sums of rows: (R, D, n) and ids (R, ..., L) -> (R, ..., n)."""
    stack, features, size = E.shape
    first = (torch.arange(stack) * features).view(-1, *[1] * (ids.dim() - 1))
    flat = (ids + first).reshape(-1, ids.shape[-1])
    return embedding_bag(flat, E.reshape(-1, size), mode="sum").view(*ids.shape[:-1], size)


def older_newer(x, y, y2):
    """Phi_t(x, y, y') of write positions, lower is older: TIME tensors of True and False."""
    pairs = ((x, y), (x, y2), (y, y2))
    return [a < b for a, b in pairs] + [a > b for a, b in pairs]


def in_use(time_features, dtype=torch.float32):
    """1 for the time features in use, (TIME,)."""
    mask = torch.zeros(TIME, dtype=dtype)
    mask[list(TIME_FEATURES[time_features])] = 1
    return mask


def search(plus, minus, start, stop, null):
    """O, one hop: Algorithm 1, for many questions at once.

    A later memory i replaces the winner t where s_Ot(q, m_i, m_t) > 0. The score is a difference
    of a part that i decides and a part that t decides (`loop_parts`).

    plus, minus  (T, Q) the two parts, for each memory as i and as t
    start, stop  (Q,) sorted: the question sees memories [start, stop)
    null         whether it sees memory 0 too, the null memory
    Returns (Q,) positions. Without time features this is the first argmax (equations 2 and 3).
    """
    if len(start) == 1:
        return torch.tensor([_search_one(plus[:, 0].tolist(), minus[:, 0].tolist(), int(start),
                                         int(stop), null)])
    winner = torch.zeros_like(start) if null else start.clone()
    best = minus.gather(0, winner.view(1, -1))[0]
    memories = torch.arange(int(start.min()), int(stop.max()))
    lows = torch.searchsorted(stop, memories, right=True).tolist()     # from here on stop > i
    highs = torch.searchsorted(start, memories, right=True).tolist()   # up to here start <= i
    for i, low, high in zip(memories.tolist(), lows, highs):
        wins = plus[i, low:high] > best[low:high]
        best[low:high] = torch.where(wins, minus[i, low:high], best[low:high])
        winner[low:high].masked_fill_(wins, i)
    return winner


def _search_one(plus, minus, start, stop, null):
    """`search` for a single question, where lists are faster."""
    winner = 0 if null else start
    for i in range(start, stop):
        if plus[i] > minus[winner]:
            winner = i
    return winner


def hop_inputs(layout, questions, first):
    """Phi_x of each hop: questions (..., J) and m_o1's words (..., L) -> (..., 2, J + L)."""
    question, support = layout.input(questions), layout.support(first[None])[0]
    nothing = torch.full_like(support, layout.pads()[2])
    return torch.stack([torch.cat([question, words], -1) for words in (nothing, support)], -2)


def time_scores(E, layout, X):
    """Phi_x^T U^T U of each time feature for inputs X (Q, n): (TIME, Q), 0 for those not in use."""
    return (E[layout.time()] @ X.T) * in_use(layout.time_features, E.dtype).view(-1, 1)


def loop_parts(scores, reference, times, position=None):
    """The two parts of s_Ot(q, m_i, m_t) for `search`, where m_i is always the newer one.

    scores     (T, Q) Phi_x^T U^T U Phi_y of each candidate
    reference  (Q,) position that Phi_t calls x: the question's own in the first hop, m_o1's then
    times      (TIME, Q) as of `time_scores`
    position   (T,) of the candidates in memory; None: they are the whole memory
    """
    position = (torch.arange(len(scores)) if position is None else position).view(-1, 1)
    after, ahead = position > reference, position < reference     # x older, x newer than it
    x_y, x_y2, _, newer_y, newer_y2, y_newer = times
    plus = scores + after * x_y + ahead * newer_y + y_newer
    minus = scores - after * x_y2 - ahead * newer_y2
    return plus, minus


def find_supports(E, layout, data, hops, first=None):
    """O of one model: m_o1 and, with two hops, m_o2 for every question.

    E      (D, n)
    data   Questions
    first  (Q,) first supports to take instead of finding them (to judge the second hop alone)
    Returns (hops, Q) positions in memory.
    """
    Y = embed(E[None], layout.y(data.memory)[None])[0]                 # (T, n)
    supports = [] if first is None else [first]
    for hop in range(len(supports), hops):
        ids = layout.input(data.questions)
        reference = data.stop                                          # x is written after all
        if hop:
            ids = torch.cat([ids, layout.support(data.memory[supports[0]])], dim=-1)
            reference = supports[0]
        X = embed(E[None], ids[None])[0]                               # (Q, n)
        winners = []
        for part in torch.arange(len(X)).split(1000):                  # bounds the (T, Q) tables
            start, stop = data.start[part], data.stop[part]
            tables = loop_parts(Y[:int(stop.max())] @ X[part].T, reference[part],
                                time_scores(E, layout, X[part]))
            winners.append(search(*tables, start, stop, data.null))
        supports.append(torch.cat(winners))
    return torch.stack(supports)


def rank_words(E, layout, memory, questions, supports):
    """R of one model: s_R([x, m_o1, m_o2], w) for every word (equation 4).

    E (D, n); supports (H, Q) positions in memory. Returns (Q, W); the answer is the argmax.
    """
    ids = response_ids(layout, questions, memory[supports])
    scores = embed(E[None], ids[None])[0] @ E[:layout.words].T
    scores[:, [PAD, NULL]] = -torch.inf                                # no words of an answer
    return scores


def response_ids(layout, questions, supports):
    """Phi_x of [x, m_o1, m_o2]: (..., J) and (H, ..., L) -> (..., J + H L)."""
    return torch.cat([layout.input(questions), *layout.support(supports)], dim=-1)
