"""What of a published table has no record yet: by name, with the hours that it should take."""

from paper_tables.sections import Lines, Section

# Hours of one core for a column with ten restarts, or a language model's row with one: measured
# where there are records, else expected from its first cells or epochs, or from its neighbours.
HOURS = {
    "memn2n_table3_babi_10k": {
        "MemNN strongly supervised": 5, "LSTM": 6, "MemNN-WSH": 1.4, "MemN2N BoW": 2.7,
        "MemN2N PE": 1.1, "MemN2N PE LS": 1.5, "MemN2N PE LS RN": 1.8, "MemN2N PE LS LW RN*": 4,
        "MemN2N 1 hop PE LS joint": 0.9, "MemN2N 2 hops PE LS joint": 1.5,
        "MemN2N 3 hops PE LS joint": 2, "MemN2N PE LS RN joint": 2.1,
        "MemN2N PE LS LW joint": 1.5},
    "memn2n_table2_language_model": {
        "2 hops, memory 100": 2.5, "3 hops, memory 100": 2.6, "4 hops, memory 100": 2.8,
        "5 hops, memory 100": 2.9, "6 hops, memory 100": 3.1, "7 hops, memory 100": 3.3,
        "6 hops, memory 25": 2.6, "6 hops, memory 50": 2.8, "6 hops, memory 75": 2.9,
        "6 hops, memory 125": 3.3, "6 hops, memory 150": 3.4, "7 hops, memory 200": 4},
}

ABOUT = """\
What has no record here, and the hours of one core that it is expected to take with {each} a
cell. Records are kept as they come, so that the same command goes on after a stop:
`python -m replication.{script} --restarts {n} --results results/local {flag} NAME`."""


def section(script, lacking, restarts, flag="--columns"):
    """[Section] of a table's script, or [] where nothing is missing.

    lacking   {name of a column or row: (cells without a record, all its cells)}
    restarts  a cell's; flag: that which takes the name
    """
    lines = [[name, f"{missing} of {of}", f"{HOURS[script][name] * missing / of:.1f}"]
             for name, (missing, of) in lacking.items() if missing]
    if not lines:
        return []
    each = f"{restarts} restart" + "s" * (restarts > 1)
    return [Section("Not run yet", [
        ABOUT.format(script=script, n=restarts, each=each, flag=flag),
        Lines(["what", "cells without a record", "hours"], lines)])]
