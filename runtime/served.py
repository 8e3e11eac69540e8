"""Where a running `follow up` serves: it notes that in its data folder, for commands in other terminals."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from runtime.settings import Port, Settings

FILE = "addresses.json"


class _Noted(BaseModel):
    """The settings that say where it serves; a second terminal may lack them."""

    web_host: str
    web_port: Port
    public_url: str | None = None
    temporal_port: Port
    temporal_ui_port: Port


def note(settings: Settings, folder: Path) -> None:
    """Note where these settings have everything serve."""
    noted = _Noted.model_validate({name: getattr(settings, name) for name in _Noted.model_fields})
    unfinished = folder / f"{FILE}.part"
    unfinished.write_text(f"{noted.model_dump_json(indent=2)}\n", encoding="utf-8")
    unfinished.replace(folder / FILE)


def forget(folder: Path) -> None:
    """Nothing serves here any more."""
    (folder / FILE).unlink(missing_ok=True)


def as_served(settings: Settings) -> Settings:
    """The settings with the addresses of the `follow up` that runs in the data folder; what was set explicitly wins."""
    try:
        noted = _Noted.model_validate_json((settings.data_dir / FILE).read_bytes())
    except (OSError, ValidationError):
        return settings
    found: dict[str, Any] = {
        name: value for name, value in noted.model_dump().items() if name not in settings.model_fields_set
    }
    # An address of one's own is told by host and port together.
    if {"web_host", "web_port"} & settings.model_fields_set and "public_url" in found:
        del found["public_url"]
    return settings.model_copy(update=found)
