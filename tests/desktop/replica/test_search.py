import secrets
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leora_core.domain.accounts.records import Account
from leora_core.store.database import Database, sqlite_engine
from leora_core.store.prepared import Transaction
from leora_core.store.tables import METADATA
from leora_desktop.replica import search
from leora_desktop.replica.folding import fold
from tests.builders import (
    a_contact,
    a_product,
    a_reader,
    a_replica,
    a_sku,
    a_supplier,
    an_account,
    an_address,
    store,
)


def titles(reader: Transaction, text: str, **options: Any) -> list[str]:
    return [hit.title for hit in search.search(reader, text, **options)]


@pytest.mark.parametrize(
    "text", ["cafe", "CAFÉ", "olé caf", "lodz", "Łódź", "oster", "10023", "A10023", "a-10023", "water 12", "Albány"]
)
def test_an_account_is_found_by_name_number_place_whatever_case_and_accents(tmp_path: Path, text: str) -> None:
    account = an_account(name="Café Olé Łódź Østerbro", account_number="A-10023")
    address = an_address(account, street1="12 Water Street")
    with a_reader(tmp_path, account, address, an_account(name="Elsewhere")) as reader:
        assert titles(reader, text) == [account.name]


@pytest.mark.parametrize(
    "text", ["(518) 555-0142", "5185550142", "555 0142", "5550142", "0142", "1 518 555", "15185550142", "518-555"]
)
def test_a_phone_number_is_found_however_it_is_typed(tmp_path: Path, text: str) -> None:
    account = an_account(name="Blue Door", phone="+1 (518) 555-0142")
    with a_reader(tmp_path, account, an_account(name="Other", phone="+1 (212) 777-9999")) as reader:
        assert titles(reader, text) == ["Blue Door"]


def test_a_contact_leads_to_its_account(tmp_path: Path) -> None:
    account = an_account(name="Blue Door")
    contact = a_contact(account, name="Zoë Marsh", role="Buyer", email="zoe@bluedoor.example", mobile="518 555 7777")
    with a_reader(tmp_path, account, contact) as reader:
        (hit,) = search.search(reader, "zoe mar")
        assert (hit.kind, hit.id, hit.account_id) == ("contact", contact.id, account.id)
        assert hit.subtitle == "Buyer · Blue Door"
        assert titles(reader, "zoe@bluedoor") == ["Zoë Marsh"]
        assert titles(reader, "5557777") == ["Zoë Marsh"]


@pytest.mark.parametrize("text", ["marg", "nova", "merlot", "bord", "SK-75", "sk75", "0810", "maison"])
def test_a_product_is_found_by_name_brand_supplier_grape_region_code_barcode(tmp_path: Path, text: str) -> None:
    supplier = a_supplier(name="Casa Nova")
    product = a_product(name="Margaux", brand="Maison", supplier_id=supplier.id, grapes=("Merlot",), region="Bordeaux")
    sku = a_sku(product, code="SK-75", bottle_barcode="081000001")
    with a_reader(tmp_path, supplier, product, sku) as reader:
        assert titles(reader, text) == ["Margaux"]


def test_all_words_must_match_and_only_the_last_by_its_beginning(tmp_path: Path) -> None:
    with a_reader(tmp_path, an_account(name="Blue Door"), an_account(name="Blue Moon")) as reader:
        assert titles(reader, "blue mo") == ["Blue Moon"]
        assert titles(reader, "mo blue") == []
        assert titles(reader, "blue") == ["Blue Door", "Blue Moon"]


def test_one_letter_is_too_little_and_a_last_lone_letter_waits_for_more(tmp_path: Path) -> None:
    with a_reader(tmp_path, an_account(name="Blue Door")) as reader:
        assert titles(reader, "b") == []
        assert titles(reader, "bl") == ["Blue Door"]
        assert titles(reader, "blue x") == ["Blue Door"]


def test_titles_that_begin_with_the_text_come_first(tmp_path: Path) -> None:
    names = ["Grand Rose", "Rose Garden", "Old Rose Inn"]
    accounts = [an_account(name=name) for name in names]
    with a_reader(tmp_path, *accounts, a_contact(accounts[0], name="Rose Lee")) as reader:
        assert titles(reader, "rose") == ["Rose Garden", "Rose Lee", "Grand Rose", "Old Rose Inn"]


def test_kinds_and_limit_narrow_the_list(tmp_path: Path) -> None:
    accounts = [an_account(name=f"Rose {n}") for n in range(5)]
    with a_reader(tmp_path, *accounts, a_product(name="Rose")) as reader:
        assert titles(reader, "rose", kinds=["product"]) == ["Rose"]
        assert len(search.search(reader, "rose", limit=3)) == 3
        assert search.search(reader, "rose", limit=0) == []


def test_among_too_many_to_rank_each_kind_has_its_share(tmp_path: Path) -> None:
    accounts = [an_account(name=f"Rose {n:04d}") for n in range(search.RANKED + 5)]
    with a_reader(tmp_path, *accounts, a_product(name="Rose Hill")) as reader:
        found = search.search(reader, "ro", limit=4)
        assert [hit.title for hit in found] == ["Rose 0000", "Rose 0001", "Rose 0002", "Rose Hill"]


