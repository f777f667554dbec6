"""Orders: each row a line; the lines of one order number make the order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from leora_core.domain.accounts.health import baseline_order
from leora_core.domain.accounts.records import Account
from leora_core.domain.orders.history import counts_as_revenue
from leora_core.domain.orders.records import Order, OrderLine
from sync.imports.dates import Day
from sync.imports.fields import Barcode, Code, Email, PostalCode, Text, YesNo, choice
from sync.imports.matching import AccountBook, RepBook, SkuBook, mentioned_account, mentioned_sku, same_code
from sync.imports.numbers import Exact, Money, Whole, half_up
from sync.imports.planning import Field, Kind, Planner, Row, Status
from sync.imports.problems import counted

_STATUSES = {
    **dict.fromkeys(("delivered", "shipped", "complete", "completed", "fulfilled", "invoiced", "paid"), "delivered"),
    **dict.fromkeys(("cancelled", "canceled", "void", "voided", "deleted"), "cancelled"),
    **dict.fromkeys(("open", "pending", "draft", "submitted", "new", "picked", "ready to deliver"), "open"),
}
FIELDS = {
    "order_number": Field(Code),
    "external_id": Field(Code),
    "account_external_id": Field(Code),
    "account_number": Field(Code),
    "account_name": Field(Text),
    "postal_code": Field(PostalCode),
    "ordered_on": Field(Day),
    "delivered_on": Field(Day),
    "status": Field(choice(_STATUSES)),
    "rep_email": Field(Email),
    "sku_code": Field(Code),
    "barcode": Field(Barcode),
    "quantity": Field(Whole),
    "cases": Field(Exact),
    "unit_price": Field(Money),
    "line_total": Field(Money),
    "is_sample": Field(YesNo),
}
_OF_ORDER = (
    "account_external_id", "account_number", "account_name", "postal_code",
    "ordered_on", "delivered_on", "status", "rep_email",
)  # fmt: skip
_MOST_BOTTLES = 100_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as the file has it. `value_cents` is what it comes to, rounding or not."""

    sku_id: str
    quantity: int
    unit_price_cents: int
    is_sample: bool
    value_cents: int

    @property
    def key(self) -> tuple[str, int, int, bool]:
        """What makes two lines the same."""
        return (self.sku_id, self.quantity, self.unit_price_cents, self.is_sample)


