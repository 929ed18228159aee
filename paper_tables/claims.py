"""What the two papers' texts say about their experiments, and what the records say of it.

Each claim has a statistic and a threshold in the tables of claims_memn2n.py, claims_language.py,
claims_memnn.py and claims_large_scale.py; a function gives the figure, and whether it holds. "Open"
names the experiment that would decide.
"""

from dataclasses import dataclass

from paper_tables import layout
from paper_tables.claim import Missing
from paper_tables.claims_large_scale import LARGE_SCALE
from paper_tables.claims_memn2n import MEMN2N
from paper_tables.claims_memnn import MEMNN
from paper_tables.evidence import Evidence
from paper_tables.sections import Lines, Section, files, page

ABOUT = """\
Each claim that the texts of the two papers make about their experiments, in our words; the
statistic by which it is decided and its threshold; the figure from the records in
results/reference. Statistics and thresholds are typed before the records that decide are made where
a claim is open; for the others earlier figures were known, and four rules (on joint training, on
position encoding and Figure 2, on the LSTM against the RNN, and on what hops remember) took their
present form after ours had been seen, and those of large-scale QA were typed after a trial had been.
Differences of columns of MemN2N are means over draws of what would be published (best of ten
restarts; in brackets the middle 95% of the draws, each column's part stretched for its number of
restarts as in [how_to_read.md](how_to_read.md), but where ten restarts tell no spread, and the claim
is open); those of the simulated world are of means over seeds (Welch's 95% interval); those of F1 in
large-scale QA are of the same questions drawn again and again, those of MRR of means over seeds.
*Supported* asks for the whole interval on the right side of the threshold; where only the stretch
keeps it from that, a claim is open. The claims hold of our runs of the models; of the simulated
world, of our reconstruction of it. Statistics: [paper_tables/evidence.py](evidence.py)."""

VERDICTS = ("supported", "supported with a caveat", "not supported", "open")


@dataclass(frozen=True)
class Finding:
    """The figure as text, whether the claim holds (None: not known), and what limits it."""
    figure: str
    holds: bool | None
    caveat: str = ""

    @property
    def verdict(self):
        if self.holds is None:
            return "open"
        if not self.holds:
            return "not supported"
        return "supported with a caveat" if self.caveat else "supported"


def find(claim, evidence):
    """The Finding of one claim; open where its records are missing."""
    if claim.test is None:
        return Finding(layout.NONE, None, claim.by)
    try:
        figure, holds, caveat = claim.test(evidence, claim.threshold)
    except Missing:
        return Finding(layout.NONE, None, claim.by or "its records are not there")
    return Finding(figure, holds, caveat)


def build(judged, reference):
    """{file name: text} of the page. judged, reference: see Evidence."""
    evidence = Evidence(judged, reference)
    parts, tidy, counts = [], [], dict.fromkeys(VERDICTS, 0)
    for title, claims in (("End-To-End Memory Networks", MEMN2N),
                          ("Memory Networks", (*MEMNN, *LARGE_SCALE))):
        lines = []
        for claim in claims:
            finding = find(claim, evidence)
            counts[finding.verdict] += 1
            verdict = f"**{finding.verdict}**" + (f": {finding.caveat}" if finding.caveat else "")
            lines.append([claim.where, claim.says, claim.rule, finding.figure, verdict])
            tidy.append([title, claim.where, claim.says, claim.rule, finding.figure,
                         finding.verdict, finding.caveat])
        parts.append(Section(title, [Lines(["where", "claim", "statistic, threshold", "figure",
                                            "verdict"], lines, sentences=True)]))
    counted = "Of {} claims: {}.".format(sum(counts.values()), ", ".join(
        f"{count} {verdict}" for verdict, count in counts.items()))
    return files(page("claims", Section("Claims", [ABOUT, counted, *parts]),
                      ["paper", "where", "claim", "rule", "figure", "verdict", "caveat"], tidy))
