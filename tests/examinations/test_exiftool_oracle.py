"""Our reading of the corpus against exiftool's, fact by fact."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from exiftool import compare, pictures, read, records, same

pytestmark = pytest.mark.corpus

LEAST = 0.99
"""Share of the facts exiftool finds that must be found, and be equal."""
WHOLE = {"EXIF", "GPS", "IPTC"}
"""Blocks of which nothing may be missing."""


def test_we_find_what_exiftool_finds(corpus):
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    stated: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    missing = []
    for path, record in records(pictures(corpus)):
        for name, theirs, ours in compare(record, read(path)):
            stated[name] += 1
            equal[name] += same(theirs, ours)
            if ours is None and name.partition(" ")[0] in WHOLE:
                missing.append((path.name, name))
    assert not missing
    assert stated.total() > 7000
    assert equal.total() / stated.total() >= LEAST, stated - equal


@pytest.mark.parametrize(
    ("theirs", "ours", "equal"),
    [
        ("2024:05:06 07:08:09Z", ["2024-05-06T07:08:09Z"], True),
        ("2024:05:06", ["20240506"], True),
        ("2024:05:06", ["20240507"], False),
        (0.008, ["1/125"], True),
        ("18 200 3.5 5.6", (18.0, 200.0, 3.5, 5.6), True),
        ("18 200 3.5 undef", (18.0, 200.0, 3.5, None), True),
        ("18 200 3.5 5.6", (18.0, 200.0, 3.5, 6.3), False),
        (["One", "Two"], ["One", "Two"], True),
        (["One", "Two"], ["One"], False),
        ("Bal?zs", "Balázs", True),
        ("A", None, False),
    ],
)
def test_what_counts_as_equal(theirs, ours, equal):
    assert same(theirs, ours) == equal
