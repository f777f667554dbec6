"""Check finds what did not come through the unit of work."""

import json

import pytest

from sync.check import check_tenant
from sync.ids import new_id
from tests.sync.conftest import Company


@pytest.fixture
def busy(company: Company) -> Company:
    """A company with a rep, an account and a gone row's worth of history."""
    rep = company.person("amy@acme.example", "rep", password=None)
    company.person("boss@acme.example", "admin", password=None)
    for name in ("Bar Uno", "Bar Due"):
        company.command("OpenAccount", {"account_id": new_id(), "name": name, "rep_id": rep})
    assert check_tenant(company.tenant).problems == []
    return company


@pytest.mark.parametrize(
    ("tampering", "codes"),
    [
        ("UPDATE account SET row_version = row_version - 1 WHERE name = 'Bar Uno'", {"checksum_wrong"}),
        ("UPDATE account SET row_version = 99 WHERE name = 'Bar Uno'", {"checksum_wrong", "version_wrong"}),
        ("DELETE FROM account WHERE name = 'Bar Due'", {"count_wrong"}),
        ("UPDATE account SET row_scope = 'shared' WHERE name = 'Bar Uno'", {"scope_wrong", "count_wrong"}),
        ("UPDATE account SET opened_at = 'soon' WHERE name = 'Bar Uno'", {"row_damaged"}),
        ("UPDATE scope_sum SET count = count + 1 WHERE scope = '*'", {"count_wrong"}),
        ("INSERT INTO scope_sum VALUES ('rep:nobody', 1, 7)", {"count_wrong"}),
        ("DELETE FROM settled WHERE version = 2", {"history_gap"}),
        ("UPDATE settled SET chain = 'x' WHERE version = 2", {"chain_damaged"}),
        ("UPDATE clock SET chain = 'x'", {"chain_wrong"}),
        ("UPDATE clock SET version = version + 1", {"clock_wrong"}),
        ("INSERT INTO removal VALUES ('account', 'x', 'shared', 99, '2026-01-01T00:00:00.000Z')", {"removal_wrong"}),
        (
            "INSERT INTO sample_given (id, account_id, rep_id, sku_id, quantity, given_at, row_scope, row_version) "
            "SELECT 'g', id, 'r', 's', 2, opened_at, row_scope, row_version FROM account WHERE name = 'Bar Uno'",
            {"sample_unbooked", "reference_broken", "count_wrong"},
        ),
    ],
)
def test_tampering_is_found(busy: Company, tampering: str, codes: set[str]) -> None:
    connection = busy.tenant.database.engine.raw_connection()
    connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    connection.driver_connection.execute(tampering)
    connection.driver_connection.execute("PRAGMA foreign_keys = ON")
    connection.close()
    report = check_tenant(busy.tenant)
    assert {problem.code for problem in report.problems} == codes
    assert all(problem.sentence.endswith(".") for problem in report.problems)


def test_of_many_problems_of_a_kind_the_first_are_named(busy: Company) -> None:
    with busy.tenant.database.writing() as transaction:
        for number in range(50):
            transaction.execute("INSERT INTO scope_sum VALUES (?, 1, 1)", (f"rep:{number}",))
    problems = check_tenant(busy.tenant).problems
    assert len(problems) == 21
    assert json.dumps(problems[-1].sentence) == '"There are more problems of this kind."'
