"""The report page taken apart, for its tests."""

from html.parser import HTMLParser

from paper_tables import tables

HERE = tables.ROOT / "paper_tables"
VOID = {"meta", "link", "br", "path", "rect", "circle", "use"}


class Page(HTMLParser):
    """The page taken apart: ids, links, tags, and tables as rows of cells.

    rows   [(table's class, table's record, row's attributes, [(cell's class, text)])]
    drawn  {number of a row: {class: a path's text, or where a rectangle begins and ends}}
    marks  [(attributes of a mark of the overview, its title, its bar as text, its place)]
    """

    def __init__(self, text):
        super().__init__()
        self.key = None
        self.ids, self.links, self.tags, self.rows, self.open = [], [], [], [], []
        self.tables, self.cell, self.drawn, self.bold, self.marks = [], None, {}, {}, []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.append((tag, named))
        if "id" in named:
            self.ids.append(named["id"])
        self.links += [named[key] for key in ("href", "src") if key in named]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append(named)
        elif tag == "tr":
            self.rows.append((self.tables[-1].get("class"), self.tables[-1].get("data-record"),
                              named, []))
        elif tag in ("td", "th"):
            self.cell = [named.get("class"), ""]
            self.rows[-1][3].append(self.cell)
        elif tag == "a" and "mark" in named.get("class", "").split():
            self.marks.append([named, "", "", None])
        elif tag == "use" and "x" in named:
            self.marks[-1][3] = float(named["x"]), float(named["y"])
        elif tag == "path" and named.get("class") == "bar":
            self.marks[-1][2] = named["d"]
        elif tag == "path" and self.rows and named.get("class"):
            self.drawn.setdefault(len(self.rows) - 1, {})[named["class"]] = named["d"]
        elif tag == "rect":
            ends = float(named["x"]), float(named["x"]) + float(named["width"])
            self.drawn.setdefault(len(self.rows) - 1, {})[named["class"]] = ends
        elif tag == "b" and self.rows and named.get("class"):
            self.bold[len(self.rows) - 1, named["class"]] = ""
        self.key = (len(self.rows) - 1, named.get("class")) if tag == "b" else None

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
        if self.open[-1:] == ["title"] and self.marks:
            self.marks[-1][1] += data

    def texts(self, kind):
        """The texts of every row of the tables of a class."""
        return [[text for _, text in cells] for which, _, _, cells in self.rows
                if kind in (which or "").split()]

    def cells(self):
        """{record path: (number of its row, {class: text})} of every line of a cell."""
        return {named["data-record"]: (i, dict(cells))
                for i, (which, _, named, cells) in enumerate(self.rows)
                if "judged" in (which or "").split() and "data-record" in named}

    def row_of(self, key):
        """The number of the row with an id; None without one."""
        return next((i for i, row in enumerate(self.rows) if row[2].get("id") == key), None)
