"""The papers' claims: statistics on made records, verdicts, and the page of the committed ones."""

import csv
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers import fake_records
from tests.helpers.fake_records import BOW, PE
from paper_tables import catalogue, claims, claims_language, comparison, layout, published, tables
from paper_tables.claim import Claim, Missing, sure
from paper_tables.claims_large_scale import LARGE_SCALE
from paper_tables.claims_memn2n import MEMN2N
from paper_tables.claims_memnn import MEMNN, few_seeds
from paper_tables.comparison import Range, welch
from paper_tables.evidence import Evidence

REFERENCE = tables.ROOT / "results" / "reference"
ALL = (*MEMN2N, *MEMNN, *LARGE_SCALE)
PUBLISHED = {path.stem for path in published.FOLDER.glob("*.csv")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Records near the published figures of BoW and PE."""
    results = tmp_path_factory.mktemp("results")
    for column in (BOW, PE):
        fake_records.write_column(results, column)
    return Evidence([fake_records.judged(results)], results)


def test_differences_of_columns_are_those_of_their_draws(made):
    gap = made.lower(PE, BOW)
    assert gap.low < gap.value < gap.high
    # The made restarts lie about the published figures, whose means are 20.3 and 25.1.
    assert gap.value == pytest.approx(25.1 - 20.3, abs=1.0)
    assert made.lower(BOW, PE).value == pytest.approx(-gap.value)
    assert made.lower(PE, PE, stretched=False) == Range(0.0, 0.0, 0.0)
    four = made.lower(PE, BOW, [4])
    assert four.value == pytest.approx(32.0 - 3.8, abs=1.5)
    shares = made.share_lower(PE, BOW)
    assert shares[4] == 1.0 and shares[17] < 0.5


def test_ranges_are_stretched_for_the_number_of_restarts(tmp_path):
    """By the factors of the columns' mean errors: more for fewer restarts, and ten have none."""
    wider = {}
    for restarts in (100, 30, 10):
        for column in (BOW, PE):
            fake_records.write_column(tmp_path / str(restarts), column, count=restarts)
        folder = tmp_path / str(restarts)
        e = Evidence([fake_records.judged(folder)], folder)
        gap, plain = e.lower(PE, BOW, [3]), e.lower(PE, BOW, [3], stretched=False)
        assert gap.value == plain.value
        wider[restarts] = (gap.high - gap.low) / (plain.high - plain.low)
    # Sides of independent columns add as their draws do where these are about normal.
    assert wider[100] == pytest.approx(comparison.widening(100), rel=0.1)
    assert wider[30] == pytest.approx(comparison.widening(30), rel=0.2)
    assert wider[10] == pytest.approx(1.0, rel=0.2)      # of ten values; 7.9 with twice as many


@pytest.mark.parametrize("low, plain_low, holds", [(1, 2, True), (-1, 2, None), (-2, -1, False)])
def test_what_only_more_restarts_could_say_is_open(low, plain_low, holds):
    assert sure(lambda stretched: (low if stretched else plain_low) > 0) is holds


def test_two_seeds_against_two_are_a_caveat():
    assert few_seeds([1, 2], [3, 4]) == "2 development seeds against 2"
    assert not few_seeds(range(4), range(4))


def test_a_decay_is_told_from_attention_that_levels_off():
    """The oldest quarter beside the one before: 0.78 in a decay, more where it levels off."""
    decay = np.exp(-np.arange(100, 0, -1) / 100)
    assert claims_language.exponential(decay / decay.sum()) == pytest.approx(decay / decay.sum())
    *_, third, oldest = claims_language.quarters(decay / decay.sum())
    assert oldest / third == pytest.approx(np.exp(-0.25))


def test_welch_is_that_of_two_samples():
    first, second = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 2.0, 2.0])
    found = welch(first, second)  # s = 1.291, t_0.975(3) = 3.182: reach 2.054
    assert found == pytest.approx((0.5, -1.554, 2.554), abs=1e-3)
    assert welch(second, second) == Range(0.0, 0.0, 0.0)


@pytest.mark.parametrize("outcome, verdict", [
    (("1", True, ""), "supported"), (("1", True, "but"), "supported with a caveat"),
    (("1", False, "but"), "not supported")])
def test_verdicts(outcome, verdict):
    claim = Claim("1", "x is y", "by more than {}", 2.5, lambda e, threshold: outcome)
    assert claims.find(claim, None).verdict == verdict and claim.rule == "by more than 2.5"


def test_claims_without_a_test_or_without_records_are_open(made):
    assert claims.find(Claim("1", "x", "y", by="that"), made).verdict == "open"
    lacking = next(claim for claim in MEMN2N if claim.test)
    found = claims.find(lacking, made)
    assert found.verdict == "open" and "not there" in found.caveat


