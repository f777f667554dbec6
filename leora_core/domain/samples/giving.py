"""Handing a sample to an account: the one way bottles leave a rep's stock for a customer."""

from datetime import datetime, timedelta
from typing import Any

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import Context, Records, Rejected
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.samples.allowance import Allowance, allowance_of, month_of
from leora_core.domain.samples.ledger import balance
from leora_core.domain.samples.records import SampleGiven, SampleMovement
from leora_core.domain.tasks import make_task

MOST_AT_ONCE = 100
"""Bottles one sample may hold."""
FOLLOW_UP_DAYS = 7

declare(
    {
        "quantity_out_of_range": "A sample is 1 to {most} bottles, not {asked}. Correct the quantity.",
        "sku_inactive": "{sku} is no longer sold. Choose another product.",
        "allowance_exceeded": (
            "You have given {used} of {allowance} bottles in {month}, so {asked} more is too many. "
            "Ask a manager for a larger allowance, or give fewer."
        ),
    }
)


def give(
    records: Records,
    context: Context,
    *,
    movement_id: str,
    account_id: str,
    sku_id: str,
    quantity: int,
    feedback: str | None = None,
    activity_id: str | None = None,
    follow_up: bool = False,
    name: str = "sample",
    given_at: datetime | None = None,
) -> dict[str, Any]:
    """Give bottles from the actor's stock: ledger line, the account's record of it, and a follow-up task if wanted.

    Returns `used` and `allowance` (bottles this month, with this gift), `warning` (above 80 %), and
    `short`: bottles below zero. A rep can pour a bottle the office forgot to book, so the stock may go
    negative; the next count settles it. `name` tells samples of one command apart; `given_at` is the
    visit's time where that is not now. Raises Rejected `not_your_account`, `scope_lost`,
    `quantity_out_of_range`, `sku_inactive`, `allowance_exceeded`, `id_conflict`.
    """
    may_work_account(records, context, account_id)
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise Rejected("quantity_out_of_range", field="quantity", most=MOST_AT_ONCE, asked=quantity)
    records.need(Account, account_id)
    sku = records.need(Sku, sku_id)
    if not sku.active:
        raise Rejected("sku_inactive", field="sku_id", sku=sku.code)
    when = given_at or context.at
    standing = _allowed(records, context.actor.user_id, month_of(context.local_date(when)), quantity)
    movement = SampleMovement(
        id=movement_id,
        rep_id=context.actor.user_id,
        sku_id=sku_id,
        kind="give",
        quantity=-quantity,
        month=month_of(context.local_date(when)),
        moved_at=when,
        account_id=account_id,
        activity_id=activity_id,
    )
    records.add(movement)
    task_id = _follow_up(records, context, movement, sku, name) if follow_up else None
    records.add(
        SampleGiven(
            id=movement_id,
            account_id=account_id,
            rep_id=movement.rep_id,
            sku_id=sku_id,
            quantity=quantity,
            given_at=when,
            activity_id=activity_id,
            feedback=feedback,
            follow_up_task_id=task_id,
        )
    )
    short = max(0, -balance(records, movement.rep_id, sku_id))
    return {
        "used": standing.used,
        "allowance": standing.allowance,
        "warning": standing.level != "ok",
        "short": short,
    }


def _allowed(records: Records, rep_id: str, month: str, quantity: int) -> Allowance:
    """Where the rep stands after giving `quantity`. Raises Rejected `allowance_exceeded`."""
    before = allowance_of(records, rep_id, month)
    after = before.after(quantity)
    if after.level == "over":
        raise Rejected(
            "allowance_exceeded",
            field="quantity",
            used=before.used,
            allowance=before.allowance,
            asked=quantity,
            month=month,
        )
    return after


def _follow_up(records: Records, context: Context, movement: SampleMovement, sku: Sku, name: str) -> str:
    product = records.get(Product, sku.product_id)
    what = f"{product.name} {sku.size or ''}".strip() if isinstance(product, Product) else sku.code
    task = make_task(
        records,
        context,
        name=name,
        assignee_id=movement.rep_id,
        account_id=movement.account_id,
        title=f"Follow up on the sample of {what}"[:200],
        due_on=context.local_date(movement.moved_at) + timedelta(days=FOLLOW_UP_DAYS),
        source=f"sample:{movement.id}",
    )
    return task.id
