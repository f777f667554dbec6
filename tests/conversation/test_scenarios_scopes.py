"""Scopes that come and go: who sees what, when, and that nothing is left of what was taken away."""

from typing import Any

import pytest
import sqlalchemy as sa

from leora_core.domain.accounts.records import Account, Contact
from leora_core.domain.command import Context
from leora_core.domain.failures import Unavailable
from leora_desktop.replica.proof import base_sum
from leora_desktop.replica.state import REPLICA_STATE
from sync import authority
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.simulation.device import Device
from sync.simulation.network import Fault, Strike
from sync.simulation.oracle import check_device
from sync.simulation.world import World
from tests.conversation.acts import (
    Meddled,
    a_contact,
    a_sample,
    a_visit,
    account_of,
    an_edit,
    assert_all_ends_well,
    body_of,
    days_later,
    owner_contact,
    shown,
    statuses,
)

SECRET = "Zinfandelundercover"
"""A word that stands nowhere but in one account."""


def places_of(device: Device, word: str) -> list[str]:
    """The tables of the laptop's replica in which a word stands, whatever kind of column it is in."""
    found = []
    with device.workspace.reading() as transaction:
        tables = transaction.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in transaction.execute(f'SELECT * FROM "{table}"').fetchall():
                texts = [value if isinstance(value, bytes) else str(value).encode() for value in row]
                if any(word.lower().encode() in text.lower() for text in texts):
                    found.append(table)
    return sorted(set(found))


def work_while_offline(world: World, device: Device, account: str) -> list[str]:
    """Three edits and a visit with a sample, done before the laptop hears that the account was given away."""
    ids = [
        device.do(*an_edit(account, "delivery_instructions", f"{SECRET}: ring twice")),
        device.do(*an_edit(account, "phone", "617-555-0101")),
        device.do(*a_contact(account, f"{SECRET} Maria")),
    ]
    samples = [{"sku_id": world.company.skus[0], "quantity": 2}]
    visit, payload = a_visit(account, samples=samples)
    return [*ids, device.do(visit, {**payload, "note": f"{payload['note']} {SECRET}"})]


def results(device: Device) -> dict[str, Any]:
    with device.workspace.outbox.database.reading() as transaction:
        return dict(transaction.execute("SELECT id, verdict FROM accepted").fetchall())


def test_s18_work_for_an_account_that_moved_is_taken_within_the_grace_and_marked(world: World) -> None:
    ana, ben, account = world.devices["ana"], world.devices["ben"], account_of(world)
    ids = work_while_offline(world, ana, account)
    assert places_of(ana, SECRET)
    world.assign(account, "rep2")
    ana.sync()
    assert {statuses(world)[id_] for id_ in ids} == {"accepted"}
    with world.server.tenant.database.reading() as transaction:
        rows = transaction.execute("SELECT command_id, verdict FROM settled").fetchall()
    verdicts = {row[0]: row[1] for row in rows}
    assert all('"late":true' in verdicts[id_] for id_ in ids)
    assert places_of(ana, SECRET) == []
    assert places_of(ana, account) in ([], ["sample_movement"])
    assert shown(ana, "SELECT id FROM account WHERE id = ?", account) == []
    ben.sync()
    assert shown(ben, "SELECT phone FROM account WHERE id = ?", account) == [("617-555-0101",)]
    assert shown(ben, "SELECT COUNT(*) FROM activity WHERE account_id = ?", account) == [(1,)]
    assert_all_ends_well(world)


def test_s19_work_that_comes_after_the_grace_is_refused_its_text_kept_and_nothing_of_the_account(world: World) -> None:
    ana, account = world.devices["ana"], account_of(world)
    ids = work_while_offline(world, ana, account)
    world.assign(account, "rep2")
    with days_later(4):
        ana.sync()
        assert {statuses(world)[id_] for id_ in ids} == {"rejected"}
        told = ana.attention()
        assert told.keys() == set(ids)
        assert {told[id_].code for id_ in ids} == {"scope_lost"}
        assert SECRET in str(told[ids[0]].payload)
        assert places_of(ana, SECRET) == []
        assert places_of(ana, account) == []
        assert results(ana) == {}
        assert_all_ends_well(world)


