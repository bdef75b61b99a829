"""Lists written by Tamis: read back the same, safe in a spreadsheet, never cut unnoticed."""

from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamis.errors import HashListError, UsageError
from tamis.exchange import hash_lists
from tamis.model import HashEntry

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXT, children, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = TEXT.map(lambda name: f"x {name}")


def digest(size):
    return st.binary(min_size=size, max_size=size)


USABLE = {"md5": digest(16), "sha1": digest(20), "sha256": digest(32), "pdq": digest(32)}
OTHERS = {"photodna": digest(144), "tlsh": st.binary(min_size=1, max_size=40)}
HASHES = st.builds(
    lambda first, rest: {**rest, **first},
    st.sampled_from(sorted(USABLE)).flatmap(
        lambda name: st.fixed_dictionaries({name: USABLE[name]})
    ),
    st.fixed_dictionaries({}, optional={**USABLE, **OTHERS}),
)
CATEGORIES = st.none() | st.sampled_from(["0", "1", "007", "A", "=1+1", "-1", "'", "''", "@x"])
ENTRIES = st.lists(
    st.builds(
        HashEntry,
        HASHES,
        CATEGORIES | TEXT.filter(lambda text: text.strip() == text and text),
        st.none() | st.integers(0, 100),
        st.dictionaries(NAMES, JSON, max_size=3),
    ),
    max_size=6,
)


@settings(max_examples=120, deadline=None)
@given(ENTRIES, st.sampled_from(sorted(hash_lists.WRITTEN)))
def test_what_is_written_is_read_back(tmp_path_factory, entries, list_format):
    path = tmp_path_factory.mktemp("list") / "list"
    assert hash_lists.write(iter(entries), path, list_format) == len(entries)
    reading = hash_lists.read(path)
    assert list(reading) == entries
    assert reading.summary.format == list_format
    assert reading.summary.rejected == 0


SOME = [
    HashEntry({"md5": bytes([n]) * 16, "pdq": bytes(32)}, "=HYPERLINK(1)", 50, {"name": "été\n"})
    for n in range(5)
]


@pytest.mark.parametrize("list_format", sorted(hash_lists.WRITTEN))
def test_cut_anywhere_it_is_refused(tmp_path, list_format):
    path = tmp_path / "list"
    hash_lists.write(SOME, path, list_format)
    data = path.read_bytes()
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        try:
            found = list(hash_lists.read(path, list_format))
        except HashListError:
            continue
        assert found == SOME
        assert not data[cut:].strip()


def test_a_tamis_list_that_was_tampered_with(tmp_path):
    path = tmp_path / "list"
    hash_lists.write(SOME, path)
    lines = path.read_bytes().splitlines(keepends=True)
    for tampered in (
        lines[:3] + lines[4:],  # an entry is missing
        [*lines, lines[3]],  # one was added behind the end
        [lines[0], *lines[2:]],  # the header is missing
        [*lines[:-1], b"# end: 99 entries\r\n"],
    ):
        path.write_bytes(b"".join(tampered))
        with pytest.raises(HashListError):
            list(hash_lists.read(path))


def test_no_cell_is_a_formula(tmp_path):
    path = tmp_path / "list.csv"
    starts = ["=1", "+1", "-1", "@x", "\tx", "\rx", "'x"]
    entries = [HashEntry({"md5": bytes(16)}, start, extra={"=cmd": "=cmd"}) for start in starts]
    hash_lists.write(entries, path)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [entry.category for entry in hash_lists.read(path)] == starts


def test_vics_as_other_programs_expect_it(tmp_path):
    path = tmp_path / "list.json"
    entry = HashEntry({"md5": b"\xab" * 16, "sha1": b"\1" * 20, "pdq": b"\2" * 32}, "3", 90)
    hash_lists.write([entry], path, "vics")
    document = json.loads(path.read_text())
    assert document["@odata.context"].endswith("/DataModels/2.0.xml/Default/$metadata#Media")
    assert document["value"] == [
        {
            "MD5": "AB" * 16,
            "SHA1": "01" * 20,
            "AlternativeHashes": [{"MD5": "AB" * 16, "HashName": "PDQ", "HashValue": "02" * 32}],
            "Category": 3,
            "PDQQuality": 90,
        }
    ]


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "list.csv"
    hash_lists.write(SOME, path)
    before = path.read_bytes()

    def failing():
        yield SOME[0]
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        hash_lists.write(failing(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError):
        hash_lists.write(SOME, path, "nsrl")


@pytest.mark.parametrize("list_format", sorted(hash_lists.WRITTEN))
def test_the_category_scheme_survives(tmp_path, list_format):
    path = tmp_path / "list"
    hash_lists.write(SOME, path, list_format, scheme="Project VIC 2.0 UK")
    reading = hash_lists.read(path)
    assert list(reading) == SOME
    assert reading.summary.scheme == "Project VIC 2.0 UK"
    assert hash_lists.detect(path) == list_format
