"""The claims of Memory Networks about large-scale QA (sections 3.6, 5.1 and 5.3).

The paper's data are not public at present: what is decided here is decided on the substitute of
Tables 1 and 2, and every verdict says so. F1, MRR and their differences are in %.
"""

from math import log

import numpy as np

from paper_tables import large_scale_qa as pages
from paper_tables.claim import Claim, Missing, look_up
from paper_tables.comparison import Range, welch

ORDERED, OTHER = "extended", "given"      # sets of labelled candidates; the larger one decides
PUBLISHED_FEWER = {"word hash": 1000, "cluster hash": 80}      # Table 2
WORDS, CLUSTERS = PUBLISHED_FEWER
EXACT_11 = f"{pages.EMBEDDING}, equation 11"
RULE, STANDARDISED = "higher score", "higher standardised score"
BY_WORDS = "the labelled answers came from a search for the question's words"


def questions(e, kind=ORDERED):
    """{row: (Q,) F1 in % of the mixed test questions}: alone there the order decides."""
    _, rows = pages.table1_figures(e.reference)
    chance = look_up(rows, "random")[kind]
    mixed = (chance > 0) & (chance < 1)
    return {row: 100 * kinds[kind][mixed] for row, kinds in rows.items()}


def gap(rows, first, second):
    return Range(*pages.bounds(look_up(rows, first) - look_up(rows, second)))


def substitute(e, more=""):
    """The caveat of them all; with the figure that a random order has on all test questions."""
    figures, _ = pages.table1_figures(e.reference)
    chance = 100 * look_up(figures, "random")[0]["f1"]
    text = f"substitute data, on which a random order has an F1 of {chance:.1f}"
    return f"{more}; {text}" if more else text


def viable(e, threshold):
    """F1 is over `threshold` points above that of a random order; the caveat is BM25's."""
    rows, given = questions(e), questions(e, OTHER)
    over, other = ({name: gap(figures, pages.EMBEDDING, name) for name in ("random", "BM25")}
                   for figures in (rows, given))
    more = ("" if min(over["BM25"].low, other["BM25"].low) > 0
            else "not shown to be better than BM25, which is not trained")
    return (f"over random, which has {rows['random'].mean():.1f} here, {over['random']}; over BM25 "
            f"{over['BM25']}; on the {OTHER} candidates {other['random']} and {other['BM25']}",
            over["random"].low > threshold, substitute(e, more))


def features_help(e, threshold):
    """F1 with BoW features is over `threshold` points above that of the embedding only."""
    value, other = (gap(questions(e, kind), pages.MATCHING, pages.EMBEDDING)
                    for kind in (ORDERED, OTHER))
    return (f"{value}; on the {OTHER} candidates {other}", value.low > threshold, substitute(e))


def matches_are_lost(e, threshold):
    """MRR with features and with equation 11 is each over `threshold` points higher."""
    figures, _ = pages.table1_figures(e.reference)
    plain, *others = (100 * _mrr(look_up(figures, row))
                      for row in (pages.EMBEDDING, pages.MATCHING, EXACT_11))
    gaps = [welch(other, plain) for other in others]
    return (f"features {gaps[0]}, equation 11 {gaps[1]}",
            all(value.low > threshold for value in gaps), substitute(e))


def _mrr(restarts):
    return np.array([restart["mrr"] for restart in restarts])


def nearest(e, kind):
    """(name, F1 in %, loss in points, times fewer) of the cut whose saving is nearest Table 2's."""
    means = pages.hash_means(look_up(pages.read(e.reference, pages.TABLE2),
                                     "embedding F1").restarts)
    whole = means["no hashing"]
    saving = {name: whole["candidates"] / figures["candidates"] for name, figures in means.items()
              if name.startswith(kind + ",") and figures["candidates"]}
    name = min(saving, key=lambda name: abs(log(saving[name] / PUBLISHED_FEWER[kind])))
    return (name, 100 * means[name]["f1"], 100 * (whole["f1"] - means[name]["f1"]), saving[name])


