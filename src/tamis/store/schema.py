"""The tables of a case. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite gives out row ids only for INTEGER; PostgreSQL needs the room of BIGINT.
Key = BigInteger().with_variant(Integer, "sqlite")

case_info = Table(
    "case_info",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)
PRIOR = "prior"
"""The key under which the choice of the prior is kept; scans do not answer for it."""

source = Table(
    "source",
    metadata,
    Column("id", Key, primary_key=True),
    Column("plugin", String, nullable=False),
    Column("location", LargeBinary, nullable=False, unique=True),
)

media = Table(
    "media",
    metadata,
    Column("id", Key, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("sha1", LargeBinary(20), nullable=False),
    Column("md5", LargeBinary(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("format", String, nullable=False),
    Column("mime", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
)

media_file = Table(
    "media_file",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source_id", Key, ForeignKey("source.id"), nullable=False),
    Column("locator", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger),
    Column("media_id", Key, ForeignKey("media.id"), index=True),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("source_id", "locator"),
    CheckConstraint(
        "state IN ('taken_in', 'examined', 'partly_examined', 'unreadable', 'not_media')",
        name="known_state",
    ),
)
# What is still to be done; partial, so that finished files cost nothing.
Index(
    "media_file_pending",
    media_file.c.id,
    sqlite_where=(media_file.c.state == "taken_in") & (media_file.c.reason == ""),
    postgresql_where=(media_file.c.state == "taken_in") & (media_file.c.reason == ""),
)

# What files held before they were changed.
past_file = Table(
    "past_file",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source_id", Key, ForeignKey("source.id"), nullable=False),
    Column("locator", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger),
    Column("media_id", Key, ForeignKey("media.id"), nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("source_id", "locator", "media_id"),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("variants", LargeBinary, nullable=False),
    Column("quality", Integer),
)

examination_run = Table(
    "examination_run",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("examination", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("failure", Text),
    sqlite_with_rowid=False,
)

observation = Table(
    "observation",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("examination", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("score", Float),
    sqlite_with_rowid=False,
)

hash_list = Table(
    "hash_list",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("format", String, nullable=False),
    Column("file_sha256", LargeBinary(32), nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("imported_at", String, nullable=False),
    Column("summary", Text, nullable=False),
)

hash_value = Table(
    "hash_value",
    metadata,
    Column("algorithm", String, primary_key=True),
    Column("value", LargeBinary, primary_key=True),
    Column("list_id", Key, ForeignKey("hash_list.id"), primary_key=True),
    Column("entry", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

hash_entry = Table(
    "hash_entry",
    metadata,
    Column("list_id", Key, ForeignKey("hash_list.id"), primary_key=True),
    Column("entry", BigInteger, primary_key=True),
    Column("category", String),
    Column("quality", Integer),
    Column("extra", Text, nullable=False),
    sqlite_with_rowid=False,
)

hash_match = Table(
    "hash_match",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("scope", String, primary_key=True),
    Column("list_name", String, primary_key=True),
    Column("entry", BigInteger, primary_key=True),
    Column("algorithm", String, primary_key=True),
    Column("list_kind", String, nullable=False),
    Column("distance", Integer, nullable=False),
    Column("orientation", Integer, nullable=False),
    Column("category", String),
    sqlite_with_rowid=False,
)

stack = Table(
    "stack",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("representative_id", Key, ForeignKey("media.id"), nullable=False, index=True),
    Column("distance", Integer, nullable=False),
)

assessment = Table(
    "assessment",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("log10_lr", Float, nullable=False),
    Column("pixels", Float),
    Column("conflict", Integer, nullable=False),
    Column("contributions", Text, nullable=False),
)

# One row per stack, of what its place depends on; its rank follows from `queue_order`. So a
# decision changes the rows of the stacks it is about, and no others.
queue_place = Table(
    "queue_place",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("band", String, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("priority", Float, nullable=False),
    Column("lean", Float, nullable=False),
    Column("tie", LargeBinary(32), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("floor", Float, nullable=False),
    Column("own", Float, nullable=False),
    Column("camera", String, nullable=False),
    Column("family", String, nullable=False),
    Column("neighbours", String, nullable=False),
    Column("digest", LargeBinary(32)),
)
Index(
    "queue_order",
    queue_place.c.turn,
    queue_place.c.priority.desc(),
    queue_place.c.lean.desc(),
    queue_place.c.tie,
)
Index("queue_camera", queue_place.c.camera, sqlite_where=queue_place.c.camera != "")
Index("queue_family", queue_place.c.family, sqlite_where=queue_place.c.family != "")

decision = Table(
    "decision",
    metadata,
    Column("id", Key, primary_key=True),
    Column("media_id", Key, ForeignKey("media.id"), nullable=False, index=True),
    Column("category", String),
    Column("origin", String),
    Column("note", Text),
    Column("actor", String, nullable=False),
    Column("at", String, nullable=False),
    Column("audit_seq", BigInteger, nullable=False),
)

# Each test is about one tail of the queue, fixed when the test was begun: the places with a
# position, which is that of a random order. Drawn are the first of them. Places without a position
# stood before the tail.
elusion_test = Table(
    "elusion_test",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seed", LargeBinary(32), nullable=False),
    Column("from_rank", Integer, nullable=False),
    Column("categories", Text, nullable=False),
    Column("stated", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
)

elusion_place = Table(
    "elusion_place",
    metadata,
    Column("media_id", Key, ForeignKey("media.id"), primary_key=True),
    Column("test", Integer, ForeignKey("elusion_test.number"), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("position", Integer),
    UniqueConstraint("test", "position"),
)

stage_run = Table(
    "stage_run",
    metadata,
    Column("stage", String, primary_key=True),
    Column("inputs", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("key", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)

TRIGGERS = {
    name: f"CREATE TRIGGER {name} BEFORE {moment} "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for name, moment in {
        "audit_no_update": "UPDATE ON audit",
        "audit_no_delete": "DELETE ON audit",
        "audit_no_replace": (
            "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)"
        ),
    }.items()
}
"""Every trigger of a case, as SQLite keeps it: whoever drops one, or adds one, is found."""
