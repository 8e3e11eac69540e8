"""What the figures were measured on: hardware and versions, and nothing that names a computer or its user."""

import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from runtime.embedded.postgres import postgres_programs
from runtime.embedded.temporal import temporal_program


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", information.read_text(encoding="utf-8"), re.MULTILINE)
        if found is not None:
            return found.group(1).strip()
    return platform.processor() or platform.machine()


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()


def _number(words: str) -> str:
    """The version in a program's answer."""
    found = re.search(r"\d+(\.\d+)+", words)
    return found.group(0) if found else words


def machine() -> dict[str, Any]:
    """The machine and the versions."""
    programs = postgres_programs()
    server = re.search(r"Server ([\d.]+)", _said(str(temporal_program()), "--version"))
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "temporal_server": server.group(1) if server else "unknown",
        "postgres": _number(_said(str(programs[max(programs)] / "postgres"), "--version")),
        "sqlalchemy": version("sqlalchemy"),
        "asyncpg": version("asyncpg"),
    }


def short_name(found: dict[str, Any]) -> str:
    """The machine in a few words, for the name of a file: `amd-epyc-2-cores`."""
    words = re.sub(r"\(.*?\)|@.*|\bCPU\b|\bProcessor\b", " ", str(found["processor"]))
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    return f"{slug or 'machine'}-{found['cores']}-cores"
