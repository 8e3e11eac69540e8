"""Publishing cadences, from files or from drafts: checked with what only the database knows, and never over unseen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.db.audit_log import Change
from adapters.db.cadence_drafts import DraftMoved, SavedDraft
from adapters.db.published_cadences import PUBLISH
from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.drafts import Draft, check_draft
from cadences.errors import CadenceError
from cadences.lint_people import check_people
from leads.findings import Finding


class NotPublishable(CadenceError):
    """There are errors in it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a cadence."""

    name: str
    version: str
    changed: bool
    """False: the same text was current already."""


class CadencePublishing:
    """Checks and publishes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def check(self, draft: Draft) -> list[Finding]:
        """Everything that is wrong with a draft, by what is published and who works here now."""
        known = await self._services.shelf.names()
        return check_draft(draft, known_cadences=known, colleagues=await self._colleagues())

    async def publish_files(self, bundles: Sequence[CadenceBundle], by: str) -> list[Published]:
        """Publish what lies in files and has been checked there.

        Args:
            by: who does it, for the audit log.

        Raises:
            NotPublishable: one of them names a colleague who does not work here; nothing was published.
        """
        colleagues = await self._colleagues()
        _require_right(finding for bundle in bundles for finding in check_people(bundle, colleagues))
        services, done = self._services, []
        for bundle in bundles:
            changed = await services.shelf.publish(bundle, services.clock())
            if changed:
                after = {"version": bundle.version}
                change = Change(by=by, via="command line", action=PUBLISH, subject=bundle.name, after=after)
                await services.audit_log.begin(change, services.clock())
            done.append(Published(bundle.name, bundle.version, changed))
        return done

    async def saved(self, name: str, revision: int) -> tuple[SavedDraft, CadenceBundle]:
        """A draft that may be published, and what it publishes.

        Raises:
            DraftMoved: it is not the one that was read any more.
            NotPublishable: there are errors in it.
        """
        saved = await self._services.drafts.get(name)
        if saved is None or saved.revision != revision:
            raise DraftMoved(saved)
        _require_right(await self.check(saved.draft))
        return saved, saved.draft.bundle

    async def publish_draft(self, saved: SavedDraft, bundle: CadenceBundle) -> Published:
        """Make a draft what new enrollments take; the draft is gone then.

        Raises:
            DraftMoved: somebody saved it again since; nothing was published.
            PublishedMeanwhile: another version is current than the one it was begun with; nothing was published.
        """
        changed = await self._services.drafts.publish(saved, bundle, self._services.clock())
        return Published(bundle.name, bundle.version, changed)

    async def _colleagues(self) -> frozenset[str]:
        return frozenset(one.id for one in await self._services.people.all() if one.active)


def _require_right(findings: Iterable[Finding]) -> None:
    errors = [finding for finding in findings if finding.is_error]
    if errors:
        raise NotPublishable(errors)
