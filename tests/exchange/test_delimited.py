"""Hash lists as text and CSV: everything examiners keep them in."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc

import pytest

from tamis.errors import HashListError, UsageError
from tamis.exchange import hash_lists
from tamis.model import ListKind

MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = MD5 + "01234567"
SHA256 = MD5 + MD5


def listed(tmp_path, content, list_format=None, **kwargs):
    path = tmp_path / "list.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reading = hash_lists.read(path, list_format, **kwargs)
    return list(reading), reading.summary


def digest(number, name="sha256"):
    return hashlib.new(name, b"%d" % number).hexdigest()


def test_one_hash_per_line_by_length(tmp_path):
    text = f"# known objects\n{MD5}\n\n  {SHA1.upper()}  \n{SHA256}\n# end\n"
    entries, summary = listed(tmp_path, text)
    assert [entry.hashes for entry in entries] == [
        {"md5": bytes.fromhex(MD5)}, {"sha1": bytes.fromhex(SHA1)},
        {"sha256": bytes.fromhex(SHA256)},
    ]  # fmt: skip
    assert summary.format == "text"
    assert summary.entries == 3
    assert summary.algorithms == {"md5": 1, "sha1": 1, "sha256": 1}
    assert summary.warnings == ()


def test_64_digits_are_a_sha256_unless_told(tmp_path):
    assert listed(tmp_path, SHA256 + "\n")[1].algorithms == {"sha256": 1}
    assert listed(tmp_path, SHA256 + "\n", algorithm="pdq")[1].algorithms == {"pdq": 1}
    with pytest.raises(UsageError):
        listed(tmp_path, SHA256 + "\n", algorithm="md4")
    with pytest.raises(UsageError, match="no such list format"):
        listed(tmp_path, SHA256 + "\n", "xml")


@pytest.mark.parametrize("line", [f"{MD5}  a b.jpg", f"{MD5} *a b.jpg"])
def test_the_output_of_md5sum(tmp_path, line):
    entries, _ = listed(tmp_path, line + "\n")
    assert entries[0].hashes == {"md5": bytes.fromhex(MD5)}
    assert entries[0].extra == {"column 2": "a b.jpg"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_named_columns(tmp_path, delimiter, bom, end):
    rows = [
        ["File Name", '"MD5 Hash"', "SHA-1", "SHA_256", "pdq", "Quality", "CATEGORY", "note"],
        [f'"a{delimiter} ""b"".jpg"', MD5.upper(), SHA1, SHA256, SHA256, "97", " 2 ", ""],
        ["x", "", "", SHA256, "", "", "", "n"],
    ]
    text = end.join(delimiter.join(row) for row in rows) + end
    entries, summary = listed(tmp_path, bom + text.encode())
    assert summary.format == "csv"
    assert entries[0].hashes == {
        "md5": bytes.fromhex(MD5), "sha1": bytes.fromhex(SHA1),
        "sha256": bytes.fromhex(SHA256), "pdq": bytes.fromhex(SHA256),
    }  # fmt: skip
    assert (entries[0].category, entries[0].quality) == ("2", 97)
    assert entries[0].extra == {"File Name": f'a{delimiter} "b".jpg'}
    assert entries[1].hashes == {"sha256": bytes.fromhex(SHA256)}
    assert (entries[1].category, entries[1].quality) == (None, None)
    assert entries[1].extra == {"File Name": "x", "note": "n"}


def test_utf_16_as_spreadsheets_write_it(tmp_path):
    text = f"MD5\tNom\r\n{MD5}\tété\r\n"
    for encoding in ("utf-16", "utf-8-sig"):
        entries, _ = listed(tmp_path, text.encode(encoding))
        assert entries[0].extra == {"Nom": "été"}
    with pytest.raises(HashListError, match="UTF-16"):
        listed(tmp_path, text.encode("utf-16")[:-1], "csv")


def test_other_encodings_lose_nothing_and_are_told(tmp_path):
    text = f"md5,name\n{MD5},\xe9t\xe9\n".encode("latin-1")
    entries, summary = listed(tmp_path, text)
    assert entries[0].extra == {"name": r"\xe9t\xe9"}
    assert "not UTF-8" in summary.warnings[0]
    assert "line 2" in summary.warnings[0]


def test_a_column_of_hashes_of_any_kind(tmp_path):
    text = f"type,hash\nMD5,{MD5}\nHASH_SHA1,{SHA1}\n,{SHA256}\nPDQ,{SHA256}\ntlsh,T1AB\n"
    entries, summary = listed(tmp_path, text)
    assert [next(iter(entry.hashes)) for entry in entries] == ["md5", "sha1", "sha256", "pdq"]
    assert summary.rejected == 1
    assert summary.first_rejected[0].place == "line 6"
    assert "tlsh" in summary.first_rejected[0].reason


def test_interpol_icse(tmp_path):
    photodna = base64.b64encode(bytes(range(144))).decode()
    header = (
        "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;"
        "Series name;Number of submissions;File Available;Media Type;Baseline"
    )
    text = f"{header}\n{MD5};{SHA1};{photodna};7;true;;;;1;;image;true\n"
    entries, summary = listed(tmp_path, text)
    assert (summary.format, summary.scheme) == ("icse", "INTERPOL ICSE")
    assert entries[0].hashes["photodna"] == bytes(range(144))
    assert entries[0].extra["Baseline"] == "true"
    with pytest.raises(HashListError, match="cannot be a list of benign files"):
        hash_lists.check_kind(tmp_path, summary.format, ListKind.BENIGN)
    hash_lists.check_kind(tmp_path, summary.format, ListKind.ILLEGAL)


def test_threatexchange_csv(tmp_path):
    text = (
        "collab,signal_type,signal_str,category,tags\r\n"
        f"Sample,pdq,{SHA256},POSITIVE_CLASS,a b\r\n"
        f"Sample,video_md5,{MD5},INVESTIGATION_SEED,\r\n"
        f"Sample,pdq,{digest(1)},NEGATIVE_CLASS,\r\n"
        "Sample,url,https://example.org,POSITIVE_CLASS,\r\n"
    )
    entries, summary = listed(tmp_path, text)
    assert summary.format == "threatexchange"
    assert [entry.hashes for entry in entries] == [
        {"pdq": bytes.fromhex(SHA256)}, {"md5": bytes.fromhex(MD5)},
    ]  # fmt: skip
    assert entries[0].category == "POSITIVE_CLASS"
    assert entries[0].extra == {"collab": "Sample", "tags": "a b"}
    assert [r.place for r in summary.first_rejected] == ["line 4", "line 5"]
    assert "NEGATIVE_CLASS" in summary.first_rejected[0].reason


def test_threatexchange_without_types(tmp_path):
    entries, summary = listed(tmp_path, f"hash,quality,id\n{SHA256},88,7\n")
    assert summary.format == "threatexchange"
    assert entries[0].hashes == {"pdq": bytes.fromhex(SHA256)}
    assert (entries[0].quality, entries[0].extra) == (88, {"id": "7"})
    entries, _ = listed(tmp_path, f"{SHA256},100,a.jpg\n{SHA256},b.jpg\n", "threatexchange")
    assert entries[0].hashes == {"pdq": bytes.fromhex(SHA256)}
    assert (entries[0].quality, entries[0].extra) == (100, {"column 3": "a.jpg"})
    assert (entries[1].quality, entries[1].extra) == (None, {"column 2": "b.jpg"})


def test_a_list_can_be_read_twice(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(f"{MD5}\n{SHA1}\n")
    reading = hash_lists.read(path)
    assert list(reading) == list(reading)
    assert reading.summary.entries == 2
    assert reading.summary.algorithms == {"md5": 1, "sha1": 1}


def test_records_without_a_hash_are_counted_not_dropped(tmp_path):
    rows = "".join(f",n{i}\n" for i in range(20))
    entries, summary = listed(tmp_path, f"md5,name\n{MD5},a\n{rows}")
    assert len(entries) == 1
    assert summary.rejected == 20
    assert len(summary.first_rejected) == 10
    assert summary.first_rejected[0].place == "line 3"


def test_a_list_without_any_usable_hash_is_an_error(tmp_path):
    with pytest.raises(HashListError, match="none of its 2 records"):
        listed(tmp_path, "md5,name\n,a\n,b\n")


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_the_digest_of_an_empty_file_is_left_out(tmp_path, name):
    empty = hashlib.new(name, b"").hexdigest()
    entries, summary = listed(tmp_path, f"{empty}\n{digest(1, name)}\n")
    assert len(entries) == 1
    assert summary.rejected == 1
    assert "empty file" in summary.warnings[0]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"{MD5}\n{MD5[:-1]}\n{MD5}\n", "line 2"),
        (f"{MD5}\n{MD5[:-1]}g\n", "line 2"),
        (f"{MD5}\nnot a hash\n", "line 2"),
        (f"md5,name\n{MD5},a\n{MD5}\n", "line 3: 1 fields instead of 2"),
        (f"md5,name\n{MD5},a,b\n", "line 2: 3 fields instead of 2"),
        (f'md5,name\n{MD5},"a\n', "unexpected end of data"),
        (f'md5,name\n{MD5},"a"b\n', "line 2"),
        (f"md5,name\nxyz,{MD5}\n", "line 2"),
        (f"pdq,quality\n{SHA256},101\n", "line 2: a quality"),
        (f"pdq,quality\n{SHA256},-1\n", "line 2: a quality"),
        (f"md5,MD5 Hash\n{MD5},{MD5}\n", "header: two columns for md5"),
        (f"{MD5}\n\0\n", "line 2: a NUL byte"),
        ("name,size\na,1\n", "line 1: no hash of a known length"),
        ("\n# nothing\n\n", "holds no hash"),
        ("", "holds no hash"),
        ("," * 5000 + "md5\n", "more than 1000 columns"),
        ("<html></html>", "line 1"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "line 1"),
        (b"PK\3\4" + bytes(100), "unpack it first"),
    ],
)
def test_a_broken_list_says_where(tmp_path, text, where):
    with pytest.raises(HashListError) as caught:
        listed(tmp_path, text)
    assert "list.txt" in str(caught.value)
    assert where in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_row_of_many_columns(tmp_path):
    with pytest.raises(HashListError, match="100001 fields instead of 2"):
        listed(tmp_path, f"md5,name\n{MD5}{',x' * 100_000}\n")
    assert len(listed(tmp_path, f"md5,name\n{MD5},a{',' * 100_000}\n")[0]) == 1


@pytest.mark.parametrize("start", [b"", b"md5,name\n", b'md5,name\n"'])
def test_an_endless_line_is_not_read_to_its_end(tmp_path, start):
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(300 << 20)  # zeros; replaced by letters at the start of what is read
        file.seek(len(start))
        file.write(b"a" * (3 << 20))
    tracemalloc.start()
    with pytest.raises(HashListError, match="longer than"):
        list(hash_lists.read(path, "csv"))
    assert tracemalloc.get_traced_memory()[1] < 60 << 20
    tracemalloc.stop()


def test_a_quote_that_never_closes_is_bounded(tmp_path):
    text = f'md5,name\n{MD5},"' + "a\n" * 1_000_000
    with pytest.raises(HashListError, match="field larger"):
        listed(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path):
    for list_format in (None, *hash_lists.FORMATS):
        with pytest.raises(HashListError, match="cannot be read: No such file"):
            list(hash_lists.read(tmp_path / "nowhere", list_format))
    with pytest.raises(HashListError, match="cannot be read"):
        hash_lists.read(tmp_path)


def test_names_of_files_are_shown_safely(tmp_path):
    path = tmp_path / "a\x1b[31m.txt"
    path.write_text("zzz\n")
    with pytest.raises(HashListError) as caught:
        list(hash_lists.read(path))
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_a_plain_list_cut_anywhere(tmp_path, name):
    """What is left is refused, unless it ends with a whole hash; the missing line end tells."""
    text = "".join(f"{digest(number, name)}\n" for number in range(4))
    size = len(digest(0, name))
    for cut in range(size + 2, len(text)):
        kept = text[:cut]
        whole, rest = divmod(cut, size + 1)
        if rest == 0:
            assert len(listed(tmp_path, kept)[0]) == whole  # nothing shows it
        elif rest == size:
            entries, summary = listed(tmp_path, kept)
            assert len(entries) == whole + 1
            assert "cut off" in summary.warnings[0]
        else:
            with pytest.raises(HashListError):
                listed(tmp_path, kept)


def test_a_csv_cut_anywhere(tmp_path):
    text = "name,md5,sha1\n" + "".join(
        f"f{n},{digest(n, 'md5')},{digest(n, 'sha1')}\n" for n in range(3)
    )
    ends = {index + 1 for index, character in enumerate(text) if character == "\n"}
    for cut in range(text.index("\n") + 1, len(text)):
        try:
            entries, summary = listed(tmp_path, text[:cut])
        except HashListError:
            assert cut not in ends
            continue
        if cut in ends:  # nothing shows it
            assert len(entries) == text.count("\n", 0, cut) - 1
        else:  # the last line is whole but for its end
            assert cut + 1 in ends or cut + 1 == len(text)
            assert "cut off" in summary.warnings[0]
            assert all(set(entry.hashes) == {"md5", "sha1"} for entry in entries)


def test_memory_does_not_grow_with_the_list(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w") as file:
        file.write("sha256,name\n")
        for number in range(60_000):
            file.write(f"{digest(number)},name {number}\n")
    assert path.stat().st_size > 4 << 20
    tracemalloc.start()
    assert sum(1 for _ in hash_lists.read(path)) == 60_000
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
