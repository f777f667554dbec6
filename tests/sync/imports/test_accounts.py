from datetime import UTC, date, datetime

import pytest

from leora_core.domain.accounts.records import Account, Address, Contact, Licence
from leora_core.domain.command import account_scope
from leora_core.domain.edits import FieldChange
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from tests.sync.imports.bench import Bench, sentences, statuses

HEADER = (
    "Customer,Acct #,Phone,Premise type,Terms,Address,City,State,Zip,"
    "License no,License expires,Contact,Sales rep,Opened\n"
)
ROW = (
    "Café Anna,A-1,617-555-0100,Restaurant,net30,1 High St,Boston,Massachusetts,2116,LB-1,31-Dec-26,Jo Lee,"
    "ann@acme.example,2020-05-01\n"
)


def test_a_row_becomes_an_account_with_all_that_hangs_on_it(bench: Bench) -> None:
    report = bench.take("accounts", HEADER + ROW)
    assert report.ok
    account = bench.one(Account)
    assert (account.name, account.account_number, account.premise, account.payment_terms) == (
        "Café Anna", "A-1", "on", "Net 30",
    )  # fmt: skip
    assert account.opened_at == datetime(2020, 5, 1, 16, tzinfo=UTC)
    address = bench.one(Address, account_id=account.id)
    assert (address.street1, address.city, address.state, address.postal_code) == ("1 High St", "Boston", "MA", "02116")
    licence = bench.one(Licence, account_id=account.id)
    assert (licence.number, licence.expires_on) == ("LB-1", date(2026, 12, 31))
    assert bench.one(Contact, account_id=account.id).name == "Jo Lee"
    grant = bench.one(Grant, held=account_scope(account.id), why="assigned", to_version=None)
    assert grant.user_id == bench.one(User, email="ann@acme.example").id
    assert grant.from_version == report.version


def test_the_same_file_again_changes_nothing_and_takes_no_version(bench: Bench) -> None:
    bench.take("accounts", HEADER + ROW)
    before = bench.version()
    again = bench.take("accounts", HEADER + ROW)
    assert statuses(again) == {2: "same"}
    assert (again.batch_id, bench.version()) == (None, before)
    assert again.lines()[-1] == "Nothing was written: everything in the file is here already."


def test_a_corrected_file_updates_what_differs_and_leaves_its_history(bench: Bench) -> None:
    bench.take("accounts", HEADER + ROW)
    report = bench.take("accounts", HEADER + ROW.replace("617-555-0100", "617-555-0199").replace("1 High St", ""))
    assert statuses(report) == {2: "updated"}
    account = bench.one(Account)
    assert account.phone == "617-555-0199"
    assert bench.one(Address).street1 == "1 High St"  # an empty cell erases nothing
    change = bench.one(FieldChange, record_id=account.id)
    assert (change.field, change.old, change.new) == ("phone", '"617-555-0100"', '"617-555-0199"')


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Customer id,Name", "E7,Another name"),
        ("Account number,Name", "a-1,Another name"),
        ("License,Name", "lb-1,Another name"),
        ("Name,Zip", "The CAFE ANNA Inc.,02116-1234"),
    ],
)
def test_an_account_is_known_by_id_number_licence_or_name_with_zip(bench: Bench, header: str, row: str) -> None:
    bench.take("accounts", "Customer id,Account number,License,Name,Zip\nE7,A-1,LB-1,Café Anna,02116\n")
    assert statuses(bench.take("accounts", f"{header}\n{row}\n"))[2] in ("updated", "same")
    assert len(bench.rows(Account)) == 1


def test_a_namesake_with_a_number_of_its_own_is_another_account(bench: Bench) -> None:
    report = bench.take("accounts", "Account number,Name,Zip\n1,Corner Market,02116\n2,Corner Market,02116\n")
    assert statuses(report) == {2: "added", 3: "added"}


def test_numbers_of_two_accounts_in_one_row_are_refused(bench: Bench) -> None:
    bench.take("accounts", "Customer id,Account number,Name\nE1,1,A\nE2,2,B\n")
    report = bench.take("accounts", "Customer id,Account number,Name\nE1,2,A\n")
    assert sentences(report) == [
        "Row 2, column Name: its external id and its account number belong to different accounts. Correct one of them."
    ]


