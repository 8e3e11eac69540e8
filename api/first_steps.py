"""What a new installation still lacks before it works for the company, each told from how things really stand."""

from dataclasses import dataclass

from adapters.db.audit_log import Outcome
from adapters.db.audit_reading import Asked
from api.sample import Sample
from api.services import Services
from leads.model import Channel

PUT_AWAY = "put_away_first_steps"
"""The action after which nobody is shown them any more; that it was done is all that is kept."""
_ANSWERS, _EMAIL = "answers", Channel.EMAIL.value


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    what: str
    done: bool
    how: str
    """The setting, command or page; what is typed stands between backticks."""
    page: str = ""
    """Where it is done, as a path under the console's prefix; empty: not in the console."""


class FirstSteps:
    """The steps, in the order in which one takes them."""

    def __init__(self, services: Services, by: str) -> None:
        """With who asks."""
        self._services = services
        self._by = by

    async def left(self) -> list[Step] | None:
        """All steps, done or not; None once nothing is left to do, or somebody put them away."""
        put_away = Asked(action=PUT_AWAY, outcome=Outcome.DONE)
        if (await self._services.audit_reading.page(put_away, limit=1)).items:
            return None
        steps = await self._all()
        return None if all(step.done for step in steps) else steps

    async def _all(self) -> list[Step]:
        services, setup = self._services, self._services.setup
        return [
            Step(
                "Your company's name and postal address",
                setup.company,
                "`FOLLOW_COMPANY_NAME` and `FOLLOW_COMPANY_POSTAL_ADDRESS` in `.env`; then start again",
            ),
            Step("Your own people", await self._people_invited(), "add and invite them on", "/people"),
            Step(
                "Answers to what people ask you",
                services.playbook.has_own(_ANSWERS) and bool(services.playbook.files(_ANSWERS)),
                "copy `leads/answers` into a folder of yours, named in `FOLLOW_PLAYBOOK_DIR`, and edit them on",
                "/answers",
            ),
            Step(
                "A form on your website",
                await self._a_form_is_used(),
                "your website in `origins:` of a form of yours; then `follow forms snippet contact`",
            ),
            Step(
                "Emails really go out",
                await self._emails_go_out(),
                "`FOLLOW_SENDGRID_API_KEY` and `FOLLOW_SENDER_EMAIL`; then check accounts and DNS records on",
                "/health",
            ),
            Step(
                "The sample is taken out",
                not (await Sample(services, self._by).found()).is_here,
                "`follow sample remove`, or at the end of",
                "/health",
            ),
        ]

    async def _people_invited(self) -> bool:
        """Whether anybody of the company's own, besides who asks, can sign in or was invited."""
        services = self._services
        accounts = await services.accounts.all(services.clock())
        invented = {(one.id, one.name) for one in services.sample.people}
        others = (
            accounts.get(one.id)
            for one in await services.people.all()
            if one.active and one.id != self._by and (one.id, one.name) not in invented
        )
        return any(account.has_password or account.invited_until for account in others if account is not None)

    async def _a_form_is_used(self) -> bool:
        """Whether a form may stand on some website, or a lead came by one."""
        forms = self._services.doors.forms.all()
        sources = (await self._services.in_flight.choices()).sources
        return any(form.origins or form.source in sources for form in forms)

    async def _emails_go_out(self) -> bool:
        """Whether an account is named, and the newest check found nothing amiss with it and its domain."""
        providers = self._services.providers
        local = any(use.is_local for use in providers.uses if use.channel is Channel.EMAIL)
        if local or not self._services.setup.sender:
            return False
        newest = await providers.newest()
        return newest is not None and not any(one.is_amiss for one in newest.checks if one.channel == _EMAIL)
