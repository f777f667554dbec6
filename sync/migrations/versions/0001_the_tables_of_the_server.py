"""The tables of the server."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("horizon", sa.BigInteger(), nullable=False, comment="removals at or below are forgotten"),
        sa.Column("secret", sa.Text(), nullable=False, comment="signs leases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_table(
        "command_seen",
        sa.Column("command_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the verdict that stands"),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_command_seen")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("app_version", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("token_expires_at", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("signed_out_at", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.Column("wipe", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("code", name=op.f("uq_device_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_table(
        "device_seq",
        sa.Column("device_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("command_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "seq", name=op.f("pk_device_seq")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=True),
        sa.Column("imported_at", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_bad", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "import_row",
        sa.Column("batch_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("table_name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "before", sa.Text(), nullable=True, comment="JSON of the stored row before; NULL when the import made it"
        ),
        sa.PrimaryKeyConstraint("batch_id", "table_name", "id", name=op.f("pk_import_row")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    op.create_table(
        "lease",
        sa.Column("device_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False, comment="the version the device had reached"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_lease")),
    )
    op.create_table(
        "removal",
        sa.Column("table_name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("row_scope", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "id", name=op.f("pk_removal")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("removal", schema=None) as batch_op:
        batch_op.create_index("ix_removal_version", ["version"], unique=False)

    op.create_table(
        "salvage",
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("device_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_salvage")),
    )
    op.create_table(
        "scope_sum",
        sa.Column("scope", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False, comment="modulo 2^64, as a signed number"),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_scope_sum")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settled",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("command_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="JSON: result, or code, sentence, field, detail"),
        sa.Column(
            "touched", sa.Text(), nullable=True, comment="JSON {scopes, tables} that changed; NULL when there were many"
        ),
        sa.Column("trace", sa.Text(), nullable=True, comment="of a parked command"),
        sa.Column(
            "rerun_of", sa.BigInteger(), nullable=True, comment="version of the parked command that this ran again"
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_settled")),
    )
    with op.batch_alter_table("settled", schema=None) as batch_op:
        batch_op.create_index("ix_settled_command_id", ["command_id"], unique=False)
        batch_op.create_index("ix_settled_device_id_rerun_of", ["device_id", "rerun_of"], unique=False)

    op.create_table(
        "sign_in_failure",
        sa.Column(
            "subject",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="hash of e-mail or address",
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("account_tag", schema=None) as batch_op:
        batch_op.create_index("ix_account_tag_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.create_index("ix_address_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("allowance_request", schema=None) as batch_op:
        batch_op.create_index("ix_allowance_request_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.create_index("ix_app_user_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("call_plan", schema=None) as batch_op:
        batch_op.create_index("ix_call_plan_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index("ix_conflict_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("contract_price", schema=None) as batch_op:
        batch_op.create_index("ix_contract_price_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("delivery_window", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_window_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("field_change", schema=None) as batch_op:
        batch_op.create_index("ix_field_change_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.create_index("ix_licence_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index("ix_note_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index("ix_order_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("planned_account", schema=None) as batch_op:
        batch_op.create_index("ix_planned_account_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("price_list", schema=None) as batch_op:
        batch_op.create_index("ix_price_list_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("price_list_item", schema=None) as batch_op:
        batch_op.create_index("ix_price_list_item_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index("ix_product_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("recurrence", schema=None) as batch_op:
        batch_op.create_index("ix_recurrence_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("sample_given", schema=None) as batch_op:
        batch_op.create_index("ix_sample_given_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("sample_movement", schema=None) as batch_op:
        batch_op.create_index("ix_sample_movement_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("scope_grant", schema=None) as batch_op:
        batch_op.create_index("ix_scope_grant_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("sku", schema=None) as batch_op:
        batch_op.create_index("ix_sku_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("sku_cost", schema=None) as batch_op:
        batch_op.create_index("ix_sku_cost_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("supplier", schema=None) as batch_op:
        batch_op.create_index("ix_supplier_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("tag_definition", schema=None) as batch_op:
        batch_op.create_index("ix_tag_definition_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("tenant_settings", schema=None) as batch_op:
        batch_op.create_index("ix_tenant_settings_row_version", ["row_version"], unique=False)

    with op.batch_alter_table("territory_block", schema=None) as batch_op:
        batch_op.create_index("ix_territory_block_row_version", ["row_version"], unique=False)
