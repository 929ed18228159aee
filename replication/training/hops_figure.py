"""Draws Figure 3: a row a hop, a column a memory position, as bright as the hop's attention.

As in the paper, each row is scaled so that its largest value is 1.
"""

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from replication.training.figure_files import png_and_svg, style

# What is attended to stands out from the page: background, text, and the colour of a 1.
THEMES = {"light": ("#ffffff", "#1f2328", "#123f73"), "dark": ("#0d1117", "#e6edf3", "#f3f7ff")}
STYLE = style("hops", 9)


def draw(record, theme):
    """(PNG, SVG) as bytes of a record of memn2n_figure3_hops, in one of THEMES."""
    p = np.array(record["attention"])                                    # (K, N)
    K, N = p.shape
    page, text, full = THEMES[theme]
    empty = LinearSegmentedColormap.from_list(theme, [page, full]).resampled(256)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 0.9 + 0.32 * K), facecolor=page)
        axes = figure.add_axes((0.09, 0.5 / (0.9 + 0.32 * K), 0.89, 0.32 * K / (0.9 + 0.32 * K)),
                               facecolor=page)
        axes.pcolormesh(np.arange(-N - 0.5, 0), np.arange(0.5, K + 1),
                        p / p.max(1, keepdims=True), cmap=empty, vmin=0, vmax=1,
                        rasterized=True)
        axes.set(ylim=(K + 0.5, 0.5), yticks=range(1, K + 1), xlabel="position of the word before "
                 "the predicted one", yticklabels=[f"hop {k}" for k in range(1, K + 1)])
        axes.set_title(f"{record['column']}, {record['row']}: average attention, each hop's "
                       "largest being 1", color=text, fontsize=9)
        axes.tick_params(colors=text)
        axes.xaxis.label.set_color(text)
        for spine in axes.spines.values():
            spine.set_color(text)
            spine.set_linewidth(0.5)
        return png_and_svg(figure, "Average attention of each hop")
