"""How long a test waits for what other processes and threads do."""

import time

PATIENCE = 1800   # seconds, against a test that hangs; on a busy machine anything may take long


def wait_until(condition):
    """Until it holds; an AssertionError where that is in vain."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
