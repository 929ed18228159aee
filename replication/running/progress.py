"""Progress in cells of the table: a bar on a terminal, one line a finished cell in a log."""

import sys
import time

from tqdm import tqdm


def counted(count, noun):
    """3 cells, 1 cell."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


class Progress:
    """Shows on standard error how many of `total` cells are complete, `done` of them already."""

    def __init__(self, total, done):
        self.total, self.done, self.begun = total, done, time.monotonic()
        self.blocks = 0     # of restarts, that this run has kept
        self.bar = tqdm(total=total, initial=done, unit="cell", file=sys.stderr, leave=False,
                        disable=not sys.stderr.isatty())

    def __enter__(self):
        self.say(f"{counted(self.total, 'cell')}: {self.done} already there, "
                 f"{self.total - self.done} to train")
        return self

    def __exit__(self, kind, error, trace):
        self.bar.close()
        if isinstance(error, KeyboardInterrupt):
            error.kept = (f"{self.blocks} blocks of restarts of this run are complete, "
                          "and kept" if self.blocks else
                          "no block of restarts of this run is complete yet")

    def say(self, line):
        """One line, above the bar where there is one."""
        tqdm.write(line, file=sys.stderr)
        sys.stderr.flush()

    def step(self, text):
        """A part of a cell is done: shown beside the bar, left out of a log."""
        self.bar.set_postfix_str(text)

    def finish(self, cell, recorded):
        """A cell is complete."""
        self.done += 1
        self.bar.update()
        value, count = recorded.value, len(recorded.seeds)
        text = "no value (all restarts diverged)" if value is None else f"{value:.4g}"
        partial = ", partial" if recorded.partial else ""
        self.say(f"[{self.done}/{self.total}] {cell.name}: {cell.metric}: {text} "
                 f"({counted(count, 'restart')}{partial}, {recorded.seconds:.0f} s; "
                 f"{time.monotonic() - self.begun:.0f} s since the start)")