def test_the_same_row_twice_is_a_harmless_duplicate(bench: Bench) -> None:
    report = bench.take("accounts", "Account number,Name\n1,A\n1,A\n")
    assert report.ok
    assert statuses(report) == {2: "added", 3: "duplicate"}


def test_two_rows_that_contradict_each_other_stop_the_import(bench: Bench) -> None:
    report = bench.take("accounts", "Account number,Name,Phone\n1,A,5\n1,A,6\n")
    assert sentences(report) == ["Row 3, column Phone: this is row 2 again with another Phone. Keep one of the two."]
    assert bench.rows(Account) == []


def test_a_second_licence_of_one_account_is_added_to_it(bench: Bench) -> None:
    report = bench.take("accounts", "Name,Zip,License\nA,02116,L1\nA,02116,L2\nA,02116,L2\n")
    assert statuses(report) == {2: "added", 3: "added", 4: "duplicate"}
    assert [licence.number for licence in bench.rows(Licence)] == ["L1", "L2"]


def test_an_unknown_rep_is_told_with_the_remedy(bench: Bench) -> None:
    report = bench.take("accounts", "Name,Rep e-mail\nA,eve@acme.example\n")
    assert sentences(report) == [
        'Row 2, column Rep e-mail: "eve@acme.example" is no active rep here. '
        "Add the user with the role rep, or leave it empty."
    ]


def test_another_rep_in_the_file_moves_the_account(bench: Bench) -> None:
    bench.take("accounts", "Account number,Name,Rep\n1,A,ann@acme.example\n")
    report = bench.take("accounts", "Account number,Name,Rep\n1,A,bob@acme.example\n")
    assert statuses(report) == {2: "updated"}
    ended, live = sorted(bench.rows(Grant, why="assigned"), key=lambda grant: grant.from_version)
    assert ended.to_version == report.version
    assert live.user_id == bench.one(User, email="bob@acme.example").id


def test_nothing_is_written_while_a_row_is_bad(bench: Bench) -> None:
    text = "Name,Zip\nGood,02116\nBad,21\n,02116\n"
    before = bench.version()
    report = bench.take("accounts", text)
    assert not report.ok
    assert sentences(report) == [
        'Row 3, column Zip: "21" is not a ZIP code. Write five digits, such as 02134.',
        "Row 4, column Name: the cell is empty. Fill it in or leave the row out.",
    ]
    assert bench.rows(Account) == []
    assert bench.version() == before


def test_bad_rows_can_be_skipped_on_purpose(bench: Bench) -> None:
    report = bench.take("accounts", "Name,Zip\nGood,02116\nBad,21\n", skip_bad=True)
    assert report.ok
    assert report.counts == {"added": 1, "updated": 0, "same": 0, "duplicate": 0, "bad": 1}
    assert bench.one(Account).name == "Good"


def test_a_dry_run_says_what_would_be_and_writes_nothing(bench: Bench) -> None:
    before = bench.version()
    report = bench.take("accounts", HEADER + ROW, dry_run=True)
    assert statuses(report) == {2: "added"}
    assert report.lines()[-1] == "Dry run: nothing was written."
    assert (bench.rows(Account), bench.version()) == ([], before)


def test_bytes_nobody_can_read_are_told_with_row_and_column(bench: Bench) -> None:
    data = "Name,City\nCafé,Boston\n".encode() + b"Br\x81l,Salem\n"
    report = bench.take("accounts", data)
    assert sentences(report) == [
        'Row 3, column Name: "Br\ufffdl" holds bytes that are no letters. Save the file as UTF-8 and import it again.'
    ]


def test_ids_of_new_rows_rise_in_file_order(bench: Bench) -> None:
    bench.take("accounts", "Name,Zip\n" + "".join(f"Shop {i},{10000 + i}\n" for i in range(50)))
    assert [account.name for account in bench.rows(Account)] == [f"Shop {i}" for i in range(50)]
