"""Pages of large-scale QA: Tables 1 and 2 and Figure 4 of Memory Networks, and the memory of 14M.

All of it is on substitute data: published figures stand beside ours and are not judged by them.
Intervals of differences are over the test questions, each question's figure being its mean over
seeds: 95%, paired, by scipy's bootstrap.
"""

import io
from pathlib import Path

import matplotlib
import matplotlib.figure
import numpy as np
from scipy import stats

from paper_tables import layout, published
from paper_tables.records import read_all
from paper_tables.sections import Lines, Picture, Section, page

TABLE1, TABLE2 = "memnn_table1_large_scale_qa", "memnn_table2_hashing"
SCALE, FIGURE4 = "memnn_scale", "memnn_figure4_dialogue"
STATUS = "substitute data"
EMBEDDING, MATCHING = "MemNN (embedding only)", "MemNN (with BoW features)"
BASELINES = ("random", "word overlap", "tf-idf", "BM25")
MORE = {"equation_11": "equation 11", "labels": "others' labels"}     # a record's, and as rows
RERANKING = {"f1": "F1", "f1_mixed": "F1 mixed", "f1_extended": "F1 extended",
             "f1_extended_mixed": "F1 extended, mixed"}
RETRIEVAL = {"hit_1": "hit@1", "hit_10": "hit@10", "mrr": "MRR"}
DIFFERENCES = (
    (MATCHING, EMBEDDING), (f"{EMBEDDING}, equation 11", EMBEDDING), (EMBEDDING, "random"),
    (EMBEDDING, "BM25"), (MATCHING, "BM25"), (f"{EMBEDDING}, equation 11", "BM25"),
    (f"{EMBEDDING}, others' labels", EMBEDDING), (f"{MATCHING}, others' labels", MATCHING))
RESAMPLES = 9999
KEPT = 0.98     # of the development questions' F1: how much a cut may cost

INTRO1 = """\
The paper's data (14 million triples, 35 million pairs of paraphrases, the test set of 2013) are not
public at present. Ours are 151,084 real triples and human labels of the same group's later systems;
settings are chosen on a third of the questions, figures are of the others. *F1*: the answer that
the model puts first among the labelled ones is right; *mixed*: questions with right and wrong
answers, where alone the order decides; *extended*: with the triples that a rule adds. *hit* and
*MRR*: rank of the first right triple among all triples. Mean over seeds, and their standard
deviation. **A random order has nearly the published 0.72**, so that F1 of these data says little by
itself. Status of every row beside a published figure: substitute data."""
INTRO2 = """\
The models of Table 1, their memory searched under each hash. A word in more of the memories than
the *cut* makes no bucket; the paper names no cut. *F1*, *MRR*: as in Table 1, embedding only and
with BoW features; a question without a candidate has no answer. *scored*: memories a question, by
each of the two models, whose clusters are their own; all that follows is of the embedding alone:
*fewer*: all memories over those scored. *kept*: right triples that are in the buckets. *ms*:
processor time a question, alone. In bold the lowest cut that keeps 98% of the development questions'
F1. The paper's
finding that cluster hashing is better than word hashing cannot show here: the labelled answers came
from a search for the question's words, so that nearly all share one. Status: substitute data."""


def pages(folder):
    """{name: (Section, then (file name, text) of each file beside it)}, of those with records."""
    return table1(folder) | table2(folder) | scale(folder) | figure4(folder)


def states(folder):
    """{script: {STATUS: published figures of the paper's own models that have one of ours}}."""
    rows, columns = (read(folder, experiment) for experiment in (TABLE1, TABLE2))
    figures = sum(line["method"] in rows for line in published.rows(TABLE1))
    hashes = len(columns) * len(published.rows(TABLE2))
    return {TABLE1: {STATUS: figures}, TABLE2: {STATUS: hashes}}


def read(folder, experiment):
    """{row, or column where there are no rows: Record} of an experiment; empty without records."""
    return {record.row or record.column: record for record in read_all(Path(folder) / experiment)}


def table1(folder):
    figures, questions = table1_figures(folder)
    printed = {line["method"]: line["F1"] for line in published.rows(TABLE1)}
    rows = [*BASELINES, *(row for row in figures if row not in BASELINES)]
    header = ["method", "published", *RERANKING.values(), *RETRIEVAL.values()]
    lines = [[name, figure, *[layout.NONE] * 7] for name, figure in printed.items()
             if name not in figures]
    lines += [[row, printed.get(row, layout.NONE),
               *(spread([restart.get(key) for restart in figures[row]])
                 for key in (*RERANKING, *RETRIEVAL))] for row in rows if row in figures]
    return page(TABLE1, Section("Table 1 of Memory Networks: large-scale QA, on substitute data", [
        INTRO1, Lines(header, lines), Section("Differences", [
            Lines(["difference", *RERANKING.values()], differences(questions))])]),
        header, lines if figures else [])


