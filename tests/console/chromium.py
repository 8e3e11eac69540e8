"""The Chromium that tests drive: the one of this machine, or Debian's, installed by apt where that may be done.

`make test` runs this before pytest: `python -m tests.console.chromium`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NAMED = "FOLLOW_CHROMIUM"
"""The variable that names another Chromium or Chrome."""
SKIPPED = "FOLLOW_SKIP_BROWSER"
"""The variable that leaves out the tests which need one."""
ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OF_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGES = ("chromium", "chromium-sandbox", "fonts-liberation")
"""Debian's, with the fonts that pages are drawn in."""
WAY_OUT = f"install Chromium or Chrome, or name one with {NAMED}; {SKIPPED}=1 leaves its tests out"
_APT_WAITS = 60
"""Seconds for another apt that is at work."""
_UPDATE_TAKES, _INSTALL_TAKES = 90, 240
"""Seconds at most."""


class NoChromium(Exception):
    """There is none to drive; the message is one line and says what to do."""


class Machine(Protocol):
    """What has to be known of a machine, and done on it."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment."""
        ...

    @property
    def is_root(self) -> bool: ...

    def find(self, name: str) -> str | None:
        """Where a program on the path, or a file that may be run, is."""
        ...

    def succeeds(self, command: Sequence[str], seconds: float) -> bool:
        """Run a command without a word; False when it fails, hangs or does not exist."""
        ...

    def say(self, line: str) -> None:
        """Tell the person who waits."""
        ...


def is_skipped(variables: Mapping[str, str]) -> bool:
    """Whether the tests that need a browser are left out."""
    return variables.get(SKIPPED, "") not in ("", "0")


def found(machine: Machine) -> str | None:
    """The Chromium or Chrome of this machine that starts; None when there is none.

    Raises:
        NoChromium: one is named, and it does not start.
    """
    named = machine.variables.get(NAMED)
    if named:
        path = machine.find(named)
        if path is None or not _starts(machine, path):
            raise NoChromium(f"{NAMED} names {named}, which does not start: {WAY_OUT}")
        return path
    here = (machine.find(name) for name in (*ON_THE_PATH, *OF_MACOS))
    # A name alone proves nothing: Ubuntu's chromium-browser only says that one should install a snap.
    return next((path for path in here if path is not None and _starts(machine, path)), None)


def needed(machine: Machine) -> str:
    """The Chromium of this machine; installed, where it is missing and apt may be used.

    Raises:
        NoChromium: there is none, and it can't be installed here.
    """
    path = found(machine)
    if path is not None:
        return path
    apt = _apt_of(machine)
    if apt is None:
        raise NoChromium(f"the browser tests need Chromium: {WAY_OUT}")
    minutes = (_UPDATE_TAKES + _INSTALL_TAKES) / 60
    machine.say(f"Chromium is missing: installing Debian's by apt (at most {minutes:.0f} minutes) ...")
    machine.succeeds([*apt, "update"], _UPDATE_TAKES)  # what is known of the packages may do without
    installed = machine.succeeds([*apt, "install", "--yes", "--no-install-recommends", *PACKAGES], _INSTALL_TAKES)
    path = found(machine) if installed else None
    if path is None:
        raise NoChromium(f"apt could not install Chromium: {WAY_OUT}")
    machine.say(f"Chromium is installed: {path}")
    return path


def _starts(machine: Machine, path: str) -> bool:
    return machine.succeeds([path, "--version"], 30)


def _apt_of(machine: Machine) -> list[str] | None:
    """How apt is called here; None when there is none, or we may not."""
    if machine.find("apt-get") is None:
        return None
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", f"DPkg::Lock::Timeout={_APT_WAITS}"]
    if machine.is_root:
        return apt
    sudo = machine.find("sudo")
    if sudo is not None and machine.succeeds([sudo, "--non-interactive", "true"], 10):
        return [sudo, "--non-interactive", *apt]
    return None


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The machine that we run on."""

    @property
    def variables(self) -> Mapping[str, str]:
        return os.environ

    @property
    def is_root(self) -> bool:
        return os.geteuid() == 0

    def find(self, name: str) -> str | None:
        return shutil.which(name)

    def succeeds(self, command: Sequence[str], seconds: float) -> bool:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            return subprocess.run(command, timeout=seconds, check=False, **quiet).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    def say(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201


def main(machine: Machine | None = None) -> int:
    """See to it that there is a Chromium; the exit code is 1 when there is none and its tests are wanted."""
    machine = machine or ThisMachine()
    if is_skipped(machine.variables):
        machine.say(f"{SKIPPED} is set: the tests that need a browser are left out")
        return 0
    try:
        needed(machine)
    except NoChromium as missing:
        machine.say(str(missing))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
