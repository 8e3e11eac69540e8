"""How a form of the business looks: as a page of ours, and as a copy for any other website."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from api.public import pages
from leads.form_answers import TICKED, box_of
from leads.form_sheets import FormField, FormSheet
from leads.model import Company

FORMS_PATH = "/forms"
_TYPES = {"email": "email", "phone": "tel"}
_AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel", "company": "organization"}
"""What browsers fill in by themselves (WCAG 1.3.5)."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A field as it is shown."""

    name: str
    id: str
    label: str
    required: bool
    hint: str
    choices: tuple[str, ...]
    many_lines: bool
    type: str
    autocomplete: str
    value: str
    mistake: str

    @property
    def described_by(self) -> str:
        parts = [("hint", self.hint), ("wrong", self.mistake)]
        return " ".join(f"{self.id}-{part}" for part, said in parts if said)


@dataclass(frozen=True, slots=True)
class _Box:
    """The box of a consent as it is shown."""

    name: str
    id: str
    words: str
    ticked: bool


def form_page(
    sheet: FormSheet,
    company: Company,
    *,
    key: str,
    token: str,
    posted: Mapping[str, str],
    mistakes: Mapping[str, str],
    words: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The form as a page, with what was written already and what is wrong with it.

    Args:
        words: what to say above it.
    """
    values = _values(sheet, company, posted, mistakes)
    # Where the form leads on to a page of the business's own, browsers ask the policy of this one.
    onwards = urlsplit(sheet.redirect) if sheet.redirect else None
    submits_to = (f"{onwards.scheme}://{onwards.netloc}",) if onwards else ()
    page = pages.page(
        "lead_form", status, company, submits_to, key=key, token=token, words=words, mistakes=mistakes, **values
    )
    # Else browsers would not say that the form was sent from here.
    page.headers["Referrer-Policy"] = "same-origin"
    return page


def snippet(sheet: FormSheet, company: Company, *, key: str, base_url: str) -> str:
    """The form as HTML to copy into a website: no script, nothing loaded, in that website's own style."""
    action = f"{base_url}{FORMS_PATH}/{sheet.form}"
    return pages.rendered("lead_snippet", action=action, key=key, **_values(sheet, company, {}, {})).strip() + "\n"


def _values(
    sheet: FormSheet, company: Company, posted: Mapping[str, str], mistakes: Mapping[str, str]
) -> dict[str, object]:
    fields = {
        field.name: _shown(field, posted.get(field.name, ""), mistakes.get(field.name, "")) for field in sheet.fields
    }
    boxes = [
        _Box(box_of(one), _id(box_of(one)), one.worded(company.name), posted.get(box_of(one)) == TICKED)
        for one in sheet.consents
    ]
    return {"sheet": sheet, "fields": fields, "boxes": boxes}


def _shown(field: FormField, value: str, mistake: str) -> _Shown:
    return _Shown(
        name=field.name,
        id=_id(field.name),
        label=field.label,
        required=field.required,
        hint=field.hint,
        choices=field.choices,
        many_lines=field.has_many_lines,
        type=_TYPES.get(field.name, "text"),
        autocomplete=_AUTOCOMPLETE.get(field.name, ""),
        value=value,
        mistake=mistake,
    )


def _id(name: str) -> str:
    return f"f-{name.replace('.', '-')}"
