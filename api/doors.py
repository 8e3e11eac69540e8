"""What the doors on the web are made of: the business's own forms, and what came in through them."""

from dataclasses import dataclass

from adapters.db.form_submissions import FormSubmissions
from leads.form_sheets import FormSheet
from leads.named_sheets import NamedSheets


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The doors on the web."""

    forms: NamedSheets[FormSheet]
    submissions: FormSubmissions
