"""Photos and recordings: resumed, checked, shown only where a visible row names them."""

import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from leora_core.domain.activities.records import Attachment
from sync import authority
from sync.blobs import blob_path, forget_parts
from sync.ids import new_id
from tests.sync.conftest import Client, Company

PHOTO = random.Random(7).randbytes(700_000)
NAME = hashlib.sha256(PHOTO).hexdigest()
PATH = f"/v1/blobs/{NAME}"


def _attach(company: Company, account_id: str) -> None:
    """A row in the account's scope that names the photo."""

    def work(records: Any, context: Any) -> dict[str, Any]:
        records.add(
            Attachment(
                id=new_id(),
                account_id=account_id,
                sha256=NAME,
                name="shelf.jpg",
                media_type="image/jpeg",
                bytes=len(PHOTO),
                attached_by=context.actor.user_id,
                attached_at=context.at,
            )
        )
        return {}

    authority.commit_work(
        company.tenant, name="Attach", actor=authority.SYSTEM, command_id=new_id(), payload={}, work=work
    )


def _open_account(company: Company, rep: str) -> str:
    account_id = new_id()
    company.command("OpenAccount", {"account_id": account_id, "name": "Bar Uno", "rep_id": rep})
    return account_id


@pytest.fixture
def amy(signed_in: Callable[..., Client]) -> Client:
    return signed_in("amy@acme.example", "rep")


def test_a_blob_sent_whole_is_kept_by_its_hash(company: Company, amy: Client) -> None:
    answer = amy("PUT", PATH, data=PHOTO)
    assert answer.status_code == 201
    assert answer.json() == {"sha256": NAME, "bytes": len(PHOTO)}
    assert (company.tenant.blobs / NAME[:2] / NAME).read_bytes() == PHOTO
    assert amy("PUT", PATH, data=PHOTO).status_code == 201


def test_a_blob_is_resumed_where_it_broke_off(amy: Client) -> None:
    total = len(PHOTO)
    first = amy("PUT", PATH, data=PHOTO[:400_000], headers={"Content-Range": f"bytes 0-399999/{total}"})
    assert (first.status_code, first.json()) == (202, {"received": 400_000})
    asked = amy("PUT", PATH, headers={"Content-Range": f"bytes */{total}"})
    assert (asked.status_code, asked.json()) == (202, {"received": 400_000})
    gap = amy("PUT", PATH, data=PHOTO[500_000:], headers={"Content-Range": f"bytes 500000-{total - 1}/{total}"})
    assert (gap.status_code, gap.json()["error"]["received"]) == (416, 400_000)
    # Overlapping what is there already is fine: a repeat of a part whose answer was lost.
    rest = amy("PUT", PATH, data=PHOTO[300_000:], headers={"Content-Range": f"bytes 300000-{total - 1}/{total}"})
    assert rest.status_code == 201


def test_content_of_another_hash_is_refused_and_not_kept(company: Company, amy: Client) -> None:
    answer = amy("PUT", PATH, data=PHOTO[:-1] + b"x")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "hash_mismatch"
    assert not blob_path(company.tenant.blobs, NAME).exists()
    assert amy("PUT", PATH, headers={"Content-Range": f"bytes */{len(PHOTO)}"}).json() == {"received": 0}


@pytest.mark.parametrize(
    "span", ["bytes 5-4/10", "bytes 0-10/10", "bytes 0-9/*", "0-9/10", "bytes */0", "bytes 0-8/10"]
)
def test_a_range_that_makes_no_sense_is_refused(amy: Client, span: str) -> None:
    answer = amy("PUT", PATH, data=b"0123456789", headers={"Content-Range": span})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_a_blob_above_25_mib_is_refused(amy: Client) -> None:
    assert amy("PUT", PATH, data=bytes((25 << 20) + 1)).status_code == 413
    assert amy("PUT", PATH, headers={"Content-Range": f"bytes */{(25 << 20) + 1}"}).status_code == 413


def test_a_blob_is_readable_only_where_a_visible_row_names_it(
    company: Company, signed_in: Callable[..., Client]
) -> None:
    amy, bob = signed_in("amy@acme.example", "rep"), signed_in("bob@acme.example", "rep")
    boss = signed_in("boss@acme.example", "manager")
    amy("PUT", PATH, data=PHOTO)
    assert amy("GET", PATH).status_code == 404
    _attach(company, _open_account(company, _user_id(company, amy)))
    assert amy("GET", PATH).content == PHOTO
    assert boss("GET", PATH).content == PHOTO
    for method in ("GET", "HEAD"):
        assert bob(method, PATH).status_code == 404
    assert bob("GET", PATH).json()["error"]["code"] == "not_found"


def test_a_blob_is_read_in_ranges(company: Company, amy: Client) -> None:
    amy("PUT", PATH, data=PHOTO)
    _attach(company, _open_account(company, _user_id(company, amy)))
    head = amy("HEAD", PATH)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(PHOTO)))
    part = amy("GET", PATH, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, PHOTO[10:20])
    for wrong in (f"bytes={len(PHOTO)}-", "bytes=9-3", "rows=1-2"):
        answer = amy("GET", PATH, headers={"Range": wrong})
        assert answer.status_code == 416
        assert answer.json()["error"]["code"] == "range_invalid"


def test_a_named_blob_that_has_not_arrived_is_not_found(company: Company, amy: Client) -> None:
    _attach(company, _open_account(company, _user_id(company, amy)))
    assert amy("GET", PATH).status_code == 404


@pytest.mark.parametrize("name", ["x", "..%2f..%2fcontrol.db", NAME.upper(), NAME[:-1]])
def test_what_is_no_hash_is_not_found(amy: Client, name: str) -> None:
    assert amy("GET", f"/v1/blobs/{name}").status_code == 404
    assert amy("PUT", f"/v1/blobs/{name}", data=b"x").status_code in (404, 405)


def test_unfinished_parts_are_forgotten(company: Company, amy: Client) -> None:
    amy("PUT", PATH, data=PHOTO[:10], headers={"Content-Range": f"bytes 0-9/{len(PHOTO)}"})
    assert forget_parts(company.tenant.blobs, 3_600) == 0
    assert forget_parts(company.tenant.blobs, -1) == 1


def _user_id(company: Company, client: Client) -> str:
    with company.tenant.database.reading() as transaction:
        row = transaction.execute("SELECT user_id FROM device WHERE id = ?", (client.device_id,)).fetchone()
    return str(row[0])
