"""The production set-up agrees with the program, since no container can be started here.

The mutations show that each rule can object.
"""

import copy
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.production.compose_rules import (
    OURS,
    Compose,
    faulty_addresses,
    faulty_commands,
    faulty_order,
    faulty_ports,
    faulty_services,
    faulty_settings,
    faulty_storage,
    faulty_variables,
    faulty_versions,
    read_compose,
    script_of,
)

RULES: tuple[Callable[[Compose], list[str]], ...] = (
    faulty_services,
    faulty_order,
    faulty_storage,
    faulty_settings,
    faulty_variables,
    faulty_addresses,
    faulty_ports,
    faulty_commands,
    faulty_versions,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_compose_file_keeps_the_rule(rule: Callable[[Compose], list[str]]) -> None:
    assert rule(read_compose()) == []


def test_the_set_up_has_the_services_that_production_needs() -> None:
    assert set(read_compose()["services"]) == {
        "postgres",
        "temporal-postgres",
        "temporal-schema",
        "temporal",
        "temporal-namespace",
        "temporal-ui",
        "migrate",
        "worker",
        "web",
    }


@pytest.mark.parametrize("name", ["temporal-schema", "temporal-namespace"])
def test_the_shell_scripts_are_sound(name: str) -> None:
    script = "\n".join(script_of(read_compose()["services"][name]))
    assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0
    assert "$" not in re.sub(r'"\$\w+|"\$\{\w+\}', "", script), "every variable stands in quotes"


# Each mutation is a mistake that somebody could make; some rule must object to it.


def _set(*path: str, to: Any) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        part = compose
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = to

    return change


def _without(*path: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        part = compose
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]

    return change


def _setting(name: str, to: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        for service in OURS:
            compose["services"][service]["environment"][name] = to

    return change


MUTATIONS: dict[str, tuple[Callable[[Compose], None], Callable[[Compose], list[str]]]] = {
    "no version": (_set("services", "postgres", "image", to="postgres"), faulty_services),
    "latest": (_set("services", "temporal-ui", "image", to="temporalio/ui:latest"), faulty_services),
    "auto-setup": (_set("services", "temporal", "image", to="temporalio/auto-setup:1.29.0"), faulty_services),
    "a registry": (_set("services", "postgres", "image", to="registry.example.com/postgres:18"), faulty_services),
    "no health check": (_without("services", "temporal", "healthcheck"), faulty_services),
    "no restart": (_without("services", "worker", "restart"), faulty_services),
    "waits for nobody": (
        _set("services", "web", "depends_on", "redis", to={"condition": "service_healthy"}),
        faulty_services,
    ),
    "waits for a server to end": (
        _set("services", "web", "depends_on", "postgres", to={"condition": "service_completed_successfully"}),
        faulty_services,
    ),
    "waits for a one-shot to be healthy": (
        _set("services", "web", "depends_on", "migrate", to={"condition": "service_healthy"}),
        faulty_services,
    ),
    "does not wait long enough": (
        _set("services", "web", "depends_on", "postgres", to={"condition": "service_started"}),
        faulty_services,
    ),
    "starts before the schema": (_without("services", "temporal", "depends_on", "temporal-schema"), faulty_order),
    "starts before the migration": (_without("services", "worker", "depends_on", "migrate"), faulty_order),
    "a circle": (
        _set("services", "temporal-postgres", "depends_on", to={"temporal": {"condition": "service_healthy"}}),
        faulty_order,
    ),
    "an undeclared volume": (_without("volumes", "postgres"), faulty_storage),
    "an unused volume": (_set("volumes", "more", to=None), faulty_storage),
    "no volume": (_without("services", "postgres", "volumes"), faulty_storage),
    "the volume of 17 under 18": (
        _set("services", "postgres", "volumes", to=["postgres:/var/lib/postgresql/data"]),
        faulty_storage,
    ),
    "the volume of 18 under 16": (
        _set("services", "temporal-postgres", "volumes", to=["temporal-postgres:/var/lib/postgresql"]),
        faulty_storage,
    ),
    "an undeclared config": (_without("configs", "temporal-dynamic"), faulty_storage),
    "a config elsewhere": (
        _set("services", "temporal", "environment", "DYNAMIC_CONFIG_FILE_PATH", to="config/docker.yaml"),
        faulty_storage,
    ),
    "an unknown setting": (_setting("FOLLOW_DATABASE", "x"), faulty_settings),
    "a setting left out": (_without("services", "web", "environment", "FOLLOW_COMPANY_ZONE"), faulty_settings),
    "a setting of one service": (
        _set("services", "worker", "environment", "FOLLOW_REDELIVER_EVERY", to="60"),
        faulty_settings,
    ),
    "an impossible value": (_setting("FOLLOW_WEB_PORT", "web"), faulty_settings),
    "a URL without a database": (_setting("FOLLOW_DATABASE_URL", "postgresql://postgres:5432"), faulty_settings),
    "the embedded database": (_setting("FOLLOW_DATABASE_URL", ""), faulty_settings),
    "a provider's key with a default": (
        _setting("FOLLOW_SENDGRID_API_KEY", "${FOLLOW_SENDGRID_API_KEY:-changeme}"),
        faulty_variables,
    ),
    "a secret with a default": (_setting("FOLLOW_SECRET", "${FOLLOW_SECRET:-changeme-changeme}"), faulty_variables),
    "a secret written down": (
        _set("services", "temporal", "environment", "POSTGRES_PWD", to="temporal"),
        faulty_variables,
    ),
    "a variable that follow refuses": (
        _set("services", "postgres", "environment", "POSTGRES_PASSWORD", to="${FOLLOW_DB_PASSWORD:?x}"),
        faulty_variables,
    ),
    "a variable without a default": (_setting("FOLLOW_LOG_LEVEL", "${FOLLOW_LOG_LEVEL}"), faulty_variables),
    "all of .env": (_set("services", "web", "env_file", to=".env"), faulty_variables),
    "another user": (_set("services", "postgres", "environment", "POSTGRES_USER", to="postgres"), faulty_addresses),
    "another database": (_set("services", "postgres", "environment", "POSTGRES_DB", to="leads"), faulty_addresses),
    "another password": (
        _set("services", "postgres", "environment", "POSTGRES_PASSWORD", to="${TEMPORAL_POSTGRES_PASSWORD:?x}"),
        faulty_addresses,
    ),
    "Temporal's other user": (
        _set("services", "temporal-schema", "environment", "SQL_USER", to="postgres"),
        faulty_addresses,
    ),
    "an old plugin": (_set("services", "temporal", "environment", "DB", to="postgresql"), faulty_addresses),
    "four shards": (_set("services", "temporal", "environment", "NUM_HISTORY_SHARDS", to="4"), faulty_addresses),
    "another Temporal port": (_setting("FOLLOW_TEMPORAL_ADDRESS", "temporal:7234"), faulty_addresses),
    "another Temporal host": (
        _set("services", "temporal-ui", "environment", "TEMPORAL_ADDRESS", to="localhost:7233"),
        faulty_addresses,
    ),
    "another namespace": (_setting("FOLLOW_TEMPORAL_NAMESPACE", "default"), faulty_addresses),
    "one database server": (
        _set("services", "temporal", "environment", "POSTGRES_SEEDS", to="postgres"),
        faulty_addresses,
    ),
    "open to the world": (_set("services", "web", "ports", to=["8000:8000"]), faulty_ports),
    "a database's port": (_set("services", "postgres", "ports", to=["127.0.0.1:5432:5432"]), faulty_ports),
    "another web port": (_setting("FOLLOW_WEB_PORT", "8080"), faulty_ports),
    "another UI port": (_set("services", "temporal-ui", "ports", to=["127.0.0.1:8080:8080"]), faulty_ports),
    "an unknown command": (_set("services", "web", "command", to=["serve"]), faulty_commands),
    "swapped commands": (_set("services", "worker", "command", to=["web"]), faulty_commands),
    "another image": (_set("services", "worker", "image", to="followthrough:0.0.1"), faulty_commands),
    "killed too early": (_without("services", "worker", "stop_grace_period"), faulty_commands),
    "no update of the schema": (
        lambda compose: _edit(compose, "temporal-schema", "temporal-sql-tool --db temporal update-schema", "true"),
        faulty_commands,
    ),
    "a namespace of three days": (
        lambda compose: _edit(compose, "temporal-namespace", "--retention 90d", "--retention 3d"),
        faulty_commands,
    ),
    "a namespace only once": (lambda compose: _edit(compose, "temporal-namespace", "||", "&&"), faulty_commands),
    "another Temporal": (_set("services", "temporal", "image", to="temporalio/server:1.31.0"), faulty_versions),
    "another PostgreSQL": (_set("services", "postgres", "image", to="postgres:15"), faulty_versions),
}


def _edit(compose: Compose, name: str, old: str, new: str) -> None:
    command = compose["services"][name]["command"]
    assert old in command[0]
    command[0] = command[0].replace(old, new)


@pytest.mark.parametrize(("mutate", "rule"), MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_mistake_is_objected_to(mutate: Callable[[Compose], None], rule: Callable[[Compose], list[str]]) -> None:
    compose = read_compose()
    before = copy.deepcopy(compose)
    mutate(compose)
    assert compose != before
    assert rule(compose) != []
