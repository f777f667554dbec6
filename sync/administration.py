"""People and devices from the command line."""

import argparse
import sys

import sqlalchemy as sa

from sync import authority, devices
from sync.ids import new_id
from sync.passwords import PasswordUnusable, password_hash, store_password
from sync.server_tables import command_seen, device, settled
from sync.tenants import Tenant
from sync.users import Person, all_people, find_person


class Refused(Exception):  # noqa: N818 - told to the administrator
    """It cannot be done; the text says why and what to do."""


def user_add(tenant: Tenant, args: argparse.Namespace) -> int:
    """Add a person and print the id. Nothing is added when the password cannot be taken."""
    hashed = password_hash(_read_password()) if args.password_stdin else None
    user_id = new_id()
    payload = {
        "user_id": user_id,
        "name": args.name,
        "email": args.email,
        "roles": list(dict.fromkeys(args.role)),
        "warehouse_ids": args.warehouse,
    }
    if args.territory is not None:
        payload["territory"] = args.territory
    authority.run_command(tenant, authority.SYSTEM, "AddUser", payload)
    if hashed is not None:
        with tenant.database.writing() as transaction:
            store_password(transaction, user_id, hashed)
    _print(user_id)
    return 0


def user_list(tenant: Tenant) -> int:
    """Print everyone."""
    with tenant.database.reading() as transaction:
        people = all_people(transaction)
    for person in people:
        _print(person.id, person.email, person.name, ",".join(person.roles), "active" if person.active else "disabled")
    return 0


def user_switch(tenant: Tenant, args: argparse.Namespace) -> int:
    """Disable or enable a person, as `args.command` says."""
    authority.run_command(tenant, authority.SYSTEM, args.command, {"user_id": _person(tenant, args.email).id})
    return 0


def user_password(tenant: Tenant, args: argparse.Namespace) -> int:
    """Set a person's password from standard input."""
    person = _person(tenant, args.email)
    hashed = password_hash(_read_password())
    with tenant.database.writing() as transaction:
        store_password(transaction, person.id, hashed)
    return 0


def device_list(tenant: Tenant) -> int:
    """Print every device."""
    query = sa.select(device).order_by(device.c.id)
    with tenant.database.reading() as transaction:
        rows = [devices.device_from(row) for row in transaction.connection.execute(query)]
    for one in rows:
        _print(one.id, one.code, one.user_id, one.name, _state(one))
    return 0


def device_revoke(tenant: Tenant, args: argparse.Namespace) -> int:
    """Shut a device out."""
    with tenant.database.writing() as transaction:
        if not devices.revoke(transaction, args.device_id, wipe=args.wipe):
            raise Refused(f"There is no device {args.device_id}. `device list {tenant.slug}` shows those there are.")
    return 0


def parked_list(tenant: Tenant) -> int:
    """Print every command that is still parked: version, when, who, what, the last line of its fault."""
    query = (
        sa.select(settled)
        .join(command_seen, command_seen.c.version == settled.c.version)
        .where(settled.c.status == "parked")
        .order_by(settled.c.version)
    )
    with tenant.database.reading() as transaction:
        rows = transaction.connection.execute(query).mappings().fetchall()
    for row in rows:
        fault = (row["trace"] or "").strip().rpartition("\n")[2]
        _print(str(row["version"]), row["received_at"], row["user_id"], row["name"], fault)
    return 0


def parked_retry(tenant: Tenant, args: argparse.Namespace) -> int:
    """Run a parked command again and print what became of it."""
    verdict = authority.rerun_parked(tenant, args.version)
    _print(verdict.status, str(verdict.version), verdict.code or "", verdict.sentence or "")
    return 0 if verdict.status in ("accepted", "amended") else 2


def _state(one: devices.Device) -> str:
    if one.revoked_at is not None:
        return "revoked, to be wiped" if one.wipe else "revoked"
    if one.replaced_by is not None:
        return "replaced"
    return "active" if one.signed_out_at is None else "signed out"


def _person(tenant: Tenant, email: str) -> Person:
    with tenant.database.reading() as transaction:
        person = find_person(transaction, email)
    if person is None:
        raise Refused(f"There is no user {email}. `user list {tenant.slug}` shows those there are.")
    return person


def _read_password() -> str:
    """All of standard input but a line end. Raises PasswordUnusable for nothing."""
    text = sys.stdin.read()
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise PasswordUnusable("No password came on standard input.")
    return password


def _print(*fields: str) -> None:
    sys.stdout.write("\t".join(fields) + "\n")
