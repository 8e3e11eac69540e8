"""`follow check` and `follow schema` as a person at a terminal meets them."""

import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cadences.library import library_files
from runtime.cli.cadences import checked_bundles, known_cadences, register

TEXT = """cadence: plan
steps:
  - {email: hello, repeat: {every: 3 months, until: an answer}}
"""
HELLO = "---\nsubject: Hello\n---\nGood morning\n"


def follow(*arguments: object) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A good cadence file, which refers to another in the same folder."""
    (tmp_path / "templates/email").mkdir(parents=True)
    (tmp_path / "templates/email/hello.md").write_text(HELLO)
    (tmp_path / "later.yaml").write_text(TEXT.replace("plan", "later"))
    path = tmp_path / "plan.yaml"
    path.write_text(TEXT + "on_not_now: {cadence: later}\n")
    return path


def test_shipped_cadences_are_checked_by_default() -> None:
    result = follow("check")
    assert result.exit_code == 0
    assert result.output == "3 cadences checked, no errors: inbound-web, not-now, outbound-qualified.\n"


def test_good_file_is_praised(plan: Path) -> None:
    result = follow("check", plan)
    assert (result.exit_code, result.output) == (0, "1 cadence checked, no errors: plan.\n")


def test_the_template_that_lies_there_and_was_meant_is_named(plan: Path) -> None:
    plan.write_text(plan.read_text().replace("email: hello", "email: helo"))
    result = follow("check", plan)
    assert result.exit_code == 1
    assert "did you mean hello?" in result.output


def test_every_finding_is_printed_with_its_place_and_a_hint(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plan.parent)
    plan.write_text(TEXT.replace("repeat", "repaet") + "limit: 3\n")
    (plan.parent / "templates/email/hello.md").write_text(HELLO + "{{ compny }}\n")
    result = follow("check", "plan.yaml")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "plan.yaml:3:20: error: unknown key `repaet`",
        "    did you mean `repeat`?",
        "plan.yaml:4:1: error: unknown key `limit`",
        "    did you mean `limits`?",
        "templates/email/hello.md:5:4: error: no field is called `compny`",
        "    did you mean `company`?",
        "",
        "3 errors.",
    ]


def test_warnings_alone_are_no_failure(plan: Path) -> None:
    plan.write_text(TEXT + "limits: {per_day: 9}\n")
    result = follow("check", plan)
    assert result.exit_code == 0
    assert "warning: 9 a day are never reached with 4 a week" in result.output
    assert result.output.endswith("1 cadence checked, no errors: plan. 1 warning to look at.\n")


def test_what_can_not_be_read_is_one_clear_line_each(plan: Path) -> None:
    binary = plan.parent / "picture.yaml"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    secret = plan.parent / "pipe.yaml"
    secret.write_bytes(b"a" * 300_000)
    result = follow("check", plan.parent / "plam.yaml", plan.parent, binary, secret, plan)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    lines = [line for line in result.output.splitlines() if "error: " in line]
    assert [line.split("error: ")[1] for line in lines] == [
        "there is no such file",
        "this is a folder",
        "this is no UTF-8 text",
        "the file is larger than 256 KB",
    ]
    assert f"did you mean {plan}?" in result.output


def test_file_that_may_not_be_read_is_named(plan: Path) -> None:
    if os.geteuid() == 0:
        plan.unlink()
        plan.symlink_to(plan)
    else:
        plan.chmod(0)
    result = follow("check", plan)
    assert result.exit_code == 1
    assert "plan.yaml:1:1: error: the file can't be read" in result.output


def test_unknown_follow_up_cadence_is_an_error(plan: Path) -> None:
    plan.write_text(TEXT + "on_not_now: {cadence: latr}\n")
    result = follow("check", plan)
    assert result.exit_code == 1
    assert 'did you mean "later"?' in result.output


def test_neighbours_and_shipped_cadences_are_known(plan: Path) -> None:
    assert known_cadences([plan]) == {"plan", "later", *(path.stem for path in library_files())}


def test_publishing_gets_only_what_passed_the_check(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [bundle.name for bundle in checked_bundles([plan])] == ["plan"]
    assert capsys.readouterr().out == ""
    plan.write_text(TEXT.replace("repeat", "repaet"))
    with pytest.raises(typer.Exit):
        checked_bundles([plan])
    assert "unknown key `repaet`" in capsys.readouterr().out


def test_schema_is_json_that_an_editor_understands() -> None:
    result = follow("schema")
    assert result.exit_code == 0
    schema = json.loads(result.output)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["cadence", "steps"]
    assert schema["$defs"]["Step"]["oneOf"] == [{"required": [key]} for key in ("email", "sms", "call", "task")]
    assert schema["$defs"]["Hours"]["properties"]["from"]["default"] == "09:00"
    assert schema["$defs"]["OnReply"]["properties"]["hold"]["default"] == "5 business days"
    assert "null" not in result.output
