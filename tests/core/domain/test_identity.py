from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.command import Command, Rejected, rep_scope, warehouse_scope
from leora_core.domain.edits import FieldEdit
from leora_core.domain.grants import Grant
from leora_core.domain.identity import (
    ROLES,
    SETTINGS_ID,
    AddUser,
    ChangeSettings,
    DisableUser,
    EditUser,
    EnableUser,
    Role,
    SetRoles,
    TenantSettings,
    User,
    need_active_rep,
    scopes_of_roles,
)
from tests.core.domain.cast import ADMIN, MANAGER, PICKER, REP, Office, an_id, by

NEW = an_id("new user")
DEPOT = an_id("depot")


def new_user(*roles: Role, **more: Any) -> AddUser:
    return AddUser(**({"user_id": NEW, "name": "Nia New", "email": "nia@example.com", "roles": roles} | more))


def held_by_role(office: Office, user_id: str) -> set[str]:
    return {grant.held for grant in office.find(Grant, user_id=user_id, why="role", to_version=None)}


@pytest.mark.parametrize(
    ("roles", "held"),
    [
        (("rep",), {"shared", rep_scope(NEW)}),
        (("warehouse",), {"shared"}),
        (("manager",), {"*"}),
        (("admin",), {"*"}),
        (("manager", "rep"), {"*", "shared", rep_scope(NEW)}),
    ],
)
def test_a_new_user_holds_what_the_roles_imply(roles: tuple[Role, ...], held: set[str]) -> None:
    office = Office()
    office.do(new_user(*roles), by(ADMIN))
    assert held_by_role(office, NEW) == held


def test_a_warehouse_user_holds_the_warehouses_named() -> None:
    office = Office()
    office.do(new_user("warehouse", warehouse_ids=(DEPOT,)), by(ADMIN))
    assert held_by_role(office, NEW) == {"shared", warehouse_scope(DEPOT)}


def test_the_email_is_kept_in_lower_case_and_roles_in_one_order() -> None:
    office = Office()
    office.do(new_user("manager", "rep", "rep", email=" Nia@Example.COM "), by(ADMIN))
    user = office.need(User, NEW)
    assert (user.email, user.roles) == ("nia@example.com", ("rep", "manager"))


def test_an_email_belongs_to_one_user_whatever_its_case() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(new_user("rep", email="ROSA@example.com"), by(ADMIN))
    assert (refusal.value.code, refusal.value.field) == ("email_taken", "email")
    office.do(new_user("rep", email="ROSA@example.com"), by(ADMIN, authority=False))


