"""The page that says how a cell, a column and a count are read; its numbers are the code's."""

from paper_tables import column_test, comparison
from paper_tables.judge import APART, PASSES

PAGE = """\
# How to read a cell

## Errors: the best of ten restarts

A published bAbI error of MemN2N is the test error of the best of {best_of} restarts by training
error. It is one draw of a random quantity, and on some tasks a very spread one. So no fixed
tolerance is used:

1. A cell has many restarts of ours: at 1k 100 for the per-task columns and 30 for the joint ones, at
   10k 20, and more where these spread (replication/running/rounds.py). *Ours*
   is what the paper's rule gives on the first ten (seeds 0 to 9, fixed in advance).
2. Ten of the restarts are drawn with replacement and the rule is applied, {draws} times, with ties
   in training error broken at random, since the paper names no tie-break. The median of these draws
   and their 2.5% and 97.5% quantiles say what best-of-ten looks like.
3. The restarts are a sample too, so the distances from the median to the quantiles are stretched by
   Student's t for as many independent draws of ten as there are. The rounding of the printed figure
   is added. The result is the *interval* in which a published figure should lie 95 times in 100 if
   both implementations are the same. On restarts like those of the tables it holds 97 to 99; it
   holds fewer where what decides is rare: 90 in 100 with 30 restarts of which one in twenty is
   good and known to be so by its training error. Where restarts fall into two groups it spans both,
   and holds nearly anything: the test of the whole column is for that.
4. The published figure is inside: `match`. Above: `better` (ours is lower). Below: `worse`.

The mean error and the number of failed tasks (error above 5%) have their own intervals, made from
the tasks' draws; the joint columns draw whole models. A diverged restart is never selected and
counts as 100% in median and range. A match with a wide interval says little, and is counted apart.

## Single runs

The three baselines of MemN2N's Table 1 (MemNN strongly supervised, LSTM, MemNN-WSH), the MemNN of
2014 and the simulated world of the first paper are taken as one run a cell, and ours are means over
10 or more seeds. There the interval is where one more run should lie: by Student's t (in the
simulated world its variance is at least that of sampling the test questions), and at least as far
as the runs themselves reach, for runs that fail now and then are not normal. It holds 92 in 100 or
more with 10 seeds and 95 or more with 30, for runs that are normal, exponential, in two groups, or
that fail in one of five to one of twenty cases (a test draws them); with 3 seeds, which may show
one group alone, 86 to 95. A higher accuracy of ours is `better`.

## Whole columns

An interval that spans two humps holds nearly anything, so that a wrong column may match cell by
cell. So each column is tested as a whole (of the simulated world: each row): *place* is the share
of our draws below the published figure, and *p* says how often our own restarts, playing the paper,
have places as far out ({plays} plays). p is small where the published figures and ours differ, and
is even between 0 and 1 where they do not. What the test can tell apart, and what it cannot, stands
on each table's `_columns` page.

## Statuses

- `match`, `better`, `worse`: as above.
- `fitted`: inside the interval, but the published figure took part in choosing what the paper
  leaves open, so that it is no test of the choice. Counted apart. One that lies outside its
  interval all the same is `better` or `worse` as any other.
- `substitute data`: not the paper's data, so that nothing is compared. Task 16 is one: it was
  changed between the release that the paper used and the public one.
- `partial`: fewer restarts than needed, or a shorter run. `not run`. `quoted`: the paper itself
  cites the figure. `unavailable`: the data is not public.

A run that stands in two tables is counted in one. A cell outside its interval is said to be *by
chance* only where no cause is known, the whole column's p is above {passes}, no more cells of the
column are open than chance allows, its mean is inside, and the task does not lie to one side over
all columns (p above {apart}). Otherwise it has a reason, or is *not explained*.

The arithmetic is in [comparison.py](comparison.py) and [column_test.py](column_test.py); tests draw
from known populations and check how often intervals hold, that p is even where nothing differs,
and that it is small where something does.
"""


def build():
    """{file name: text}."""
    return {"how_to_read.md": PAGE.format(
        best_of=comparison.BEST_OF, draws=f"{comparison.DRAWS:,}", plays=f"{column_test.DRAWS:,}",
        passes=PASSES, apart=APART)}
