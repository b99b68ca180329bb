"""Bytes to text: encodings strictly decoded, and the byte named where that fails."""

from __future__ import annotations

import codecs
import gzip
import io
import re
from pathlib import Path
from typing import BinaryIO, TextIO

from kamlib.checks import KamError
from kamlib.data.read.raw import Place

BLOCK_BYTES = 1 << 22
CANDIDATES = ("utf-8", "gb18030", "big5", "cp1252")
_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "big5": "Big5", "cp1252": "Windows-1252", "utf-16": "UTF-16"}


def open_bytes(path: Path) -> BinaryIO:
    """Open a file, unpacked if its name ends in .gz."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a file as text; line ends stay as they are, a byte order mark is dropped."""
    return io.TextIOWrapper(open_bytes(path), encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def bytes_problem(place: Place) -> KamError | None:
    """Return what is wrong with a file's bytes: KAM-F01 with line and offset of the first wrong byte, KAM-F06 for a NUL."""
    encoding, offset, lines = place.dialect.encoding, 0, 0
    wide = encoding.startswith(("utf-16", "utf-32"))
    try:
        with open_bytes(place.path) as file:
            while block := file.read() if wide else file.read(BLOCK_BYTES) + file.readline():
                if encoding in _MARKS and not block.startswith(_MARKS[encoding]):
                    why = f"has no byte order mark, without which {encoding} can be read in two ways"
                    return place.problem("KAM-F01", why, f"set {{setting}}.encoding: {encoding}-le, or export it again as UTF-8", line=1)
                try:
                    block.decode(encoding)
                except UnicodeDecodeError as error:
                    return _undecodable(place, block, error.start, offset, lines)
                if not wide and b"\0" in block:
                    line = lines + block[: block.index(b"\0")].count(b"\n") + 1
                    return place.problem("KAM-F06", "has a NUL byte, so it is no text or was cut off", "export it again", line=line)
                offset, lines = offset + len(block), lines + block.count(b"\n")
    except (EOFError, gzip.BadGzipFile) as error:
        return place.problem("KAM-F06", f"is not a whole gzip file ({error})", "copy or pack it again")
    return None


def _undecodable(place: Place, block: bytes, start: int, offset: int, lines: int) -> KamError:
    line = lines + block[:start].count(b"\n") + 1
    declared = _NAMES.get(place.dialect.encoding, place.dialect.encoding)
    why = f"byte offset {offset + start} (0x{block[start]:02x}) is not {declared}"
    found = _readable(block, place.dialect.encoding)
    if not found:
        return place.problem("KAM-F01", f"{why}, nor any encoding tried", "export it again as UTF-8", line=line)
    also = f" (also as {_NAMES[found[1]]}: compare the names)" if len(found) > 1 else ""
    return place.problem("KAM-F01", f"{why}; it decodes as {_NAMES[found[0]]}{also}", f"set {{setting}}.encoding: {found[0]}", line=line)


def _readable(block: bytes, declared: str) -> list[str]:
    """Return the encodings that fit: a Western one only where accented letters stand alone, as in no Chinese text."""
    if block[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ["utf-16"]
    runs = re.findall(rb"[\x80-\xff]+", block)
    western = sum(len(run) == 1 for run in runs) * 2 > len(runs)
    tried = [name for name in CANDIDATES if name != declared and (name == "cp1252") <= western]
    found = [name for name in tried if _decodes(block, name)]
    return sorted(found, key=lambda name: (name != "utf-8", (name == "cp1252") != western, tried.index(name)))[:2]


def _decodes(block: bytes, encoding: str) -> bool:
    try:
        block.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