@pytest.mark.parametrize(
    ("wrong", "field"), [({"email": "nowhere"}, "email"), ({"name": "  "}, "name"), ({"territory": 3}, "territory")]
)
def test_a_new_user_needs_sound_values(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(new_user("rep", **wrong), by(ADMIN))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", field)


def test_a_user_needs_a_role() -> None:
    office = Office()
    for command in (new_user(), SetRoles(user_id=REP, roles=())):
        with pytest.raises(Rejected) as refusal:
            office.do(command, by(ADMIN))
        assert refusal.value.code == "roles_empty"


@pytest.mark.parametrize(
    "command",
    [
        new_user("rep"),
        EditUser(user_id=REP, fields={}),
        SetRoles(user_id=REP, roles=("admin",)),
        DisableUser(user_id=REP),
        EnableUser(user_id=an_id("nobody")),
        ChangeSettings(fields={}),
    ],
)
@pytest.mark.parametrize("user_id", [REP, MANAGER, PICKER])
def test_only_administrators_manage_users(command: Command, user_id: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(command, by(user_id))
    assert refusal.value.code == "not_allowed"


def test_a_user_is_edited_field_by_field() -> None:
    office = Office()
    edits = {
        "name": FieldEdit("Rosa Rep", "Rosa Reyes"),
        "delivery_days": FieldEdit("", "thu,mon"),
        "sample_allowance": FieldEdit(None, 80),
    }
    office.do(EditUser(user_id=REP, fields=edits), by(ADMIN))
    user = office.need(User, REP)
    assert (user.name, user.delivery_days, user.sample_allowance) == ("Rosa Reyes", ("mon", "thu"), 80)
    outcome = office.do(EditUser(user_id=REP, fields={"delivery_days": FieldEdit("", "fri")}), by(ADMIN))
    assert outcome.result["conflicts"][0]["theirs"] == "mon,thu"


def test_an_edited_email_stays_unique() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(EditUser(user_id=REP, fields={"email": FieldEdit("rosa@example.com", "Mia@example.com")}), by(ADMIN))
    assert refusal.value.code == "email_taken"


def test_roles_are_not_edited_as_fields() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(EditUser(user_id=REP, fields={"roles": FieldEdit("rep", "admin")}), by(ADMIN))
    assert refusal.value.code == "field_unknown"


def test_changing_roles_ends_and_makes_just_the_grants_that_differ() -> None:
    office = Office()
    office.do(new_user("rep"), by(ADMIN, version=5))
    office.written.clear()
    office.do(SetRoles(user_id=NEW, roles=("warehouse",), warehouse_ids=(DEPOT,)), by(ADMIN, version=9))
    assert held_by_role(office, NEW) == {"shared", warehouse_scope(DEPOT)}
    grants = [row for row in office.written if isinstance(row, Grant)]
    assert {(grant.held, grant.from_version, grant.to_version) for grant in grants} == {
        (rep_scope(NEW), 5, 9),
        (warehouse_scope(DEPOT), 9, None),
    }


def test_setting_the_same_roles_writes_nothing() -> None:
    office = Office()
    office.do(new_user("rep"), by(ADMIN))
    office.written.clear()
    office.do(SetRoles(user_id=NEW, roles=("rep",)), by(ADMIN))
    assert office.written == []


def test_assigned_accounts_survive_a_change_of_roles() -> None:
    office = Office()
    office.do(SetRoles(user_id=REP, roles=("manager",)), by(ADMIN))
    assert office.count(Grant, user_id=REP, why="assigned", to_version=None) == 1


ROLE_SETS = st.lists(st.sampled_from(ROLES), min_size=1, max_size=4).map(tuple)


@given(st.lists(ROLE_SETS, min_size=1, max_size=5))
def test_after_any_changes_the_grants_are_those_of_the_last_roles(history: list[tuple[Role, ...]]) -> None:
    office = Office()
    office.do(new_user(*history[0]), by(ADMIN))
    for roles in history[1:]:
        office.do(SetRoles(user_id=NEW, roles=roles), by(ADMIN))
    assert held_by_role(office, NEW) == scopes_of_roles(NEW, history[-1])


def test_disabling_locks_out_and_ends_no_grant() -> None:
    office = Office()
    office.do(DisableUser(user_id=REP), by(ADMIN))
    assert not office.need(User, REP).active
    assert not [row for row in office.written if isinstance(row, Grant)]
    office.do(EnableUser(user_id=REP), by(ADMIN))
    assert office.need(User, REP).active


def test_disabling_and_enabling_twice_is_no_error() -> None:
    office = Office()
    office.do(EnableUser(user_id=REP), by(ADMIN))
    office.do(DisableUser(user_id=REP), by(ADMIN))
    office.do(DisableUser(user_id=REP), by(ADMIN))
    assert len(office.written) == 1


@pytest.mark.parametrize("command", [DisableUser(user_id=ADMIN), SetRoles(user_id=ADMIN, roles=("manager",))])
def test_the_last_administrator_stays(command: Command) -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(command, by(ADMIN))
    assert refusal.value.code == "last_admin"
    office.do(new_user("admin"), by(ADMIN))
    office.do(DisableUser(user_id=NEW), by(ADMIN))
    with pytest.raises(Rejected):
        office.do(command, by(ADMIN))
    office.do(EnableUser(user_id=NEW), by(ADMIN))
    office.do(command, by(ADMIN))


def test_settings_change_field_by_field() -> None:
    office = Office()
    edits = {"timezone": FieldEdit("America/New_York", "Europe/Vienna"), "plan_cap": FieldEdit(75, 80)}
    office.do(ChangeSettings(fields=edits), by(ADMIN))
    settings = office.need(TenantSettings, SETTINGS_ID)
    assert (settings.timezone, settings.plan_cap) == ("Europe/Vienna", 80)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "../etc/passwd", "/etc/passwd"])
def test_a_time_zone_must_exist(zone: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(ChangeSettings(fields={"timezone": FieldEdit("America/New_York", zone)}), by(ADMIN))
    assert (refusal.value.code, refusal.value.field) == ("zone_unknown", "timezone")


@pytest.mark.parametrize(("name", "value"), [("currency", "usd"), ("plan_cap", None), ("revenue_drop_percent", 101)])
def test_settings_keep_their_bounds(name: str, value: Any) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(ChangeSettings(fields={name: FieldEdit(None, value)}), by(ADMIN))
    assert refusal.value.field == name


def test_only_an_active_rep_is_an_active_rep() -> None:
    office = Office()
    assert need_active_rep(office, REP).name == "Rosa Rep"
    for user_id in (MANAGER, an_id("nobody")):
        with pytest.raises(Rejected):
            need_active_rep(office, user_id)
    office.do(DisableUser(user_id=REP), by(ADMIN))
    with pytest.raises(Rejected) as refusal:
        need_active_rep(office, REP)
    assert refusal.value.code == "not_a_rep"