def table1_figures(folder):
    """{row: restarts' figures} and {row: {"given", "extended": (Q,) of each test question}}."""
    figures, questions = {}, {}
    for name, record in read(folder, TABLE1).items():
        curves = record.curves()
        for key, title in {None: "", **MORE}.items():
            restarts = [restart[key] if key else restart for restart in record.restarts
                        if not key or key in restart]
            if restarts:
                row, end = (f"{name}, {title}", f"_{key}") if key else (name, "")
                figures[row] = restarts
                questions[row] = {kind: curves[f"right_{kind}{end}"].astype(float).mean(0)
                                  for kind in ("given", "extended")}
    return figures, questions


def spread(values, digits=3):
    """Mean and standard deviation over seeds, as text."""
    if None in values:
        return layout.NONE
    if max(values) == min(values):
        return f"{values[0]:.{digits}f}"
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def differences(questions):
    """Lines of DIFFERENCES with intervals; questions: {row: {"given", "extended": (Q,)}}."""
    lines = []
    for first, second in DIFFERENCES:
        if first in questions and second in questions and "random" in questions:
            line = [f"{first} − {second}"]
            for kind in ("given", "extended"):
                delta = questions[first][kind] - questions[second][kind]
                chance = questions["random"][kind]
                # All right, or all wrong: then a random order has 1 or 0.
                line += [interval(delta), interval(delta[(chance > 0) & (chance < 1)])]
            lines.append(line)
    return lines


def interval(values):
    """A mean over questions with its 95% interval, as text."""
    if not len(values):
        return layout.NONE
    mean, low, high = bounds(values)
    inside = f" ({low:+.3f} to {high:+.3f})" if low < high else ""
    return f"{mean:+.3f}{inside}".replace("-", "−")


def bounds(values):
    """Mean over questions and the ends of its 95% interval, by scipy's bootstrap."""
    mean = float(np.mean(values))
    if len(values) < 2 or np.ptp(values) == 0:
        return mean, mean, mean
    low, high = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, method="percentile",
                                rng=np.random.default_rng(0)).confidence_interval
    return mean, float(low), float(high)


def table2(folder):
    records = read(folder, TABLE2)
    if not records:
        return {}
    columns = {"embedding": "embedding F1", "embedding + BoW": "embedding + BoW F1"}
    means = {short: hash_means(records[name].restarts) for short, name in columns.items()
             if name in records}
    first = next(iter(means.values()))
    total = first["no hashing"]["candidates"]
    best = chosen(first)
    header = ["method", *(f"F1 {short}" for short in means), *(f"MRR {short}" for short in means),
              *(f"scored {short}" for short in means), "fewer", "kept", "unanswered", "ms"]
    lines = [[f"{line['method']} (published)", *([line["embedding F1"],
             line["embedding + BoW F1"]][:len(means)]), *[layout.NONE] * len(means),
             line["candidates"], *[layout.NONE] * (len(means) - 1), line["speedup"],
             *[layout.NONE] * 3]
             for line in published.rows(TABLE2)]
    for name, figures in first.items():
        shown = f"**{name}**" if name in best else name
        lines.append([shown, *(f"{means[short][name]['f1']:.3f}" for short in means),
                      *(f"{means[short][name]['mrr']:.3f}" for short in means),
                      *(f"{means[short][name]['candidates']:,.0f}" for short in means),
                      f"{total / figures['candidates']:,.0f}x" if figures["candidates"]
                      else layout.NONE, f"{100 * figures['kept']:.1f}%",
                      f"{100 * figures['unanswered']:.1f}%", f"{figures['milliseconds']:.2f}"])
    section = Section("Table 2 of Memory Networks: hashing, on substitute data", [
        INTRO2, Lines(header, lines), Picture("F1 against memories scored", f"{TABLE2}.svg")])
    return {TABLE2: (section, (f"{TABLE2}.csv", layout.as_csv(header, lines)),
                     (f"{TABLE2}.svg", drawing(first, total)))}


def hash_means(restarts, key="hashes"):
    """{hash, or way to search: {figure: mean over seeds}} of one record's restarts."""
    return {name: {figure: float(np.mean([restart[key][name][figure] for restart in restarts]))
                   for figure in figures} for name, figures in restarts[0][key].items()}


def chosen(means):
    """The hash of each kind that scores fewest memories and keeps KEPT of the development F1."""
    least = KEPT * means["no hashing"]["development_f1"]
    kinds = {name.partition(",")[0] for name in means if name != "no hashing"}
    return {min((name for name in means if name.startswith(kind + ",")
                 and means[name]["development_f1"] >= least),
                key=lambda name: means[name]["candidates"], default=None) for kind in kinds}


