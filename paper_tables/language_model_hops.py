"""Figure 3 of End-To-End Memory Networks: where the hops of its language models look.

    K  hops    N  words in memory, the newest last
"""

from pathlib import Path

import numpy as np

from paper_tables.records import read_figure
from paper_tables.sections import Lines, Picture, Section, page
from replication.records.record import slug

FIGURE = "memn2n_figure3_hops"
DRAWN = ("6 hops, memory 100", "7 hops, memory 200")      # in the paper
RECENT, HALF = 5, 2            # words, and parts of the memory, by which hops are told apart

ABOUT_FIGURE = """\
The attention of each hop over the memory, its mean over the words of the test set. *newest*: the
share on the last word; *last {recent}*, *older half*: on the last {recent} words and on the older
half of the memory; *distance*: the mean number of words back, 1 being the last. The published
figure has no numbers, so that nothing is compared; what its caption and text say of it is among the
claims ([claims.md](claims.md))."""


def hops_of(folder):
    """{row: record} of Figure 3 in an experiment's folder. UserError for a bad one."""
    records = [read_figure(path, _problem_of_hops, "Figure 3")
               for path in sorted(Path(folder).glob("*/*.json"))]
    return {record["row"]: record | {"attention": np.array(record["attention"])}
            for record in records}


def _problem_of_hops(record):
    """What is wrong with a record of Figure 3, in words, or None."""
    p = np.array(record["attention"], dtype=float)
    if p.ndim != 2 or not np.allclose(p.sum(1), 1, atol=1e-4):
        return "a hop's attention does not sum to 1"
    lacking = {"row", "words", "column", "model"} - record.keys()
    return f"it has no {', '.join(sorted(lacking))}" if lacking else None


def shares(p):
    """Of each hop's attention (K, N): on the newest word, the last ones, the older half."""
    return p[:, -1], p[:, -RECENT:].sum(1), p[:, :p.shape[1] // HALF].sum(1)


def figure(name, hops):
    """{name: (Section, then (file name, text) of each file beside it)} of `hops_of`."""
    parts, tidy = [], []
    for row, record in hops.items():
        p = record["attention"]
        K, N = p.shape
        parts = parts or [ABOUT_FIGURE.format(recent=RECENT)]
        stem = f"figures/{name}_{slug(row)}"
        distance = p @ np.arange(N, 0, -1)
        picture = Picture(f"average attention of each hop over the memory, {row}",
                          f"{stem}_light.png", f"{stem}_dark.png")
        parts.append(Section(f"{record['column']}, {row}", [
            *([picture] if row in DRAWN else []),
            Lines(["hop", "newest", f"last {RECENT}", "older half", "distance"],
                  [[str(k + 1), *(f"{share[k]:.1%}" for share in shares(p)), f"{distance[k]:.1f}"]
                   for k in range(K)]),
            f"Mean over {record['words']:,} words; seed {record['model']['seed']}. Spread evenly, "
            f"a hop would have {RECENT / N:.1%} on the last {RECENT} words and 50% on the older "
            "half."]))
        tidy += [[row, str(k + 1), str(i - N), f"{p[k, i]:.6g}"]
                 for k in range(K) for i in range(N)]
    return page(name, Section("MemN2N, Figure 3 (where the language model's hops look)", parts),
                ["model", "hop", "position", "attention"], tidy)
