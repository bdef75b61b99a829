"""Truth files, good and bad."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.assess.truth import ORIGINS, Truth, read
from tamis.errors import TruthError

DIGEST = "ab" * 32


def written(tmp_path, text):
    path = tmp_path / "truth.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_rows_in_their_order(tmp_path):
    text = (
        "Path, ORIGIN ,sha256,group,remark\r\n"
        f"a.jpg,Capture,{DIGEST.upper()},Camera 1,x\r\n"
        "\r\n"
        '"b,\nc.jpg",synthetic,,\r\n'
        " d.jpg ,hybrid\r\n"
    )
    assert read(written(tmp_path, "\ufeff" + text)) == [
        Truth("a.jpg", bytes.fromhex(DIGEST), "capture", "Camera 1", 2),
        Truth("b,\nc.jpg", None, "synthetic", "", 4),
        Truth(" d.jpg ", None, "hybrid", "", 6),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_make_of_it(tmp_path, delimiter):
    text = f"path;origin\nx,y.jpg;graphic\n".replace(";", delimiter)  # noqa: F541
    assert read(written(tmp_path, text)) == [Truth("x,y.jpg", None, "graphic", "", 2)]


def test_what_is_said_twice_stands_once(tmp_path):
    text = f"sha256,path,origin\n{DIGEST},a,capture\n{DIGEST},b,capture\n,a,synthetic\n"
    assert [row.line for row in read(written(tmp_path, text))] == [2, 4]


BAD = {
    "no heading": ("", "the column origin is missing"),
    "no origin": ("path,kind\n", "line 1: the column origin is missing"),
    "nothing named": ("origin,group\n", "line 1: the columns sha256 and path are missing"),
    "twice": ("path,origin,Origin\n", "line 1: the column origin is there twice"),
    "no rows": ("path,origin\n", "names no picture"),
    "unknown": ("path,origin\na,capture\nb,real\n", "line 3: the origin is 'real', and none of"),
    "no origin given": ("path,origin\na,\n", "line 2: the origin is ''"),
    "short digest": ("sha256,origin\nabc,capture\n", "line 2: 'abc' is no SHA-256"),
    "neither": ("sha256,path,origin\n,,capture\n", "line 2: it has neither"),
    "too many": ("path,origin\na,capture,x\n", "line 2: it has 3 cells, the heading 2"),
    "contradiction": (
        "path,origin\na,capture\nb,synthetic\na,synthetic\n",
        "line 4: the same picture is synthetic here and capture in line 2",
    ),
    "digests contradict": (
        f"sha256,origin\n{DIGEST},capture\n{DIGEST.upper()},graphic\n",
        "line 3: the same picture",
    ),
    "open quotes": ('path,origin\n"a,capture\n', "line 2: "),
    "escapes": ("path,origin\na,\x1b[31m\n", r"'\\x1b[31m'"),
    "not text": (b"path,origin\n\xff\xfe,capture\n", "not text in UTF-8"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_name_file_and_line(tmp_path, name):
    text, told = BAD[name]
    with pytest.raises(TruthError) as raised:
        read(written(tmp_path, text))
    message = str(raised.value)
    assert message.startswith(str(tmp_path / "truth.csv"))
    assert told in message
    assert "\x1b" not in message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TruthError, match="No such file"):
        read(tmp_path / "none.csv")


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
)


@given(st.dictionaries(names, st.sampled_from(ORIGINS), min_size=1, max_size=8))
def test_every_path_comes_back(tmp_path_factory, rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["origin", "path"])
    writer.writerows((origin, path) for path, origin in rows.items())
    path = written(tmp_path_factory.mktemp("truth"), buffer.getvalue())
    assert {row.path: row.origin for row in read(path)} == rows


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("truth"), b"path,origin\n" + data)
    try:
        read(path)
    except TruthError:
        return
