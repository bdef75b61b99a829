from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamis.audit import checkpoint, log
from tamis.audit.keys import Signers, site_key
from tamis.audit.verify import verify
from tamis.config import home
from tamis.errors import StoreError, UsageError
from tamis.store.database import Store, open_store
from tamis.store.schema import TRIGGERS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "case", create=True)
    for number in range(1, 8):
        with opened.write() as connection:
            log.append(connection, "test", {"number": number, "text": "éà\n"})
    checkpoint.sign(opened)
    yield opened
    opened.close()


def _tamper(store: Store, *statements: str) -> None:
    """What an insider with a database tool does; the triggers are out of the way meanwhile."""
    store.close()
    with closing(sqlite3.connect(store.folder / "case.db")) as connection, connection:
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *TRIGGERS.values()):
            connection.execute(statement)


def _foreign(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """From now on another site signs."""
    monkeypatch.setenv("TAMIS_HOME", str(home))


def test_an_untouched_log_holds(store: Store) -> None:
    result = verify(store)
    assert result.fault is None
    assert result.head.seq == 7


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        (
            "INSERT OR REPLACE INTO audit SELECT seq, at, 'x', verb, body, prev, hash, key,"
            " signature FROM audit"
        ),
    ],
)
def test_the_database_refuses_changes(store: Store, statement: str) -> None:
    with (
        store.engine.connect() as connection,
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
    ):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE audit SET body = replace(body, '3', '4') WHERE seq = 3"], "record 3 was changed"),
        (["UPDATE audit SET at = '2001-01-01' WHERE seq = 1"], "record 1 was changed"),
        (["UPDATE audit SET actor = 'x' WHERE seq = 7"], "record 7 was changed"),
        (["UPDATE audit SET verb = 'x' WHERE seq = 2"], "record 2 was changed"),
        (["UPDATE audit SET body = 'x' WHERE seq = 2"], "record 2 is not readable"),
        (["UPDATE audit SET body = ' ' || body WHERE seq = 2"], "record 2 was changed"),
        (["DELETE FROM audit WHERE seq = 4"], "record 4 is missing"),
        (["DELETE FROM audit WHERE seq = 1"], "record 1 is missing"),
        (["DELETE FROM audit WHERE seq = 7"], "record 7 and what followed were cut off"),
        (["DELETE FROM audit"], "cut off"),
        (
            ["DELETE FROM audit WHERE seq = 4", "UPDATE audit SET seq = seq - 1 WHERE seq > 4"],
            "record 4 does not follow record 3",
        ),
        (
            [
                "UPDATE audit SET seq = -1 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 4",
                "UPDATE audit SET seq = 4 WHERE seq = -1",
            ],
            "record 3 does not follow record 2",
        ),
        (
            [
                "UPDATE audit SET seq = seq + 100 WHERE seq > 3",
                "UPDATE audit SET seq = seq - 99 WHERE seq > 100",
                (
                    "INSERT INTO audit SELECT 4, at, actor, verb, body, prev, hash, key, signature"
                    " FROM audit WHERE seq = 3"
                ),
            ],
            "record 4 does not follow record 3",
        ),
    ],
)
def test_tampering_is_found_and_named(store: Store, statements: list[str], fault: str) -> None:
    _tamper(store, *statements)
    found = verify(store).fault
    assert found is not None
    assert fault in found


def test_a_chain_recomputed_from_scratch_is_caught_by_the_checkpoint(
    store: Store, tmp_path: Path
) -> None:
    with open_store(tmp_path / "forged", create=True) as forged:
        for number in range(1, 8):
            with forged.write() as connection:
                log.append(connection, "test", {"number": number + 1})
    (tmp_path / "forged" / checkpoint.FILE).write_bytes(
        (store.folder / checkpoint.FILE).read_bytes()
    )
    with open_store(tmp_path / "forged") as forged:
        assert "record 7 is not the one that was signed" in str(verify(forged).fault)


def test_a_checkpoint_signed_with_another_key_is_refused(store: Store) -> None:
    (home() / "keys" / "audit-ed25519.pem").unlink()
    checkpoint.sign(store)
    assert "record 1: signed with another key" in str(verify(store).fault)


def test_an_edited_checkpoint_is_refused(store: Store) -> None:
    path = store.folder / checkpoint.FILE
    line = json.loads(path.read_text())
    line["seq"] = 6
    path.write_text(json.dumps(line) + "\n")
    assert "the signature does not hold" in str(verify(store).fault)
    path.unlink()
    assert "holds no checkpoint" in str(verify(store).fault)


def test_the_signing_key_is_for_its_owner_only(store: Store) -> None:
    assert (home() / "keys" / "audit-ed25519.pem").stat().st_mode & 0o077 == 0


