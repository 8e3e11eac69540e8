"""The rules that docker-compose.yml keeps: each returns what it objects to, held against Settings, CLI and servers."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
from ruamel.yaml import YAML

from leads.contract import STEP_TIMEOUT
from runtime.cli.app import app
from runtime.embedded.postgres import postgres_programs
from runtime.embedded.temporal import temporal_program
from runtime.settings import PREFIX, Settings, SettingsError, load_settings, variable
from runtime.temporal_setup import RETENTION

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
Compose = dict[str, Any]

OURS = {"migrate": "migrate", "worker": "worker", "web": "web"}
"""Our services, and the command each runs."""
EMBEDDED_ONLY = {"data_dir", "sample", "temporal_port", "temporal_ui_port"}
"""Settings that mean nothing where the servers are named."""
CLOUD_ONLY = {"temporal_api_key", "temporal_tls"}
"""Settings for a Temporal of somebody else's."""
OPTIONAL_SECRETS = {
    *("FOLLOW_SENDGRID_API_KEY", "FOLLOW_SENDGRID_EVENT_KEY", "FOLLOW_SENDGRID_INBOUND_SECRET"),
    "FOLLOW_OIDC_CLIENT_SECRET",
    *("FOLLOW_SENDGRID_INBOUND_KEY", "FOLLOW_TWILIO_AUTH_TOKEN"),
}
"""Without these a channel writes to the local outbox, or a webhook is off; all other secrets are asked for."""
ONE_SHOT = {"temporal-schema", "temporal-namespace", "migrate"}
VALUES = {
    "FOLLOW_SECRET": "0123456789abcdef0123456789abcdef",
    "FOLLOW_PUBLIC_URL": "https://follow.example.com",
    "FOLLOW_COMPANY_NAME": "Example & Sons",
    "FOLLOW_COMPANY_POSTAL_ADDRESS": "1 Example Street, Springfield, IL 62701",
    "FOLLOW_SENDER_EMAIL": "hello@example.com",
    "FOLLOW_SENDER_NAME": "Example & Sons",
    "POSTGRES_PASSWORD": "a1b2c3d4e5f6",
    "TEMPORAL_POSTGRES_PASSWORD": "f6e5d4c3b2a1",
}
"""What an operator writes into .env: only what the file asks for."""
_REFERENCE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")


def read_compose() -> Compose:
    document = YAML(typ="safe", pure=True).load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return json.loads(json.dumps(document))  # anchors become copies, so that a mutation stays where it is made


def texts(part: Any) -> Iterator[str]:
    """Every text within a part of the document."""
    if isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)
    elif isinstance(part, str):
        yield part


def references(compose: Compose) -> dict[str, set[str]]:
    """The variables of .env that the document names, and how: `?` required, `-` with a default, empty for neither."""
    found: dict[str, set[str]] = {}
    for text in texts(compose):
        for match in _REFERENCE.finditer(text):
            if match["name"]:
                found.setdefault(match["name"], set()).add(match["kind"] or "")
    return found


