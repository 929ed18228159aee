"""What of a published table has no record yet: by name, with the hours that it should take."""

from paper_tables.sections import Lines, Section
from replication.running.costs import HOURS

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
