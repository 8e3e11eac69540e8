"""Compiles the three lock files from pyproject.toml with uv; they carry hashes and name no index."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
LOCKS = {
    "production.txt": ["--extra", "build"],
    "embedded.txt": ["--extra", "build", "--extra", "embedded"],
    "dev.txt": ["--all-extras"],
}
SHAPE = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links"),
)


def main() -> None:
    """Write every lock file; the smaller ones are constrained by the largest, so versions agree."""
    constraint: list[str] = []
    for name in sorted(LOCKS, key=lambda name: name != "dev.txt"):
        target = FOLDER / name
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *LOCKS[name], *constraint]
        subprocess.run([*command, *SHAPE, "--output-file", str(target)], check=True, cwd=FOLDER.parent)
        constraint = ["--constraint", str(FOLDER / "dev.txt")]


if __name__ == "__main__":
    main()
