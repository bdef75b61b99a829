"""Text from evidence made safe to show: no escapes, line breaks or bidirectional tricks."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` with every character a terminal could act on replaced by an escape.

    Control characters, format characters (bidirectional overrides among them), unusual spaces and
    lone surrogates become ``\xNN`` or ``\uNNNN``; a backslash is doubled, so that the result names
    one original only. Bytes that `os.fsdecode` smuggled through as surrogates come back as
    ``\xNN``.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escape(character) for character in text)


def printable_path(path: bytes) -> str:
    """Return a path given as raw bytes as text that can be shown and names one path only."""
    return printable(path.decode("utf-8", "surrogateescape"))


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