class _Orders:
    """One run over the rows of a file."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        records = planner.records
        self.accounts, self.skus, self.reps = AccountBook(records), SkuBook(records), RepBook(records)
        self.by_external: dict[str, Order] = {}
        self.by_number: dict[str, Order] = {}
        self.of_account: defaultdict[str, dict[str, Order]] = defaultdict(dict)
        for order in records.find(Order):
            self._enter(order)
        self.rounded = 0
        self.undated = 0
        self._taken: dict[str, int] = {}
        """The first row of each order of this file, by the order's id."""

    def take(self, group: list[Row]) -> None:
        """Plan the order these rows are the lines of."""
        first = group[0]
        account = mentioned_account(self.planner, self.accounts, first)
        rep = self.reps.mentioned(self.planner, first)
        lines = [self._line(row) for row in group]
        values = self._dates(first)
        sound = [line for line in lines if line is not None]
        odd = [row for row in group[1:] if not self._agrees(row, first)]
        stranger = rep is None and first.get("rep_email") is not None
        if account is None or values is None or stranger or odd or len(sound) < len(lines):
            self._leave_out(group)
            return
        values |= {"total_cents": sum(line.value_cents for line in sound), "currency": self.planner.currency}
        values |= {"number": first.get("order_number"), "external_id": first.get("external_id")}
        if rep is not None:
            values["rep_id"] = rep.id
        self._write(group, account, values, sound)

    def _write(self, group: list[Row], account: Account, values: dict[str, Any], lines: list[_Line]) -> None:
        known = self._known(group[0])
        status: Status
        if known is None:
            order = self.planner.add(Order(id=self.planner.new_id(), account_id=account.id, **values))
            for line in lines:
                self._add_line(order, line)
            status = "added"
        elif known.account_id != account.id or known.id in self._taken:
            elsewhere = f"in row {self._taken[known.id]}" if known.id in self._taken else "for another account"
            self.planner.refuse_row(group[0], f"this order stands already {elsewhere}. Correct one of them.")
            self._leave_out(group)
            return
        else:
            order = self.planner.change(known, {name: value for name, value in values.items() if value is not None})
            replaced = self._replace_lines(order, lines)
            status = "updated" if replaced or order is not known else "same"
        self._enter(order)
        self._taken[order.id] = group[0].number
        about = f"order {order.number or order.external_id}, {account.name}"
        for row in group:
            self.planner.plan.settle(row.number, status, about=about)

    def _known(self, row: Row) -> Order | None:
        external_id, number = row.get("external_id"), row.get("order_number")
        if external_id and same_code(external_id) in self.by_external:
            return self.by_external[same_code(external_id)]
        found = self.by_number.get(same_code(number)) if number else None
        return None if found and external_id and found.external_id else found

    def _enter(self, order: Order) -> None:
        if order.external_id:
            self.by_external[same_code(order.external_id)] = order
        if order.number:
            self.by_number[same_code(order.number)] = order
        self.of_account[order.account_id][order.id] = order

    def _add_line(self, order: Order, line: _Line) -> None:
        sku_id, quantity, unit_price_cents, is_sample = line.key
        self.planner.add(
            OrderLine(
                id=self.planner.new_id(),
                account_id=order.account_id,
                order_id=order.id,
                sku_id=sku_id,
                quantity=quantity,
                unit_price_cents=unit_price_cents,
                is_sample=is_sample,
            )
        )

    def _replace_lines(self, order: Order, lines: list[_Line]) -> bool:
        """Lines that stand already stay as they are; the others are removed or added."""
        present = self.planner.records.find(OrderLine, account_id=order.account_id, order_id=order.id)
        unmatched = defaultdict(list)
        for old in present:
            unmatched[old.sku_id, old.quantity, old.unit_price_cents, old.is_sample].append(old)
        new = []
        for line in lines:
            if unmatched[line.key]:
                unmatched[line.key].pop()
            else:
                new.append(line)
        gone = [old for olds in unmatched.values() for old in olds]
        for old in gone:
            self.planner.remove(old)
        for line in new:
            self._add_line(order, line)
        return bool(gone or new)

    def _line(self, row: Row) -> _Line | None:
        """The row as a line, or None when something is wrong with it."""
        sku = mentioned_sku(self.planner, self.skus, row)
        if sku is None:
            return None
        quantity = self._bottles(row, sku.items_per_case)
        if quantity is None:
            return None
        sample = bool(row.get("is_sample"))
        price, value = row.get("unit_price"), row.get("line_total")
        if price is None and value is None and not sample:
            self.planner.empty(row, "unit_price" if self.planner.has("unit_price") else "line_total")
            return None
        if price is None:
            exact = Decimal(value or 0) / quantity
            price = half_up(exact)
            self.rounded += price != exact
        if price < 0:
            self.planner.refuse_row(row, "the price of a bottle is below zero. A return has a quantity below zero.")
            return None
        worth = 0 if sample else price * quantity if value is None else value
        return _Line(sku.id, quantity, price, sample, worth)

    def _bottles(self, row: Row, items_per_case: int) -> int | None:
        quantity: int | None = row.get("quantity")
        cases: Decimal | None = row.get("cases")
        name = "quantity" if quantity is not None or not self.planner.has("cases") else "cases"
        if quantity is None and cases is not None:
            exact = cases * items_per_case
            if exact != exact.to_integral_value():
                self.planner.refuse(row, name, f"cases of {items_per_case} make no whole bottles. Correct it.")
                return None
            quantity = int(exact)
        if quantity is None:
            self.planner.empty(row, name)
        elif quantity == 0 or abs(quantity) > _MOST_BOTTLES:
            self.planner.refuse(row, name, f"is no quantity from 1 to {_MOST_BOTTLES:,} bottles. Correct it.")
        else:
            return quantity
        return None

    def _agrees(self, row: Row, first: Row) -> bool:
        for name in _OF_ORDER:
            if row.get(name) != first.get(name):
                why = f"is not what row {first.number} says of the same order. Make them agree."
                self.planner.refuse(row, name, why, value=row.get(name) or "")
                return False
        return True

    def _dates(self, row: Row) -> dict[str, Any] | None:
        """Status and days; None when they cannot be right. A file with one date only has the day of delivery."""
        planner = self.planner
        ordered: date | None = row.get("ordered_on")
        delivered: date | None = row.get("delivered_on")
        status: str | None = row.get("status")
        if delivered is None and not planner.has("delivered_on") and status in (None, "delivered"):
            delivered = ordered
            self.undated += 1
        if delivered is None and status in (None, "delivered"):
            if status or ordered is None:
                planner.empty(row, "delivered_on" if planner.has("delivered_on") else "ordered_on")
                return None
            status = "open"
        latest = planner.at.astimezone(planner.zone).date() + timedelta(days=1)
        if status != "open" and delivered is not None and delivered > latest:
            planner.refuse(row, "delivered_on" if row.get("delivered_on") else "ordered_on", "lies ahead. Correct it.")
            return None
        return {"ordered_on": ordered, "delivered_on": delivered, "status": status or "delivered"}

    def _leave_out(self, group: list[Row]) -> None:
        """An order goes in whole or not at all: its good lines wait for the bad one."""
        verdicts = self.planner.plan.verdicts
        wrong = next((row.number for row in group if row.number in verdicts and verdicts[row.number].problem), None)
        for row in group:
            if row.number not in verdicts or not verdicts[row.number].problem:
                self.planner.refuse_row(row, f"left out with its order, because row {wrong or '?'} is wrong.")

    def note_baselines(self, touched: set[str]) -> None:
        """Say what an order of each of these accounts usually comes to, where it has four or more."""
        for account_id in sorted(touched):
            counted = [order for order in self.of_account[account_id].values() if counts_as_revenue(order)]
            counted.sort(key=lambda order: (order.delivered_on or date.min, order.id))
            baseline = baseline_order([order.total_cents for order in counted])
            if baseline is not None:
                self.planner.change(self.accounts.accounts[account_id], {"baseline_order_cents": baseline})

    def notes(self) -> list[str]:
        """What was decided for many orders at once."""
        told = []
        if self.rounded:
            told.append(
                f"{counted(self.rounded, 'line')} with no whole cents a bottle: the unit price is rounded half-up, "
                "the order's total is the file's to the cent."
            )
        if self.undated:
            told.append(f"{counted(self.undated, 'order')} with one date only; it was taken for the day of delivery.")
        if self.accounts.by_name_alone:
            told.append(
                f"{counted(self.accounts.by_name_alone, 'order')} matched to an account by name alone. Check them."
            )
        return told


def order_key(values: Mapping[str, Any]) -> str:
    """What tells orders of one file apart: the external id where there is one, else the number."""
    return same_code(str(values.get("external_id") or values.get("order_number") or ""))


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    orders = _Orders(planner)
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        key = order_key(row.values)
        if key:
            groups[key].append(row)
        else:
            planner.empty(row, "order_number" if planner.has("order_number") else "external_id")
    incomplete = {order_key(texts): number for number, texts in planner.unread}
    for key, group in groups.items():
        if key in incomplete:
            for row in group:
                planner.refuse_row(row, f"left out with its order, because row {incomplete[key]} is wrong.")
            continue
        orders.take(group)
    written = (staged.after for staged in planner.plan.staged.values())
    orders.note_baselines({order.account_id for order in written if isinstance(order, Order)})
    planner.plan.notes.extend(orders.notes())


_ACCOUNT_NAMES = ("account_external_id", "account_number", "account_name")
ORDERS = Kind(
    "orders",
    FIELDS,
    (
        ("order_number", "external_id"),
        _ACCOUNT_NAMES,
        ("delivered_on", "ordered_on"),
        ("sku_code", "barcode"),
        ("quantity", "cases"),
        ("unit_price", "line_total"),
    ),
    _plan,
)
