"""/v1/admin: people, devices, grants, the audit trail, imports, jobs, what was handed in."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from leora_core.domain.command import Rejected
from leora_core.store.tables import BY_NAME
from sync import authority, devices
from sync.endpoints.parts import Authorization, NamedText, ShortText, problems, signed_router
from sync.ids import new_id
from sync.passwords import PasswordUnusable, password_hash, store_password
from sync.refusals import ApiError
from sync.server_tables import device, import_batch, job_run, salvage, settled
from sync.tenants import Tenants
from sync.users import Signed, authenticate

_user = BY_NAME["app_user"].table
_grant = BY_NAME["scope_grant"].table
_PAGE = 500

After = Annotated[str, Query(description="the last id of the page before")]
Limit = Annotated[int, Query(ge=1, le=1_000)]


class Listed(BaseModel):
    """One line of a list, with the columns of its table."""

    model_config = ConfigDict(extra="allow")


class Lines(BaseModel):
    """A list. `next` is what to give as `after` for the page that follows, null on the last."""

    rows: list[Listed]
    next: str | int | None = None


class NewUser(BaseModel):
    """A person to add; without a password they cannot sign in yet."""

    name: NamedText
    email: NamedText
    roles: list[ShortText] = Field(min_length=1)
    territory: ShortText | None = None
    warehouse_ids: list[ShortText] = []
    password: str | None = Field(None, max_length=1_000)


class UserAdded(BaseModel):
    """The new person's id."""

    user_id: str


class NewPassword(BaseModel):
    """The password the user signs in with from now on."""

    password: str = Field(max_length=1_000)


class Revocation(BaseModel):
    """With `wipe` the device erases itself at its next contact."""

    wipe: bool = False


class Done(BaseModel):
    """It was done; `version` is what it was committed as, null where nothing synced changed."""

    version: int | None = None


def router(tenants: Tenants) -> APIRouter:
    """The routes of administration."""
    routes = signed_router(prefix="/v1/admin")
    _add_people(routes, tenants)
    _add_devices(routes, tenants)
    _add_lists(routes, tenants)
    return routes


def _add_people(routes: APIRouter, tenants: Tenants) -> None:
    @routes.get("/users")
    def users(authorization: Authorization = None) -> Lines:
        """Everyone, with roles and whether they may sign in."""
        signed = _allowed(tenants, authorization, "admin")
        columns = [column for column in _user.c if column.name not in ("row_scope", "row_version")]
        return _lines(signed, sa.select(*columns).order_by(_user.c.id))

    @routes.post("/users", status_code=201, responses=problems(422))
    def add_user(body: NewUser, authorization: Authorization = None) -> UserAdded:
        """Add a person, with the grants their roles bring."""
        signed = _allowed(tenants, authorization, "admin")
        hashed = None if body.password is None else _hashed(body.password)
        user_id = new_id()
        payload = {"user_id": user_id, **body.model_dump(exclude={"password"}, exclude_none=True)}
        _run(signed, "AddUser", payload)
        if hashed is not None:
            with signed.tenant.database.writing() as transaction:
                store_password(transaction, user_id, hashed)
        return UserAdded(user_id=user_id)

    @routes.post("/users/{user_id}/disable", responses=problems(422))
    def disable(user_id: str, authorization: Authorization = None) -> Done:
        """Lock a person out; their devices answer device_revoked from now on."""
        return _run(_allowed(tenants, authorization, "admin"), "DisableUser", {"user_id": user_id})

    @routes.post("/users/{user_id}/enable", responses=problems(422))
    def enable(user_id: str, authorization: Authorization = None) -> Done:
        """Let a person in again."""
        return _run(_allowed(tenants, authorization, "admin"), "EnableUser", {"user_id": user_id})

    @routes.post("/users/{user_id}/password", responses=problems(404, 422))
    def password(user_id: str, body: NewPassword, authorization: Authorization = None) -> Done:
        """Set a person's password."""
        signed = _allowed(tenants, authorization, "admin")
        hashed = _hashed(body.password)
        with signed.tenant.database.writing() as transaction:
            if transaction.connection.execute(sa.select(_user.c.id).where(_user.c.id == user_id)).first() is None:
                raise ApiError(404, "not_found", "There is no such user. List the users and choose one.")
            store_password(transaction, user_id, hashed)
        return Done()


