"""Small drawings for the report page, as inline SVG that takes its colours from the page."""

import math

import numpy as np

WIDTH, HEIGHT = 240, 26       # of a strip
MARGIN, BASE = 10, 20
TURN = 0.618034                # of a circle: successive dots never line up
TICKS = (0, 1, 5, 10, 25, 50, 100)
CURVE_WIDTH, CURVE_HEIGHT, LEFT, RIGHT, BOTTOM = 420, 150, 34, 12, 18
CURVE_TICKS = (0, 25, 50, 75, 100)


def place(error):
    """Where an error in % lies on a strip: a square-root scale, so that small ones are apart."""
    return MARGIN + (WIDTH - 2 * MARGIN) * math.sqrt(min(max(error, 0.0), 100.0) / 100)


def strip(cell, errors):
    """All restarts' test errors (R,) as dots, the interval as a band, published and ours marked."""
    parts = [f'<path class="axis" d="M{MARGIN} {BASE + 3}H{WIDTH - MARGIN}"/>']
    if cell.interval is not None:
        low, high = map(place, cell.interval)
        parts.append(f'<rect class="band" x="{low:.1f}" y="1" width="{max(high - low, 1):.1f}" '
                     f'height="{BASE + 2}"/>')
    parts.append(f'<path class="dots" d="{_dots(errors)}"/>')
    x = place(cell.published)
    parts.append(f'<path class="published" d="M{x:.1f} 0V{HEIGHT}"/>')
    if cell.ours is not None:
        x = place(cell.ours)
        parts.append(f'<path class="ours" d="M{x:.1f} {BASE - 4}l4 5l-4 5l-4-5z"/>')
    return (f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="test errors of {len(errors)} restarts">{"".join(parts)}</svg>')


def _dots(errors):
    """One path of round dots; those at about the same place are spread upwards."""
    where = [round(place(error), 1) for error in sorted(errors)]
    columns, path = {}, []
    for x in where:
        columns.setdefault(round(x / 3), []).append(x)
    for together in columns.values():
        height = min(BASE - 3, 2.5 * (len(together) - 1))
        path += [f"M{x:g} {round(BASE - height * (i * TURN % 1), 1):g}h0"
                 for i, x in enumerate(together)]
    return "".join(path)


def strip_axis():
    """The scale that all strips share."""
    marks = "".join(f'<text x="{place(tick):.1f}" y="11">{tick}</text>'
                    f'<path class="axis" d="M{place(tick):.1f} 14v5"/>' for tick in TICKS)
    return (f'<svg class="strip" viewBox="0 0 {WIDTH} 20" role="img" aria-label="scale of test '
            f'error, 0 to 100%, square root">{marks}</svg>')


def spread(curve):
    """Lowest, median and highest of a curve (R, epochs) at each epoch: (3, epochs).

    What a diverged restart has no number for counts as 100%.
    """
    curve = np.asarray(curve, dtype=float)
    return np.nanquantile(np.where(np.isfinite(curve), curve, 100.0), (0, 0.5, 1), axis=0)


def curves(train, valid):
    """Median and range over restarts of training and validation error, (3, epochs) each."""
    epochs = train.shape[1]
    step = (CURVE_WIDTH - LEFT - RIGHT) / max(epochs - 1, 1)
    top = max(10.0, float(max(train.max(), valid.max())))
    ticks = [tick for tick in CURVE_TICKS if tick <= top]

    def y(error):
        return 4 + (CURVE_HEIGHT - BOTTOM - 4) * (1 - error / top)

    kept = sorted({*range(0, epochs, 2), epochs - 1})

    def points(values, order):
        return " ".join(f"{LEFT + step * i:.0f},{y(values[i]):.0f}" for i in order)
    parts = [f'<path class="axis" d="M{LEFT} {y(tick):.1f}H{CURVE_WIDTH - RIGHT}"/>'
             f'<text x="{LEFT - 4}" y="{y(tick) + 3:.1f}" text-anchor="end">{tick}%</text>'
             for tick in ticks]
    parts += [f'<text x="{LEFT + step * (epoch - 1):.0f}" y="{CURVE_HEIGHT - 4}">{epoch}</text>'
              for epoch in sorted({1, *range(20, epochs - 9, 20), epochs})]
    for name, (low, middle, high) in (("train", train), ("valid", valid)):
        parts.append(f'<polygon class="{name} range" points="{points(high, kept)} '
                     f'{points(low, kept[::-1])}"/>')
        parts.append(f'<polyline class="{name}" points="{points(middle, kept)}"/>')
    return (f'<svg class="curves" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" role="img" '
            f'aria-label="learning curves over {epochs} epochs">{"".join(parts)}</svg>')
