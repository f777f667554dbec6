"""Finding the account, SKU or rep a row speaks of. Everything is loaded once; a row costs look-ups in maps only."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from leora_core.domain.accounts.records import Account, Address, Licence
from leora_core.domain.catalogue.records import Sku
from leora_core.domain.command import Records
from leora_core.domain.identity import User, is_active_rep
from sync.imports.planning import Planner, Row

_FIRM = re.compile(r"\b(?:llc|inc|incorporated|corp|corporation|ltd|co|company)\b")


def normal_name(name: str) -> str:
    """A name without case, accents, punctuation, `the` in front and the legal form behind."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    words = re.sub(r"[^\w\s]", "", "".join(c for c in letters if not unicodedata.combining(c)))
    short = " ".join(_FIRM.sub(" ", words).split()).removeprefix("the ")
    return short or " ".join(words.split())


def same_code(code: str) -> str:
    """A code without regard to case and blanks."""
    return "".join(code.split()).casefold()


def five_digits(postal_code: str | None) -> str:
    """The ZIP without its last four."""
    return (postal_code or "")[:5]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a row says about which account it means."""

    external_id: str | None = None
    number: str | None = None
    licence: str | None = None
    name: str | None = None
    postal_code: str | None = None


class AccountBook:
    """Every account by all that can name it."""

    def __init__(self, records: Records) -> None:
        self.accounts: dict[str, Account] = {}
        self.addresses: defaultdict[str, list[Address]] = defaultdict(list)
        self.licences: defaultdict[str, list[Licence]] = defaultdict(list)
        self.by_name_alone = 0
        """Matches that rest on name and ZIP."""
        self._external: dict[str, str] = {}
        self._number: dict[str, str] = {}
        self._licence: dict[str, str] = {}
        self._name: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._name_zip: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for address in records.find(Address):
            self.addresses[address.account_id].append(address)
        for licence in records.find(Licence):
            self.enter_licence(licence)
        for account in records.find(Account):
            self.enter(account)

    def enter(self, account: Account) -> None:
        """Know the account under its present names."""
        self.accounts[account.id] = account
        if account.external_id:
            self._external[same_code(account.external_id)] = account.id
        if account.account_number:
            self._number[same_code(account.account_number)] = account.id
        name = normal_name(account.name)
        self._name[name][account.id] = None
        for address in self.addresses[account.id]:
            self._name_zip[name, five_digits(address.postal_code)][account.id] = None

    def enter_address(self, address: Address) -> None:
        """Know the address, in place of an older state of it."""
        known = [other for other in self.addresses[address.account_id] if other.id != address.id]
        self.addresses[address.account_id] = [*known, address]

    def enter_licence(self, licence: Licence) -> None:
        """Know the licence, in place of an older state of it."""
        known = [other for other in self.licences[licence.account_id] if other.id != licence.id]
        self.licences[licence.account_id] = [*known, licence]
        self._licence[same_code(licence.number)] = licence.account_id

    def match(self, evidence: Evidence) -> Account | str | None:
        """The account meant, None for none, or the sentence that says why it cannot be told."""
        strong = self._strong(evidence)
        if len(set(strong.values())) > 1:
            return f"its {' and its '.join(strong)} belong to different accounts. Correct one of them."
        if strong:
            return self.accounts[next(iter(strong.values()))]
        weak = [id_ for id_ in self._weak(evidence) if self._agrees(self.accounts[id_], evidence)]
        if len(weak) > 1:
            place = f" in {evidence.postal_code}" if evidence.postal_code else ""
            return f"there are {len(weak)} accounts called {evidence.name}{place}. Give the account number."
        if weak:
            self.by_name_alone += 1
            return self.accounts[weak[0]]
        return None

    def _strong(self, evidence: Evidence) -> dict[str, str]:
        tried = (
            ("external id", self._external, evidence.external_id),
            ("account number", self._number, evidence.number),
            ("licence number", self._licence, evidence.licence),
        )
        return {what: by[same_code(value)] for what, by, value in tried if value and same_code(value) in by}

    def _weak(self, evidence: Evidence) -> Iterable[str]:
        if not evidence.name:
            return ()
        name = normal_name(evidence.name)
        if evidence.postal_code:
            return list(self._name_zip.get((name, five_digits(evidence.postal_code)), ()))
        return list(self._name.get(name, ()))

    @staticmethod
    def _agrees(account: Account, evidence: Evidence) -> bool:
        """A namesake with an id or number of its own is another account."""
        pairs = ((account.external_id, evidence.external_id), (account.account_number, evidence.number))
        return all(not known or not said or same_code(known) == same_code(said) for known, said in pairs)


def mentioned_account(planner: Planner, book: AccountBook, row: Row) -> Account | None:
    """The account a contact or order belongs to; a row without one is refused."""
    evidence = Evidence(
        external_id=row.get("account_external_id"),
        number=row.get("account_number"),
        name=row.get("account_name"),
        postal_code=row.get("postal_code"),
    )
    found = book.match(evidence)
    if isinstance(found, Account):
        return found
    name = next((n for n in ("account_external_id", "account_number", "account_name") if row.get(n)), None)
    if isinstance(found, str):
        planner.refuse_row(row, found, name)
    elif name is None:
        planner.refuse_row(row, "no account is named. Fill in its number, external id or name.")
    else:
        planner.refuse(row, name, "is no account here. Import the accounts first, or correct it.")
    return None


class SkuBook:
    """Every SKU by code and barcodes."""

    def __init__(self, records: Records) -> None:
        self.skus: dict[str, Sku] = {}
        self._code: dict[str, str] = {}
        self._barcode: dict[str, str] = {}
        for sku in records.find(Sku):
            self.enter(sku)

    def enter(self, sku: Sku) -> None:
        """Know the SKU under its present codes."""
        self.skus[sku.id] = sku
        self._code[same_code(sku.code)] = sku.id
        for barcode in (sku.bottle_barcode, sku.case_barcode):
            if barcode:
                self._barcode[barcode] = sku.id

    def by_code(self, code: str | None) -> Sku | None:
        """The SKU with this code."""
        id_ = self._code.get(same_code(code)) if code else None
        return self.skus[id_] if id_ else None

    def by_barcode(self, barcode: str | None) -> Sku | None:
        """The SKU whose bottle or case bears this code."""
        id_ = self._barcode.get(barcode) if barcode else None
        return self.skus[id_] if id_ else None


def mentioned_sku(planner: Planner, book: SkuBook, row: Row) -> Sku | None:
    """The SKU of a line or price, by code, then barcode; a row without one is refused."""
    code, barcode = row.get("sku_code"), row.get("barcode")
    found = book.by_code(code) or book.by_barcode(barcode)
    if found is None:
        name = "sku_code" if code or not barcode else "barcode"
        if row.get(name) is None:
            planner.empty(row, name)
        else:
            planner.refuse(row, name, "is no SKU here. Import the products first, or correct it.")
    return found


class RepBook:
    """The active reps by e-mail."""

    def __init__(self, records: Records) -> None:
        self._reps = {user.email.casefold(): user for user in records.find(User) if is_active_rep(user)}

    def mentioned(self, planner: Planner, row: Row) -> User | None:
        """The rep a row names; one nobody knows is refused."""
        email = row.get("rep_email")
        if email is None:
            return None
        rep = self._reps.get(email.casefold())
        if rep is None:
            planner.refuse(
                row, "rep_email", "is no active rep here. Add the user with the role rep, or leave it empty."
            )
        return rep
