"""The front page's picture: published against ours for all cells, as SVG, light and dark.

Two drawings side by side: errors of the bAbI tables, and accuracies of the simulated world; marks
and scales are those of the report's overview.
"""

from html import escape

from paper_tables.table import OUTSIDE
from paper_tables.report_overview import plot

SIDE, GAP, TOP, LEFT, BOTTOM = 400, 86, 64, 52, 44
THEMES = {
    "light": {"paper": "#ffffff", "ink": "#1f2328", "faint": "#d1d9e0", "bar": "#8c959f",
              "match": "#0969da", "fitted": "#8250df", "outside": "#bc4c00", "apart": "#6e7781"},
    "dark": {"paper": "#0d1117", "ink": "#e6edf3", "faint": "#30363d", "bar": "#6e7681",
             "match": "#58a6ff", "fitted": "#bc8cff", "outside": "#ff9b50", "apart": "#8b949e"},
}
# status -> (colour, what the legend says)
KINDS = {"match": ("match", "match"), "fitted": ("fitted", "fitted: took part in choosing"),
         "better": ("outside", "outside the interval"), "worse": ("outside", None),
         "partial": ("apart", "other data, or not whole"), "substitute data": ("apart", None)}
TITLES = ("bAbI tasks, test error in %", "simulated world, test accuracy in %")
NAME = "published_against_ours"


def build(groups):
    """{file name: text}. groups: [[Judged] of errors, [Judged] of accuracies]."""
    drawn = [[one for one in map(plot, judged) if one] for judged in groups]
    if not any(drawn):
        return {}
    return {f"{NAME}_{theme}.svg": _svg(drawn, colours) for theme, colours in THEMES.items()}


def _svg(groups, colours):
    width, height = 2 * (LEFT + SIDE) + GAP + 20, TOP + SIDE + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" '
             f'fill="{colours["ink"]}">',
             '<title>Published figures against ours</title>',
             f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>',
             _legend(colours)]
    for i, (plots, title) in enumerate(zip(groups, TITLES)):
        parts.append(f'<g transform="translate({LEFT + i * (SIDE + LEFT + GAP)} {TOP})">'
                     + _panel(plots, title, colours) + "</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(plots, title, colours):
    parts = [f'<text x="0" y="-10" font-weight="bold">{title}</text>']
    for place, text in plots[0].ticks if plots else ():
        x = _scaled(place, plots[0])
        y = round(SIDE - x, 1)
        parts.append(f'<path d="M{x} 0V{SIDE}M0 {y}H{SIDE}" stroke="{colours["faint"]}"/>'
                     f'<text x="{x}" y="{SIDE + 16}" text-anchor="middle">{text}</text>'
                     f'<text x="-8" y="{y + 4}" text-anchor="end">{text}</text>')
    parts += [f'<path d="M0 {SIDE}L{SIDE} 0" stroke="{colours["bar"]}" stroke-dasharray="3 3"/>',
              f'<text x="{SIDE / 2}" y="{SIDE + 34}" text-anchor="middle">published</text>',
              f'<text x="-38" y="{SIDE / 2}" text-anchor="middle" '
              f'transform="rotate(-90 -38 {SIDE / 2})">ours</text>']
    marks = [(mark, drawn) for drawn in plots for mark in drawn.marks]
    marks.sort(key=lambda pair: pair[0].status in OUTSIDE)  # these on top
    for mark, drawn in marks:
        y = _scaled(mark.y, drawn)
        colour = colours[KINDS[mark.status][0]]
        if mark.low is not None:
            parts.append(f'<path d="M{_scaled(mark.low, drawn)} {y}H{_scaled(mark.high, drawn)}" '
                         f'stroke="{colour}" stroke-opacity=".35" stroke-width="2"/>')
    for mark, drawn in marks:
        x, y = _scaled(mark.x, drawn), _scaled(mark.y, drawn)
        colour, about = colours[KINDS[mark.status][0]], f"<title>{escape(mark.about)}</title>"
        if mark.status in OUTSIDE:
            parts.append(f'<path d="M{x} {y - 5}l5 5l-5 5l-5-5z" fill="{colour}">{about}</path>')
        else:
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}">{about}</circle>')
    return "".join(parts)


def _legend(colours):
    parts, x = [], LEFT
    for kind, text in KINDS.values():
        if text is None:
            continue
        shape = (f'<path d="M{x} 9l5 5l-5 5l-5-5z" fill="{colours[kind]}"/>'
                 if kind == "outside" else
                 f'<circle cx="{x}" cy="14" r="3" fill="{colours[kind]}"/>')
        parts.append(f'{shape}<text x="{x + 10}" y="18">{text}</text>')
        x += 40 + 7 * len(text)
    parts.append(f'<path d="M{x - 8} 14h20" stroke="{colours["bar"]}" stroke-width="2"/>'
                 f'<text x="{x + 18}" y="18">where the published figure should lie</text>')
    return "".join(parts)


def _scaled(place, drawn):
    return round(place * SIDE / drawn.length, 1)
