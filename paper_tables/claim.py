"""One claim of a paper's text."""

from dataclasses import dataclass
from typing import Callable


class Missing(Exception):
    """A record that a claim needs is not there: the claim is open. No other error makes it so."""


def look_up(records, key):
    """records[key]; Missing where it is not there. records: {key: a record, or what it holds}."""
    if key not in records:
        raise Missing(key)
    return records[key]


def sure(rule):
    """What holds of differences: True; False; None where only more restarts could say.

    rule: (stretched) -> whether it holds of differences with or without the stretch of their
    ranges for the number of restarts (Evidence.lower).
    """
    return True if rule(True) else None if rule(False) else False


def all_above(gaps, threshold, caveat=""):
    """What a test says that holds where every difference lies above: {name: comparison.Range}."""
    return ("; ".join(f"{name} {gap}" for name, gap in gaps.items()),
            all(gap.low > threshold for gap in gaps.values()), caveat)


@dataclass(frozen=True)
class Claim:
    """where: section. says: in our words. statistic: with {} for the threshold.

    test   (Evidence, threshold) -> (figure as text, whether it holds, caveat or "")
    by     the experiment that decides it, of a claim that is open without
    """
    where: str
    says: str
    statistic: str
    threshold: float | None = None
    test: Callable | None = None
    by: str = ""

    @property
    def rule(self):
        return (self.statistic if self.threshold is None
                else self.statistic.format(f"{self.threshold:g}"))
