"""Writes views as PNG files: never over a file that is there, and all or none."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tamis.errors import ExplanationError
from tamis.i18n import _
from tamis.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tamis.pipeline.explain_worker import Drawn

_NAMED = 16
"""Hexadecimal digits of the SHA-256 in the name of a file."""


def target(folder: Path, sha256: bytes, view: str, number: int) -> Path:
    """Return where a view goes.

    Args:
        folder: where they all go.
        sha256: of the media.
        view: its name.
        number: from 0, where a media has several of that name.
    """
    counted = f"{view}-{number + 1}" if number else view
    return folder / f"{sha256.hex()[:_NAMED]}-{counted}.png"


def refuse_existing(paths: Iterable[Path]) -> None:
    """Make sure that none of these is there, before any work is done.

    Raises:
        ExplanationError: one is.
    """
    for path in paths:
        if os.path.lexists(path):
            raise _unwritable(path, _("it is there already"))


def png(drawn: Drawn) -> bytes:
    """Return a view as a PNG file.

    Args:
        drawn: its pixels came from a worker, and were held against its sides.
    """
    shape = (drawn.height, drawn.width, 3)
    buffer = io.BytesIO()
    Image.fromarray(np.frombuffer(drawn.pixels, np.uint8).reshape(shape)).save(buffer, "PNG")
    return buffer.getvalue()


def digests(contents: Mapping[Path, bytes]) -> dict[str, str]:
    """Return the SHA-256 of files to be written, by their names."""
    return {path.name: hashlib.sha256(data).hexdigest() for path, data in contents.items()}


@contextmanager
def written(folder: Path, contents: Mapping[Path, bytes]) -> Iterator[None]:
    """Write files for their owner alone; where the block or one of them fails, none stays.

    Raises:
        ExplanationError: one is there already, or cannot be written.
    """
    made: list[Path] = []
    try:
        _make(folder)
        for path, data in contents.items():
            _write(path, data, made)
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):
                path.unlink()
        raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error.strerror or "") from error


def _write(path: Path, data: bytes, made: list[Path]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        made.append(path)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
    except FileExistsError as error:
        raise _unwritable(path, _("it is there already")) from error
    except OSError as error:
        raise _unwritable(path, error.strerror or "") from error


def _unwritable(path: Path, reason: str) -> ExplanationError:
    return ExplanationError(
        _("{file}: cannot be written: {reason}", file=printable(str(path)), reason=reason)
    )
