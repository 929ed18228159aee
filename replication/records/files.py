"""Files that are there whole or not at all: atomic writes, curves, checkpoints.

The same content gives the same bytes, so that two runs can be compared file
by file.
"""

import hashlib
import io
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import safetensors.numpy


def write(path, content):
    """Replaces a file's content (bytes) in one step; on any error the old file stays as it was."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_UMASK)  # mkstemp makes it private to the user
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None  # the file that the user knows
        raise


def _current_umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


_UMASK = _current_umask()


def sha256(path):
    """Digest of a file; None where there is no such file."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def curves_to_bytes(seeds, curves):
    """A compressed .npz: `seed` (R,) and each curve (R, epochs).

    Losses and errors are kept as float16 (three digits, enough to draw), costs, by which
    rates are cut, as float32, counts as uint16.
    """
    arrays = {"seed": np.asarray(seeds, dtype=np.uint32)}
    for name in sorted(curves):
        curve = np.asarray(curves[name])
        with np.errstate(over="ignore"):  # a diverging loss beyond 65504 becomes inf
            digits = np.float32 if "cost" in name.split("_") else np.float16
            arrays[name] = curve.astype(np.uint16 if curve.dtype.kind in "iu" else digits)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def stacked(stored, new):
    """Rows of a stored curve and of a new one, as the stored one's type; (R, epochs) each."""
    with np.errstate(over="ignore"):
        return np.concatenate([stored, np.asarray(new).astype(stored.dtype)])


def read_curves(path, seeds):
    """The curves of these seeds, in this order: name -> array (R, epochs).

    The file may hold more seeds than asked: a run that is killed after writing
    the curves, and before the record, leaves such a file. Raises OSError,
    ValueError or KeyError for a file that is missing, damaged or without a seed.
    """
    with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as stored:
        row = {int(seed): i for i, seed in enumerate(stored["seed"])}
        rows = [row[seed] for seed in seeds]
        return {name: stored[name][rows] for name in stored.files if name != "seed"}


def checkpoint_to_bytes(weights, metadata):
    """A safetensors file of weights (name -> array) with metadata (str -> str)."""
    arrays = {name: np.ascontiguousarray(weights[name]) for name in sorted(weights)}
    content = safetensors.numpy.save(arrays, metadata=metadata)
    # The library writes the metadata in another order each time. The format is 8 bytes with the
    # header's length, the header as JSON, the data: write the same header again, sorted.
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the data stay aligned
    return len(text).to_bytes(8, "little") + text + content[8 + length:]
