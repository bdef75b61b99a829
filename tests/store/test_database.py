from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tamis.audit.verify import verify
from tamis.errors import CaseBusyError, StoreError
from tamis.store.database import HEAD, open_store
from tamis.store.schema import metadata, source

if TYPE_CHECKING:
    from pathlib import Path


def _tables(path: Path) -> dict[str, list[str]]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type != 'trigger'"
        ).fetchall()
    connection.close()
    # The order of constraints means nothing.
    return {
        name: sorted(re.split(r"[(),]", "".join(sql.split())))
        for name, sql in rows
        if name != "alembic_version"
    }


def test_the_migrations_lead_to_the_schema(tmp_path: Path) -> None:
    open_store(tmp_path / "case", create=True).close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert _tables(tmp_path / "case" / "case.db") == _tables(tmp_path / "direct.db")


def test_a_case_of_the_first_schema_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    to_head = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _head: to_head(config, "0001"))
        with open_store(tmp_path / "case", create=True, seed=b"known") as store:
            assert not sa.inspect(store.engine).has_table("elusion_test")
            with store.write() as connection:
                connection.execute(sa.insert(source).values(plugin="folder", location=b"/a"))
    with open_store(tmp_path / "case") as store:
        assert store.seed() == b"known"
        assert sa.inspect(store.engine).has_table("elusion_place")
        assert verify(store).fault is None
        with store.read() as connection:
            assert connection.scalar(sa.select(source.c.location)) == b"/a"


def test_a_case_keeps_its_seed(tmp_path: Path) -> None:
    with open_store(tmp_path, create=True) as store:
        seed = store.seed()
    with open_store(tmp_path) as store:
        assert store.seed() == seed
    with open_store(tmp_path / "b", create=True, seed=b"known") as store:
        assert store.seed() == b"known"


def test_no_case_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)):
        open_store(tmp_path)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(StoreError, match="not empty"):
        open_store(tmp_path, create=True)


def test_another_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "case.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(StoreError, match="not a case of Tamis"):
        open_store(tmp_path)


def test_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "case.db").write_bytes(b"garbage " * 1000)
    with pytest.raises(StoreError, match="not a database"):
        open_store(tmp_path)


def test_a_newer_case_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    connection = sqlite3.connect(tmp_path / "case.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=f"newer Tamis.*9999.*{HEAD}"):
        open_store(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with open_store(tmp_path, create=True) as one, open_store(tmp_path) as two:
        with one.only_writer(), pytest.raises(CaseBusyError), two.only_writer():
            pass
        with two.only_writer():
            pass


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    def fail(store) -> None:
        with store.write() as connection:
            connection.execute(sa.insert(source).values(plugin="folder", location=b"/a"))
            raise RuntimeError

    with open_store(tmp_path, create=True) as store:
        with pytest.raises(RuntimeError):
            fail(store)
        with store.read() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(source)) == 0


def test_a_full_disk_is_said_and_leaves_the_case_intact(tmp_path: Path) -> None:
    with open_store(tmp_path, create=True) as store:
        with store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        # SQLite's own limit raises the very error a full disk raises.
        @sa.event.listens_for(store.engine, "begin")
        def _limit(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

        rows = [{"plugin": "folder", "location": bytes(5000) + bytes([n])} for n in range(50)]
        with (
            pytest.raises(StoreError, match="disk is full; the case is intact"),
            store.write() as connection,
        ):
            connection.execute(sa.insert(source), rows)
    with open_store(tmp_path) as store, store.write() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(source)) == 0
        connection.execute(sa.insert(source), rows)
