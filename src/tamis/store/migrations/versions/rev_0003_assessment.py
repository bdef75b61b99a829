"""Assessments: what the evidence on each media supports, and how strongly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table; the stage that fills it runs when the case is next brought up to date."""
    op.create_table(
        "assessment",
        sa.Column("media_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
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
