"""A text file as its lines; anything else is named for what it is, in one line."""

import re
from pathlib import Path

from tasks.errors import UserError

# How files begin that are no text, and what they are.
PACKED = {b"\x1f\x8b": "a gzip file", b"BZh": "a bzip2 file", b"\xfd7zXZ\0": "an xz file",
          b"PK\x03\x04": "a zip file", b"(\xb5/\xfd": "a zstd file", b"7z\xbc\xaf": "a 7z file"}
TAR = 257, b"ustar"
WIDE = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16",
        b"\xfe\xff": "UTF-16"}   # by their byte order marks, the longer ones first
# Ends of lines of other systems; one of Unicode's is one where a number follows.
OTHER_ENDS = {"CR": "\r", "U+0085": "\x85(?=[0-9])", "U+2028": "\u2028(?=[0-9])",
              "U+2029": "\u2029(?=[0-9])"}


def lines(path):
    """The lines of a UTF-8 file without their ends, LF or CRLF; byte order marks are left out.

    Only LF ends a line: str.splitlines would also cut at form feeds and at
    separators of Unicode that may stand inside a sentence. Raises UserError for
    a file that cannot be read, is packed, or is not UTF-8 text.
    """
    text = _text(path, _content(path))
    if "\n" not in text:
        for name, end in OTHER_ENDS.items():
            if re.search(end, text):
                raise UserError(f"{path}: its lines end in {name} alone; save it with line ends "
                                "LF or CRLF")
    # Files that were put together with cat have marks inside.
    parts = [line.rstrip("\r").lstrip("\ufeff") for line in text.split("\n")]
    if parts[-1] == "":
        parts.pop()
    return parts


def of_stream(stream, name):
    """The lines of a binary stream as they come, without their ends and byte order marks."""
    for number, line in enumerate(stream, start=1):
        yield of_line(line, name, number).rstrip("\r\n").lstrip("\ufeff")


def of_line(line, name, number):
    """One line of a file or stream, bytes -> text. UserError with its place."""
    if number == 1:
        _refuse_other(name, line)
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(f"{name}, line {number}", error.start + 1) from None


def not_utf8(where, byte):
    """The UserError for a text in another encoding."""
    return UserError(f"{where}: byte {byte} is not UTF-8 text; save the file as UTF-8, if it is "
                     "text")


def _content(path):
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise UserError(f"{path}: cannot be read (Is a directory); name a file in it") from None
    except (OSError, ValueError) as error:     # ValueError: a NUL in the name
        raise UserError(f"{path}: cannot be read ({getattr(error, 'strerror', error)}); check "
                        "its path") from None


def _refuse_other(path, content):
    """UserError for what begins as no UTF-8 text does."""
    packed = next((name for begin, name in PACKED.items() if content.startswith(begin)), None)
    place, mark = TAR
    if content.startswith(mark, place):
        packed = "a tar file"
    if packed:
        raise UserError(f"{path}: {packed}, not UTF-8 text; unpack it, and give the file that is "
                        "inside")
    wide = next((name for begin, name in WIDE.items() if content.startswith(begin)), None)
    if wide or 4 * content.count(b"\0") > len(content):
        raise UserError(f"{path}: {wide or 'UTF-16'}, not UTF-8 text; save it as UTF-8")


def _text(path, content):
    _refuse_other(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        *before, last = error.object[:error.start].split(b"\n")
        raise not_utf8(f"{path}, line {len(before) + 1}", len(last)) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}, line {line}: a NUL character, which no text has; the file is "
                        "damaged")
    return text
