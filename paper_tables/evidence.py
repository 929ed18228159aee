"""Statistics of the records that claims are decided by: differences with what they may be by luck.

Errors are in %, accuracies likewise.
"""

from functools import cache, cached_property

import numpy as np

from paper_tables import attention, babi_variants, catalogue, comparison, world_variants
from paper_tables.claim import look_up
from paper_tables.comparison import welch
from paper_tables.records import read_table
from paper_tables.world_pages import FIGURE3, NEW_NAMES, VARIANTS


class Evidence:
    """The records as claims need them; claim.Missing where some are not there.

    judged: [table.Judged] of the paper's data. reference: their folder, for what is no table.
    """

    def __init__(self, judged, reference):
        self.tables = {item.table.script: item for item in judged}
        self.reference = reference

    def record(self, table, column, row):
        # A column that the table does not have is no lack of records: KeyError.
        return look_up(look_up(self.tables, table.script).records[column], row)

    # --- bAbI: draws of what the paper would publish ------------------------------------------

    @cache
    def babi(self, column, script=catalogue.BABI_1K.script):
        """{task: Record} of a column on bAbI."""
        judged = self.tables.get(script)
        records = judged.records[column] if judged else read_table(
            self.reference / script, [column], self.tasks)[column]
        return {task: look_up(records, task) for task in self.tasks}

    @cache
    def draws(self, column, script=catalogue.BABI_1K.script):
        """Figures that might be published of a column: (draws, tasks); joint ones whole models."""
        return np.stack([record.figures[comparison.select(record.draw("claims"), record.rank)]
                         for record in self.babi(column, script).values()], axis=1)

    @cache
    def changed(self, variant, tasks):
        """{task: Record} of a variant of memn2n_10k_choices, those of the tasks that are there."""
        return read_table(self.reference / babi_variants.CHOICES, [variant], tasks)[variant]

    def few(self, columns, tasks=None):
        """What limits a verdict on columns {name: script}: restarts that tell no spread, or ""."""
        counts = [len(record.seeds) for column, script in columns.items()
                  for task, record in self.babi(column, script).items()
                  if task in (tasks or self.tasks)
                  and comparison.widening(len(record.seeds), record.best_of) is None]
        return (f"{min(counts)} restarts a cell, from which no spread can be told"
                if counts else "")

    def standing_in(self, columns, tasks=None):
        """The tasks of columns {name: script} that others' training questions stand in for."""
        return sorted({task for column, script in columns.items()
                       for task, record in self.babi(column, script).items()
                       if task in (tasks or self.tasks) and not record.official})

    def fitted(self, columns):
        """Those of columns {name: script} that took part in choosing what the paper leaves open."""
        return [column for column, script in columns.items()
                if script in self.tables and column in self.tables[script].table.fitted]

    def lower(self, column, other, tasks=None, script=catalogue.BABI_1K.script, other_script=None,
              stretched=True):
        """How much lower a column's mean error is than another's: Range."""
        return self.sum_of([(1, other, other_script or script), (-1, column, script)], tasks,
                           stretched)

    def sum_of(self, terms, tasks=None, stretched=True):
        """The sum of columns' mean errors, each with its sign: [(1 or -1, column, script)]: Range.

        stretched: a column's part of the range is stretched for its number of restarts, as the
        interval of its mean error is (where ten or fewer tell no spread, it is not); columns'
        parts add as squares, as of independent ones: restarts of the same seed err alike, which
        makes a difference's range too wide, not too narrow. Without, the middle 95% of the draws
        themselves.
        """
        places = [self.tasks.index(task) for task in tasks or self.tasks]
        means = [sign * self.draws(column, script)[:, places].mean(axis=1)
                 for sign, column, script in terms]
        plain = comparison.middle(np.sum(means, axis=0))
        if not stretched:
            return plain
        sides = np.zeros(2)
        for mean, (_, column, script) in zip(means, terms):
            own = comparison.middle(mean)
            sides += np.square(self._stretch(column, script, places)
                               * np.array([own.value - own.low, own.high - own.value]))
        low, high = np.sqrt(sides)
        return comparison.Range(plain.value, float(plain.value - low), float(plain.value + high))

    def _stretch(self, column, script, places):
        records = list(self.babi(column, script).values())
        n, best_of = min(len(record.seeds) for record in records), records[0].best_of
        freedom = None if records[0].joint else comparison.pooled_freedom(
            self.draws(column, script)[:, places].T, n, best_of)
        return comparison.widening(n, best_of, freedom) or 1.0

    def share_lower(self, column, other):
        """{task: share of draws in which a column's error is the lower one}, ties half."""
        gap = self.draws(other) - self.draws(column)
        return dict(zip(self.tasks, ((gap > 0) + 0.5 * (gap == 0)).mean(axis=0).tolist()))

    @cached_property
    def tasks(self):
        return list(look_up(self.tables, catalogue.BABI_1K.script).paper.rows)

    # --- the simulated world: one run a seed --------------------------------------------------

    def runs(self, table, row, column):
        return self.record(table, column, row).figures

    def higher(self, table, row, other, column, other_column=None):
        """How much higher a row's accuracy is than another's: Welch's interval of means."""
        return welch(self.runs(table, row, column),
                     self.runs(table, other, other_column or column))

    def least(self, table, row, columns):
        """The lowest mean of a row over columns."""
        return min(float(self.runs(table, row, column).mean()) for column in columns)

    def variant(self, model, variant, column, figure=None):
        """The accuracies of a row of the world's variants, a seed each; or another figure of them."""
        record = look_up(self._variants, (model, variant, column))
        return record.figures if figure is None else record.per_restart(figure)

    @cached_property
    def _variants(self):
        return world_variants.read(self.reference)

    @cached_property
    def unseen(self):
        """{variant: how many of Figure 3's three questions each seed answers}."""
        records = read_table(self.reference / FIGURE3, [NEW_NAMES], VARIANTS)[NEW_NAMES]
        return {row: [run["figure3_right"] for run in record.whole]
                for row, record in records.items()}

    @cached_property
    def attention(self):
        """{task: figures over its test set} of the models of 10k, which the paper's figures are of."""
        return {task: record["test_set"] for task, record in attention.read(
            self.reference / f"{attention.SCRIPT}@{attention.AT_10K}").items()}