def resolved(text: str, values: dict[str, str]) -> str:
    """A text as docker compose hands it on."""

    def value(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$"
        return values.get(match["name"]) or (match["word"] if match["kind"] == "-" else "") or ""

    return _REFERENCE.sub(value, text)


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    return {name: resolved(str(value), VALUES) for name, value in service.get("environment", {}).items()}


def commands_of_follow() -> set[str]:
    return set(typer.main.get_group(app).commands)


# The rules.


def faulty_services(compose: Compose) -> list[str]:
    """Images are pinned, nothing deprecated; what is waited for exists and can be waited for; what runs runs again."""
    faults, services = [], compose["services"]
    for name, service in services.items():
        image = service.get("image", "")
        tag = image.rpartition(":")[2] if ":" in image else ""
        if not re.match(r"\d", tag):
            faults.append(f"{name}: the image {image!r} has no version")
        if "auto-setup" in image:
            faults.append(f"{name}: auto-setup is deprecated")
        if "." in image.split("/")[0].split(":")[0] or "://" in image:
            faults.append(f"{name}: the image {image!r} names a registry")
        wanted = r"on-failure:\d+" if name in ONE_SHOT else "unless-stopped"
        if not re.fullmatch(wanted, str(service.get("restart"))):
            faults.append(f"{name}: restart is {service.get('restart')!r}")
        for target, how in service.get("depends_on", {}).items():
            condition = how["condition"]
            if target not in services:
                faults.append(f"{name}: waits for {target}, which does not exist")
            elif condition == "service_healthy" and "test" not in services[target].get("healthcheck", {}):
                faults.append(f"{name}: {target} has no health check to wait for")
            elif condition == "service_completed_successfully" and target not in ONE_SHOT:
                faults.append(f"{name}: {target} never ends")
            elif condition == "service_healthy" and target in ONE_SHOT:
                faults.append(f"{name}: {target} ends, so it never becomes healthy")
            elif condition not in ("service_healthy", "service_completed_successfully"):
                faults.append(f"{name}: waits for {target} only to have started")
    return faults


def faulty_order(compose: Compose) -> list[str]:
    """Whoever needs a server waits for it, and nobody waits in a circle."""
    services = compose["services"]

    def before(name: str, seen: tuple[str, ...] = ()) -> set[str]:
        if name in seen:
            raise RecursionError(f"{name} waits for itself")
        direct = set(services.get(name, {}).get("depends_on", {}))
        return direct.union(*(before(other, (*seen, name)) for other in direct))

    needed = {
        "temporal": {"temporal-postgres", "temporal-schema"},
        "temporal-namespace": {"temporal"},
        "migrate": {"postgres", "temporal", "temporal-namespace"},
        "worker": {"postgres", "temporal", "migrate"},
        "web": {"postgres", "temporal", "migrate"},
    }
    try:
        return [f"{name} starts before {other}" for name in needed for other in sorted(needed[name] - before(name))]
    except RecursionError as circle:
        return [str(circle)]


def faulty_storage(compose: Compose) -> list[str]:
    """Databases keep their data in declared volumes, at the place where their image looks for it."""
    faults = []
    declared, used = set(compose["volumes"]), set()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source, _, target = volume.partition(":")
            used.add(source)
            if source not in declared:
                faults.append(f"{name}: the volume {source} is not declared")
            if service["image"].startswith("postgres:"):
                major = int(service["image"].partition(":")[2].partition(".")[0])
                # From 18 on, the image keeps its data one folder up, in a folder of its version.
                if target != ("/var/lib/postgresql" if major >= 18 else "/var/lib/postgresql/data"):
                    faults.append(f"{name}: PostgreSQL {major} keeps nothing in {target}")
        if service["image"].startswith("postgres:") and not service.get("volumes"):
            faults.append(f"{name}: the data is lost with its container")
        for config in service.get("configs", []):
            if config["source"] not in compose.get("configs", {}):
                faults.append(f"{name}: the config {config['source']} is not declared")
            if config["target"] != environment_of(service).get("DYNAMIC_CONFIG_FILE_PATH"):
                faults.append(f"{name}: reads its config elsewhere than in {config['target']}")
    faults += [f"nobody uses the volume {name}" for name in sorted(declared - used)]
    return faults


def faulty_settings(compose: Compose) -> list[str]:
    """Our services get every setting there is, none that is not, and the program takes the values."""
    faults = []
    known = {variable(name) for name in Settings.model_fields}
    passed = known - {variable(name) for name in EMBEDDED_ONLY | CLOUD_ONLY}
    environments = {name: environment_of(compose["services"][name]) for name in OURS}
    for name, environment in environments.items():
        faults += [f"{name}: there is no setting {key}" for key in sorted(set(environment) - known)]
        faults += [f"{name}: does not pass {key} on" for key in sorted(passed - set(environment))]
        if environment != environments["migrate"]:
            faults.append(f"{name}: has other settings than migrate")
        with pytest.MonkeyPatch.context() as patch:
            for key in list(os.environ):
                if key.upper().startswith(PREFIX):
                    patch.delenv(key)
            for key, value in environment.items():
                patch.setenv(key, value)
            try:
                settings = load_settings(env_file=None)
            except SettingsError as refused:
                faults.append(f"{name}: {refused}")
                continue
        for field in ("database_url", "temporal_address", "secret", "public_url"):
            if getattr(settings, field) is None:
                faults.append(f"{name}: {variable(field)} is not set, so the embedded mode's stands in")
        if not settings.log_json:
            faults.append(f"{name}: logs for a terminal")
    return faults


def faulty_variables(compose: Compose) -> list[str]:
    """`follow` reads .env too, and refuses FOLLOW_ variables that it does not know; secrets have no default."""
    faults = []
    known = {variable(name) for name in Settings.model_fields}
    for name, kinds in references(compose).items():
        if name.startswith(PREFIX) and name not in known:
            faults.append(f"{name}: `follow` would refuse a .env with it")
        if name in OPTIONAL_SECRETS:
            if any(f"${{{name}" in text and text != f"${{{name}:-}}" for text in texts(compose)):
                faults.append(f"{name}: a secret has no default")
        elif re.search("SECRET|PASSWORD|KEY|TOKEN", name) and kinds != {"?"}:
            faults.append(f"{name}: a secret must be asked for")
        if "?" in kinds and name not in VALUES:
            faults.append(f"{name}: is asked for, and no test gives it")
        if "" in kinds:
            faults.append(f"{name}: neither asked for nor has a default")
    faults += [f"{name}: nobody reads it" for name in sorted(set(VALUES) - set(references(compose)))]
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|DATABASE_URL", key) and not _REFERENCE.search(str(value)):
                faults.append(f"{name}: {key} is written down")
        if "env_file" in service:
            faults.append(f"{name}: gets all of .env, the other services' secrets too")
    return faults


def faulty_addresses(compose: Compose) -> list[str]:
    """Who is called by name is there, under that port, that user, that password and that database."""
    faults, services = [], compose["services"]
    ours = environment_of(services["web"])
    url = urlsplit(ours["FOLLOW_DATABASE_URL"])
    database = environment_of(services.get(url.hostname or "", {}))
    agreed = {
        "POSTGRES_USER": url.username,
        "POSTGRES_PASSWORD": url.password,
        "POSTGRES_DB": url.path.removeprefix("/"),
    }
    for key, value in agreed.items():
        if database.get(key) != value:
            faults.append(f"the database's {key} is {database.get(key)!r}, and our URL has {value!r}")
    if url.port not in (None, 5432):
        faults.append(f"PostgreSQL listens on 5432, not on {url.port}")

    server, schema = environment_of(services["temporal"]), environment_of(services["temporal-schema"])
    store = environment_of(services.get(server.get("POSTGRES_SEEDS", ""), {}))
    users = {server.get("POSTGRES_USER"), schema.get("SQL_USER"), store.get("POSTGRES_USER")}
    passwords = {server.get("POSTGRES_PWD"), schema.get("SQL_PASSWORD"), store.get("POSTGRES_PASSWORD")}
    plugins = {server.get("DB"), schema.get("SQL_PLUGIN"), "postgres12"}
    ports = {server.get("DB_PORT"), schema.get("SQL_PORT"), "5432"}
    hosts = {server.get("POSTGRES_SEEDS"), schema.get("SQL_HOST")}
    for what, several in (
        ("user", users),
        ("password", passwords),
        ("plugin", plugins),
        ("port", ports),
        ("host", hosts),
    ):
        if len(several) != 1 or None in several:
            faults.append(f"Temporal, its schema and its database disagree on the {what}: {sorted(map(str, several))}")
    if server.get("POSTGRES_SEEDS") == url.hostname:
        faults.append("Temporal and the application share a database server")
    if server.get("NUM_HISTORY_SHARDS") != "512":
        faults.append("the number of history shards can never be changed, and must be 512")

    for name in ("web", "temporal-namespace", "temporal-ui"):
        key = "FOLLOW_TEMPORAL_ADDRESS" if name in OURS else "TEMPORAL_ADDRESS"
        host, _, port = environment_of(services[name]).get(key, "").partition(":")
        if host != "temporal" or port != "7233" or port not in services[host]["healthcheck"]["test"]:
            faults.append(f"{name}: Temporal is not at {host}:{port}")
    namespace = environment_of(services["temporal-namespace"]).get("TEMPORAL_NAMESPACE")
    if namespace != ours["FOLLOW_TEMPORAL_NAMESPACE"]:
        faults.append(f"the namespace {namespace} is made, and ours is {ours['FOLLOW_TEMPORAL_NAMESPACE']}")
    return faults


def faulty_ports(compose: Compose) -> list[str]:
    """What is open is open to this machine only, at the port that the program listens on."""
    faults, services = [], compose["services"]
    ours = environment_of(services["web"])
    for name, service in services.items():
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                faults.append(f"{name}: {port} is open to the whole network")
        if service.get("ports") and name not in ("web", "temporal-ui"):
            faults.append(f"{name}: nobody outside needs its port")
    listening = ours["FOLLOW_WEB_PORT"]
    if services["web"].get("ports") != [f"127.0.0.1:8000:{listening}"]:
        faults.append(f"web: listens on {listening}, published is {services['web'].get('ports')}")
    if f"http://127.0.0.1:{listening}/healthz" not in " ".join(services["web"]["healthcheck"]["test"]):
        faults.append("web: its health is asked elsewhere")
    ui = urlsplit(ours["FOLLOW_TEMPORAL_UI_URL"])
    inside = environment_of(services["temporal-ui"])["TEMPORAL_UI_PORT"]
    if services["temporal-ui"].get("ports") != [f"{ui.hostname}:{ui.port}:{inside}"]:
        faults.append(f"temporal-ui: is not at {ui.geturl()}")
    return faults


def faulty_commands(compose: Compose) -> list[str]:
    """Our services run commands that exist, in our image; the others what their image has."""
    faults, services = [], compose["services"]
    known = commands_of_follow()
    image = f"{PROJECT['project']['name']}:{PROJECT['project']['version']}"
    for name, command in OURS.items():
        service = services[name]
        if service.get("command") != [command] or command not in known:
            faults.append(f"{name}: runs {service.get('command')}, the command line has {sorted(known)}")
        if service.get("image") != image or service.get("build") != "." or "entrypoint" in service:
            faults.append(f"{name}: is not the image {image} of this folder")
    used = {name for name, service in services.items() if "build" in service}
    faults += [f"{name}: runs our image, and no rule knows it" for name in sorted(used - set(OURS))]
    grace = services["worker"].get("stop_grace_period", "10s")
    if timedelta(seconds=int(grace.removesuffix("s"))) < STEP_TIMEOUT:
        faults.append(f"worker: is killed after {grace}, an attempt may take {STEP_TIMEOUT}")

    schema = script_of(services["temporal-schema"])
    for database in ("temporal", "temporal_visibility"):
        steps = [line.split()[3] for line in schema if line.startswith(f"temporal-sql-tool --db {database} ")]
        if steps != ["create", "setup-schema", "update-schema"]:
            faults.append(f"temporal-schema: {database} gets {steps}")
    namespace = " ".join(script_of(services["temporal-namespace"]))
    kept = re.search(r"--retention (\d+)d\b", namespace)
    if "temporal operator namespace create" not in namespace or "||" not in namespace:
        faults.append("temporal-namespace: fails where the namespace exists")
    if kept is None or timedelta(days=int(kept.group(1))) < RETENTION:
        faults.append(f"temporal-namespace: keeps closed runs for less than {RETENTION}")
    return faults


def faulty_versions(compose: Compose) -> list[str]:
    """What is tested is what runs: the embedded servers' versions."""
    services = compose["services"]
    said = subprocess.run([temporal_program(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Server (?P<server>[\d.]+), UI (?P<ui>[\d.]+)", said)
    assert found is not None, said
    wanted = {
        "temporal": f"temporalio/server:{found['server']}",
        "temporal-schema": f"temporalio/admin-tools:{found['server']}",
        "temporal-namespace": f"temporalio/admin-tools:{found['server']}",
        "temporal-ui": f"temporalio/ui:{found['ui']}",
        "postgres": f"postgres:{max(postgres_programs())}",
    }
    return [f"{name}: is not {image}" for name, image in wanted.items() if services[name]["image"] != image]


def script_of(service: dict[str, Any]) -> list[str]:
    """The lines of a service's shell script."""
    shell = service.get("entrypoint")
    assert shell == ["/bin/sh", "-eu", "-c"], shell
    assert len(service["command"]) == 1
    return [line.strip() for line in resolved(service["command"][0], {}).splitlines()]
