"""Fuzzes the readers of embedded metadata with atheris (libFuzzer).

    uv run --with atheris python fuzz/metadata.py [LIBFUZZER OPTIONS] [FOLDER]

The first byte chooses the format the rest is read as, so that the fuzzer need not keep a signature
intact. Seeds are the examples of the examinations, which are made in code; FOLDER keeps what the
fuzzer finds from one run to the next. It stops at the first exception, at an input that takes more
than five seconds or at one that takes more than 1 GiB.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tamis"]):
    from tamis.examinations.provenance.metadata import read_metadata
    from tamis.media.embedded import CONTAINERS, trailing_bytes
    from tamis.media.sniff import sniff
    from tamis.model import Content, MediaKind, Resources
    from tamis.pipeline.take_in import examinations
    from tamis.registry import load

FORMATS = sorted(CONTAINERS)
VALIDATED_ELSEWHERE = "provenance.c2pa"  # by a library, which has fuzzers of its own
LOOKING = [item for item in examinations(Resources()) if item.name != VALIDATED_ELSEWHERE]
DEFAULTS = {"-timeout": "5", "-rss_limit_mb": "1024", "-max_len": "65536"}


def examine(given: bytes) -> None:
    """Read one input with everything, without pixels."""
    if not given:
        return
    data, kind = given[1:], FORMATS[given[0] % len(FORMATS)]
    content = Content(data, kind, "", MediaKind.IMAGE)
    read_metadata(content)
    trailing_bytes(kind, data)
    for examination in LOOKING:
        examination.examine(content)


def seeds(folder: Path) -> None:
    """Write the examples of all examinations, each under the format it has."""
    for name, examination in load("tamis.examinations").found.items():
        for number, example in enumerate(examination.examples()):
            data = example.build()
            kind = sniff(data).format
            if kind in FORMATS:
                first = bytes([FORMATS.index(kind)])
                (folder / f"{name}-{number}").write_bytes(first + data)


def main() -> None:
    """Fuzz until something breaks or the time is over."""
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        given = sys.argv[1:]
        chosen = {option.partition("=")[0] for option in given}
        options = [f"{name}={value}" for name, value in DEFAULTS.items() if name not in chosen]
        atheris.Setup([sys.argv[0], *options, *given, folder], examine)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
