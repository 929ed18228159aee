"""The published tables as they are typed: paper_tables/published/*.csv, one file a table."""

import csv

from replication.records.provenance import ROOT
from tasks.errors import UserError

FOLDER = ROOT / "paper_tables" / "published"


def rows(table):
    """The lines of one published table, as dicts of text. UserError if it is not there."""
    path = FOLDER / f"{table}.csv"
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it with git") from None


def names(table):
    """Everything that columns, rows and tasks of a table are called."""
    lines = rows(table)
    texts = {text for line in lines for text in (*line, *line.values())}
    return texts | {language_model_row(line) for line in lines if line.get("hops")}


def language_model_row(line):
    """What a line of MemN2N's Table 2 is called as a row of records."""
    return f"{line['hops']} hops, memory {line['memory']}"
