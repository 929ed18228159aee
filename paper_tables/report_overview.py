"""The report's overview: published against ours for all cells of a table, one drawing a table.

A cell is a mark at (published, ours), with the interval as a bar: the published figure is inside
where the mark is on its bar. Percents are on a square-root scale of the error, so that small
errors, where most cells are, stand apart; figures of which more is better run the other way.
"""

from dataclasses import dataclass

from paper_tables import drawings, layout
from paper_tables.report_cells import key, metric_of, paper_of

MARGIN, LARGE, SMALL = 34, 640, 310
MANY = 100                     # cells, above which a drawing is a large one
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
    metric  what the axes show
    size, margin   of the whole, and left of and below the axes
    ticks   [(place on an axis, text)]
    marks   [Mark]
    """
    key: str
    title: str
    paper: str
    metric: str
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
    scale, length = drawings.scale_of(item.table), size - 1.5 * MARGIN

    def place(figure):
        share = scale.share(figure)
        return length * (share if item.table.lower_is_better else 1 - share)
    order = {status: i for i, status in enumerate(FIRST)}
    cells.sort(key=lambda cell: order.get(cell.status, len(order)))
    return Plot(key(item), item.table.title, paper_of(item), metric_of(item), size, MARGIN,
                [(round(place(tick), 1), f"{tick:g}") for tick in scale.ticks],
                [_mark(item, cell, place, length) for cell in cells])


def _mark(item, cell, place, length):
    interval = layout.interval(cell)
    low, high = sorted(map(place, cell.interval)) if interval != layout.NONE else (None, None)
    name = f"{cell.column}, {layout.row_name(item, cell.row)}"
    about = f"{name}: published {cell.printed}, ours {layout.ours(cell)}, {cell.status}" + (
        f", interval {interval}" if low is not None else "")
    places = [None if at is None else round(at, 1)
              for at in (place(cell.published), length - place(cell.ours), low, high)]
    return Mark(key(item, cell.column, cell.row), key(item, cell.column), cell.status, about,
                *places)