@pytest.mark.parametrize(
    "text", ['"', "*", "\0\0", "blue\0door", "🍷🍷", "a AND b", "NOT", "(", "blue:", "^bl", "-bl", ""]
)
def test_odd_input_never_raises(tmp_path: Path, text: str) -> None:
    with a_reader(tmp_path, an_account(name="Blue Door")) as reader:
        search.search(reader, text)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30))
def test_any_name_is_found_by_itself_and_nothing_raises(tmp_path_factory: Any, text: str) -> None:
    account = an_account(name=text or "x")
    with a_reader(tmp_path_factory.mktemp("any"), account) as reader:
        found = search.search(reader, text)
        words = fold(text).split()
        if len(words) == 1 and len(words[0]) > 1:
            assert [hit.id for hit in found] == [account.id]


def test_a_changed_account_and_its_contacts_are_shown_anew(tmp_path: Path) -> None:
    account = an_account(name="Blue Door")
    contact = a_contact(account, name="Maria Silva")
    database = a_replica(tmp_path, account, contact)
    renamed = Account(**{**vars(account), "name": "Red Barn"})
    with database.writing() as transaction:
        store(transaction, renamed)
        search.refresh(transaction, [("account", account.id)])
        assert titles(transaction, "blue") == []
        assert titles(transaction, "red barn") == ["Red Barn"]
        assert search.search(transaction, "maria")[0].subtitle == "Red Barn"


def test_parts_bring_their_owner_up_to_date_when_they_change_and_when_they_go(tmp_path: Path) -> None:
    account, product = an_account(name="Blue Door"), a_product(name="Margaux")
    database = a_replica(tmp_path, account, product)
    address, sku = an_address(account, city="Troy"), a_sku(product, code="ZX-99")
    with database.writing() as transaction:
        store(transaction, address, sku)
        search.refresh(transaction, [("address", address.id), ("sku", sku.id)])
        assert titles(transaction, "troy") == ["Blue Door"]
        assert titles(transaction, "zx99") == ["Margaux"]
        transaction.execute("DELETE FROM address")
        transaction.execute("DELETE FROM sku")
        search.refresh(transaction, [("address", address.id), ("sku", sku.id)])
        assert titles(transaction, "troy") == []
        assert titles(transaction, "zx99") == []
        assert titles(transaction, "blue") == ["Blue Door"]


def test_a_supplier_s_new_name_reaches_its_products(tmp_path: Path) -> None:
    supplier = a_supplier(name="Casa Nova")
    product = a_product(name="Margaux", supplier_id=supplier.id)
    database = a_replica(tmp_path, supplier, product)
    with database.writing() as transaction:
        store(transaction, a_supplier(id=supplier.id, name="Quinta Velha"))
        search.refresh(transaction, [("supplier", supplier.id)])
        assert titles(transaction, "velha") == ["Margaux"]


def test_new_and_removed_records_come_and_go(tmp_path: Path) -> None:
    database = a_replica(tmp_path)
    account = an_account(name="Blue Door")
    with database.writing() as transaction:
        store(transaction, account)
        search.refresh(transaction, [("account", account.id), ("note", account.id)])
        search.refresh(transaction, [("account", account.id)])
        assert titles(transaction, "blue") == ["Blue Door"]
        transaction.execute("DELETE FROM account")
        search.refresh(transaction, [("account", account.id)])
        assert titles(transaction, "blue") == []


def an_encrypted_replica(folder: Path) -> Database:
    key = secrets.token_hex(32)

    def connect() -> Any:
        connection = sqlcipher.connect(str(folder / "replica.db"), isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA key=\"x'{key}'\"")
        connection.execute("PRAGMA journal_mode=WAL")
        return connection

    database = Database(sqlite_engine(connect, module=sqlcipher))
    METADATA.create_all(database.engine)
    return database


@pytest.mark.parametrize("number", [3, 600])
def test_a_dropped_scope_leaves_no_word_in_an_encrypted_replica(tmp_path: Path, number: int) -> None:
    database = an_encrypted_replica(tmp_path)
    kept = an_account(name="Kept Inn")
    accounts = [an_account(name=f"Secretbar{n}") for n in range(number)]
    with database.writing() as transaction:
        store(transaction, kept, *accounts, *(a_contact(account, name="Hidden Person") for account in accounts))
        search.create(transaction)
        search.rebuild(transaction)
        assert len(titles(transaction, "hidden")) == min(number, 20)
        search.drop_scopes(transaction, [account.scope for account in accounts])
        transaction.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search_fts, row)")
        assert {row[0] for row in transaction.execute("SELECT term FROM temp.words")} == {"kept", "inn"}
        assert titles(transaction, "secretbar") == titles(transaction, "hidden") == []
        assert titles(transaction, "kept") == ["Kept Inn"]
    database.close()


def test_dropping_one_scope_leaves_the_others(tmp_path: Path) -> None:
    gone, kept = an_account(name="Gone Bar"), an_account(name="Kept Bar")
    database = a_replica(tmp_path, gone, kept, a_contact(gone, name="Bar Person"))
    with database.writing() as transaction:
        search.drop_scope(transaction, gone.scope)
        assert titles(transaction, "bar") == ["Kept Bar"]
