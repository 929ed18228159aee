"""Draws records of attention: a panel a task, a row a statement, a column a hop."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from replication.training.figure_files import png_and_svg, style

ROW = 0.185     # inches
WIDTH = 9.0
HEAD, FOOT = 2, 2   # rows above and below a panel's statements
LEFT, CELL = 0.62, 0.115  # where the hops begin and how wide one is, as a share of the width
COLOUR = (0.12, 0.36, 0.62)
STYLE = style("attention", 8)


def draw(records):
    """(PNG, SVG) as bytes, of the records of some tasks, from top to bottom."""
    with matplotlib.rc_context(STYLE):
        rows = [HEAD + len(_rows(record["example"])) + FOOT for record in records]
        figure = Figure(figsize=(WIDTH, ROW * (sum(rows) + 1)))
        axes = figure.add_axes((0.01, 0.0, 0.98, 1.0))
        axes.set(xlim=(0, 1), ylim=(sum(rows) + 0.5, -0.5))
        axes.set_axis_off()
        top = 0
        for record, height in zip(records, rows):
            _panel(axes, record, top)
            top += height
        return png_and_svg(figure, "Attention of each hop, by task")


def _rows(example):
    """(supporting fact?, text, attention of each hop) of each line of a panel."""
    lines = [(s["support"], s["text"], s["attention"]) for s in example["statements"]]
    if max(example["empty"]) >= 0.005:
        lines.append((False, "(empty memory)", example["empty"]))
    return lines


def _panel(axes, record, top):
    example, hops = record["example"], len(record["example"]["empty"])
    axes.text(0, top + 0.5, f"Task {record['task']}: {record['name']}", weight="bold", va="center")
    axes.text(LEFT - 0.015, top + 1.4, "supporting", va="center", ha="right", color="0.35")
    for k in range(hops):
        axes.text(LEFT + CELL * (k + 0.5), top + 1.4, f"hop {k + 1}", ha="center", va="center",
                  color="0.35")
    rows = _rows(example)
    for i, (support, text, attention) in enumerate(rows):
        y = top + HEAD + i
        axes.text(0, y + 0.5, text, va="center", weight="bold" if support else "normal")
        axes.text(LEFT - 0.015, y + 0.5, "yes" if support else "", va="center", ha="right",
                  weight="bold")
        for k in range(hops):
            value = attention[k] if attention else 0.0
            axes.add_patch(Rectangle((LEFT + CELL * k, y + 0.04), CELL * 0.96, 0.92,
                                     facecolor=(*COLOUR, value), edgecolor="0.85", linewidth=0.5))
            axes.text(LEFT + CELL * (k + 0.48), y + 0.5, f"{value:.2f}" if attention else "–",
                      ha="center", va="center", color="white" if value > 0.55 else "black")
    right = "right" if example["prediction"] == example["answer"] else "wrong"
    axes.text(0, top + HEAD + len(rows) + 0.6, f"{example['question']}   answer: "
              f"{example['answer']}   prediction: {example['prediction']} "
              f"({example['probability']:.2f}, {right})", va="center", style="italic")
