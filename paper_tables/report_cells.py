"""A cell as the report shows it: its figures, its restarts, and what a line opens to."""

import os
from dataclasses import dataclass
from pathlib import Path

from paper_tables import catalogue, drawings, layout
from paper_tables.table import MEASURED
from replication.records.provenance import module_of
from replication.records.record import slug

# What the page that answers has a model of, and how its link names it.
ASKED = {(catalogue.BABI_1K.script, "MemN2N PE LS RN"): "own",
         (catalogue.BABI_1K.script, "MemN2N PE LS RN joint"): "joint"}

STAND_IN = "task-3-"    # begins the mark of records in which something stands in for task 3's file


@dataclass(frozen=True)
class Fact:
    """One thing that a line opens to; href: where it leads, code: whether it is typed so."""
    name: str
    text: str
    href: str = ""
    code: bool = False


@dataclass(frozen=True)
class Line:
    """A cell for the page. Texts are plain, drawings SVG.

    id      the cell's, which links lead to
    name    what its line is called
    column  id of the table's column, which the filter names
    shown   {kind of layout.DETAILS: text}
    status  one of table.STATUSES
    strip, curves, ends    drawings of the restarts, and (training, validation) error at the end
    axes    the drawings.Axes that the curves use
    why     the cell's reason
    record  where its record is; "" without one
    facts   [Fact]
    """
    id: str
    name: str
    column: str
    shown: dict
    status: str
    strip: str = ""
    curves: str = ""
    ends: tuple = ()
    axes: drawings.Axes | None = None
    why: str = ""
    record: str = ""
    facts: tuple = ()


def key(item, *parts):
    """The id of a part of a table's section: of its folder, a column and a row."""
    return "-".join(slug(str(part)) for part in (item.folder.name, *parts))


def paper_of(item):
    """The paper that a table is of, as scripts name it."""
    return item.table.script.partition("_")[0]


def metric_of(item):
    """What a table's figures are, as its records say."""
    metrics = {record.content["metric"].replace(" %", " in %") for record in item.all_records()}
    return ", ".join(sorted(metrics))


def line(item, cell, folder, scale):
    """The Line of a cell. item: table.Judged; folder: that of the page."""
    record = item.record(cell)
    shown = dict(zip(layout.DETAILS, layout.details(cell)))
    parts = {"id": key(item, cell.column, cell.row), "name": layout.line_name(item, cell),
             "shown": shown,
             "column": key(item, cell.column), "status": cell.status,
             "why": item.texts.get((cell.column, cell.row), "")}
    if record is None:
        return Line(**parts)
    parts |= {"strip": drawings.strip(cell, record.figures.tolist(), scale),
              "record": link(record.path, folder),
              "facts": tuple(_facts(item, cell, record, folder))}
    curves = record.curves()
    if not {"train_error", "valid_error"} <= curves.keys():
        return Line(**parts)
    train, valid = (drawings.spread(curves[name]) for name in ("train_error", "valid_error"))
    return Line(**parts, curves=drawings.curves(train, valid),
                axes=drawings.Axes.around(train, valid), ends=(train[1, -1], valid[1, -1]))


def _facts(item, cell, record, folder):
    """What a line opens to."""
    content, checkpoint = record.content, record.content["checkpoint"]
    yield Fact("record", record.path.name, link(record.path, folder))
    if not record.averaged:
        stored = checkpoint and link(record.path.with_name(checkpoint["file"]), folder)
        yield Fact("checkpoint", checkpoint["file"] if stored else "none", stored or "")
        chosen = f"seed {record.selected['seed']}" if record.selected else "none"
        yield Fact("selected", f"{chosen}, by {content['selection']}")
    yield Fact("protocol", settings(content["protocol"]))
    command, more = _command(item, cell, record)
    yield Fact("command", command + more, code=True)
    if cell.measured:
        yield Fact("parts measured", ", ".join(
            f"{MEASURED[name]} {layout.figure(value, 2)}" for name, value in cell.measured.items()))
    asked = ASKED.get((item.table.script, cell.column))
    if checkpoint and asked and item.own:
        yield Fact("ask the model", "its stories, its attention",
                   f"ask.html#task={cell.row}&model={asked}")


def _command(item, cell, record):
    """The command that runs a record's cell again, and the flags after the results folder."""
    seeds, column = record.seeds, cell.column.removeprefix("MemN2N ")
    tasks = f" --tasks {cell.row}" if isinstance(cell.row, int) else ""
    seed = f" --seed {seeds[0]}" if seeds[0] else ""
    mark = record.content["experiment"].partition("@")[2]
    data = {"": "", "simulated": " --source simulated"}.get(mark, f" --folder {mark}")
    if mark.startswith(STAND_IN):
        data = f" --task-3 {mark.removeprefix(STAND_IN)}"
    return (f'python -m {module_of(item.table.script)} --columns "{column}"{tasks} --restarts '
            f"{len(seeds)}{seed}{data}", " --results results/local")


def settings(protocol):
    """A protocol as plain text, protocols within it in brackets."""
    return ", ".join(f"{name} ({settings(value)})" if isinstance(value, dict)
                     else f"{name} {value}" for name, value in protocol.items())


def link(path, folder):
    return Path(os.path.relpath(path, folder)).as_posix()
