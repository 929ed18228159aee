"""Whether a checkpoint is the one that a record names."""

from replication.records import files as stored_files, record as results
from tasks.errors import UserError

MISSING, OTHER = "missing", "not the one its record names"


def fault(folder, checkpoint):
    """What is wrong with a checkpoint, {file, sha256} of a record in this folder; None: nothing."""
    digest = stored_files.sha256(folder / checkpoint["file"])
    if digest == checkpoint["sha256"]:
        return None
    return MISSING if digest is None else OTHER


def check(file, digest, record):
    """Raises UserError where a file is there and has another SHA-256 than `record`'s, a name."""
    if stored_files.sha256(file) not in (None, digest):
        raise UserError(f"{file}: not the checkpoint that {record} names; restore both")


def read(path):
    """(the record in a file, the file of the checkpoint that it names). UserError as `file_of`."""
    record = results.read(path)
    return record, file_of(path, record)


def file_of(path, record):
    """The file of the checkpoint that a record, read from `path`, names.

    Raises UserError where it names none, or the file is another. Whether there is one is for those
    to say who open it.
    """
    if record["checkpoint"] is None:
        raise UserError(f"{path}: all its restarts diverged, so that it has no model")
    file = path.parent / record["checkpoint"]["file"]
    check(file, record["checkpoint"]["sha256"], path.name)
    return file
