"""Several training sets of either source: the rule on known numbers."""

import numpy as np
import pytest

from paper_tables import simulators_samples


def test_sets_of_one_source_that_spread_as_far_as_the_other_agree():
    samples = simulators_samples.compare([18.6, 2.2, 10.9, 2.2, 13.6], [2.0, 4.9, 12.6, 8.0, 3.0])
    assert samples.agrees and samples.difference.low < 0 < samples.difference.high
    assert samples.official.tolist() == sorted([18.6, 2.2, 10.9, 2.2, 13.6])
    text = simulators_samples.reason(samples)
    assert "2.2 to 18.6 for five official thousands" in text and "2.0 to 12.6" in text


def test_a_shift_beyond_the_margin_is_seen():
    samples = simulators_samples.compare([10, 11, 12, 11, 10], [20, 21, 19, 20, 20])
    assert not samples.agrees and samples.difference.value == pytest.approx(9.2)


def test_a_sure_but_small_shift_stays_under_the_margin():
    samples = simulators_samples.compare([1.0, 1.1, 1.2, 1.1, 1.0], [2.0, 2.1, 1.9, 2.0, 2.1])
    assert samples.difference.low > 0 and samples.agrees


def test_the_interval_holds_as_often_as_it_says():
    rng = np.random.default_rng(0)
    gaps = [simulators_samples.compare(*rng.normal(10, 3, (2, 5))).difference for _ in range(2000)]
    inside = [gap.low <= 0 <= gap.high for gap in gaps]
    assert 0.93 < np.mean(inside) < 0.985
