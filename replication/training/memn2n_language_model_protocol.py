"""The protocol of MemN2N as a language model (arXiv:1503.08895, section 5.1)."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class LanguageModelProtocol:
    """Every setting of a run; the entries L1, L2, .. are those of replication/DEVIATIONS.md."""
    hops: int = 6
    memory: int = 100            # N, words
    d: int = 150                 # state: "hidden" of Table 2
    batch: int = 128             # words a step
    window: int = 16             # neighbours that share a window; 1: random positions (L1)
    rate: float = 0.01           # the released code
    cut: float = 1.5             # divides the rate after an epoch that did not help
    cut_beside: str = "previous"  # the epoch whose validation cost decides: or "best" (L2)
    least_gain: float = 0.9999   # an epoch helped if its cost is at most this share (the code)
    least_rate: float = 1e-5     # training ends below it
    epochs: int = 100            # or after so many (the code)
    clip: float = 50.0           # l2 norm of the gradient of all matrices together
    init: float = 0.05           # standard deviation of the initial weights


PENN_TREEBANK = LanguageModelProtocol()
TEXT8 = replace(PENN_TREEBANK, d=500)
