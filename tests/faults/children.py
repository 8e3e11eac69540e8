"""The processes under test: the real worker and the real web server, with a trigger at every named point."""

import asyncio
import dataclasses
import os
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from temporalio.client import Client
from temporalio.worker._worker import load_default_build_id

from activities.messages import MessageActivities
from adapters import temporal
from adapters.delivery import CommandDelivery
from api.app import create_app
from cadences.lint import check
from leads.normalising import normal_phone
from leads.zones import phone_zone_names
from runtime.bootstrap import (
    activities_of,
    connect_temporal,
    open_foundation,
    open_senders,
)
from runtime.services import open_services
from runtime.settings import Settings, load_settings
from runtime.worker import workers
from tests.faults.broken import BROKEN, Parts
from tests.faults.cadence import PLACES, bundles
from tests.faults.hurry import HurriedClient, WatchedWorkflows
from tests.faults.pace import REDELIVER_EVERY, STICKY_TIMEOUT
from tests.faults.proxies import WatchedCases, WatchedDelivery, WatchedIntake, WatchedSender, WatchedTelling
from tests.faults.trigger import Trigger

_LOOK_FOR_PARENT = timedelta(seconds=1)


def warm_up() -> None:
    """Do once what takes every process long: read plans, learn where numbers live, hash all code for Temporal."""
    load_default_build_id()
    for bundle in bundles():
        check(bundle)
    for place in PLACES:
        phone_zone_names(normal_phone(place.number(0), "US"))


def run(order: dict[str, Any]) -> None:
    """Be the process that an order names, until killed."""
    settings = load_settings(env_file=None, redeliver_every=REDELIVER_EVERY, **order["settings"])
    trigger = Trigger(Path(order["trigger"]))
    serve = {"worker": _worker, "web": _web}[order["role"]]
    asyncio.run(_with_parent(serve(settings, trigger, BROKEN[order["broken"]])))


async def _with_parent(serving: Any) -> None:
    parent = os.getppid()

    async def watch() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(_LOOK_FOR_PARENT.total_seconds())
        os._exit(0)

    watching = asyncio.create_task(watch())
    await serving
    watching.cancel()


async def _worker(settings: Settings, trigger: Trigger, parts: Parts) -> None:
    async with open_foundation(settings) as foundation, AsyncExitStack() as running:
        client = await _client(settings)
        senders = running.enter_context(open_senders(foundation))
        cases = WatchedCases(parts.cases(foundation.cases), trigger)
        email, sms = (WatchedSender(parts.sender(one), trigger) for one in (senders.email, senders.sms))
        activities = activities_of(
            cases=cases,
            email=email,
            sms=sms,
            links=foundation.links,
            delivery=CommandDelivery(
                foundation.engine, WatchedTelling(temporal.LeadWorkflows(client), trigger), foundation.clock
            ),
            clock=foundation.clock,
            redeliver_every=settings.redeliver_every,
        )
        if parts.messages is not MessageActivities:
            activities = dataclasses.replace(
                activities, messages=parts.messages(cases, email, sms, foundation.links, foundation.clock)
            )
        for worker in workers(
            client, activities, interceptors=[WatchedWorkflows(trigger)], sticky_timeout=STICKY_TIMEOUT
        ):
            await running.enter_async_context(worker)
        await asyncio.Event().wait()


async def _web(settings: Settings, trigger: Trigger, parts: Parts) -> None:
    async with open_services(settings) as services, open_foundation(settings) as foundation:
        client = await _client(settings, lazy=True)
        telling = WatchedTelling(temporal.LeadWorkflows(client), trigger)
        watched = dataclasses.replace(
            services,
            cases=WatchedCases(parts.cases_of_web(services.cases), trigger),  # type: ignore[arg-type]
            intake=WatchedIntake(services.intake, trigger),  # type: ignore[arg-type]
            delivery=WatchedDelivery(CommandDelivery(foundation.engine, telling, foundation.clock), telling, trigger),
        )
        config = uvicorn.Config(
            create_app(watched), host=settings.web_host, port=settings.web_port, log_config=None, access_log=False
        )
        await uvicorn.Server(config).serve()


async def _client(settings: Settings, *, lazy: bool = False) -> Client:
    config = (await connect_temporal(settings, lazy=lazy)).config()
    config["interceptors"] = [HurriedClient()]
    return Client(**config)