def test_an_end_noted_earlier_is_held_against_the_chain(store: Store) -> None:
    with store.read() as connection:
        head = log.head(connection)
    noted = f"{head.seq}:{head.hash.hex()}"
    with store.write() as connection:
        log.append(connection, "test", {})
    assert verify(store, noted).fault is None
    assert "not the one noted" in str(verify(store, f"{head.seq}:{'0' * 64}").fault)
    assert "is missing" in str(verify(store, f"99:{'0' * 64}").fault)
    with pytest.raises(UsageError):
        verify(store, "nonsense")


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9),
    )
)
def test_any_body_survives_the_round_trip(body: dict[str, object]) -> None:
    engine = sa.create_engine("sqlite://")
    try:
        log.audit.create(engine)
        with engine.begin() as connection:
            log.append(connection, "test", body)
            fault, end = log.check(connection, Signers())
            assert (fault, end) == (None, log.head(connection))
            assert next(log.records(connection, ["test"])).body == body
    finally:
        engine.dispose()


def test_every_key_that_signed_is_named_and_has_to_be_known(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = site_key().public_key().public_bytes_raw()
    assert verify(store).keys == (ours,)
    _foreign(monkeypatch, tmp_path / "other")
    # Where there is no key, that of the first record is taken, and it is said.
    result = verify(store)
    assert (result.fault, result.keys) == (None, (ours,))
    assert "this site has no key" in result.notes[0]
    assert not (tmp_path / "other").exists()
    theirs = site_key().public_key().public_bytes_raw()
    assert "record 1: signed with another key" in str(verify(store).fault)
    assert verify(store, trusted=[ours.hex()]).fault is None
    with store.write() as connection:
        log.append(connection, "test", {})
    checkpoint.sign(store)
    result = verify(store, trusted=[ours.hex().upper()])
    assert (result.fault, result.keys, result.notes) == (None, (ours, theirs), ())
    for place in ("third", "second"):
        _foreign(monkeypatch, tmp_path / place)
        assert "record 8: signed with another key" in str(verify(store).fault)
        assert f"named: {theirs.hex()}" in str(verify(store, trusted=[ours.hex()]).fault)
        assert verify(store, trusted=[ours.hex(), theirs.hex()]).fault is None
    for text in ("", "x" * 64, "00", "0" * 63 + "\n"):
        with pytest.raises(UsageError, match="64 hexadecimal digits"):
            verify(store, trusted=[text])


def test_a_chain_made_anew_without_the_key_is_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints and all."""
    _foreign(monkeypatch, tmp_path / "elsewhere")
    with open_store(tmp_path / "forged", create=True) as forged:
        for number in range(1, 8):
            with forged.write() as connection:
                log.append(connection, "test", {"number": number + 1})
        checkpoint.sign(forged)
        assert verify(forged).fault is None
        monkeypatch.undo()
        monkeypatch.setenv("TAMIS_HOME", str(store.folder.parent / "nowhere"))
        site_key()
        assert "record 1: signed with another key" in str(verify(forged).fault)


@pytest.mark.parametrize(
    "forgery",
    [
        "signature = zeroblob(64)",
        "signature = ''",
        "signature = 7",
        "signature = (SELECT signature FROM audit WHERE seq = 6)",
        "key = zeroblob(32), signature = zeroblob(64)",
        "key = x'00'",
        "key = 1000000000000",
        "key = 'text', signature = 'text'",
    ],
)
def test_a_record_without_the_signature_of_the_site_is_found(store: Store, forgery: str) -> None:
    _tamper(store, f"UPDATE audit SET {forgery} WHERE seq = 7")
    assert "audit record 7: " in str(verify(store).fault)


@pytest.mark.parametrize("content", [None, b"", b"{", b"\n"])
def test_a_chain_without_a_checkpoint_does_not_hold(store: Store, content: bytes | None) -> None:
    _tamper(store, "DELETE FROM audit WHERE seq > 4")
    path = store.folder / checkpoint.FILE
    path.unlink() if content is None else path.write_bytes(content)
    assert checkpoint.FILE in str(verify(store).fault)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "00"},
        {"key": "zz" * 32},
        {"key": 7},
        {"key": None},
        {"seq": -1},
        {"seq": 2**64},
        {"seq": 10**400},
        {"seq": 7.0},
        {"seq": True},
        {"seq": "7"},
        {"hash": "00"},
        {"hash": ["00"]},
        {"signature": ""},
        {"signature": "00" * 64},
        {"seq": 0},
    ],
    ids=str,
)
def test_a_checkpoint_of_garbage_is_a_fault(store: Store, change: dict[str, object]) -> None:
    path = store.folder / checkpoint.FILE
    line = json.loads(path.read_text())
    with path.open("a") as stream:
        stream.write(json.dumps(line | change) + "\n")
    assert f"{checkpoint.FILE} line 2: " in str(verify(store).fault)


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b"{}", bytes(9)],
    ids=range(10),
)
def test_a_line_that_is_no_checkpoint_is_a_fault(store: Store, line: bytes) -> None:
    with (store.folder / checkpoint.FILE).open("ab") as stream:
        stream.write(line + b"\n")
    assert f"{checkpoint.FILE} line 2: not readable" in str(verify(store).fault)


def test_a_line_the_power_cut_short_is_noted_and_replaced(store: Store) -> None:
    path = store.folder / checkpoint.FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    result = verify(store)
    assert result.fault is None
    assert ["was cut off while it was written" in note for note in result.notes] == [True]
    for _ in range(2):
        with store.write() as connection:
            log.append(connection, "test", {})
        checkpoint.sign(store)
    result = verify(store)
    assert (result.fault, result.notes) == (None, ())
    assert len(path.read_bytes().splitlines()) == 3


def test_records_after_the_last_checkpoint_are_noted(store: Store) -> None:
    for _ in range(2):
        with store.write() as connection:
            log.append(connection, "test", {})
    result = verify(store)
    assert (result.fault, result.head.seq) == (None, 9)
    assert result.notes == ("2 audit records follow the last checkpoint",)


def test_what_is_written_while_it_is_verified_is_no_fault(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_be_late(folder: Path) -> checkpoint.Written:
        written = read(folder)
        with store.write() as connection:
            log.append(connection, "test", {})
        checkpoint.sign(store)
        return written

    read = checkpoint.read
    monkeypatch.setattr(checkpoint, "read", read_and_be_late)
    assert verify(store).fault is None


def test_the_log_is_settled_before_a_checkpoint_tells_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = []
    monkeypatch.setattr(
        "os.fsync", lambda file: settled.append(Path(f"/proc/self/fd/{file}").readlink())
    )
    with store.write() as connection:
        log.append(connection, "test", {})
    checkpoint.sign(store)
    assert [path.name for path in settled] == ["case.db-wal", checkpoint.FILE]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DROP TRIGGER audit_no_update", "trigger audit_no_update is missing"),
        ("DROP TRIGGER audit_no_delete", "trigger audit_no_delete is missing"),
        ("DROP TRIGGER audit_no_replace", "trigger audit_no_replace is missing"),
        (
            "CREATE TRIGGER x AFTER INSERT ON decision BEGIN DELETE FROM decision; END",
            "trigger x is not one of Tamis",
        ),
    ],
)
def test_the_triggers_are_those_of_tamis(store: Store, statement: str, fault: str) -> None:
    with closing(sqlite3.connect(store.folder / "case.db")) as connection, connection:
        connection.execute(statement)
    assert fault in str(verify(store).fault)


def test_a_trigger_that_does_nothing_is_not_one_of_tamis(store: Store) -> None:
    with closing(sqlite3.connect(store.folder / "case.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute(
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END"
        )
    assert "trigger audit_no_update is not one of Tamis" in str(verify(store).fault)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_change_of_any_byte_of_any_record_is_found(store: Store, data: st.DataObject) -> None:
    """Whatever it makes of the record: another text, no text at all, another number."""
    column = data.draw(st.sampled_from([column.name for column in log.audit.c]))
    seq = data.draw(st.integers(1, 7))
    where = f"UPDATE audit SET {column} = ? WHERE seq = {seq}"
    with closing(sqlite3.connect(store.folder / "case.db")) as connection:
        query = f"SELECT CAST({column} AS BLOB), typeof({column}) FROM audit WHERE seq = {seq}"
        before, kind = connection.execute(query).fetchone()
    after = bytearray(before)
    after[data.draw(st.integers(0, len(before) - 1))] ^= data.draw(st.integers(1, 255))
    if kind == "integer":
        after = data.draw(st.integers(-(2**63), 2**63 - 1).filter(lambda n: not 1 <= n <= 7))
        back = f"UPDATE audit SET seq = {seq} WHERE seq = {after}"
    else:
        cast = "CAST(x'{}' AS TEXT)" if kind == "text" else "x'{}'"
        back = where.replace("?", cast.format(before.hex()))
        after = cast.format(after.hex())
    _tamper(store, where.replace("?", str(after)))
    try:
        assert verify(store).fault is not None
    finally:
        _tamper(store, back)
    assert verify(store).fault is None


def test_a_key_is_whole_or_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(StoreError, match="cannot be written: No space left"):
            site_key()
    made = site_key()
    assert made.public_key() == site_key().public_key()
    assert site_key() is site_key()  # read once
    path = home() / "keys" / "audit-ed25519.pem"
    path.write_text("nonsense")
    with pytest.raises(StoreError, match="cannot be read"):
        site_key()
