"""A cadence being edited by one person at one page: what is written, saved and published, without any widgets."""

import asyncio
from dataclasses import dataclass, field

from adapters.db.audit_log import Change
from adapters.db.cadence_drafts import DraftMoved, SavedDraft
from adapters.db.cadences import PublishedMeanwhile
from api.console.desk import Desk
from api.console.permissions import VIA, Action
from api.publishing import CadencePublishing, Published
from api.writes import Caller
from cadences.bundle import CadenceBundle
from cadences.drafts import Draft, draft_of, new_draft
from leads.findings import Finding


@dataclass(slots=True)
class Editing:
    """What one person has before them. Another one may be at the same cadence; nobody saves over the other unseen."""

    desk: Desk
    draft: Draft
    """As it stands in the editor."""
    published: CadenceBundle | None
    """What new leads take, as of the last look; None for a cadence that was never published."""
    based_on: str | None
    """The version that the edit is of."""
    saved: SavedDraft | None
    """The draft in the database, as it was last seen; None while there is none."""
    begun: Draft
    """What the edit began with."""
    findings: list[Finding] = field(default_factory=list)
    checked: Draft | None = None
    """What the findings are about."""
    theirs: SavedDraft | None = None
    """What somebody else saved over the draft that was seen, until it is decided whose stays."""
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def begin(cls, desk: Desk, name: str) -> "Editing":
        """Go on with the draft, or begin with what is published, or with a new cadence.

        Raises:
            NoSuchName: there is no cadence of this name, and there can't be one.
        """
        published, saved = await desk.services.shelf.published(name), await desk.services.drafts.get(name)
        if saved is not None:
            return cls(desk, saved.draft, published, saved.based_on, saved, saved.draft)
        draft = draft_of(published) if published is not None else new_draft(name)
        return cls(desk, draft, published, published.version if published is not None else None, None, draft)

    @property
    def name(self) -> str:
        """The cadence's name."""
        return self.draft.name

    @property
    def is_changed(self) -> bool:
        """Whether there is anything that is not saved."""
        return self.draft.files != (self.saved.draft if self.saved is not None else self.begun).files

    @property
    def changes_anything(self) -> bool:
        """Whether publishing it would make another version current."""
        return self.published is None or self.draft.bundle.version != self.published.version

    @property
    def is_behind(self) -> bool:
        """Whether another version was published since the edit began."""
        return self.based_on != (self.published.version if self.published is not None else None)

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.findings)

    @property
    def is_right(self) -> bool:
        """Whether the text as it stands was checked, and has no error."""
        return self.checked == self.draft and not self.errors

    async def check(self) -> bool:
        """Look for mistakes; False when the text has changed meanwhile, and another check is to come."""
        draft = self.draft
        findings = await CadencePublishing(self.desk.services).check(draft)
        if draft != self.draft:
            return False
        self.findings, self.checked = findings, draft
        return True

    async def save(self) -> None:
        """Keep the draft.

        Raises:
            DraftMoved: somebody else saved, published or dropped it; nothing was saved, and `theirs` has what is there.
        """
        async with self._one_at_a_time:
            await self._save()

    async def _save(self) -> None:
        draft, over = self.draft, self.saved.revision if self.saved is not None else None

        async def work(caller: Caller) -> SavedDraft:
            change = Change(
                by=caller.token.name,
                via=VIA,
                session_id=caller.session_id,
                action=Action.SAVE_DRAFT.value,
                subject=draft.name,
                after={"based_on": self.based_on},
            )
            now = self.desk.services.clock()
            return await self.desk.services.drafts.save(draft, based_on=self.based_on, over=over, by=change, now=now)

        try:
            self.saved = await self.desk.do(Action.SAVE_DRAFT, work, subject=draft.name)
        except DraftMoved as moved:
            self._see(moved.now)
            raise

    async def look(self) -> bool:
        """Whether somebody else saved, dropped or published something; it stands in `theirs`, `saved`, `published`."""
        await self.desk.still_here()
        async with self._one_at_a_time:
            services = self.desk.services
            published, saved = await services.shelf.published(self.name), await services.drafts.get(self.name)
            is_news = published != self.published
            self.published = published
            if (saved and saved.revision) != (self.saved and self.saved.revision):
                is_news = is_news or saved != self.theirs
                self._see(saved)
            return is_news

    def _see(self, now: SavedDraft | None) -> None:
        """What the draft has become in other hands."""
        if now is None:
            # Published, or dropped: what stands here can be saved anew.
            self.saved = self.theirs = None
        elif now.draft.files == self.draft.files:
            self.saved, self.theirs = now, None
        else:
            self.theirs = now

    def take_theirs(self) -> None:
        """Go on with what somebody else saved; what stands here is given up."""
        if self.theirs is not None:
            self.draft, self.based_on, self.saved = self.theirs.draft, self.theirs.based_on, self.theirs
            self.begun = self.draft
        self.theirs = None

    def keep_mine(self) -> None:
        """Go on with what stands here; the next save goes over what somebody else saved."""
        if self.theirs is not None:
            self.saved = self.theirs
        self.theirs = None

    def take_published(self) -> None:
        """Go on with what is published; what stands here is given up."""
        if self.published is not None:
            self.draft = self.begun = draft_of(self.published)
            self.based_on = self.published.version

    def go_on_from_published(self) -> None:
        """Keep what stands here as an edit of what is published now, which has been looked at."""
        self.based_on = self.published.version if self.published is not None else None

    async def publish(self) -> Published:
        """Save what stands here, and make it what new leads take.

        Raises:
            NotPublishable: there are errors in it.
            DraftMoved: somebody else saved it meanwhile.
            PublishedMeanwhile: somebody else published another version meanwhile.
        """
        async with self._one_at_a_time:
            if self.is_changed or self.saved is None or self.saved.based_on != self.based_on:
                await self._save()
            if self.saved is None:
                raise DraftMoved(None)
            publishing = CadencePublishing(self.desk.services)
            try:
                saved, bundle = await publishing.saved(self.name, self.saved.revision)

                async def work(_: Caller) -> Published:
                    return await publishing.publish_draft(saved, bundle)

                before, after = {"version": self.based_on}, {"version": bundle.version}
                done = await self.desk.do(Action.PUBLISH_CADENCE, work, subject=self.name, before=before, after=after)
            except DraftMoved as moved:
                self._see(moved.now)
                raise
            except PublishedMeanwhile:
                self.published = await self.desk.services.shelf.published(self.name)
                raise
            self.published, self.based_on, self.saved = bundle, bundle.version, None
            self.draft = self.begun = draft_of(bundle)
            return done

    async def drop(self) -> None:
        """Give the draft up, and begin again with what is published.

        Raises:
            DraftMoved: somebody else saved it meanwhile; it stays.
        """
        async with self._one_at_a_time:
            saved = self.saved
            if saved is not None:

                async def work(_: Caller) -> None:
                    await self.desk.services.drafts.drop(self.name, saved.revision)

                try:
                    await self.desk.do(Action.DROP_DRAFT, work, subject=self.name)
                except DraftMoved as moved:
                    self._see(moved.now)
                    raise
            self.saved = self.theirs = None
            self.take_published()
