"""Small drawings for the report page, as inline SVG that takes its colours from the page."""

import math
from dataclasses import dataclass
from typing import Callable, NamedTuple

import numpy as np

WIDTH, HEIGHT = 240, 26       # of a strip
MARGIN, BASE = 10, 20
TURN = 0.618034                # of a circle: successive dots never line up
TICKS = (0, 1, 5, 10, 25, 50, 100)
CURVE_WIDTH, CURVE_HEIGHT, LEFT, RIGHT, BOTTOM = 420, 150, 34, 12, 18
CURVE_TICKS, CURVE_TOPS = (0, 25, 50, 75, 100), (10, 30, 55, 80, 100)


@dataclass(frozen=True)
class Scale:
    """How figures of a table are laid out from left to right.

    figures   what they are, for those who do not see the drawing
    share     a figure -> 0 (left end) to 1 (right end)
    ticks     figures that the axis names
    """
    figures: str
    share: Callable
    ticks: tuple

    def place(self, figure):
        """Where a figure stands on a strip."""
        return MARGIN + (WIDTH - 2 * MARGIN) * self.share(figure)


def _root(error):
    """A square-root scale, so that small errors are apart."""
    return math.sqrt(min(max(error, 0.0), 100.0) / 100)


ERRORS = Scale("test errors, 0 to 100%, square root", _root, TICKS)
# The same from the other end: 100% is at the right, and 99.4% well apart from it.
ACCURACIES = Scale("test accuracies, 0 to 100%, square root of the error",
                   lambda accuracy: 1 - _root(100 - accuracy),
                   tuple(100 - tick for tick in reversed(TICKS)))


def scale_of(table):
    """The Scale of a table.Table."""
    return ERRORS if table.lower_is_better else ACCURACIES


def strip(cell, figures, scale):
    """The runs' figures (R,) as dots, the interval as a band, published and ours marked."""
    parts = [f'<path class="axis" d="M{MARGIN} {BASE + 3}H{WIDTH - MARGIN}"/>']
    if cell.interval is not None and cell.status != "substitute data":
        low, high = map(scale.place, cell.interval)
        parts.append(f'<rect class="band" x="{low:.1f}" y="1" width="{max(high - low, 1):.1f}" '
                     f'height="{BASE + 2}"/>')
    parts.append(f'<path class="dots" d="{_dots([scale.place(figure) for figure in figures])}"/>')
    x = scale.place(cell.published)
    parts.append(f'<path class="published" d="M{x:.1f} 0V{HEIGHT}"/>')
    if cell.ours is not None:
        x = scale.place(cell.ours)
        parts.append(f'<path class="ours" d="M{x:.1f} {BASE - 4}l4 5l-4 5l-4-5z"/>')
    return (f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{len(figures)} restarts">{"".join(parts)}</svg>')


def _dots(places):
    """One path of round dots at these x; those at about the same place are spread upwards."""
    columns, path = {}, []
    for x in (round(x, 1) for x in sorted(places)):
        columns.setdefault(round(x / 3), []).append(x)
    for together in columns.values():
        height = min(BASE - 3, 2.5 * (len(together) - 1))
        path += [f"M{x:g} {round(BASE - height * (i * TURN % 1))}h0"
                 for i, x in enumerate(together)]
    return "".join(path)


def strip_axis(scale):
    """The scale that all strips of a table share."""
    marks = "".join(f'<text x="{scale.place(tick):.1f}" y="11">{tick:g}</text>'
                    f'<path class="axis" d="M{scale.place(tick):.1f} 14v5"/>'
                    for tick in scale.ticks)
    return (f'<svg class="strip" viewBox="0 0 {WIDTH} 20" role="img" '
            f'aria-label="scale of {scale.figures}">{marks}</svg>')


def spread(curve):
    """Lowest, median and highest of a curve (R, epochs) at each epoch: (3, epochs).

    What a diverged restart has no number for counts as 100%.
    """
    curve = np.asarray(curve, dtype=float)
    return np.quantile(np.where(np.isfinite(curve), curve, 100.0), (0, 0.5, 1), axis=0)


class Axes(NamedTuple):
    """Those of learning curves: they are drawn once for all curves that have the same."""
    epochs: int
    top: float      # the error at the upper end

    @classmethod
    def around(cls, train, valid):
        """The Axes of curves (3, epochs) each."""
        highest = max(float(train.max()), float(valid.max()))
        return cls(train.shape[1], next((top for top in CURVE_TOPS if top >= highest), highest))

    @property
    def id(self):
        return f"axes-{self.epochs}-{self.top:g}"

    @property
    def step(self):
        return (CURVE_WIDTH - LEFT - RIGHT) / max(self.epochs - 1, 1)

    def y(self, error):
        return 4 + (CURVE_HEIGHT - BOTTOM - 4) * (1 - error / self.top)

    def drawn(self):
        """As a part of a drawing that others use."""
        ticks = [tick for tick in CURVE_TICKS if tick <= self.top]
        lines = "".join(f"M{LEFT} {self.y(tick):.1f}H{CURVE_WIDTH - RIGHT}" for tick in ticks)
        names = "".join(f'<text x="{LEFT - 4}" y="{self.y(tick) + 3:.1f}">{tick}%</text>'
                        for tick in ticks)
        named = sorted({1, *range(20, self.epochs - 9, 20), self.epochs})
        below = "".join(f'<text x="{LEFT + self.step * (epoch - 1):.0f}" y="{CURVE_HEIGHT - 4}">'
                        f"{epoch}</text>" for epoch in named)
        return (f'<g id="{self.id}" class="axes"><path class="axis" d="{lines}"/>'
                f'<g text-anchor="end">{names}</g>{below}</g>')


def curves(train, valid):
    """Median and range over restarts of training and validation error, (3, epochs) each."""
    axes = Axes.around(train, valid)
    kept = sorted({*range(0, axes.epochs, 2), axes.epochs - 1})

    def points(values, order):
        """[(x, y)]; within a level stretch, in which most curves end, a point adds nothing."""
        heights = [round(axes.y(values[i])) for i in order]
        return [(round(LEFT + axes.step * i), heights[at]) for at, i in enumerate(order)
                if at in (0, len(order) - 1)
                or not heights[at - 1] == heights[at] == heights[at + 1]]
    parts = [f'<use href="#{axes.id}"/>']
    for name, (low, middle, high) in (("train", train), ("valid", valid)):
        area = points(high, kept) + points(low, kept[::-1])
        parts.append(f'<path class="{name} range" d="{_path(area)}z"/>')
        parts.append(f'<path class="{name}" d="{_path(points(middle, kept))}"/>')
    return (f'<svg class="curves" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" role="img" '
            f'aria-label="learning curves over {axes.epochs} epochs">{"".join(parts)}</svg>')


def _path(points):
    """Through whole [(x, y)], each after the first told by how far it is from the one before."""
    (x, y), *_ = points
    steps = " ".join(f"{x1 - x0} {y1 - y0}" for (x0, y0), (x1, y1) in zip(points, points[1:]))
    return f"M{x} {y}l{steps}" if steps else f"M{x} {y}"
