"""Every code a command can be refused with: what it means, and what the person can do."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """A refusal: `template` is one sentence for people, `{names}` are filled from the detail."""

    template: str

    def sentence(self, **detail: Any) -> str:
        """The sentence with its details. A missing detail shows as its name rather than failing."""
        return self.template.format_map(_Named(detail))


class _Named(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return key.replace("_", " ")


REASONS: dict[str, Reason] = {}


def declare(reasons: dict[str, str]) -> None:
    """Add codes and their sentences. Each subject declares its own beside its commands."""
    for code, template in reasons.items():
        if code in REASONS:
            raise ValueError(f"reason {code} is declared twice")
        REASONS[code] = Reason(template)


declare(
    {
        "not_found": "This {what} is not here any more: it was removed or given to someone else. "
        "Refresh and choose another.",
        "not_on_this_laptop": "This {what} is not on this laptop. Sync first, or ask a manager for access.",
        "not_allowed": "Your role does not allow this. Ask a manager to do it.",
        "not_your_account": "This account is not yours. Ask a manager to assign it to you.",
        "scope_lost": "This account was given to someone else before you did this. Send the text to its new rep.",
        "id_conflict": "Something else already has this id. Make it again as a new one.",
        "field_invalid": "{field} is not valid: {why}. Correct it and try again.",
        "field_unknown": "{field} cannot be edited here. Check the field's name.",
        "payload_invalid": "The command is not well formed: {why}. Correct it and try again.",
        "unknown_command": "There is no command called {name}. See `leora-desktop commands` for the list.",
    }
)