def many_accounts(world: World, count: int, rep: str | None = None) -> list[str]:
    """So many accounts with a contact each, in one commit; with `rep` they are given to one."""
    ids = [new_id() for _ in range(count)]

    def work(records: ServerWork, context: Context) -> dict[str, object]:
        for number, id_ in enumerate(ids):
            records.add(Account(id=id_, name=f"Bar {number}", opened_at=context.at))
            records.add(Contact(id=context.child_id(f"contact-{number}"), account_id=id_, name=f"Owner {number}"))
        return {}

    tenant = world.server.tenant
    authority.commit_work(tenant, name="Found", actor=authority.SYSTEM, command_id=new_id(), payload={}, work=work)
    if rep is not None:
        for id_ in ids:
            world.assign(id_, rep)
    return ids


def sync_with_every_third_answer_cut(device: Device, max_rows: int) -> int:
    """Sync until it is done, with every third exchange broken off halfway; returns how often it broke."""
    for tries in range(200):
        try:
            device.sync(Fault.DELIVER, Fault.DELIVER, Strike(Fault.CUT, 0.5), max_rows=max_rows)
        except Unavailable:
            continue
        device.transport.plan.clear()
        return tries
    raise AssertionError("it does not end")


def test_s20_manager_who_gains_three_thousand_accounts_gets_them_whole_although_the_line_drops(world: World) -> None:
    ben = world.devices["ben"]
    many_accounts(world, 3_000)
    before = shown(ben, "SELECT COUNT(*) FROM account")
    partly: list[list[tuple[Any, ...]]] = []
    ben.transport = Meddled(ben, after=lambda: partly.append(shown(ben, "SELECT COUNT(*) FROM account")))
    world.server.command("SetRoles", {"user_id": world.person("rep2").user_id, "roles": ["rep", "manager"]})
    broke = sync_with_every_third_answer_cut(ben, 1_000)
    assert broke >= 3
    assert all(count == before for count in partly)
    assert shown(ben, "SELECT COUNT(*) FROM account") == [(3_004,)]
    ben.transport = Meddled(ben)
    assert_all_ends_well(world)


def test_s20_rep_who_gains_many_accounts_gets_each_whole_although_the_line_drops(world: World) -> None:
    ben = world.devices["ben"]
    many_accounts(world, 60, "rep2")
    broke = sync_with_every_third_answer_cut(ben, 20)
    assert broke >= 3
    bare = shown(ben, "SELECT COUNT(*) FROM account WHERE id NOT IN (SELECT account_id FROM contact)")
    assert bare == [(0,)]
    assert shown(ben, "SELECT COUNT(*) FROM account") == [(62,)]
    assert_all_ends_well(world)


def test_s21_row_lives_in_one_scope_for_life_and_moves_as_a_removal_and_a_new_row(world: World) -> None:
    ana, ben, boss = (world.devices[name] for name in ("ana", "ben", "max"))
    mine, theirs = account_of(world, "rep1"), account_of(world, "rep2")
    old = owner_contact(ana, mine)
    boss.sync()
    boss.do("RemoveContact", {"account_id": mine, "contact_id": old})
    again = boss.do("AddContact", {"contact_id": old, "account_id": theirs, "name": "Moved Maria"})
    boss.do(*a_contact(theirs, "Moved Maria"))
    boss.sync()
    # The same id in another scope is refused: who held the old scope would hear of a removal and of nothing else.
    assert boss.attention()[again].code == "id_conflict"
    for device in (ana, ben):
        device.sync()
    assert shown(ana, "SELECT id FROM contact WHERE account_id = ?", mine) == []
    assert shown(ana, "SELECT id FROM contact WHERE name = 'Moved Maria'") == []
    assert len(shown(ben, "SELECT id FROM contact WHERE name = 'Moved Maria'")) == 1
    assert len(shown(boss, "SELECT id FROM contact WHERE name = 'Moved Maria'")) == 1
    assert_all_ends_well(world)


