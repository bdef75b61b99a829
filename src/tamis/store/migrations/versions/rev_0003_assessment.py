"""Assessments, and a queue of which a decision changes only the stacks it is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; the stages that fill them run when the case is next brought up to date."""
    op.create_table(
        "assessment",
        sa.Column("media_id", _KEY, nullable=False),
        sa.Column("log10_lr", sa.Float(), nullable=False),
        sa.Column("pixels", sa.Float(), nullable=True),
        sa.Column("conflict", sa.Integer(), nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"],
            ["media.id"],
        ),
        sa.PrimaryKeyConstraint("media_id"),
    )
    op.drop_table("queue_place")
    op.execute(sa.text("DELETE FROM stage_run WHERE stage = 'queue'"))
    op.create_table(
        "queue_place",
        sa.Column("media_id", _KEY, nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("lean", sa.Float(), nullable=False),
        sa.Column("tie", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("floor", sa.Float(), nullable=False),
        sa.Column("own", sa.Float(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("neighbours", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"]),
        sa.PrimaryKeyConstraint("media_id"),
    )
    order: list[str | sa.TextClause] = ["turn", sa.text("priority DESC")]
    order += [sa.text("lean DESC"), "tie"]
    op.create_index("queue_order", "queue_place", order)
    for name in ("camera", "family"):
        filled = sa.text(f"{name} != ''")
        op.create_index(f"queue_{name}", "queue_place", [name], sqlite_where=filled)
