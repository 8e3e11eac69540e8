"""What the documentation tells people to type exists: targets of make, commands and options, settings, REST paths."""

import re
from pathlib import Path

import click
import pytest
import typer

from api.app import create_app
from runtime import sample
from runtime.cli.app import app
from runtime.settings import FOR_TESTS, Settings, variable

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def code_of(text: str) -> str:
    """What stands in code style, in blocks and in lines: what people would type."""
    return "\n".join(re.sub(r"^```\w*(?: \w+)*$|^```$", "", part, flags=re.MULTILINE) for part in _CODE.findall(text))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def follow_commands() -> dict[str, click.Command]:
    return dict(typer.main.get_group(app).commands)


def options_of(command: click.Command) -> set[str]:
    """The options of a command, and of those that it is a group of."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*map(options_of, parts_of(command).values()))


def parts_of(command: click.Command) -> dict[str, click.Command]:
    """The commands of a group; a command has none."""
    return getattr(command, "commands", {})


def wrong_commands(text: str) -> list[str]:
    """Targets of make, commands of `follow` and their options that do not exist."""
    code, known, wrong = code_of(text), follow_commands(), []
    for target in re.findall(r"(?:^|[`\s])make ([a-z][a-z-]*)", code):
        if target not in make_targets():
            wrong.append(f"make {target}")
    for name, rest in re.findall(r"(?:^|[`\s/])follow ([a-z][a-z-]*)([^`\n#]*)", code):
        command = known.get(name)
        part = re.match(r" ([a-z][a-z-]*)", rest)
        if command is None:
            wrong.append(f"follow {name}")
            continue
        if parts_of(command) and part and part[1] not in parts_of(command):
            wrong.append(f"follow {name} {part[1]}")
        options = options_of(command)
        wrong += [
            f"follow {name} {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if option not in options
        ]
    return wrong


def wrong_settings(text: str) -> list[str]:
    """Variables that the program would refuse."""
    known = FOR_TESTS.union(map(variable, Settings.model_fields))
    return [name for name in re.findall(r"\bFOLLOW_[A-Z_]*[A-Z]\b", text) if name not in known]


def wrong_paths(text: str) -> list[str]:
    """Paths of the tour in the README that the web does not serve, with the method that curl takes."""
    served = {
        (re.sub(r"\{\w+\}", "ID", path), method)
        for path, methods in create_app(None).openapi()["paths"].items()  # type: ignore[arg-type]
        for method in methods
    }
    wrong = []
    for path, rest in re.findall(r"""^(?:LEAD=\$\()?api ["']?([^\s"'?]+)[^\s]*(.*)$""", text, re.MULTILINE):
        asked = ("/api/" + path.replace("$LEAD", "ID"), "post" if " -d " in rest else "get")
        if asked not in served:
            wrong.append(" ".join(reversed(asked)))
    return wrong


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_exists(document: Path) -> None:
    assert wrong_commands(document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / ".env.example"], ids=name_of)
def test_every_setting_exists(document: Path) -> None:
    assert wrong_settings(document.read_text(encoding="utf-8")) == []


def test_the_tour_calls_what_the_web_serves() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^(?:LEAD=\$\()?api ", text, re.MULTILINE)) >= 8
    assert wrong_paths(text) == []


def test_the_readme_says_what_the_program_does() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for setting, default in (("web_port", 8000), ("temporal_ui_port", 8233)):
        assert Settings.model_fields[setting].default == default
        assert f"http://127.0.0.1:{default}" in text
    assert f"`{Settings.model_fields['data_dir'].default}/`" in text
    for name in ("run", "test"):
        assert re.search(rf"^make {name}\b", text, re.MULTILINE)
    assert len(sample.LEADS) == 8
    assert "eight sample leads" in text
    assert any(lead.email in text for lead in sample.LEADS if lead.email)


def test_the_readme_names_what_production_must_be_given() -> None:
    asked = re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(set(asked)) if not re.search(rf"^{name}=", text, re.MULTILINE)] == []


def test_a_mistake_is_found() -> None:
    assert wrong_commands("run `make dinner`") == ["make dinner"]
    assert wrong_commands("```bash\n.venv/bin/follow everything\n```") == ["follow everything"]
    assert wrong_commands("`follow enroll leads.csv --now`") == ["follow enroll --now"]
    assert wrong_commands("`follow providers cheque --dns x`") == ["follow providers cheque"]
    assert wrong_commands("`follow providers check --now`") == ["follow providers --now"]
    assert wrong_commands("make dinner, and follow everything") == []
    assert wrong_settings("set `FOLLOW_COMPANY` to yours") == ["FOLLOW_COMPANY"]
    assert wrong_paths("api leads -d '{}'\napi leeds") == ["get /api/leeds"]
    assert wrong_paths('api "leads/$LEAD/answer"') == ["get /api/leads/ID/answer"]
