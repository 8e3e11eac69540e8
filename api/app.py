"""The web application: the REST interface with its OpenAPI document, public pages, and the webhooks of providers."""

from typing import Any

from fastapi import FastAPI

from api import problems
from api.middleware import Incidents, JsonBodies
from api.public import answer, lead_form, meeting, unsubscribe
from api.public import policy as policy_page
from api.rest import (
    answers,
    backlogs,
    best_times,
    bulk_runs,
    experiments,
    health,
    home,
    hook_deliveries,
    leads,
    meetings,
    outbox,
    policy,
    reports,
    reps,
    reviews,
    staff_mails,
    tasks,
)
from api.services import Services
from api.webhooks import hooks, sendgrid, sendgrid_inbound, twilio, twilio_inbound

TITLE = "Followthrough"
API = "/api"


class Application(FastAPI):
    """FastAPI whose OpenAPI document also says how errors look."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document = super().openapi()
        document["components"]["schemas"].update(problems.problem_schemas())
        return document


def create_app(services: Services) -> FastAPI:
    """The application over these services.

    There is no documentation page, since FastAPI's loads its parts from a CDN; the OpenAPI document is all there is.
    """
    app = Application(
        title=TITLE,
        summary="Every lead is followed up, politely, until it says yes or no.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    problems.install(app)
    for part in (
        leads,
        bulk_runs,
        backlogs,
        meetings,
        tasks,
        reps,
        experiments,
        reports,
        best_times,
        outbox,
        reviews,
        staff_mails,
        policy,
        answers,
        health,
        home,
        answer,
        meeting,
        unsubscribe,
        policy_page,
        lead_form,
        hooks,
        hook_deliveries,
        sendgrid,
        sendgrid_inbound,
        twilio,
        twilio_inbound,
    ):
        app.include_router(part.router)
    app.add_middleware(JsonBodies, under=f"{API}/")
    app.add_middleware(Incidents)
    return app
