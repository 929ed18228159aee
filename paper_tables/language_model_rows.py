"""What Table 2's page says of its rows beside their figures: rows far off, restarts, the GPU.

A line is a language_model.Line of a row that is published and has a record of ours.
"""

from itertools import combinations

from paper_tables import layout
from paper_tables.language_model_hops import RECENT, shares
from paper_tables.sections import Lines, Section
from replication.records import record as results

FAR = 4.0      # perplexity that a row may lie above its published one before that is said
ABOUT_FAR = """\
Rows trained to their end whose test perplexity is more than {far:g} above the published one. What
is known to differ from the paper is the number of restarts, and how a step is drawn
(replication/DEVIATIONS.md, LM1). *lowest on the way*: after the epoch with the lowest validation
perplexity. *training*: mean over the last epoch's steps."""
ABOUT_LAST = """\
What the last hop of each row's model looks at: its attention on the newest word and on the last
{recent} words, the mean over the test set (as Figure 3; *above*: the test perplexity above the
published one)."""
TOLD_APART = """\
It tells the rows apart: in those within {far:g} of the published figure the last hop has at least
{near:.1%} of its attention on the newest word, in those further off at most {most:.1%}. The paper
reports the best of ten restarts."""

ABOUT_APART = """\
Rows with several restarts, one a line (*chosen*: by the validation perplexity, as the paper does).
Restarts of one row lie up to {apart:.1f} apart on the test words; the published figures of all rows
that are run go from {lowest:g} to {highest:g}. So one restart a row does not settle the order of
rows that are close.{chosen}"""
SAW_THE_PUBLISHED = """ The rows that have more than one are those whose first lay more than {far:g}
above the published figure (replication/DEVIATIONS.md, LM12): they are nearer to it than rows of one
restart would be, and are no evidence by themselves."""
IN_ORDER = """\
Of the {pairs} pairs of rows whose published test perplexities differ, {same} are in the
published order here{others}.
With the first restart of every row alone they are {first}."""
OTHERS = "; the published figures of the others are at most {gap:g} apart"

ABOUT_GPU = """\
Restarts that a GPU trained, wholly or until they went on on a processor (*device*: in that order).
The protocol, its draws and its equations are the same, sums are in another order; all others were
trained on a processor."""


def above(line):
    """A line's test perplexity above the published one."""
    return line.ours["test_perplexity"] - float(line.test)


def far_off(lines, looked_at):
    """[Section] of the rows that lie far above their published figure, or [].

    looked_at  {row: record} of Figure 3
    """
    far = [line for line in lines if above(line) > FAR]
    if not far:
        return []
    return [Section("Further off than expected", [ABOUT_FAR.format(far=FAR), Lines(
        ["model", "training", "valid, published / ours", "lowest on the way",
         "test, published / ours", "at the lowest valid", "test of each restart"],
        [[line.row, layout.figure(line.ours["train_perplexity"]),
          f"{line.valid} / {layout.figure(line.ours['valid_perplexity'])}",
          layout.figure(line.ours["valid_perplexity_best_epoch"]),
          f"{line.test} / {layout.figure(line.ours['test_perplexity'])}",
          layout.figure(line.ours["test_perplexity_best_epoch"]),
          ", ".join(layout.figure(restart["test_perplexity"]) for restart in line.each)]
         for line in far]), *last_hops(lines, looked_at)])]


def last_hops(lines, looked_at):
    """Where the last hop looks in each of some Lines' models; [] where it is not known of all."""
    of = {line.row: looked_at[line.row] for line in lines if line.row in looked_at
          and looked_at[line.row]["model"].get("seed") == line.ours["seed"]}
    if len(of) < len(lines):
        return []
    last = {row: shares(record["attention"][-1:]) for row, record in of.items()}
    newest, recent = ({row: share[part].item() for row, share in last.items()} for part in (0, 1))
    near, far = ([newest[line.row] for line in lines if (above(line) > FAR) == off]
                 for off in (False, True))
    return [ABOUT_LAST.format(recent=RECENT),
            *([TOLD_APART.format(far=FAR, near=min(near), most=max(far))]
              if near and min(near) > max(far) else []),
            Lines(["model", "above", "newest", f"last {RECENT}"],
                  [[line.row, f"{above(line):.1f}", f"{newest[line.row]:.1%}",
                    f"{recent[line.row]:.1%}"] for line in lines])]


def apart(lines):
    """[Section] of how far restarts of a row lie apart, and of the order of rows, or []."""
    several = [line for line in lines if len(line.each) > 1]
    if not several:
        return []
    found = [[restart["test_perplexity"] for restart in line.each] for line in several]
    first = [line.each[0]["test_perplexity"] for line in lines]
    printed = [float(line.test) for line in lines]
    saw = all((len(line.each) > 1) == (one - figure > FAR)
              for line, one, figure in zip(lines, first, printed))
    return [Section("How far restarts lie apart", [
        ABOUT_APART.format(apart=max(max(test) - min(test) for test in found),
                           lowest=min(printed), highest=max(printed),
                           chosen=SAW_THE_PUBLISHED.format(far=FAR) if saw else ""),
        Lines(["model", "seed", "training", "valid", "test", "above the published", "chosen"],
              [[line.row, str(restart["seed"]), *(layout.figure(restart[f"{part}_perplexity"])
                                                  for part in ("train", "valid", "test")),
                f"{restart['test_perplexity'] - float(line.test):+.1f}".replace("-", "−"),
                "yes" if restart["seed"] == line.ours["seed"] else ""]
               for line in several for restart in line.each]),
        order_of(printed, [line.ours["test_perplexity"] for line in lines], first)])]


def order_of(printed, ours, first):
    """How many pairs of rows are in the published order; figures that are equal have none.

    ours   of the restart that counts; first: of the first one. All of them a figure a row.
    """
    gaps = gaps_of(printed, ours)
    others = [gap for gap, same in gaps if not same]
    return IN_ORDER.format(pairs=len(gaps), same=len(gaps) - len(others),
                           others=OTHERS.format(gap=max(others)) if others else "",
                           first=sum(same for _, same in gaps_of(printed, first)))


def gaps_of(printed, ours):
    """[(gap of the published figures, whether ours are in their order)] of pairs that differ."""
    return [(abs(a - b), (a < b) == (x < y))
            for (a, x), (b, y) in combinations(zip(printed, ours), 2) if a != b]


def on_gpu(records):
    """[Section] of the restarts that a GPU trained, or []."""
    lines = [[record.column, record.row, str(seed), *(
        ", ".join(dict.fromkeys(machine[key] for machine in machines))
        for key in ("device", "torch"))]
        for record in records.values()
        for seed, machines in results.trained_on_gpu(record.content).items()]
    return [Section("Trained on a GPU", [ABOUT_GPU, Lines(
        ["corpus", "model", "seed", "device", "torch"], lines)])] if lines else []
