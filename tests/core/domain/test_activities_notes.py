import pytest

from leora_core.domain.activities.attachments import LARGEST_FILE, LARGEST_PHOTO, AttachFile, RemoveAttachment
from leora_core.domain.activities.entries import LogActivity
from leora_core.domain.activities.notes import AddNote, EditNote, PinNote, RemoveNote, RestoreNote, UnpinNote
from leora_core.domain.activities.records import Attachment, Note
from leora_core.domain.edits import Conflict, FieldEdit
from tests.core.domain.field_team import (
    ANNA,
    BAR,
    BEN,
    MONA,
    NOW,
    SHOP,
    WANDA,
    add_account,
    by,
    do,
    id_of,
    on_server,
    refusal,
    team,
)

NOTE, PHOTO, VISIT = id_of("note"), id_of("photo"), id_of("visit")


def noted(author=ANNA):
    records = team()
    do(records, AddNote(note_id=NOTE, account_id=BAR, text="  Deliveries by the yard "), by(author, "note"))
    return records


def edit(was, now):
    return EditNote(note_id=NOTE, fields={"text": FieldEdit(was, now)})


def test_a_note_is_written_pinned_and_unpinned():
    records = noted()
    note = records.need(Note, NOTE)
    assert (note.text, note.author_id, note.pinned, note.written_at) == ("Deliveries by the yard", ANNA, False, NOW)
    do(records, PinNote(note_id=NOTE), by(MONA, "a"))
    assert records.need(Note, NOTE).pinned
    do(records, UnpinNote(note_id=NOTE), by(ANNA, "b"))
    assert not records.need(Note, NOTE).pinned


def test_two_edits_of_one_note_become_a_conflict():
    records = noted()
    do(records, edit("Deliveries by the yard", "Front door"), by(ANNA, "a"))
    clash = do(records, edit("Deliveries by the yard", "Back door"), by(MONA, "b"))
    assert records.need(Note, NOTE).text == "Front door"
    assert clash.result["conflicts"][0]["mine"] == "Back door"
    assert records.count(Conflict, status="open") == 1
    do(records, RemoveNote(note_id=NOTE), by(ANNA, "c"))
    assert records.count(Conflict, status="open") == 0


def test_an_empty_note_is_refused():
    assert refusal(team(), AddNote(note_id=NOTE, account_id=BAR, text=" "), by(ANNA)) == "field_invalid"
    assert refusal(noted(), edit("Deliveries by the yard", ""), by(ANNA)) == "field_invalid"


def test_a_removed_note_can_be_restored():
    records = noted()
    do(records, RemoveNote(note_id=NOTE), by(ANNA, "a"))
    assert records.need(Note, NOTE).removed_at == NOW
    assert refusal(records, PinNote(note_id=NOTE), by(ANNA, "b")) == "note_removed"
    do(records, RestoreNote(note_id=NOTE), by(ANNA, "c"))
    assert records.need(Note, NOTE).removed_at is None


@pytest.mark.parametrize("command", [edit("x", "y"), RemoveNote(note_id=NOTE), RestoreNote(note_id=NOTE)])
def test_a_note_is_changed_by_its_author_or_a_manager(command):
    assert refusal(noted(MONA), command, by(ANNA)) == "not_the_author"
    do(noted(), command, by(MONA))


@pytest.mark.parametrize(
    "command", [edit("x", "y"), RemoveNote(note_id=NOTE), PinNote(note_id=NOTE), UnpinNote(note_id=NOTE)]
)
def test_a_foreign_note_is_refused_as_if_there_were_none(command):
    assert refusal(noted(), command, by(BEN)) == refusal(team(), command, by(BEN)) == "not_yours_or_gone"


def test_notes_are_written_by_those_who_work_the_account():
    assert refusal(team(), AddNote(note_id=NOTE, account_id=SHOP, text="x"), by(ANNA)) == "not_your_account"
    assert refusal(team(), AddNote(note_id=NOTE, account_id=BAR, text="x"), by(WANDA)) == "not_allowed"


def attach(**more):
    return AttachFile(
        **{
            "attachment_id": PHOTO,
            "account_id": BAR,
            "sha256": "ab" * 32,
            "name": "shelf.jpg",
            "media_type": "image/jpeg",
            "bytes": LARGEST_PHOTO,
            **more,
        }
    )


def test_a_photo_is_attached_to_a_visit_and_taken_off():
    records = team()
    do(records, LogActivity(activity_id=VISIT, account_id=BAR, type="visit", occurred_at=NOW), by(ANNA, "log"))
    do(records, attach(activity_id=VISIT), by(ANNA, "a"))
    photo = records.need(Attachment, PHOTO)
    assert (photo.activity_id, photo.attached_by, photo.attached_at) == (VISIT, ANNA, NOW)
    do(records, RemoveAttachment(attachment_id=PHOTO), by(ANNA, "b"))
    assert not records.get(Attachment, PHOTO)


def test_a_file_may_be_larger_than_a_photo():
    do(team(), attach(media_type="application/pdf", bytes=LARGEST_FILE), by(ANNA))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"bytes": LARGEST_PHOTO + 1}, "file_too_large"),
        ({"bytes": LARGEST_FILE + 1, "media_type": "audio/wav"}, "file_too_large"),
        ({"bytes": 0}, "file_empty"),
        ({"account_id": SHOP}, "not_your_account"),
        ({"activity_id": VISIT}, "not_yours_or_gone"),
    ],
)
def test_an_attachment_out_of_bounds_is_refused(more, code):
    assert refusal(team(), attach(**more), on_server(ANNA)) == code


def test_a_file_goes_to_the_account_of_its_activity():
    records = team()
    cafe = add_account(records, "cafe", ANNA)
    do(records, LogActivity(activity_id=VISIT, account_id=cafe, type="visit", occurred_at=NOW), by(ANNA, "log"))
    assert refusal(records, attach(activity_id=VISIT), by(ANNA)) == "attachment_elsewhere"


def test_a_file_is_taken_off_by_whoever_attached_it_or_a_manager():
    records = team()
    do(records, attach(), by(MONA, "a"))
    off = RemoveAttachment(attachment_id=PHOTO)
    assert refusal(records, off, by(ANNA, "b")) == "not_the_author"
    assert refusal(records, off, by(BEN, "c")) == "not_yours_or_gone"
    do(records, off, by(MONA, "d"))
    assert not records.get(Attachment, PHOTO)
