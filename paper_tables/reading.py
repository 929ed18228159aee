"""The page that says how a cell, a column and a count are read; its numbers are the code's."""

from paper_tables import column_test, comparison
from paper_tables.rendering import render
from paper_tables.table import APART, PASSES


def build():
    """{file name: text}."""
    return {"how_to_read.md": render(
        "how_to_read.jinja", best_of=comparison.BEST_OF, draws=f"{comparison.DRAWS:,}",
        plays=f"{column_test.DRAWS:,}", passes=PASSES, apart=APART,
        stretch={R: comparison.widening(R) for R in (20, 30, 100)})}
