"""Publishing from files and from drafts."""

import pytest

from adapters.db.audit_log import Change
from adapters.db.cadence_drafts import DraftMoved, SavedDraft
from api.publishing import CadencePublishing, NotPublishable, Published
from api.services import Services
from cadences.bundle import CadenceBundle
from cadences.drafts import Draft, draft_of
from cadences.library import shipped

INBOUND = next(bundle for bundle in shipped() if bundle.name == "inbound-web")
MO = Change(by="mo", via="console", action="save_draft", subject="inbound-web")


@pytest.fixture
def publishing(services: Services) -> CadencePublishing:
    return CadencePublishing(services)


async def keep(services: Services, draft: Draft) -> SavedDraft:
    return await services.drafts.save(draft, based_on=INBOUND.version, over=None, by=MO, now=services.clock())


def with_text(before: str, after: str) -> Draft:
    draft = draft_of(INBOUND)
    assert before in draft.text
    return draft.with_file(draft.file, draft.text.replace(before, after))


async def test_a_draft_is_checked_by_who_works_here_and_what_is_published(
    publishing: CadencePublishing, services: Services
) -> None:
    assert await publishing.check(with_text("escalate_to: manager", "escalate_to: anna")) == []
    (unknown,) = await publishing.check(with_text("cadence: not-now", "cadence: some-day"))
    assert unknown.is_error
    assert unknown.line == 13
    await services.people.deactivate("anna")
    (gone,) = await publishing.check(with_text("escalate_to: manager", "escalate_to: anna"))
    assert gone.is_error


async def test_a_draft_with_an_error_is_not_published(publishing: CadencePublishing, services: Services) -> None:
    saved = await keep(services, with_text("3 business days", "3 busy days"))
    with pytest.raises(NotPublishable) as refused:
        await publishing.saved("inbound-web", saved.revision)
    assert [(one.line, one.is_error) for one in refused.value.findings] == [(21, True)]
    assert await services.shelf.published("inbound-web") == INBOUND


async def test_warnings_do_not_keep_a_draft_from_being_published(
    publishing: CadencePublishing, services: Services
) -> None:
    draft = with_text("per_day: 1", "per_day: 9")
    saved, bundle = await publishing.saved("inbound-web", (await keep(services, draft)).revision)
    assert await publishing.check(draft) != []
    done = await publishing.publish_draft(saved, bundle)
    assert done == Published("inbound-web", bundle.version, changed=True)
    assert await services.shelf.published("inbound-web") == bundle


async def test_what_was_read_is_what_is_published(publishing: CadencePublishing, services: Services) -> None:
    saved = await keep(services, draft_of(INBOUND))
    for name, revision in (("inbound-web", saved.revision + 1), ("not-now", 1)):
        with pytest.raises(DraftMoved):
            await publishing.saved(name, revision)


async def test_files_that_name_nobody_who_works_here_are_refused_together(
    publishing: CadencePublishing, services: Services
) -> None:
    wrong = with_text("escalate_to: manager", "escalate_to: zoe").bundle
    right = next(bundle for bundle in shipped() if bundle.name == "not-now")
    reworded = CadenceBundle(right.name, f"{right.text}# again\n", right.templates)
    with pytest.raises(NotPublishable, match=r"inbound-web.yaml:10:51: error: `escalate_to`: 'zoe'"):
        await publishing.publish_files([reworded, wrong], "mo")
    assert await services.shelf.published("not-now") == right


async def test_files_are_published_once_and_the_log_says_by_whom(
    publishing: CadencePublishing, services: Services
) -> None:
    bundle = with_text("per_week: 4", "per_week: 3").bundle
    first = await publishing.publish_files([bundle], "mo")
    again = await publishing.publish_files([bundle], "zoe")
    assert [one.changed for one in (*first, *again)] == [True, False]
    assert [(one.by, one.is_current) for one in await services.published.versions("inbound-web")] == [
        ("mo", True),
        (None, False),
    ]
