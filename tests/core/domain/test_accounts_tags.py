import pytest

from leora_core.domain.accounts.records import AccountTag, TagDefinition
from leora_core.domain.accounts.tags import AddTag, DefineTag, EditTag, RemoveTag, built_in_tags, tag_definition_id
from leora_core.domain.command import Command, Rejected, account_scope
from leora_core.domain.edits import FieldEdit
from tests.core.domain.cast import MANAGER, NOW, REP, SHOP, Office, by


def test_there_are_six_built_in_tags_with_ids_of_their_own() -> None:
    tags = built_in_tags()
    assert [tag.code for tag in tags] == [
        "wine_club",
        "events",
        "female_winemakers",
        "organic",
        "natural_wine",
        "biodynamic",
    ]
    assert len({tag.id for tag in tags}) == 6
    assert tags == built_in_tags()


def test_a_tag_is_put_on_and_taken_off() -> None:
    office = Office(*built_in_tags())
    office.do(AddTag(account_id=SHOP, tag="organic"), by(REP))
    [tag] = office.find(AccountTag)
    assert (tag.tag, tag.tagged_by, tag.tagged_at, tag.scope) == ("organic", REP, NOW, account_scope(SHOP))
    office.do(RemoveTag(account_id=SHOP, tag="organic"), by(REP))
    office.do(RemoveTag(account_id=SHOP, tag="organic"), by(REP))
    assert office.count(AccountTag) == 0


def test_two_people_who_add_the_same_tag_make_one_and_it_can_come_back() -> None:
    office = Office(*built_in_tags())
    office.do(AddTag(account_id=SHOP, tag="organic"), by(REP))
    office.do(AddTag(account_id=SHOP, tag="organic"), by(MANAGER))
    [tag] = office.find(AccountTag)
    assert tag.tagged_by == REP
    office.do(RemoveTag(account_id=SHOP, tag="organic"), by(REP))
    office.do(AddTag(account_id=SHOP, tag="organic"), by(MANAGER))
    assert office.find(AccountTag)[0].id == tag.id


def test_a_tag_must_be_defined_and_in_use() -> None:
    office = Office(*built_in_tags())
    edits = {"active": FieldEdit(True, False)}
    office.do(EditTag(tag_id=tag_definition_id("events"), fields=edits), by(MANAGER))
    for code in ("events", "unheard_of"):
        with pytest.raises(Rejected) as refusal:
            office.do(AddTag(account_id=SHOP, tag=code), by(REP))
        assert (refusal.value.code, refusal.value.field) == ("tag_unknown", "tag")
        assert code in refusal.value.sentence


def test_a_manager_defines_a_tag_once() -> None:
    office = Office()
    define = DefineTag(code="by_the_glass", name="By the glass", colour="#7a1f3d")
    office.do(define, by(MANAGER))
    office.do(define, by(MANAGER))
    [tag] = office.find(TagDefinition)
    assert (tag.id, tag.name, tag.active) == (tag_definition_id("by_the_glass"), "By the glass", True)
    with pytest.raises(Rejected) as refusal:
        office.do(DefineTag(code="by_the_glass", name="Glass"), by(MANAGER))
    assert refusal.value.code == "tag_exists"


@pytest.mark.parametrize("code", ["By Glass", "", "x" * 41, "grün"])
def test_a_code_is_made_of_small_letters_digits_and_underscores(code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(DefineTag(code=code, name="Glass"), by(MANAGER))
    assert (refusal.value.code, refusal.value.field) == ("tag_code", "code")


def test_a_colour_is_six_hex_digits() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(DefineTag(code="glass", name="Glass", colour="red"), by(MANAGER))
    assert refusal.value.field == "colour"


@pytest.mark.parametrize(
    "command", [DefineTag(code="glass", name="Glass"), EditTag(tag_id=tag_definition_id("organic"), fields={})]
)
def test_only_managers_define_tags(command: Command) -> None:
    with pytest.raises(Rejected) as refusal:
        Office(*built_in_tags()).do(command, by(REP))
    assert refusal.value.code == "not_allowed"
