"""Write simulated bAbI tasks, or compare the simulators with the official files.

    python -m tasks.generators --tasks 1 2 --train 1000 --test 1000 --seed 0 --out DIR
    python -m tasks.generators --compare DATA [--tasks N...] [--json FILE]

The first makes DIR, a data root with the official layout (DIR/tasks_1-20_v1-2/en/...)
and DIR/generator.json. The second prints how far simulated files are from the
official ones under DATA, as a table; exit status 0 only if every one is within
bounds.
"""

import argparse
import sys

from tasks.babi import TASK_NAMES
from tasks.errors import UserError
from tasks.generators import compare
from tasks.generators.simulate import write_dataset


def main(arguments=None):
    """The command line; returns the exit status."""
    options = _parse(arguments)
    try:
        if options.compare is not None:
            return _compare(options)
        record = write_dataset(options.out, options.tasks, options.train, options.test,
                               options.seed, options.force, options.folder)
    except UserError as error:
        print(f"tasks.generators: {error}", file=sys.stderr)
        return 2
    print(f"{options.out}: {len(record['tasks'])} tasks, {options.train} training and "
          f"{options.test} test questions each, generator {record['version']}, "
          f"seed {options.seed}")
    return 0


def _compare(options):
    report = compare.compare(options.compare, options.tasks, options.seed)
    print(compare.table(report))
    if options.json is not None:
        compare.write_json(report, options.json)
    return 0 if all(task["within"] for task in report["tasks"]) else 1


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m tasks.generators", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", metavar="DIR", help="the data root to make")
    what.add_argument("--compare", metavar="DATA", help="the data root of the official files")
    parser.add_argument("--tasks", type=int, nargs="+", metavar="N", default=list(TASK_NAMES),
                        help="tasks, 1 to 20 (default: all)")
    parser.add_argument("--train", type=int, default=1000, metavar="N",
                        help="training questions a task (default 1000)")
    parser.add_argument("--test", type=int, default=1000, metavar="N",
                        help="test questions a task (default 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="default 0")
    parser.add_argument("--folder", choices=("en", "en-10k"), default="en",
                        help="name of the folder of the task files (default en)")
    parser.add_argument("--force", action="store_true",
                        help="replace DIR if it holds simulated tasks")
    parser.add_argument("--json", metavar="FILE",
                        help="with --compare: also write all numbers to FILE")
    options = parser.parse_args(arguments)
    if options.json is not None and options.compare is None:
        parser.error("--json goes with --compare")
    return options


if __name__ == "__main__":
    sys.exit(main())
