"""Archives are unpacked whole or not at all, and are taken for hostile until they are.

Only plain files and folders under an archive's own paths are accepted, in bounded number and size.
tarfile's data filter does the unpacking; `Check` is ours, since the filter mends a strange path or
lets a link pass where this refuses the whole archive, and counts nothing; zipfile has no filter.
"""

import errno
import stat
import tarfile
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

# Faults of the disk; any other OSError while unpacking is the archive's (bad gzip, odd paths).
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
# Python 3.11.4 and later have the filter; before, `Check` is alone.
FILTER = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


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


def unpack(path, target, archive):
    """Unpack the wanted folder of a tar or zip archive into the new folder `target`.

    Refuses the whole archive, with FetchError, if any member has a path that
    is absolute or climbs up, or is something other than a plain file or a
    folder, or if its members are too many or too large.
    """
    target.mkdir()
    try:
        if archive.name.endswith(".zip"):
            with zipfile.ZipFile(path) as file:
                file.extractall(target, _zip_members(file, Check(archive)))
        else:
            with tarfile.open(path, "r:gz") as file:
                file.extractall(target, _tar_members(file, Check(archive)), **FILTER)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, UnicodeError,
            NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{archive.name} is damaged ({error})") from None
    except OSError as error:
        if error.errno in DISK_ERRORS:
            raise
        raise FetchError(f"{archive.name} is damaged ({error})") from None


def _tar_members(file, check):
    """The wanted members, one by one, each checked before it is unpacked."""
    for info in file:
        name = check(info.name, info.size, info.isreg(), info.isdir())
        if name:
            # Nothing of a member but its bytes is taken over.
            info.name, info.mode, info.mtime = name, 0o644, time.time()
            yield info


def _zip_members(file, check):
    for info in file.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where it was not made on Unix
        folder = info.is_dir()
        name = check(info.orig_filename, info.file_size, not folder and kind in (0, stat.S_IFREG),
                     folder and kind in (0, stat.S_IFDIR))
        if name:
            info.filename = name
            yield info


class Check:
    """Counts an archive's members as they come, and refuses it whole for an unsafe one."""

    def __init__(self, archive):
        self.archive, self.members, self.bytes = archive, 0, 0

    def __call__(self, name, size, is_file, is_folder):
        """The path under the target of a file that is wanted, else None."""
        self.members += 1
        self.bytes += size
        path, archive, text = PurePosixPath(name), self.archive, ascii(name[:80])
        if name.startswith("/") or ".." in path.parts or "\\" in name or "\0" in name:
            raise FetchError(f"{archive.name} has a member with an unsafe path, {text}")
        if not (is_file or is_folder):
            raise FetchError(f"{archive.name} has a member that is no plain file or folder, "
                             f"{text}")
        if self.members > archive.max_members:
            raise FetchError(f"{archive.name} has more than {archive.max_members} members")
        if self.bytes > archive.max_unpacked:
            raise FetchError(f"{archive.name} is larger than {archive.max_unpacked} bytes unpacked")
        if not is_file or not path.is_relative_to(archive.inside) or path == PurePosixPath(
                archive.inside):
            return None
        return str(path.relative_to(archive.inside))
