"""Opens the database of a case: SQLite in WAL mode, one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from tamis import __version__
from tamis.errors import CaseBusyError, CaseReadOnlyError, StoreError, UsageError
from tamis.i18n import _
from tamis.store.schema import case_info

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

T = TypeVar("T")
Row: TypeAlias = "sa.Row[*tuple[Any, ...]]"
MediaIds: TypeAlias = "Collection[int] | sa.Select[tuple[int]]"
"""Some media: a few, or those that a statement selects, of which there may be any number."""

HEAD = "0003"
"""The schema revision this version of Tamis writes."""


class Store:
    """A case that is open.

    Args:
        folder: of the case.
        engine: its database.
        read_only: nothing can be written: a sealed copy, a medium without write access.
    """

    def __init__(self, folder: Path, engine: sa.Engine, *, read_only: bool = False) -> None:
        self.folder = folder
        self.engine = engine
        self.read_only = read_only

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection for reading."""
        with _translated(self.folder), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: everything in it is written, or nothing.

        Raises:
            StoreError: the disk is full, or the database cannot be written.
        """
        with _translated(self.folder), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def only_writer(self) -> Iterator[None]:
        """Hold the lock that keeps other processes from writing to this case.

        Raises:
            CaseBusyError: another process holds it.
            CaseReadOnlyError: the case cannot be written at all.
        """
        if self.read_only:
            raise CaseReadOnlyError(_("{case}: the case cannot be written", case=self.folder))
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CaseBusyError(
                    _("{case}: another process is writing to this case", case=self.folder)
                ) from None
            yield
        finally:
            os.close(descriptor)

    def settle(self) -> None:
        """Make what was committed survive a power cut.

        In WAL mode SQLite leaves that to the next checkpoint of its own, and what is written
        elsewhere about a commit must not outlast it.

        Raises:
            StoreError: the disk refuses.
        """
        try:
            descriptor = os.open(self.folder / "case.db-wal", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # nothing that SQLite did not settle itself
        try:
            os.fsync(descriptor)
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror}") from error
        finally:
            os.close(descriptor)

    def seed(self) -> bytes:
        """The secret of this case that breaks ties in its queue."""
        with self.read() as connection:
            value = connection.scalar(sa.select(case_info.c.value).where(case_info.c.key == "seed"))
        return bytes.fromhex(str(value))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(folder: Path, *, create: bool = False, seed: bytes | None = None) -> Store:
    """Open the case in `folder`, bringing an older schema up to date.

    Args:
        folder: of the case.
        create: make it where it is absent.
        seed: of a case to be made; random where None.

    Raises:
        UsageError: the case is there and has another seed.
        StoreError: there is no case, it is not ours, it is newer than this Tamis, or the folder
            cannot be written.
    """
    database = folder / "case.db"
    if not database.is_file():
        if not create:
            raise StoreError(
                _("{case}: there is no case here (make one with `tamis scan`)", case=folder)
            )
        _make_folder(folder)
    read_only = not os.access(folder, os.W_OK)
    if read_only:
        engine = sa.create_engine("sqlite://", creator=partial(_connect_read_only, database))
    else:
        engine = sa.create_engine(f"sqlite:///{database}", connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _prepare_connection)
    sa.event.listen(engine, "begin", _begin)
    store = Store(folder, engine, read_only=read_only)
    try:
        with _translated(folder):
            _bring_up_to_date(store, seed)
            _check_seed(store, seed)
    except BaseException:
        engine.dispose()
        raise
    return store


def _make_folder(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise StoreError(
                _("{case}: is not empty and holds no case; name an empty folder", case=folder)
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = error.strerror
        raise StoreError(
            _("{case}: the case cannot be made: {reason}", case=folder, reason=reason)
        ) from error


def _connect_read_only(database: Path) -> sqlite3.Connection:
    log = database.with_name(f"{database.name}-wal")
    # Without a log to merge, SQLite needs to make none of the files it could not make here.
    sealed = "&immutable=1" if not log.exists() or log.stat().st_size == 0 else ""
    place = quote(os.fsencode(database.absolute()))
    connection = sqlite3.connect(f"file:{place}?mode=ro{sealed}", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _prepare_connection(connection: Any, _record: object) -> None:  # noqa: ANN401 - DB-API object
    # SQLAlchemy begins transactions itself (see `_begin`), so that a read inside a write
    # transaction and DDL are covered too.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _bring_up_to_date(store: Store, seed: bytes | None) -> None:
    if _revision(store) == HEAD:
        return
    with store.only_writer():  # else two first scans of one case would both make it
        revision = _revision(store)
        if revision == HEAD:
            return
        with store.write() as connection:
            _migrate(connection)
            if revision is None:
                values = {
                    "seed": (seed or secrets.token_bytes(16)).hex(),
                    "created_by": f"tamis {__version__}",
                }
                rows = [{"key": key, "value": value} for key, value in values.items()]
                connection.execute(sa.insert(case_info), rows)


def _revision(store: Store) -> str | None:
    """The schema the case was written with; None for a new one.

    Raises:
        StoreError: it is no case, or one of a newer Tamis.
    """
    with store.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        revision = (
            connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            if "alembic_version" in tables
            else None
        )
    if tables and revision is None:
        raise StoreError(_("{case}: is not a case of Tamis", case=store.folder))
    if revision is not None and revision > HEAD:
        raise StoreError(
            _(
                "{case}: was written by a newer Tamis (schema {theirs}, here {ours})",
                case=store.folder,
                theirs=revision,
                ours=HEAD,
            )
        )
    return None if revision is None else str(revision)


def _check_seed(store: Store, seed: bytes | None) -> None:
    if seed and store.seed() != seed:
        raise UsageError(_("{case}: the case has another seed", case=store.folder))


def _migrate(connection: sa.Connection) -> None:
    # Alembic takes a fifth of a second to import and is needed once per case.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "tamis.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def insert_new(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows whose key is not there yet; the others are left as they are."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def untyped(columns: Iterable[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    """Select values as the database holds them, whatever the schema says they are."""
    raw: list[Any] = [sa.type_coerce(column, sa.types.NULLTYPE) for column in columns]
    return sa.select(*raw)


def chunks(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Cut `items` into parts small enough for one SQL statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn errors of the database into a `StoreError` a user understands."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig)
        if "full" in reason:
            reason = _("the disk is full; the case is intact: free some space and run again")
        raise StoreError(f"{folder}: {reason}") from error
