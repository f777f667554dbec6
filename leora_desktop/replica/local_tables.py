"""The tables only a laptop has: in the replica beside the synced ones, and in the outbox's own file."""

import sqlalchemy as sa

from leora_core.store.tables import METADATA as SYNCED_METADATA

REPLICA = sa.MetaData(naming_convention=SYNCED_METADATA.naming_convention)

replica_state = sa.Table(
    "replica_state",
    REPLICA,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("value", sa.Text()),
    sqlite_with_rowid=False,
)
"""cursor, chain, count, checksum, equal, proven_at, fill, … as text."""

before_image = sa.Table(
    "before_image",
    REPLICA,
    sa.Column("table_name", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("row", sa.Text(), comment="JSON of the server's row, hidden columns last; NULL where it has none"),
    sqlite_with_rowid=False,
)
"""What the server last said of the rows that pending commands have changed."""

staged = sa.Table(
    "staged",
    REPLICA,
    sa.Column("table_name", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("row_scope", sa.Text(), nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("row", sa.Text(), comment="JSON of the fields as stored; NULL for a removal"),
    sqlite_with_rowid=False,
)
"""What came since the last checkpoint, not yet shown."""

staged_drop = sa.Table(
    "staged_drop",
    REPLICA,
    sa.Column("scope", sa.Text(), primary_key=True),
    sa.Column("ours", sa.Boolean(create_constraint=False), nullable=False),
    sqlite_with_rowid=False,
)
"""Scopes to be erased at the checkpoint: because the server said so, or (ours) to be filled anew."""

staged_verdict = sa.Table(
    "staged_verdict",
    REPLICA,
    sa.Column("command_id", sa.Text(), primary_key=True),
    sa.Column("verdict", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)
"""Verdicts whose rows are not yet all here."""

applied_verdict = sa.Table(
    "applied_verdict",
    REPLICA,
    sa.Column("command_id", sa.Text(), primary_key=True),
    sa.Column("verdict", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)
"""Verdicts whose rows are shown; the outbox lets go of these commands."""

reflected = sa.Table(
    "reflected",
    REPLICA,
    sa.Column("command_id", sa.Text(), primary_key=True),
    sqlite_with_rowid=False,
)
"""The waiting commands whose effect the replica shows (or that were tried and are stale)."""

OUTBOX = sa.MetaData(naming_convention=SYNCED_METADATA.naming_convention)

outbox_state = sa.Table(
    "outbox_state",
    OUTBOX,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("value", sa.Text()),
    sqlite_with_rowid=False,
)
"""token, lease, next_seq, back-off, … as text."""

waiting = sa.Table(
    "waiting",
    OUTBOX,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("position", sa.Integer(), nullable=False, unique=True),
    sa.Column("seq", sa.Integer(), unique=True, comment="NULL until it is first sent"),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("v", sa.Integer(), nullable=False),
    sa.Column("at", sa.Text(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("stale", sa.Text(), comment="JSON {code, sentence}: it no longer applies here; the server decides"),
    sa.Column("deferred", sa.Text(), comment="what the server said when it was too old for it"),
    sa.Column(
        "offered",
        sa.Boolean(create_constraint=False),
        nullable=False,
        server_default=sa.false(),
        comment="it has left, or may have, under this device id or an earlier one",
    ),
    sqlite_with_rowid=False,
)
"""Commands without a verdict, in the order they were given."""

attention = sa.Table(
    "attention",
    OUTBOX,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("v", sa.Integer(), nullable=False),
    sa.Column("at", sa.Text(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False, comment="rejected or parked"),
    sa.Column("code", sa.Text()),
    sa.Column("sentence", sa.Text()),
    sa.Column("field", sa.Text()),
    sa.Column("detail", sa.Text()),
    sa.Column("version", sa.BigInteger()),
    sa.Column("settled_at", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)
"""What was refused or parked, until the person edits, discards or exports it."""

accepted = sa.Table(
    "accepted",
    OUTBOX,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("v", sa.Integer(), nullable=False),
    sa.Column("at", sa.Text(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("verdict", sa.Text(), nullable=False),
    sa.Column("settled_at", sa.Text(), nullable=False),
    sa.Index("ix_accepted_version", "version"),
    sqlite_with_rowid=False,
)
"""What was accepted in the last 60 days, to be offered again should the server lose it."""
