"""The report's overview: published against ours for all cells of a table, one drawing a table.

A cell is a mark at (published, ours), with the interval as a bar: the published figure is inside
where the mark is on its bar. Percents are on a square-root scale of the error, so that small
errors, where most cells are, stand apart.
"""

import math
from dataclasses import dataclass

from paper_tables import layout
from paper_tables.report_cells import key, paper_of

MARGIN, LARGE, SMALL = 34, 640, 310
MANY = 100                     # cells, above which a drawing is a large one
ERRORS = (0, 1, 5, 10, 25, 50, 100)
FIRST = ("substitute data", "partial", "match", "fitted")   # drawn below the others


@dataclass(frozen=True)
class Mark:
    """A cell at (x, y), its interval from low to high (or None). about: what it says."""
    id: str
    column: str
    status: str
    about: str
    x: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plot:
    """One drawing: both axes are `length` long, from the corner at (0, length).

    key, title, paper   the table's section and name, and its paper
    unit    what the axes show
    size, margin   of the whole, and left of and below the axes
    ticks   [(place on an axis, text)]
    marks   [Mark]
    """
    key: str
    title: str
    paper: str
    unit: str
    size: int
    margin: int
    ticks: list
    marks: list

    @property
    def large(self):
        return self.size == LARGE

    @property
    def length(self):
        return self.size - 1.5 * self.margin


def plot(item):
    """The Plot of a judged table; None where no cell has both figures."""
    cells = [cell for cell in item.cells.values()
             if cell.ours is not None and cell.row not in item.paper.summary]
    if not cells:
        return None
    size = LARGE if len(cells) > MANY else SMALL
    scale, ticks, unit = _scale(item.table, cells, size)
    order = {status: i for i, status in enumerate(FIRST)}
    cells.sort(key=lambda cell: order.get(cell.status, len(order)))
    drawn = Plot(key(item), item.table.title, paper_of(item), unit, size, MARGIN,
                 [(round(scale(tick), 1), text) for tick, text in ticks], [])
    drawn.marks.extend(_mark(item, cell, scale, drawn.length) for cell in cells)
    return drawn


def _mark(item, cell, scale, length):
    interval = layout.interval(cell)
    low, high = sorted(map(scale, cell.interval)) if interval != layout.NONE else (None, None)
    name = f"{cell.column}, {layout.row_name(item, cell.row)}"
    about = f"{name}: published {cell.printed}, ours {layout.ours(cell)}, {cell.status}" + (
        f", interval {interval}" if low is not None else "")
    places = [None if place is None else round(place, 1)
              for place in (scale(cell.published), length - scale(cell.ours), low, high)]
    return Mark(key(item, cell.column, cell.row), key(item, cell.column), cell.status, about,
                *places)


def _scale(table, cells, size):
    """(figure -> place from 0 to the axis' length, [(figure, text)] of its ticks, unit)."""
    length = size - 1.5 * MARGIN
    if table.top == 100:
        error = (lambda figure: figure) if table.lower_is_better else (lambda figure: 100 - figure)
        ticks = [(error(value), f"{error(value):g}") for value in ERRORS]
        kind = "test error" if table.lower_is_better else "test accuracy"

        def place(figure):
            return length * math.sqrt(min(max(error(figure), 0.0), 100.0) / 100)
        return place, ticks, f"{kind} in %"
    ends = [figure for cell in cells for figure in
            (cell.published, cell.ours, *(cell.interval or ())) if figure is not None]
    step = _step((max(ends) - min(ends)) / 4)
    first, last = math.floor(min(ends) / step), math.ceil(max(ends) / step)
    ticks = [(step * i, f"{step * i:g}") for i in range(first, last + 1)]

    def linear(figure):
        return length * (figure / step - first) / max(last - first, 1)
    return linear, ticks, "figures of the table"


def _step(width):
    """A round number, 1, 2 or 5 times a power of ten, that is at least so much."""
    power = 10.0 ** math.floor(math.log10(width)) if width > 0 else 1.0
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
