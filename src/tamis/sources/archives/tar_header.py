"""Headers of a TAR archive: POSIX.1-2001 ustar and pax, GNU long names and sparse files.

They are read from a stream that only goes forward, in bounded memory whatever they state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tamis.errors import DecodeError
from tamis.model import FileState
from tamis.sources.archives.member import LARGEST, Problem, broken, link, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_ZEROS = bytes(BLOCK)
_LONGEST_HEADER = 1 << 20
_LONGEST_GAP = 1 << 20
_FIELDS = (b"path", b"linkpath", b"size", b"mtime", b"GNU.sparse.name")
_SPARSE = b"GNU.sparse."
_LINKS = {b"1": "hard_link", b"2": "symlink"}
_SPECIAL = {b"3": "device", b"4": "device", b"6": "fifo"}
_FOLDER, _DUMP, _LABEL, _OLD_SPARSE = b"5", b"D", b"V", b"S"


class Forward(Protocol):
    """Bytes that can be read or passed over once, from first to last."""

    position: int

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""

    def skip_to(self, position: int) -> bool:
        """Pass over the bytes up to `position`; False if the stream ends before."""


@dataclass(frozen=True, slots=True)
class Header:
    """One member as its headers state it.

    Args:
        name: raw bytes.
        start: offset of its content in the stream.
        size: of its content.
        modified_ns: since 1970.
        problem: set when it is no file, or cannot be read.
        is_file: False for folders and the like, which are passed over in silence.
    """

    name: bytes
    start: int
    size: int
    modified_ns: int | None
    problem: Problem | None
    is_file: bool


class _Block(NamedTuple):
    """The fields of one header block that matter here."""

    kind: bytes
    name: bytes
    target: bytes
    size: int
    modified_ns: int | None


def headers(stream: Forward) -> Iterator[Header]:
    """Yield the members; after each, the stream is at its content and may be read up to its end.

    Raises:
        DecodeError: the archive is damaged from here on, or its headers are over the limits.
    """
    shared: dict[bytes, bytes] = {}
    own: dict[bytes, bytes] = {}
    while (data := _next_block(stream)) is not None:
        block = _block(data)
        if block.kind in (b"x", b"X"):
            own.update(_records(_long(stream, block)))
        elif block.kind == b"g":
            shared.update(_records(_long(stream, block)))
        elif block.kind in (b"L", b"K"):
            key = b"path" if block.kind == b"L" else b"linkpath"
            own[key] = _text(_long(stream, block))
        else:
            if block.kind == _OLD_SPARSE and data[482]:
                _pass_over_map(stream)
            header = _header(stream.position, block, shared | own)
            own = {}
            yield header
            _pass_over(stream, header.start, header.size)


def is_header(data: bytes) -> bool:
    """Say whether `data` begins with a header block, by its checksum."""
    if len(data) < BLOCK or data.startswith(b"\0"):
        return False
    block = data[:BLOCK]
    try:
        stated = _number(block[148:156])
    except DecodeError:
        return False
    rest = block[:148] + block[156:]
    unsigned = sum(rest) + 8 * 32
    signed = unsigned - 256 * sum(byte > 127 for byte in rest)  # some old programs added chars
    return stated in (unsigned, signed)


def _next_block(stream: Forward) -> bytes | None:
    """The next header block, also after the blocks of zeros that end an archive."""
    gap = 0
    while gap <= _LONGEST_GAP:
        data = stream.read(BLOCK)
        if not data.strip(b"\0"):
            if len(data) < BLOCK:
                return None
            gap += BLOCK
        elif is_header(data):
            return data
        else:
            where = "after its end" if gap else "where a member should begin"
            raise broken(f"foreign bytes {where}, at offset {stream.position - len(data)}")
    return None


def _block(data: bytes) -> _Block:
    name = _text(data[:100])
    if data[257:263] == b"ustar\0" and data[345]:
        name = _text(data[345:500]) + b"/" + name
    size = _number(data[124:136])
    try:
        modified_ns = _nanoseconds(b"%d" % _number(data[136:148]))
    except DecodeError:
        modified_ns = None
    return _Block(data[156:157], name, _text(data[157:257]), size, modified_ns)


def _header(start: int, block: _Block, fields: dict[bytes, bytes]) -> Header:
    name = fields.get(b"GNU.sparse.name") or fields.get(b"path") or block.name
    target = fields.get(b"linkpath") or block.target
    size = _decimal(fields[b"size"]) if fields.get(b"size") else block.size
    modified_ns = _nanoseconds(fields[b"mtime"]) if b"mtime" in fields else block.modified_ns
    is_file = block.kind not in (_FOLDER, _DUMP, _LABEL)
    problem = None
    if block.kind in _LINKS:
        problem = link(_LINKS[block.kind], target)
    elif block.kind in _SPECIAL:
        problem = Problem(FileState.NOT_MEDIA, _SPECIAL[block.kind])
    elif block.kind == _OLD_SPARSE or any(key.startswith(_SPARSE) for key in fields):
        problem = unreadable("unsupported_sparse", "a file stored without its holes")
    elif name.endswith(b"/") and not size:  # a folder, before there was a type for it
        is_file = False
    if block.kind in _LINKS or block.kind in _SPECIAL or block.kind == _FOLDER:
        size = 0  # whatever is stated: nothing follows
    return Header(name, start, _possible(size), modified_ns, problem, is_file)


def _long(stream: Forward, block: _Block) -> bytes:
    """The content of a header that goes on in its own blocks."""
    if block.size > _LONGEST_HEADER:
        raise DecodeError("archive_limit", f"a header of {block.size} bytes")
    start = stream.position
    data = stream.read(_possible(block.size))
    _pass_over(stream, start, block.size)
    return data


def _pass_over(stream: Forward, start: int, size: int) -> None:
    if not stream.skip_to(start + size):
        raise broken("the archive ends within a member")
    stream.skip_to(start + -(-size // BLOCK) * BLOCK)


def _pass_over_map(stream: Forward) -> None:
    """Pass over the rest of the map of an old GNU sparse file."""
    while True:
        data = stream.read(BLOCK)
        if len(data) < BLOCK:
            raise broken("the archive ends within a header")
        if not data[504]:
            return


def _records(data: bytes) -> dict[bytes, bytes]:
    """The records of a pax header that matter here."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 20)
        end = position + _decimal(data[position:space]) if space > 0 else 0
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise broken("damaged pax header")
        if key in _FIELDS or key.startswith(_SPARSE):
            records[key[:40]] = value
        position = end
    return records


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """A number in octal digits or, if it begins with a set bit, in base 256."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True)
        return value if field[0] == 0xFF else value + (1 << 8 * len(field) - 1)
    digits = _text(field).strip(b" ")
    if digits.strip(b"01234567"):
        raise broken("damaged number in a header")
    return int(digits or b"0", 8)


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise broken("damaged number in a pax header")
    return int(digits)


def _possible(size: int) -> int:
    if not 0 <= size <= LARGEST - BLOCK:
        raise broken(f"a member of {size} bytes")
    return size


def _nanoseconds(seconds: bytes) -> int | None:
    whole, _, fraction = seconds.partition(b".")
    digits = whole.lstrip(b"-")
    if not digits.isdigit() or len(digits) > 10 or (fraction and not fraction.isdigit()):
        return None
    value = int(digits) * 10**9 + int(fraction[:9].ljust(9, b"0") or b"0")
    return -value if whole.startswith(b"-") else value
