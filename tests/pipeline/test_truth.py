"""Truth files: what is wrong with one is named with its line, and nothing is guessed."""

from __future__ import annotations

import hashlib

import pytest

from tamis.errors import TruthError
from tamis.pipeline.truth import read
from tamis.pipeline.truth_media import files_of

ONE, TWO = "1" * 64, "a" * 64


def truth(folder, text, encoding="utf-8"):
    path = folder / "truth.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def test_rows_are_read_as_they_stand(tmp_path):
    text = (
        f"origin,path,sha256,group,notes\nCapture,a b.jpg,,D70,x\n\nsynthetic,,{TWO.upper()},sd,\n"
    )
    path = truth(tmp_path, text)
    found = read(path)
    first, second = found.rows
    assert (first.line, first.path, first.origin, first.group) == (2, "a b.jpg", "capture", "D70")
    assert (second.line, second.sha256, second.path) == (4, TWO, "")
    assert found.unused == ("notes",)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheets_write_semicolons_and_marks(tmp_path, encoding):
    found = read(truth(tmp_path, "path;origin\r\né;hybrid\r\n", encoding))
    assert (found.rows[0].path, found.rows[0].origin) == ("é", "hybrid")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"truth\.csv line 1: the column origin is missing"),
        ("path,orgin\na,capture\n", r"line 1: the column origin is missing; known are path"),
        ("file,origin\na,capture\n", r"line 1: a column path or sha256 is missing"),
        ("path,origin,path\na,capture,b\n", r"line 1: the column path is there twice"),
        ("path,origin\n", r"names no picture"),
        ("path,origin\na,capture\nb,real\n", r"line 3: the origin 'real' is unknown; known are"),
        ("path,origin\na,\n", r"line 2: the origin '' is unknown"),
        ("path,origin\na,capture,b\n", r"line 2: 3 cells where the header has 2"),
        ("path,origin\na\n", r"line 2: 1 cells where the header has 2"),
        ("sha256,origin\nabc,capture\n", r"line 2: a SHA-256 has 64"),
        ("path,origin\n ,capture\n", r"line 2: neither path nor SHA-256"),
        ("path,origin\na\0b,capture\n", r"line 2: "),
        ('path,origin\n"a,capture\n', r"line 2: "),
        (b"path,origin\na,capture\n\xff,capture\n", r"line 3: is not UTF-8"),
        ("path,origin\na,capture\nb,capture\na,synthetic\n",
         r"line 4: says synthetic of a picture of which line 2 says capture"),
        (f"path,sha256,origin\na,{ONE},capture\nb,{ONE},hybrid\n",
         r"line 3: says hybrid of a picture of which line 2 says capture"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(TruthError, match=message):
        read(truth(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TruthError, match=r"none\.csv: cannot be read"):
        read(tmp_path / "none.csv")


def test_a_line_that_says_the_same_again_counts_once(tmp_path):
    found = read(truth(tmp_path, "path,origin\na,capture\nb,capture\na,capture\n"))
    assert [row.line for row in found.rows] == [2, 3]
    assert found.repeated == (4,)


def test_names_are_shown_without_anything_a_terminal_obeys(tmp_path):
    with pytest.raises(TruthError) as wrong:
        read(truth(tmp_path, "path,origin\na,\x1b[31mreal\n"))
    assert "\x1b" not in str(wrong.value)


def test_paths_are_relative_to_the_truth_file(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    path = truth(tmp_path, "path,origin\na.jpg,capture\ngone.jpg,capture\nfolder,capture\n")
    found, absent = files_of(read(path), tmp_path)
    assert found == {"a.jpg": (tmp_path / "a.jpg").resolve()}
    assert [row.path for row in absent] == ["gone.jpg", "folder"]


def test_without_a_path_or_any_file_there_is_nothing_to_scan(tmp_path):
    by_digest = read(truth(tmp_path, f"sha256,origin\n{ONE},capture\n"))
    with pytest.raises(TruthError, match="line 2: without --case"):
        files_of(by_digest, tmp_path)
    nowhere = read(truth(tmp_path, "path,origin\na,capture\nb,capture\n"))
    with pytest.raises(TruthError, match="none of the 2 files"):
        files_of(nowhere, tmp_path)
