"""Archives from the network: download, unpack, and install whole or not at all.

All work happens in a temporary folder beside the place where the files end up. pooch does the
downloading, and knows the user's proxies; `Part` is ours, since pooch neither goes on after the
bytes already there nor limits their number or the time.
"""

import os
import shutil
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from tasks.unpack import Archive, FetchError, unpack  # noqa: F401, Archive is what `into` takes

TIMEOUT = 10  # seconds without an answer
DEADLINE = 900  # seconds for one address in all
TRIES = 4  # of one address, each going on where the last one broke off
CHUNK = 2**16


def into(cache, archive, fault):
    """Download, unpack and install an archive as `cache`/`archive.folder`.

    fault(folder) says what is wrong with the unpacked files, or None. The
    addresses are tried in their order. Returns None, or why none of them gave
    the files. Raises OSError where the cache cannot be written.
    """
    reasons = []
    for number, address in enumerate(archive.addresses, start=1):
        part = cache / f"{archive.name}.{number}.part"
        try:
            download(address, part, archive.max_bytes)
            _install(part, cache, archive, fault)
            part.unlink()
            return None
        except FetchError as error:
            reasons.append(f"{urlsplit(address).hostname}: {error}")
    return "; ".join(reasons)


def download(address, path, max_bytes):
    """Bring `address` into the file `path`, going on after the bytes already there."""
    import pooch  # here, because a run whose files are there needs no network
    import requests
    from requests.packages import urllib3
    from tqdm import tqdm

    print(f"downloading {address}", file=sys.stderr, flush=True)
    end = time.monotonic() + DEADLINE
    for _ in range(TRIES):
        with closing(Part(path, max_bytes, end)) as part, tqdm(
                desc=path.name, total=1, unit="B", unit_scale=True, disable=None) as bar:
            before = part.size
            # The bytes as they are: the ranges and sizes are those of the archive itself.
            headers = {"Accept-Encoding": "identity"}
            if before:
                headers["Range"] = f"bytes={before}-"
            try:
                pooch.HTTPDownloader(bar, CHUNK, timeout=TIMEOUT, headers=headers,
                                     hooks={"response": part.begin})(address, part, None)
                if part.total in (None, part.size):
                    return
                reason = f"ended after {part.size} of {part.total} bytes"
            # An answer with broken headers is urllib3's own error, below requests.
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                answer, reason = getattr(error, "response", None), _short(error)
                if before and answer is not None and answer.status_code == 416:
                    if answer.headers.get("Content-Range") == f"bytes */{before}":
                        return  # the part is the whole file already
                    path.unlink()  # the part is not a beginning of this file: start anew
                    continue
        if part.size <= before:  # nothing was gained: another try would not help
            break
    raise FetchError(reason)


class Part:
    """The file of a download, which pooch writes to: it refuses what is too large or too slow.

    size   bytes that it holds
    total  bytes that it will hold, by the answer; None where that does not say
    """

    def __init__(self, path, max_bytes, end):
        self.path, self.max_bytes, self.end = path, max_bytes, end
        self.size = path.stat().st_size if path.exists() else 0
        self.total = self.file = self.response = None

    def begin(self, response, **_):
        """Called with every answer before its bytes are read: do they go on after those here?"""
        if not response.ok or response.is_redirect:
            return
        self.response = response
        response.raw.enforce_content_length = False  # the last bytes before a break are kept too
        begins = response.headers.get("Content-Range", "")
        if response.status_code != 206 or not begins.startswith(f"bytes {self.size}-"):
            self.size = 0
        try:
            length = int(response.headers["Content-Length"])
        except (KeyError, ValueError):
            length = -1
        if length < 0:  # the answer ends where the connection does
            response.headers.pop("Content-Length", None)  # pooch would take it for a number
        self.total = self.size + length if length >= 0 else None
        if (self.total or 0) > self.max_bytes:
            self.path.unlink(missing_ok=True)
            raise FetchError(f"{self.total} bytes, more than the {self.max_bytes} that are "
                             "accepted")
        self.file = open(self.path, "r+b" if self.size else "wb")
        self.file.seek(self.size)
        self.file.truncate()

    def write(self, chunk):
        if self.size + len(chunk) > self.max_bytes:
            self.path.unlink()
            raise FetchError(f"more than the {self.max_bytes} bytes that are accepted")
        self.file.write(chunk)
        self.size += len(chunk)
        if time.monotonic() > self.end:
            raise FetchError(f"slower than {DEADLINE} s")

    def flush(self):
        self.file.flush()

    def close(self):
        for thing in (self.response, self.file):
            if thing is not None:
                thing.close()


def _short(error):
    """One phrase for a failed request: its status, or the first cause of its failure."""
    if getattr(error, "response", None) is not None:
        return f"HTTP status {error.response.status_code}"
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return " ".join(text.split())[:200]


def _install(part, cache, archive, fault):
    """Unpack, check, and put the folder in its place; a bad archive is thrown away."""
    for remains in cache.glob("unpack-*"):  # of a run that was killed; the cache is locked
        shutil.rmtree(remains, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="unpack-", dir=cache) as work:
        new, old = Path(work, "new"), Path(work, "old")
        try:
            unpack(part, new, archive)
            wrong = fault(new)
            if wrong:
                raise FetchError(wrong)
        except FetchError:
            part.unlink()
            raise
        target = cache / archive.folder
        if target.exists():
            os.replace(target, old)
        os.replace(new, target)
