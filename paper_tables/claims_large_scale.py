"""The claims of Memory Networks on large-scale QA and the ensemble (sections 5.1 and 5.3)."""

from paper_tables import large_scale_qa as pages
from paper_tables.claim import Claim

SUBSTITUTE = "on substitute data"


def records(e, experiment):
    """{row or column: record} of an experiment; KeyError where there are none."""
    found = pages.read(e.reference, experiment)
    if not found:
        raise KeyError(experiment)
    return {name: record for name, (record, _) in found.items()}


def mixed_gap(e, first, second):
    """(mean, low, high) of a difference over the mixed questions of the extended candidates."""
    records(e, pages.TABLE1)
    _, questions = pages.table1_figures(e.reference)
    chance = questions["random"]["extended"]
    decides = (chance > 0) & (chance < 1)
    return pages.bounds((questions[first]["extended"] - questions[second]["extended"])[decides])


def viable(e, threshold):
    gap = mixed_gap(e, pages.EMBEDDING, "random")
    return pages.as_text(gap), gap[1] > threshold, SUBSTITUTE


def features_help(e, threshold):
    gap = mixed_gap(e, pages.MATCHING, pages.EMBEDDING)
    return pages.as_text(gap), gap[1] > threshold, SUBSTITUTE


def cluster_hash(e, threshold):
    means = pages.hash_means(records(e, pages.TABLE2)["embedding F1"])
    name = next((one for one in pages.chosen(means) if one and one.startswith("cluster")), None)
    if name is None:
        return "no cut keeps it", False, SUBSTITUTE
    fewer = means["no hashing"]["candidates"] / means[name]["candidates"]
    faster = means["no hashing"]["milliseconds"] / means[name]["milliseconds"]
    figure = (f"{name}: {fewer:.0f}x fewer memories, {faster:.1f}x faster, F1 "
              f"{means[name]['f1']:.3f} against {means['no hashing']['f1']:.3f}")
    return figure, fewer >= threshold, SUBSTITUTE


def word_hash(e, threshold):
    restarts = records(e, pages.TABLE2)["embedding F1"]["restarts"]
    names = [name for name in restarts[0]["hashes"] if name.startswith("word hash")]
    least = min(names, key=lambda name: restarts[0]["hashes"][name]["candidates"])
    lost = [restart["hashes"]["no hashing"]["f1"] - restart["hashes"][least]["f1"]
            for restart in restarts]
    return f"{least}: {min(lost):.3f} to {max(lost):.3f}", min(lost) > threshold, SUBSTITUTE


def ensemble(e, threshold):
    record, = records(e, pages.FIGURE4).values()
    values = [restart["right_model"] for restart in record["restarts"]]
    return (f"{min(values):.1f} to {max(values):.1f}%", min(values) >= threshold, SUBSTITUTE)


CLAIMS = (
    Claim("5.1", "MemNNs are viable for large-scale QA",
          "F1 of mixed questions less that of a random order, lower end above {}", 0, viable),
    Claim("5.1", "word features help",
          "F1 of mixed questions less that of embedding only, lower end above {}", 0,
          features_help),
    Claim("5.1", "cluster hashing is some 80 times faster at about the same F1",
          "at least {} times fewer memories scored at 98% of the development F1", 80,
          cluster_hash),
    Claim("5.1", "word hashing loses F1",
          "F1 lost by the smallest word hash, in every seed above {}", 0, word_hash),
    Claim("5.3", "an ensemble of both models answers general questions and those on the story",
          "the right model answers at least {}% of 1,000 mixed questions, in every seed", 90,
          ensemble),
)
