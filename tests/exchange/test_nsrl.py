"""NSRL databases, also damaged and hostile ones."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from tamis.errors import HashListError
from tamis.exchange import hash_lists
from tamis.model import ListKind


def digests(number):
    content = b"%d" % number
    return [hashlib.new(name, content).hexdigest().upper() for name in ("sha256", "sha1", "md5")]


def database(path, rows=200, extra=()):
    connection = sqlite3.connect(path)
    connection.executescript(
        """CREATE TABLE METADATA (sha256 TEXT, sha1 TEXT, md5 TEXT, file_name TEXT,
                                  package_id INTEGER, object_id INTEGER);
           CREATE VIEW FILE AS SELECT upper(sha256) AS sha256, sha1, md5, file_name, package_id
                               FROM METADATA;
           CREATE TABLE PKG (package_id INTEGER, name TEXT, version TEXT);
           INSERT INTO PKG VALUES (1, 'Landscape Studio', '2'), (1, 'Landscape Studio', '2');"""
    )
    connection.executemany(
        "INSERT INTO METADATA VALUES (?, ?, ?, ?, ?, 0)",
        [(*digests(n), f"file {n}.dll", n % 2) for n in range(rows)],
    )
    for statement in extra:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_reads_file_with_packages(tmp_path):
    path = database(tmp_path / "rds?#%.db")
    before = path.read_bytes()
    reading = hash_lists.read(path)
    entries = list(reading)
    assert reading.summary.format == "nsrl"
    assert reading.summary.algorithms == {"md5": 200, "sha1": 200, "sha256": 200}
    sha256, sha1, md5 = digests(1)
    assert entries[1].hashes == {
        "sha256": bytes.fromhex(sha256), "sha1": bytes.fromhex(sha1), "md5": bytes.fromhex(md5),
    }  # fmt: skip
    assert entries[1].extra == {
        "file_name": "file 1.dll", "package_id": 1, "package": "Landscape Studio",
    }  # fmt: skip
    assert entries[0].extra == {"file_name": "file 0.dll", "package_id": 0}
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_minimal_database(tmp_path):
    path = tmp_path / "minimal.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE File (SHA256 TEXT)")
        connection.execute("INSERT INTO File VALUES (?), (?)", (digests(1)[0], digests(2)[0]))
    connection.close()
    assert [entry.extra for entry in hash_lists.read(path)] == [{}, {}]


def test_digests_of_the_empty_file_and_gaps(tmp_path):
    empty = hashlib.sha256(b"").hexdigest()
    path = database(
        tmp_path / "a.db",
        2,
        [
            f"INSERT INTO METADATA (sha256) VALUES ('{empty}')",
            "INSERT INTO METADATA DEFAULT VALUES",
            f"INSERT INTO METADATA (md5, file_name) VALUES ('{'ab' * 16}', CAST(x'ff' AS TEXT))",
        ],
    )
    reading = hash_lists.read(path)
    entries = list(reading)
    assert len(entries) == 3
    assert entries[2].extra == {"file_name": r"\xff"}
    assert reading.summary.rejected == 2


def test_only_known_software():
    hash_lists.check_kind(Path("list"), "nsrl", ListKind.BENIGN)
    with pytest.raises(HashListError, match="known software"):
        hash_lists.check_kind(Path("list"), "nsrl", ListKind.ILLEGAL)


def test_a_damaged_digest_is_an_error(tmp_path):
    path = database(tmp_path / "a.db", 5, ["UPDATE METADATA SET sha1 = 'zz' WHERE rowid = 4"])
    with pytest.raises(HashListError, match="record 4: sha1"):
        list(hash_lists.read(path))


def test_another_database_is_no_list(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE FILE (name TEXT)")
    connection.close()
    with pytest.raises(HashListError, match="no NSRL list"):
        list(hash_lists.read(path))


def test_cut_anywhere_it_is_refused(tmp_path):
    data = database(tmp_path / "a.db", 500).read_bytes()
    path = tmp_path / "cut.db"
    for cut in (*range(1, len(data), 997), len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(HashListError):
            list(hash_lists.read(path, "nsrl"))


def test_damaged_pages_are_an_error_or_a_complete_set(tmp_path):
    data = bytearray(database(tmp_path / "a.db", 500).read_bytes())
    path = tmp_path / "damaged.db"
    refused = 0
    for position in range(100, len(data), 4096):
        damaged = bytearray(data)
        damaged[position : position + 60] = b"\xff" * 60
        path.write_bytes(damaged)
        try:
            assert len(list(hash_lists.read(path, "nsrl"))) == 500
        except HashListError:
            refused += 1
    assert refused > 3


@pytest.mark.parametrize(
    "view",
    [
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n AS sha256 FROM t",
        "SELECT load_extension('/tmp/x.so') AS sha256",
        "SELECT hex(zeroblob(1000000000)) AS sha256",
    ],
)
def test_a_hostile_view_does_nothing(tmp_path, view):
    path = tmp_path / "hostile.db"
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE VIEW FILE AS {view}")
    connection.commit()
    connection.close()
    with pytest.raises(HashListError, match="damaged or hostile"):
        list(hash_lists.read(path))
