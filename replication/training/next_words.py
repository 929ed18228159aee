"""What a trained MemN2N language model expects after a typed context, and where its hops look."""

from dataclasses import dataclass

import torch

from tasks.corpora import END
from tasks.errors import UserError

UNKNOWN = ("<unk>", "<UNK>")
NUMBER = "N"                  # Penn Treebank has it for every number
MOST = 10                     # next words that are given


@dataclass(frozen=True)
class Next:
    """The next words after a context. K hops; probabilities and attention in 0..1.

    context   the words as the model reads them, oldest first, at most as many as its memory holds
    replaced  {word as typed: what stands for it}
    words     the most probable next words: [{"word", "probability"}]
    attention of each word of the context: {"word", "hops": K numbers}
    filled    K numbers: attention on the rest of the memory, which the same line, over and over
              again, fills
    """
    context: list
    replaced: dict
    words: list
    attention: list
    filled: list


def read(text, known):
    """A typed line as words of the vocabulary: (words, {word as typed: what stands for it}).

    Upper case is lowered and numbers are N, as in the corpus; any other unknown word is <unk>.
    Raises UserError where nothing is typed, or a word is unknown to a model without such a word.
    """
    words, replaced = [], {}
    unknown = next((word for word in UNKNOWN if word in known), None)
    for typed in text.split():
        word = typed if typed in known else typed.lower()
        if word not in known:
            number = typed.replace(",", "").replace(".", "", 1).isdigit()
            word = NUMBER if number and NUMBER in known else unknown
            if word is None:
                raise UserError(f"the model does not know {typed!r}")
        if word != typed:
            replaced[typed] = word
        words.append(word)
    if not words:
        raise UserError("no words")
    return words, replaced


@torch.inference_mode()
def after(checkpoint, text):
    """The Next of a typed context, for a language_model_checkpoint.Checkpoint."""
    index = {word: i for i, word in enumerate(checkpoint.words)}
    words, replaced = read(text, index)
    N = checkpoint.protocol.memory
    words = words[-N:]
    # No memory was ever short in training. The line over and over again is the text nearest to it;
    # ends of lines alone, which no text is, give far worse answers.
    line = [index[word] for word in ([END] if END in index else []) + words]
    x = torch.tensor([(line * N)[-N:]])
    states, attention, *_ = checkpoint.model.hops(x)
    p = torch.stack([hop[0, 0] for hop in attention]).double()          # (K, N)
    chances = (states[-1][0] @ checkpoint.model.W).double().softmax(-1)[0]
    best, which = chances.topk(min(MOST, len(chances)))
    first = N - len(words)
    return Next(words, replaced,
                [{"word": checkpoint.words[i], "probability": chance}
                 for i, chance in zip(which.tolist(), best.tolist())],
                [{"word": word, "hops": p[:, first + i].tolist()} for i, word in enumerate(words)],
                p[:, :first].sum(1).clamp(max=1).tolist())
