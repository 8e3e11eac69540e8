"""Which Chromium is driven, when one is installed, and what is said where neither can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.console.chromium import NoChromium, ThisMachine, found, main, needed


@dataclass
class FakeMachine:
    """A machine with these programs, of which some do not start."""

    programs: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    variables: Mapping[str, str] = field(default_factory=dict)
    is_root: bool = False
    apt_brings: set[str] = field(default_factory=set)
    ran: list[list[str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def find(self, name: str) -> str | None:
        if name not in self.programs:
            return None
        return name if "/" in name else f"/usr/bin/{name}"

    def succeeds(self, command: Sequence[str], seconds: float) -> bool:
        self.ran.append(list(command))
        if "install" in command:
            self.programs |= self.apt_brings
            return bool(self.apt_brings)
        return command[0].removeprefix("/usr/bin/") not in self.broken

    def say(self, line: str) -> None:
        self.said.append(line)

    @property
    def installs(self) -> list[list[str]]:
        return [command for command in self.ran if "install" in command]


def test_what_the_path_has_is_taken_in_order() -> None:
    assert needed(FakeMachine({"google-chrome", "chromium", "apt-get"}, is_root=True)) == "/usr/bin/chromium"
    assert needed(FakeMachine({"google-chrome-stable"})) == "/usr/bin/google-chrome-stable"


def test_the_apps_of_macos_are_found() -> None:
    chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    assert needed(FakeMachine({chrome})) == chrome


def test_the_one_that_is_named_wins() -> None:
    machine = FakeMachine({"chromium", "/opt/mine"}, variables={"FOLLOW_CHROMIUM": "/opt/mine"})
    assert needed(machine) == "/opt/mine"


@pytest.mark.parametrize("broken", [set(), {"/opt/mine"}])
def test_a_named_one_that_does_not_start_is_said_and_nothing_else_is_taken(broken: set[str]) -> None:
    machine = FakeMachine({"chromium", *broken}, broken=broken, variables={"FOLLOW_CHROMIUM": "/opt/mine"})
    with pytest.raises(NoChromium, match="FOLLOW_CHROMIUM names /opt/mine, which does not start"):
        needed(machine)


def test_one_that_does_not_start_is_passed_over() -> None:
    machine = FakeMachine({"chromium-browser", "google-chrome"}, broken={"chromium-browser"})
    assert needed(machine) == "/usr/bin/google-chrome"


def test_root_installs_a_missing_one() -> None:
    machine = FakeMachine({"apt-get"}, is_root=True, apt_brings={"chromium"})
    assert needed(machine) == "/usr/bin/chromium"
    (install,) = machine.installs
    assert install[:3] == ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    assert "--yes" in install
    assert "chromium" in install
    assert machine.said[0] == "Chromium is missing: installing Debian's by apt (at most 6 minutes) ..."


def test_sudo_installs_a_missing_one_when_it_asks_for_no_password() -> None:
    machine = FakeMachine({"apt-get", "sudo"}, apt_brings={"chromium"})
    assert needed(machine) == "/usr/bin/chromium"
    assert machine.installs[0][:2] == ["/usr/bin/sudo", "--non-interactive"]


@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(FakeMachine(is_root=True), id="no apt"),
        pytest.param(FakeMachine({"apt-get"}), id="neither root nor sudo"),
        pytest.param(FakeMachine({"apt-get", "sudo"}, broken={"sudo"}), id="sudo asks for a password"),
    ],
)
def test_nothing_is_installed_where_we_may_not(machine: FakeMachine) -> None:
    assert main(machine) == 1
    assert machine.installs == []
    assert machine.said == [
        "the browser tests need Chromium: install Chromium or Chrome, or name one with FOLLOW_CHROMIUM; "
        "FOLLOW_SKIP_BROWSER=1 leaves its tests out"
    ]


def test_an_installation_that_fails_is_one_line_that_says_what_to_do() -> None:
    machine = FakeMachine({"apt-get"}, is_root=True)
    assert main(machine) == 1
    assert machine.said[-1].startswith("apt could not install Chromium: install Chromium or Chrome")


def test_leaving_the_tests_out_installs_nothing_and_says_so() -> None:
    machine = FakeMachine({"apt-get"}, is_root=True, variables={"FOLLOW_SKIP_BROWSER": "1"})
    assert main(machine) == 0
    assert machine.ran == []
    assert machine.said == ["FOLLOW_SKIP_BROWSER is set: the tests that need a browser are left out"]


def test_an_empty_variable_and_0_leave_nothing_out() -> None:
    for value in ("", "0"):
        machine = FakeMachine({"chromium"}, variables={"FOLLOW_SKIP_BROWSER": value})
        assert main(machine) == 0
        assert machine.said == []


def test_a_command_that_hangs_or_does_not_exist_has_failed() -> None:
    machine = ThisMachine()
    assert machine.succeeds(["true"], 10)
    assert not machine.succeeds(["false"], 10)
    assert not machine.succeeds(["sleep", "30"], 0.1)
    assert not machine.succeeds(["there-is-no-such-program"], 10)


def test_finding_installs_nothing() -> None:
    machine = FakeMachine({"apt-get"}, is_root=True, apt_brings={"chromium"})
    assert found(machine) is None
    assert machine.installs == []
