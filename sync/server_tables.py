"""The tables only the server has. The first block is in each tenant's database, `CONTROL` apart from them."""

import sqlalchemy as sa

from leora_core.store.tables import METADATA as SYNCED_METADATA

SERVER = sa.MetaData(naming_convention=SYNCED_METADATA.naming_convention)

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

clock = sa.Table(
    "clock",
    SERVER,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("chain", sa.Text()),
    sa.Column("horizon", sa.BigInteger(), nullable=False, comment="removals at or below are forgotten"),
    sa.Column("secret", sa.Text(), nullable=False, comment="signs leases"),
)
"""One row. Every synced write takes it first, so versions commit in order."""

settled = sa.Table(
    "settled",
    SERVER,
    sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("command_id", _KEY, nullable=False),
    sa.Column("chain", sa.Text(), nullable=False),
    sa.Column("device_id", _KEY),
    sa.Column("seq", sa.BigInteger()),
    sa.Column("user_id", _KEY),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("v", sa.Integer(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("at", sa.Text(), nullable=False),
    sa.Column("received_at", sa.Text(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("verdict", sa.Text(), nullable=False, comment="JSON: result, or code, sentence, field, detail"),
    sa.Column("touched", sa.Text(), comment="JSON {scopes, tables} that changed; NULL when there were many"),
    sa.Column("trace", sa.Text(), comment="of a parked command"),
    sa.Column("rerun_of", sa.BigInteger(), comment="version of the parked command that this ran again"),
    sa.Index("ix_settled_command_id", "command_id"),
    sa.Index("ix_settled_device_id_rerun_of", "device_id", "rerun_of"),
)
"""One row for each version: the command that made it, its verdict, the chain up to it."""

command_seen = sa.Table(
    "command_seen",
    SERVER,
    sa.Column("command_id", _KEY, primary_key=True),
    sa.Column("version", sa.BigInteger(), nullable=False, comment="of the verdict that stands"),
    sqlite_with_rowid=False,
)
"""Which command ids have been executed, for ever."""

device_seq = sa.Table(
    "device_seq",
    SERVER,
    sa.Column("device_id", _KEY, primary_key=True),
    sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("command_id", _KEY, nullable=False),
    sqlite_with_rowid=False,
)
"""Which command a device sent under which number: tells a repeat from a fork."""

removal = sa.Table(
    "removal",
    SERVER,
    sa.Column("table_name", _KEY, primary_key=True),
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("row_scope", _KEY, nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("removed_at", sa.Text(), nullable=False),
    sa.Index("ix_removal_version", "version"),
    sqlite_with_rowid=False,
)
"""Rows that were taken away, for the replicas that still have them."""

scope_sum = sa.Table(
    "scope_sum",
    SERVER,
    sa.Column("scope", _KEY, primary_key=True),
    sa.Column("count", sa.BigInteger(), nullable=False),
    sa.Column("checksum", sa.BigInteger(), nullable=False, comment="modulo 2^64, as a signed number"),
    sqlite_with_rowid=False,
)
"""Count and checksum of each scope's rows, kept by increments; `*` is the sum of all."""

device = sa.Table(
    "device",
    SERVER,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("user_id", _KEY, nullable=False),
    sa.Column("code", sa.Text(), nullable=False, unique=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("platform", sa.Text()),
    sa.Column("app_version", sa.Text()),
    sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
    sa.Column("token_expires_at", sa.Text(), nullable=False),
    sa.Column("last_seq", sa.BigInteger(), nullable=False),
    sa.Column("enrolled_at", sa.Text(), nullable=False),
    sa.Column("replaced_by", _KEY),
    sa.Column("signed_out_at", sa.Text()),
    sa.Column("revoked_at", sa.Text()),
    sa.Column("wipe", sa.Boolean(create_constraint=False), nullable=False),
)
"""An installed replica of one user."""

lease = sa.Table(
    "lease",
    SERVER,
    sa.Column("device_id", _KEY, primary_key=True),
    sa.Column("counter", sa.BigInteger(), nullable=False),
    sa.Column("current", sa.Text(), nullable=False),
    sa.Column("previous", sa.Text()),
    sa.Column("request", sa.Text()),
    sa.Column("seen_at", sa.Text(), nullable=False),
    sa.Column("cursor", sa.BigInteger(), nullable=False, comment="the version the device had reached"),
)
"""The last exchange of each device. On SQLite it has a file of its own: no poll waits for a writer."""

credential = sa.Table(
    "credential",
    SERVER,
    sa.Column("user_id", _KEY, primary_key=True),
    sa.Column("password_hash", sa.Text(), nullable=False),
    sa.Column("changed_at", sa.Text(), nullable=False),
)

sign_in_failure = sa.Table(
    "sign_in_failure",
    SERVER,
    sa.Column("subject", _KEY, primary_key=True, comment="hash of e-mail or address"),
    sa.Column("failures", sa.Integer(), nullable=False),
    sa.Column("last_at", sa.Text(), nullable=False),
)

salvage = sa.Table(
    "salvage",
    SERVER,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("device_id", _KEY, nullable=False),
    sa.Column("user_id", _KEY, nullable=False),
    sa.Column("received_at", sa.Text(), nullable=False),
    sa.Column("body", sa.Text(), nullable=False),
)
"""Outboxes handed in by revoked, forked or too-old devices; an admin decides, nothing runs by itself."""

import_batch = sa.Table(
    "import_batch",
    SERVER,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("file_name", sa.Text(), nullable=False),
    sa.Column("file_sha256", sa.Text(), nullable=False),
    sa.Column("recipe", sa.Text()),
    sa.Column("imported_at", sa.Text(), nullable=False),
    sa.Column("imported_by", _KEY),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("rows_read", sa.BigInteger(), nullable=False),
    sa.Column("rows_bad", sa.BigInteger(), nullable=False),
    sa.Column("undone_at", sa.Text()),
)

import_row = sa.Table(
    "import_row",
    SERVER,
    sa.Column("batch_id", _KEY, primary_key=True),
    sa.Column("table_name", _KEY, primary_key=True),
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("before", sa.Text(), comment="JSON of the stored row before; NULL when the import made it"),
    sqlite_with_rowid=False,
)
"""Which rows an import made or changed, so that it can be taken back."""

job_run = sa.Table(
    "job_run",
    SERVER,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("job", sa.Text(), nullable=False),
    sa.Column("started_at", sa.Text(), nullable=False),
    sa.Column("finished_at", sa.Text()),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("note", sa.Text()),
)

CONTROL = sa.MetaData(naming_convention=SYNCED_METADATA.naming_convention)

tenant = sa.Table(
    "tenant",
    CONTROL,
    sa.Column("slug", sa.Text(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False),
    sa.Column("place", sa.Text(), nullable=False, comment="file name below DIR/tenants, or PostgreSQL schema"),
    sa.Column("created_at", sa.Text(), nullable=False),
)
