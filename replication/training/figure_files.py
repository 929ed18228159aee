"""Figures as files: the same drawing gives the same bytes with the same matplotlib."""

import io

import matplotlib

matplotlib.use("Agg")


def style(name, size):
    """The settings of a figure, with its size of letters; its name makes the ids of the SVG."""
    return {"svg.fonttype": "none", "svg.hashsalt": name, "font.size": size,
            "font.family": "DejaVu Sans", "savefig.dpi": 110}


def png_and_svg(figure, title):
    """(PNG, SVG) as bytes of a matplotlib Figure."""
    contents = []
    for kind, metadata in (("png", {"Software": None}),
                           ("svg", {"Date": None, "Creator": None, "Title": title})):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, metadata=metadata, facecolor=figure.get_facecolor())
        contents.append(buffer.getvalue())
    return tuple(contents)
