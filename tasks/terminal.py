"""Output that ends and prints quietly, whatever reads it."""

import os
import select
import sys
from contextlib import suppress

READER_GONE = 141   # 128 + SIGPIPE, as a shell gives it


def take_any_text():
    """Characters that the encoding of a terminal or file lacks are replaced, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def reader_is_gone():
    """Whether whatever read standard output or error (`| head`) has ended.

    Nothing more is then written, also not at the program's end. False where some other pipe broke.
    """
    gone = False
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):   # no file behind it
            pipe = select.poll()
            pipe.register(stream.fileno(), 0)
            if any(event & select.POLLERR for _, event in pipe.poll(0)):
                gone = True
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return gone
