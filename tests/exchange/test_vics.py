"""Project VIC lists in every dialect met on real exports."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from pathlib import Path

import pytest

from tamis.errors import HashListError
from tamis.exchange import hash_lists
from tamis.model import ListKind

V2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#{}"
V1 = "http://github.com/ICMEC/ProjectVic/DataModels/{}.xml#{}"


def md5(number):
    return hashlib.md5(b"%d" % number).hexdigest().upper()


def listed(tmp_path, document, list_format=None):
    path = tmp_path / "list.json"
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    path.write_bytes(data)
    reading = hash_lists.read(path, list_format)
    return list(reading), reading.summary


US_MEDIA = V2.format("US", "Media")


def media(*records, context=US_MEDIA, key="@odata.context"):
    return {key: context, "value": list(records)}


def one(tmp_path, **fields):
    (entry,), summary = listed(tmp_path, media({"MD5": md5(0), **fields}))
    return entry, summary


def test_bare_media_and_cases(tmp_path):
    records = [{"MD5": md5(n), "Category": n} for n in range(5)]
    case = {"CaseID": "{1}", "TotalMediaFiles": 99, "Media": records[:3], "CaseNumber": "7"}
    second = {"Media": records[3:], "CaseID": "{2}"}
    empty = {"CaseID": "{3}", "CaseNumber": "no media"}
    for document in (
        media(*records),
        media(case, second, empty, context=V2.format("US", "Cases")),
        media(case, second, context=V2.format("US", "Media")),  # the name lies
    ):
        entries, summary = listed(tmp_path, document)
        assert summary.format == "vics"
        assert [entry.hashes["md5"].hex().upper() for entry in entries] == [
            md5(n) for n in range(5)
        ]
        assert [entry.category for entry in entries] == ["0", "1", "2", "3", "4"]
        assert summary.rejected == 0


@pytest.mark.parametrize(
    ("context", "key", "scheme"),
    [
        (V1.format("1.1", "Media"), "odata.metadata", "Project VIC 1.1"),
        (V1.format("1.3", "Cases"), "odata.metadata", "Project VIC 1.3"),
        (V2.format("US", "Media"), "@odata.context", "Project VIC 2.0 US"),
        (V2.format("UK", "Cases"), "@odata.context", "Project VIC 2.0 UK"),
        ("http://elsewhere/DataModels/2.0.xml/Default/$metadata#Media", "@odata.context",
         "Project VIC 2.0 Default"),
    ],
)  # fmt: skip
def test_the_data_model_names_the_scheme(tmp_path, context, key, scheme):
    _, summary = listed(tmp_path, media({"MD5": md5(0)}, context=context, key=key))
    assert summary.scheme == scheme
    assert summary.warnings == ()
    _, summary = listed(tmp_path, {"value": [{"MD5": md5(0)}], key: context})  # named at the end
    assert summary.scheme == scheme


def test_unknown_data_models_are_told(tmp_path):
    for document in (
        media({"MD5": md5(0)}, context="http://example.org/other"),
        {"value": [{"MD5": md5(0)}]},
        media({"MD5": md5(0)}, context=None),
    ):
        _, summary = listed(tmp_path, document)
        assert "unknown data model" in summary.warnings[0]
    newer = V2.format("US", "Media").replace("2.0", "3.1")
    _, summary = listed(tmp_path, media({"MD5": md5(0)}, context=newer))
    assert "newer" in summary.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path, encoding):
    text = json.dumps(media({"MD5": md5(0), "Comments": "été"}), ensure_ascii=False)
    entries, summary = listed(tmp_path, text.encode(encoding))
    assert summary.format == "vics"
    assert entries[0].extra == {"Comments": "été"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [(True, True), ("true", True), ("True", True), (1, True), ("1", True), (False, False),
     ("false", False), ("False", False), (0, False), ("0", False), (None, None), ("", ""),
     ("perhaps", "perhaps"), (7, 7)],
)  # fmt: skip
def test_booleans(tmp_path, written, meant):
    entry, _ = one(tmp_path, VictimIdentified=written, IsDistributed=written, Series=written)
    assert entry.extra["VictimIdentified"] is meant or entry.extra["VictimIdentified"] == meant
    assert type(entry.extra["IsDistributed"]) is type(meant)
    assert entry.extra["Series"] == written  # no flag: word for word


@pytest.mark.parametrize(
    ("written", "meant"),
    [(1, "1"), (0, "0"), ("1", "1"), (" 2 ", "2"), ("0", "0"), ("A", "A"), ("", None),
     (None, None), (3.0, "3"), (-1, "-1")],
)  # fmt: skip
def test_categories(tmp_path, written, meant):
    entry, summary = one(tmp_path, Category=written)
    assert entry.category == meant
    assert summary.warnings == ()


def test_a_category_that_is_absent_or_nonsense(tmp_path):
    assert one(tmp_path)[0].category is None
    for written in (True, [1], {"a": 1}):
        entry, summary = one(tmp_path, Category=written)
        assert entry.category is None
        assert "category" in summary.warnings[0]


def test_precategorised_is_no_verdict(tmp_path):
    entry, _ = one(tmp_path, Category=None, IsPrecategorized=True, PrecategorizationSource="x")
    assert entry.category is None
    assert entry.extra == {"IsPrecategorized": True, "PrecategorizationSource": "x"}


@pytest.mark.parametrize(
    "time",
    ["2024-05-01T10:00:00Z", "2024-05-01T10:00:00+02:00", "/Date(1714557600000)/",
     "2024-05-01T10:00:00.0000123Z", "2024-05-01T10:00:00+1:00Z", "yesterday", None],
)  # fmt: skip
def test_times_are_kept_word_for_word(tmp_path, time):
    entry, summary = one(tmp_path, DateUpdated=time)
    assert entry.extra == {"DateUpdated": time}
    assert summary.warnings == ()


def test_everything_else_is_kept_but_odata_links(tmp_path):
    fields = {
        "MediaID": 7,
        "MediaSize": "488",
        "Series": "S",
        "Tags": "a,b",
        "Unheard": {"of": [1, 2.5, None, {"deep": "é"}]},
        "MediaFiles": [{"MD5": md5(0), "FileName": "a.jpg", "FilePath": "c\\d"}] * 116,
        "Exifs": [{"PropertyName": "Lat", "PropertyValue": "-1.5"}],
    }
    noise = {"odata.id": "Media(x)", "MediaFiles@odata.navigationLinkUrl": "/Media(x)"}
    entry, summary = one(tmp_path, **fields, **noise)
    assert entry.extra == fields
    assert summary.warnings == ()


def test_several_entries_of_one_file_all_count(tmp_path):
    entries, summary = listed(tmp_path, media(*[{"MD5": md5(0), "MediaID": n} for n in range(116)]))
    assert len(entries) == summary.entries == 116
    assert [entry.extra["MediaID"] for entry in entries] == list(range(116))


def test_photodna_in_both_writings(tmp_path):
    value = bytes(range(144))
    for written in (base64.b64encode(value).decode(), value.hex(), value.hex().upper()):
        assert one(tmp_path, PhotoDNA=written)[0].hashes["photodna"] == value
        item = {"MD5": md5(0), "HashName": "PhotoDNA", "HashValue": written}
        assert one(tmp_path, AlternativeHashes=[item])[0].hashes["photodna"] == value
    entry, summary = one(tmp_path, PhotoDNA="garbage!")
    assert "photodna" not in entry.hashes
    assert entry.extra == {"PhotoDNA": "garbage!"}
    assert "photodna" in summary.warnings[0]
    assert one(tmp_path, PhotoDNA="")[0].extra == {}


def test_alternative_hashes(tmp_path):
    def item(name, value):
        return {"MD5": md5(0), "HashName": name, "HashValue": value}

    entry, summary = one(
        tmp_path,
        AlternativeHashes=[
            item("SHA-256", "AB" * 32),
            item("pdq", "cd" * 32),
            item("Foo Hash", "0102"),
            item("Text", "no hex"),
        ],
    )
    assert entry.hashes == {
        "md5": bytes.fromhex(md5(0)),
        "sha256": b"\xab" * 32,
        "pdq": b"\xcd" * 32,
        "foohash": b"\1\2",
        "text": b"no hex",
    }
    assert summary.warnings == ()
    bad = [item("SHA256", "SHA256"), item("PDQ", "12"), item(None, "x"), "x", None]
    entry, summary = one(tmp_path, AlternativeHashes=bad)
    assert set(entry.hashes) == {"md5"}
    assert entry.extra == {"AlternativeHashes": bad}
    assert summary.warnings
    assert one(tmp_path, AlternativeHashes=None)[0].extra == {}


def test_another_hash_stands_in_for_a_missing_md5(tmp_path):
    item = {"HashName": "PDQ", "HashValue": "cd" * 32}
    records = [{"MD5": None, "SHA1": "ab" * 20}, {"AlternativeHashes": [item]}]
    entries, summary = listed(tmp_path, media(*records))
    assert [set(entry.hashes) for entry in entries] == [{"sha1"}, {"pdq"}]
    assert summary.rejected == 0


def test_records_without_usable_hash_are_counted_with_their_place(tmp_path):
    empty = hashlib.md5(b"").hexdigest()
    records = [{"MD5": md5(0)}, {"Category": 1}, {"MD5": ""}, {"MD5": "12"}, 7, {"MD5": empty}]
    entries, summary = listed(tmp_path, media({"CaseID": "1", "Media": records}))
    assert len(entries) == 1
    assert summary.rejected == 5
    assert [rejected.place for rejected in summary.first_rejected] == [
        f"record {n} (value[0].Media[{n - 1}])" for n in range(2, 7)
    ]
    assert any("empty file" in warning for warning in summary.warnings)
    with pytest.raises(HashListError, match="none of its 1 records"):
        listed(tmp_path, media({"Category": 1}))


def test_an_empty_list_is_told(tmp_path):
    entries, summary = listed(tmp_path, media())
    assert entries == []
    assert summary.warnings == ("the list holds no entry",)


def test_never_known_good():
    with pytest.raises(HashListError, match="would hide"):
        hash_lists.check_kind(Path("list"), "vics", ListKind.BENIGN)
    for kind in (ListKind.ILLEGAL, ListKind.GENERATED, ListKind.PROTECTED):
        hash_lists.check_kind(Path("list"), "vics", kind)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}", "no list under 'value'"),
        (b'{"value":{}}', "no list under 'value'"),
        (b"[]", "no JSON object"),
        (b'{"value":[]}x', "trailing garbage"),
        (b'{"value":[]} {"value":[]}', "damaged JSON"),
        (b'{"value":[{"MD5":"\xff"}]}', "invalid bytes in UTF8"),
        (b'{"value":[{"MD5":"a\0"}]}', "damaged JSON"),
        (b'{"value":[{"MD5":NaN}]}', "damaged JSON"),
        (b'{"value":[{"MD5":' + b"9" * 1_000_000 + b"}]}", "integer overflow"),
        (b'{"value":[{"MD5":' + b"[" * 5_000_000, "nested more than 64 deep"),
        (b'{"value":[{"a":' * 100_000, "nested more than 64 deep"),
        (b'{"a":' * 100_000, "nested more than 64 deep"),
        (b"\xff\xfe{\0}", "UTF-16"),
    ],
)
def test_broken_lists_say_where(tmp_path, data, words):
    with pytest.raises(HashListError) as caught:
        listed(tmp_path, data, "vics")
    message = str(caught.value)
    assert "list.json" in message
    assert words in message
    assert "byte" in message
    assert message.isprintable()


def test_the_place_of_the_damage(tmp_path):
    data = json.dumps(media(*[{"MD5": md5(n)} for n in range(2000)])).encode()
    position = data.index(md5(1700).encode()) - 3
    with pytest.raises(HashListError, match=r"after record \d+ \(value\[\d+\]\), before byte"):
        listed(tmp_path, data[:position] + b"}" + data[position:])


def test_cut_anywhere_it_is_refused(tmp_path):
    document = media(
        {"CaseID": "1", "Media": [{"MD5": md5(n), "Category": n, "Tags": "é"} for n in range(4)]}
    )
    data = json.dumps(document).encode()
    path = tmp_path / "list.json"
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        with pytest.raises(HashListError):
            list(hash_lists.read(path, "vics"))


def test_memory_does_not_grow_with_the_list(tmp_path):
    path = tmp_path / "list.json"
    record = {"Category": 1, "Tags": "x" * 200, "MediaFiles": [{"FileName": "a"}]}
    with path.open("w") as file:
        file.write('{"value":[{"Media":[')
        for number in range(20_000):
            file.write("," if number else "")
            file.write(json.dumps({"MD5": md5(number), **record}))
        file.write("]}]}")
    assert path.stat().st_size > 5 << 20
    tracemalloc.start()
    assert sum(1 for _ in hash_lists.read(path)) == 20_000
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_one_endless_record_is_not_read_to_its_end(tmp_path, monkeypatch):
    from tamis.exchange.hash_lists import list_file

    monkeypatch.setattr(list_file, "LONGEST_RECORD", 1 << 20)
    many = b'{"value":[{"MD5":[' + b"1," * 2_000_000
    long = b'{"value":[{"MD5":"' + b"a" * 4_000_000
    for data in (many, long):
        with pytest.raises(HashListError, match="a record of more than 1 MiB"):
            listed(tmp_path, data)
