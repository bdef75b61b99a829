from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tamis.audit import checkpoint, log
from tamis.audit.verify import verify
from tamis.config import home
from tamis.errors import UsageError
from tamis.store.database import Store, open_store

if TYPE_CHECKING:
    from pathlib import Path


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
    """What an insider with a database tool does: drop the triggers, then change the log."""
    store.close()
    with closing(sqlite3.connect(store.folder / "case.db")) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("DROP TRIGGER audit_no_delete")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_an_untouched_log_holds(store: Store) -> None:
    result = verify(store)
    assert result.fault is None
    assert result.head.seq == 7


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
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
                    "INSERT INTO audit SELECT 4, at, actor, verb, body, prev, hash FROM audit"
                    " WHERE seq = 3"
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
    assert "another key" in str(verify(store).fault)


def test_an_edited_checkpoint_is_refused(store: Store) -> None:
    path = store.folder / checkpoint.FILE
    line = json.loads(path.read_text())
    line["seq"] = 6
    path.write_text(json.dumps(line) + "\n")
    assert "the signature does not hold" in str(verify(store).fault)
    path.unlink()
    assert "missing" in str(verify(store).fault)


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
            assert log.first_fault(connection) is None
            assert next(log.records(connection)).body == body
    finally:
        engine.dispose()
