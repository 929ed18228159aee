"""The report page taken apart, for its tests."""

from html.parser import HTMLParser

from paper_tables import tables

HERE = tables.ROOT / "paper_tables"
VOID = {"meta", "link", "br", "path", "rect"}


class Page(HTMLParser):
    """The page taken apart: ids, links, tags, and tables as rows of cells.

    rows   [(table's class, table's record, row's attributes, [(cell's class, text)])]
    drawn  {number of a row: {class: a path's text, or where a rectangle begins and ends}}
    """

    def __init__(self, text):
        super().__init__()
        self.key = None
        self.ids, self.links, self.tags, self.rows, self.open = [], [], [], [], []
        self.tables, self.cell, self.drawn, self.bold = [], None, {}, {}
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        self.links += [given[key] for key in ("href", "src") if key in given]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append(given)
        elif tag == "tr":
            self.rows.append((self.tables[-1].get("class"), self.tables[-1].get("data-record"),
                              given, []))
        elif tag in ("td", "th"):
            self.cell = [given.get("class"), ""]
            self.rows[-1][3].append(self.cell)
        elif tag == "path" and self.rows and given.get("class"):
            self.drawn.setdefault(len(self.rows) - 1, {})[given["class"]] = given["d"]
        elif tag == "rect":
            ends = float(given["x"]), float(given["x"]) + float(given["width"])
            self.drawn.setdefault(len(self.rows) - 1, {})[given["class"]] = ends
        elif tag == "b" and self.rows and given.get("class"):
            self.bold[len(self.rows) - 1, given["class"]] = ""
        self.key = (len(self.rows) - 1, given.get("class")) if tag == "b" else None

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.key = None
        if tag in ("td", "th"):
            self.cell = None

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data
        if self.key in self.bold:
            self.bold[self.key] += data


def cells_of(page, kind="judged"):
    """{record path: (number of its row, {class: text})} of every cell in tables of a class."""
    return {attributes["data-record"]: (i, dict(cells))
            for i, (which, _, attributes, cells) in enumerate(page.rows)
            if which == kind and "data-record" in attributes}