def test_a_mistake_in_a_test_is_no_missing_record(made):
    """Of a claim's own names, or of a column that no table has; only a lack of records is open."""
    for test in (lambda e, threshold: {}["a name with a typo"],
                 lambda e, threshold: min([]),
                 lambda e, threshold: made.record(catalogue.BABI_1K, "MemN2N PE with a typo", 1)):
        with pytest.raises((KeyError, ValueError)):
            claims.find(Claim("1", "x", "y {}", 1.0, test), made)
    with pytest.raises(Missing):
        made.record(catalogue.BABI_1K, "MemN2N PE LS", 1)


@pytest.mark.parametrize("claim", [claim for claim in ALL if claim.test],
                         ids=lambda claim: claim.test.__name__)
def test_every_claim_is_open_where_there_are_no_records(claim, tmp_path):
    found = claims.find(claim, Evidence([fake_records.judged(tmp_path)], tmp_path))
    assert found.verdict == "open" and found.figure == layout.NONE


def test_a_claim_turns_with_its_records(tmp_path):
    """Position encoding: supported on records near the published ones, and not on worse ones."""
    claim = next(claim for claim in MEMN2N if claim.says.startswith("position encoding"))
    verdicts = []
    for name, shift in (("near", {}), ("worse", {task: 30.0 for task in range(1, 21)})):
        fake_records.write_column(tmp_path / name, BOW)
        fake_records.write_column(tmp_path / name, PE, shift=shift)
        evidence = Evidence([fake_records.judged(tmp_path / name)], tmp_path / name)
        verdicts.append(claims.find(claim, evidence).verdict)
    assert verdicts[0].startswith("supported") and verdicts[1] == "not supported"


def verdict_of(says, evidence):
    claim, = (claim for claim in MEMNN if claim.says.startswith(says))
    return claims.find(claim, evidence).verdict


@pytest.mark.parametrize("right, verdict", [
    (9, "supported"), (5, "supported with a caveat"), (4, "not supported")])
def test_words_never_seen_are_answered_by_half_of_the_seeds(right, verdict):
    evidence = SimpleNamespace(unseen={"unseen words and matches": [3] * right + [2] * (10 - right)})
    assert verdict_of("a story of words never seen", evidence) == verdict


@pytest.mark.parametrize("without, verdict", [
    (87.9, "supported with a caveat"), (88.1, "not supported")])
def test_time_features_are_judged_by_the_questions_with_before(without, verdict):
    """Not by whole columns: of k=2 and of these questions alone, the seeds that are closest."""
    def record(table, column, row):
        assert row == "MemNN k=2 (+time)"
        return SimpleNamespace(per_restart={"accuracy_before": np.array([98.0, 99.0])}.get)

    def variant(model, name, column, figure):
        assert (model, name, figure) == ("MemNN k=2", "as chosen", "accuracy_before")
        return np.array([25.0, without])

    evidence = SimpleNamespace(record=record, variant=variant)
    assert verdict_of("time features are necessary for before", evidence) == verdict


def test_every_claim_says_how_it_is_decided():
    assert len({(claim.where, claim.says) for claim in ALL}) == len(ALL) > 35
    for claim in ALL:
        assert claim.test or claim.by, claim.says
        assert (claim.threshold is not None) == ("{}" in claim.statistic), claim.says
        assert claim.test is None or claim.threshold is not None, claim.says


def test_the_committed_page_decides_every_claim_that_has_a_test(built):
    lines = list(csv.DictReader(io.StringIO(built[tables.ROOT / "paper_tables" / "claims.csv"])))
    assert len(lines) == len(ALL)
    for line, claim in zip(lines, ALL):
        assert line["verdict"] in claims.VERDICTS
        if line["verdict"] == "open" and line["figure"] != "–":     # too few restarts
            assert re.search(r"10 restarts a cell|\d restarts? a row|restarts are too few",
                             line["caveat"]), claim.says
        elif line["verdict"] == "open":
            assert line["caveat"] == claim.by != "", claim.says
        assert claim.test or line["verdict"] == "open", claim.says
    page = built[tables.ROOT / "paper_tables" / "claims.md"]
    counts = re.search(r"Of (\d+) claims: (.*)\.\n", page)
    assert int(counts[1]) == sum(map(int, re.findall(r"\d+", counts[2]))) == len(ALL)


def test_no_claim_stays_open_once_its_experiment_has_records():
    """A claim that is open for a published table has a test when that has records."""
    for claim in ALL:
        if claim.by in PUBLISHED and (REFERENCE / claim.by).exists():
            assert claim.test, f"{claim.by} has records: {claim.says}"
