"""Archives from the network: download, unpack, and install whole or not at all.

An archive is taken for hostile until it is unpacked and its files are checked:
its size is limited, only plain files and folders under the archive's own
paths are accepted, and all work happens in a temporary folder beside the place
where the files end up.
"""

import errno
import http.client
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from tqdm import tqdm

TIMEOUT = 10  # seconds without an answer
DEADLINE = 900  # seconds for one address in all
TRIES = 4  # of one address, each going on where the last one broke off
CHUNK = 2**16
# Faults of the disk; any other OSError while unpacking is the archive's (bad gzip, odd paths).
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class Archive:
    """One official archive.

    name          its file name
    addresses     where it can be had, the first choice first
    inside        the folder inside the archive that is wanted
    folder        the name of that folder under the data root
    max_bytes     largest archive that is accepted; max_unpacked and max_members likewise
    """
    name: str
    addresses: tuple
    inside: str
    folder: str
    max_bytes: int
    max_unpacked: int
    max_members: int


class FetchError(Exception):
    """An address did not give the archive: one short reason."""


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


def download(address, part, max_bytes):
    """Bring `address` into the file `part`, going on after the bytes already there."""
    print(f"downloading {address}", file=sys.stderr, flush=True)
    end = time.monotonic() + DEADLINE
    reason = "no answer"
    for _ in range(TRIES):
        before = _size(part)
        try:
            return _attempt(address, part, max_bytes, end)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError,
                ConnectionError) as error:
            reason = _short(error)
        if _size(part) <= before:  # nothing was gained: another try would not help
            break
    raise FetchError(reason)


def _attempt(address, part, max_bytes, end):
    """One request. Raises ConnectionError for an answer that ends early."""
    done = _size(part)
    request = urllib.request.Request(address, headers={"Accept-Encoding": "identity"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not done:
            raise
        if error.headers.get("Content-Range") == f"bytes */{done}":
            return  # the part is the whole file already
        part.unlink()  # the part is not a beginning of this file: start anew
        return _attempt(address, part, max_bytes, end)
    with response:
        if done and not _goes_on(response, done):
            done = 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        if (total or 0) > max_bytes:
            part.unlink(missing_ok=True)
            raise FetchError(f"{total} bytes, more than the {max_bytes} that are accepted")
        _receive(response, part, done, total, max_bytes, end)


def _goes_on(response, done):
    """Whether the answer holds the bytes from `done` on, and not the whole file again."""
    said = response.headers.get("Content-Range", "")
    return response.status == 206 and said.startswith(f"bytes {done}-")


def _receive(response, part, done, total, max_bytes, end):
    with open(part, "r+b" if done else "wb") as file, \
            tqdm(desc=part.name, initial=done, total=total, unit="B", unit_scale=True,
                 disable=None) as bar:
        file.seek(done)
        file.truncate()
        while chunk := _read(response):
            done += len(chunk)
            if done > max_bytes:
                break
            file.write(chunk)
            bar.update(len(chunk))
            if time.monotonic() > end:
                raise FetchError(f"slower than {DEADLINE} s")
    if done > max_bytes:
        part.unlink()
        raise FetchError(f"more than the {max_bytes} bytes that are accepted")
    if total is not None and done != total:
        raise ConnectionError(f"ended after {done} of {total} bytes")


def _read(response):
    """The next bytes. Every fault of the network is a ConnectionError, apart from the disk's."""
    try:
        return response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(_short(error)) from None


def _short(error):
    """One phrase for a failed request."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    if isinstance(error, urllib.error.URLError):
        error = error.reason
    return str(getattr(error, "strerror", None) or error) or type(error).__name__


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _install(part, cache, archive, fault):
    """Unpack, check, and put the folder in its place; a bad archive is thrown away."""
    for left in cache.glob("unpack-*"):  # of a run that was killed; the cache is locked
        shutil.rmtree(left, ignore_errors=True)
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


def unpack(path, target, archive):
    """Unpack the wanted folder of a tar or zip archive into the new folder `target`.

    Refuses the whole archive, with FetchError, if any member has a path that
    is absolute or climbs up, or is something other than a plain file or a
    folder, or if its members are too many or too large.
    """
    target.mkdir()
    members = _zip_members if archive.name.endswith(".zip") else _tar_members
    n_members = n_bytes = 0
    try:
        for member in members(path):
            n_members += 1
            n_bytes += member.size
            _refuse(member, n_members, n_bytes, archive)
            relative = _relative(member, archive.inside)
            if member.is_file and relative:
                _write(member, relative, target)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, UnicodeError,
            NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{archive.name} is damaged ({error})") from None
    except OSError as error:
        if error.errno in DISK_ERRORS:
            raise
        raise FetchError(f"{archive.name} is damaged ({error})") from None


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; open() gives its bytes as a file."""
    name: str
    size: int
    is_file: bool
    is_folder: bool
    open: Callable


def _tar_members(path):
    with tarfile.open(path, "r:gz") as tar:
        for info in tar:
            yield _Member(info.name, info.size, info.isreg(), info.isdir(),
                          partial(_extract, tar, info, path.parent))


def _extract(tar, info, folder):
    if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later; a second opinion
        tarfile.data_filter(info, str(folder))
    return tar.extractfile(info)


def _zip_members(path):
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where it was not made on Unix
            folder = info.is_dir()
            yield _Member(info.orig_filename, info.file_size,
                          not folder and kind in (0, stat.S_IFREG),
                          folder and kind in (0, stat.S_IFDIR), partial(archive.open, info))


def _refuse(member, n_members, n_bytes, archive):
    parts = PurePosixPath(member.name).parts
    name = ascii(member.name[:80])
    if member.name.startswith("/") or ".." in parts or "\\" in member.name or "\0" in member.name:
        raise FetchError(f"{archive.name} has a member with an unsafe path, {name}")
    if not (member.is_file or member.is_folder):
        raise FetchError(f"{archive.name} has a member that is no plain file or folder, {name}")
    if n_members > archive.max_members:
        raise FetchError(f"{archive.name} has more than {archive.max_members} members")
    if n_bytes > archive.max_unpacked:
        raise FetchError(f"{archive.name} is larger than {archive.max_unpacked} bytes unpacked")


def _relative(member, inside):
    """A member's path under the wanted folder, or None for one outside it."""
    path = PurePosixPath(member.name)
    if not path.is_relative_to(inside) or path == PurePosixPath(inside):
        return None
    return path.relative_to(inside)


def _write(member, relative, target):
    """Write one plain file. Nothing of the member but its bytes is taken over."""
    path = target / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as content, open(path, "wb") as file:
        shutil.copyfileobj(content, file)