def clusters_keep(e, threshold):
    """The cluster hash nearest the paper's saving loses at most `threshold` points of F1."""
    name, f1, loss, fewer = nearest(e, CLUSTERS)
    return (f"{name}: F1 {f1:.1f}, {loss:.1f} lost, {fewer:.0f} times fewer", loss <= threshold,
            substitute(e, BY_WORDS))


def words_lose(e, threshold):
    """The word hash nearest the paper's loses over `threshold` points, below cluster hash."""
    name, f1, loss, fewer = nearest(e, WORDS)
    _, other, _, _ = nearest(e, CLUSTERS)
    return (f"{name}: F1 {f1:.1f}, {loss:.1f} lost, {fewer:.0f} times fewer; cluster hash "
            f"{other:.1f}", loss > threshold and other > f1, substitute(e, BY_WORDS))


def restarts_of(e, experiment):
    """Of the record of an experiment, of the plain one where there are others; Missing without."""
    records = pages.read(e.reference, experiment)
    if not records:
        raise Missing(experiment)
    return records[min(records, key=len)].restarts


def saves_time(e, threshold):
    """The cluster hash with the fewest milliseconds among those that keep 98% of right triples."""
    restarts = restarts_of(e, pages.SCALE)
    means = {name: figures for name, figures in pages.hash_means(restarts, "searches").items()
             if name.startswith(CLUSTERS)}
    name = max(means, key=lambda name: (means[name]["kept"] >= pages.KEPT, means[name]["faster"]))
    faster, kept, candidates = (means[name][key] for key in ("faster", "kept", "candidates"))
    statements = restarts[0]["statements"]
    return (f"{name}: {faster:.1f} times, {statements / candidates:.0f} times fewer, {kept:.1%} of "
            "right triples kept", faster >= threshold and kept >= pages.KEPT,
            "14 million statements of ours, and an exact search by sparse products")


def both_answer(e, threshold):
    """The right model answers at least `threshold` % of the mixed questions."""
    restarts = restarts_of(e, pages.FIGURE4)
    share, ours = (np.mean([restart["rules"][rule]["right_model"] for restart in restarts])
                   for rule in (RULE, STANDARDISED))
    return f"{share:.1f}%", bool(share >= threshold), substitute(
        e, "by s_O of the first support, one reading of the score; with both models' scores "
        f"standardised, which is ours, {ours:.1f}%")


LARGE_SCALE = (
    Claim("5.1", "MemNNs are viable for large-scale QA",
          "F1 of embedding only over that of a random order, extended candidates, questions with "
          "right and wrong ones: by more than {} points", 0.0, viable, pages.TABLE1),
    Claim("5.1, Table 1", "word features help",
          "F1 with BoW features over embedding only, the same questions: by more than {} points",
          0.0, features_help, pages.TABLE1),
    Claim("3.6", "embeddings alone cannot use exact matches of words well", "MRR over the whole "
          "memory, with features and with equation 11, over embedding only: by more than {} "
          "points", 0.0, matches_are_lost, pages.TABLE1),
    Claim("5.1, Table 2",
          "cluster hashing scores some 80 times fewer memories at about the same F1",
          "F1 lost at the cut whose saving is nearest to 80 times: at most {} points", 2.0,
          clusters_keep, pages.TABLE2),
    Claim("5.1, Table 2", "word hashing loses F1, more than cluster hashing",
          "F1 lost at the cut whose saving is nearest to 1,000 times: more than {} points, and F1 "
          "below the cluster hash's", 5.0, words_lose, pages.TABLE2),
    Claim("5.1", "cluster hashing makes the search of 14 million memories some 80 times faster",
          "processor time of one question against an exact search, with 98% of right triples kept: "
          "at least {} times", 80.0, saves_time, pages.SCALE),
    Claim("5.3", "of two models the one with the higher score answers, about stories and the world",
          "the right model answers at least {}% of 1,000 questions of both kinds", 90.0,
          both_answer, pages.FIGURE4),
)