@pytest.mark.parametrize("assigned", [["rep2", "rep1"], ["rep2", "rep1", "rep2"], ["rep2", "rep1", "rep2", "rep1"]])
def test_s22_grant_revoke_and_grant_while_offline_leaves_the_right_scope_and_no_stale_row(
    world: World, assigned: list[str]
) -> None:
    ana, ben, account = world.devices["ana"], world.devices["ben"], account_of(world)
    contact = owner_contact(ana, account)
    for number, rep in enumerate(assigned):
        world.assign(account, rep)
        if number == 0:
            world.server.command("RemoveContact", {"account_id": account, "contact_id": contact}, world.boss())
        world.server.command(*a_contact(account, f"Contact {number}"), world.boss())
    for device in (ana, ben):
        report = device.sync()
        assert (report.equal, report.repaired) == (True, [])
        assert check_device(world, device) == []
    sees, blind = (ana, ben) if assigned[-1] == "rep1" else (ben, ana)
    names = shown(sees, "SELECT name FROM contact WHERE account_id = ? ORDER BY name", account)
    assert names == [(f"Contact {number}",) for number in range(len(assigned))]
    assert places_of(blind, f"Contact {len(assigned) - 1}") == []
    assert_all_ends_well(world)


def test_s23_granted_scope_whose_answer_was_lost_comes_with_the_next(world: World) -> None:
    ben, account = world.devices["ben"], account_of(world)
    world.assign(account, "rep2")
    for strike in (Strike(Fault.ANSWER_LOST), Strike(Fault.CUT, 0.9), Strike(Fault.CUT_QUIETLY, 0.5)):
        with pytest.raises(Unavailable):
            ben.sync(strike)
        assert shown(ben, "SELECT id FROM account WHERE id = ?", account) == []
    assert ben.sync().equal
    assert len(shown(ben, "SELECT id FROM contact WHERE account_id = ?", account)) == 1
    assert_all_ends_well(world)


def test_s23_replica_that_missed_a_granted_scope_is_found_out_by_its_sum_and_repaired(world: World) -> None:
    ben, account = world.devices["ben"], account_of(world)
    world.assign(account, "rep2")
    ben.sync()
    ben.do(*a_sample(account, world.company.skus[0], 1))
    waiting = ben.waiting_ids()
    with ben.workspace.replica.writing() as transaction:
        # As if the scope's rows had been passed over: the cursor is beyond them, and its own sum fits what is there.
        transaction.execute("DELETE FROM before_image WHERE row LIKE ?", (f"%{account}%",))
        for table in ("account", "contact", "address"):
            transaction.connection.execute(
                sa.delete(sa.table(table, sa.column("row_scope"))).where(sa.column("row_scope") == f"account:{account}")
            )
        held = base_sum(transaction)
        REPLICA_STATE.set(transaction, count=held.count, checksum=held.total % 2**64)
    ben.restart()
    assert ben.waiting_ids() == waiting
    asked: list[dict[str, Any]] = []

    def listen(call: Any) -> Any:
        if call.path == "/v1/sync":
            asked.append(body_of(call))
        return call

    ben.transport = Meddled(ben, before=listen)
    report = ben.sync()
    assert (report.equal, report.repaired) == (True, [f"account:{account}"])
    assert [place["scope"] for request in asked for place in request["fill"]] == [f"account:{account}"]
    assert shown(ben, "SELECT id FROM account WHERE id = ?", account) == [(account,)]
    ben.transport = Meddled(ben)
    ben.repaired.clear()  # this one was called for
    assert_all_ends_well(world)