def _add_devices(routes: APIRouter, tenants: Tenants) -> None:
    @routes.get("/devices")
    def all_devices(user_id: str | None = None, authorization: Authorization = None) -> Lines:
        """Every device, newest first."""
        signed = _allowed(tenants, authorization, "admin", "manager")
        columns = [column for column in device.c if column.name != "token_hash"]
        query = sa.select(*columns).order_by(device.c.id.desc())
        return _lines(signed, query if user_id is None else query.where(device.c.user_id == user_id))

    @routes.post("/devices/{device_id}/revoke", responses=problems(404))
    def revoke(device_id: str, body: Revocation, authorization: Authorization = None) -> Done:
        """Shut a device out."""
        signed = _allowed(tenants, authorization, "admin")
        with signed.tenant.database.writing() as transaction:
            if not devices.revoke(transaction, device_id, wipe=body.wipe):
                raise ApiError(404, "not_found", "There is no such device. List the devices and choose one.")
        return Done()


def _add_lists(routes: APIRouter, tenants: Tenants) -> None:
    @routes.get("/grants")
    def grants(user_id: str | None = None, live: bool = True, authorization: Authorization = None) -> Lines:
        """Who may see what, and until when."""
        signed = _allowed(tenants, authorization, "admin")
        query = sa.select(*[c for c in _grant.c if c.name not in ("row_scope", "row_version")]).order_by(_grant.c.id)
        query = query if user_id is None else query.where(_grant.c.user_id == user_id)
        return _lines(signed, query.where(_grant.c.to_version.is_(None)) if live else query)

    @routes.get("/audit")
    def audit(after: int = 0, limit: Limit = _PAGE, authorization: Authorization = None) -> Lines:
        """Every settled command, oldest first: who, when, what, the verdict."""
        signed = _allowed(tenants, authorization, "admin", "manager")
        query = sa.select(settled).where(settled.c.version > after).order_by(settled.c.version).limit(limit)
        return _page(signed, query, "version", limit)

    for path, table, hidden in (("imports", import_batch, ""), ("jobs", job_run, ""), ("salvage", salvage, "body")):
        _add_list(routes, tenants, path, table, hidden)

    @routes.get("/salvage/{salvage_id}", responses=problems(404))
    def handed_in(salvage_id: str, authorization: Authorization = None) -> Listed:
        """What a device handed in, word for word."""
        signed = _allowed(tenants, authorization, "admin")
        found = _lines(signed, sa.select(salvage).where(salvage.c.id == salvage_id)).rows
        if not found:
            raise ApiError(404, "not_found", "Nothing was handed in under this id. List what was, and choose one.")
        return found[0]


def _add_list(routes: APIRouter, tenants: Tenants, path: str, table: sa.Table, hidden: str) -> None:
    def listed(after: After = "", limit: Limit = _PAGE, authorization: Authorization = None) -> Lines:
        signed = _allowed(tenants, authorization, "admin")
        columns = [column for column in table.c if column.name != hidden]
        query = sa.select(*columns).where(table.c.id > after).order_by(table.c.id).limit(limit)
        return _page(signed, query, "id", limit)

    routes.get(f"/{path}", name=path, summary=f"The {path} of this tenant, oldest first")(listed)


def _allowed(tenants: Tenants, header: str | None, *roles: str) -> Signed:
    """Who asks, who must have one of `roles`. Raises ApiError."""
    signed = authenticate(tenants, header)
    if not signed.actor.is_any(*roles):
        raise ApiError(403, "not_allowed", "Your role does not allow this. Ask an administrator.")
    return signed


def _hashed(password: str) -> str:
    try:
        return password_hash(password)
    except PasswordUnusable as error:
        raise ApiError(422, "password_unusable", str(error), field="password")


def _run(signed: Signed, name: str, payload: dict[str, Any]) -> Done:
    try:
        verdict = authority.run_command(signed.tenant, signed.actor, name, payload)
    except Rejected as refused:
        raise ApiError(422, refused.code, refused.sentence, field=refused.field, detail=refused.detail)
    return Done(version=verdict.version)


def _lines(signed: Signed, query: sa.Select[Any]) -> Lines:
    with signed.tenant.database.reading() as transaction:
        rows = transaction.connection.execute(query).mappings().all()
    return Lines(rows=[Listed(**row) for row in rows])


def _page(signed: Signed, query: sa.Select[Any], key: str, limit: int) -> Lines:
    page = _lines(signed, query)
    if len(page.rows) == limit:
        page.next = getattr(page.rows[-1], key)
    return page