def drawing(means, total):
    """F1 against the share of memory that is scored, with the paper's three points, as SVG."""
    with matplotlib.rc_context({"svg.hashsalt": TABLE2, "svg.fonttype": "none"}):
        figure = matplotlib.figure.Figure(figsize=(6, 3.4))
        axes = figure.add_subplot()
        for kind, mark in (("word hash", "o-"), ("cluster hash", "s-")):
            points = sorted((m["candidates"] / total, m["f1"]) for name, m in means.items()
                            if name.startswith(kind) and m["candidates"])
            axes.plot(*zip(*points), mark, label=f"{kind}, ours")
        axes.axhline(means["no hashing"]["f1"], linestyle=":", label="no hashing, ours")
        paper = {line["method"]: float(line["embedding F1"]) for line in published.rows(TABLE2)}
        for method, share in (("no hashing", 1), ("word hash", 13e3 / 14e6),
                              ("cluster hash", 177e3 / 14e6)):
            axes.plot(share, paper[method], "k*")
            axes.annotate(f"{method}, published", (share, paper[method]), fontsize=7,
                          textcoords="offset points", xytext=(4, 4), ha="left" if share < 1 else
                          "right")
        axes.set(xscale="log", xlabel="share of the memory that is scored",
                 ylabel="F1, embedding only")
        axes.legend(fontsize=7)
        figure.tight_layout()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def scale(folder):
    header = ["memory", "search", "ms a question", "faster", "scored", "kept", "kept, extended",
              "recall@1"]
    lines, remarks = [], []
    for name, record in sorted(read(folder, SCALE).items()):
        for way, means in hash_means(record.restarts, "searches").items():
            lines.append([name, way, f"{means['milliseconds']:.1f}", f"{means['faster']:.1f}x",
                          f"{means['candidates']:,.0f}",
                          *(f"{means[key]:.3f}" if key in means else layout.NONE
                            for key in ("kept", "kept_extended", "recall_1"))])
        one = record.restarts[0]
        remarks.append(
            f"{name}: {one['statements']:,} statements, {one['words']:,} words, vocabulary "
            f"{one['vocabulary']:,}; made in {one['made_seconds']:.0f} s, postings in "
            f"{one['postings_seconds']:.0f} s, K-means in {one['clusters_seconds']:.0f} s"
            + (f", FAISS's index in {one['faiss_seconds']:.0f} s" if "faiss_seconds" in one else "")
            + f" of processor time; largest size {one['peak_without_faiss_mb'] / 1024:.1f} GB"
            + (f", with FAISS {one['faiss_memory_mb'] / 1024:.1f} GB"
               if "faiss_memory_mb" in one else "") + ".")
    intro = ("Real triples, recombined ones and new names. *ms*: processor time, one thread; "
             "*faster*: than the exact search of one question in the same run; *kept*: the share "
             "of the right triples of Table 1's test questions, given or extended candidates, that "
             "are in the buckets; *recall@1*: the first statement is that of the exact search.")
    return page(SCALE, Section("A memory of 14 million statements", [
        intro, Lines(header, lines), *remarks]), header, lines)


def figure4(folder):
    records = read(folder, FIGURE4)
    if not records:
        return {}
    [record] = records.values()
    rules = [restart["rules"] for restart in record.restarts]
    header = ["the answer given has the", "right model %", "of story questions",
              "of general questions", "story answered right %"]
    keys = ("right_model", "story_by_story", "general_by_general", "story_answers")
    lines = [[rule, *(spread([one[rule][key] for one in rules], 1) for key in keys)]
             for rule in rules[0]]
    talk = record.restarts[0]["dialogue"]
    dialogue = Lines(
        ["question", *(f"{model} model: answer (support)" for model in talk[0]["replies"]),
         *talk[0]["chosen"]],
        [[f"{line['question']}?", *map(with_support, line["replies"].values()),
          *line["chosen"].values()] for line in talk], sentences=True)
    return page(FIGURE4, Section("Figure 4 of Memory Networks: one dialogue, two models", [
        "The model of section 5.1 over Table 1's substitute and that of section 5.2 both get "
        "every question. How often the right one answers 1,000 questions, half of each kind, by "
        "three ways to compare their scores; the paper names the first. Status: substitute data.",
        Lines(header, lines), Section("The paper's dialogue", [
            "Fred went to the kitchen. Fred picked up the milk. Fred travelled to the office. Then "
            "the questions of the figure, to the models of seed 0; the last three columns: which "
            "model's answer is given under each rule.", dialogue])]), header, lines)


def with_support(reply):
    """A reply's answer and, where it is not the support itself, what it rests on."""
    if reply["support"] == [reply["answer"]]:
        return reply["answer"]
    return f"{reply['answer']} ({'; '.join(reply['support'])})"
