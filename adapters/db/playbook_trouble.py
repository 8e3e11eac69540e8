"""A file of the business's own that can't be used: an admin is alerted, and the alert resolved once it can."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.db.alerts import AlertKind, raise_alert, resolve_alert

log = structlog.get_logger()


class PlaybookTrouble:
    """Says what is wrong with files, once each time that it changes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._told: dict[str, str | None] = {}

    async def tell(self, file: str, trouble: str | None, now: datetime) -> None:
        """Say what is wrong with a file as it is now; None when it is in force."""
        if file in self._told and self._told[file] == trouble:
            return
        async with self._engine.begin() as connection:
            if trouble is None:
                await resolve_alert(connection, AlertKind.PLAYBOOK, file, "followthrough", now)
            else:
                log.error("a file of the business can't be used; what it said before stays in force", wrong=trouble)
                text = f"{trouble}\nUntil it is mended, what it said before is in force, if it ever was right."
                await raise_alert(connection, AlertKind.PLAYBOOK, file, text, now)
        self._told[file] = trouble
