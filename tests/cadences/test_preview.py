"""What a cadence will do with a silent lead: in Python, and as `follow preview` shows it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cadences.hearing import lead_replied
from cadences.library import library_folder, read_bundle
from cadences.preview import PreviewedTouch, play, preview
from cadences.tasks import TaskKind
from leads.inquiries import Inquiry
from leads.model import Channel, LeadKind
from runtime.cli.preview import register
from tests.cadences.cases import (
    ALWAYS_OPEN,
    MONDAY,
    NO_LIMITS,
    a_cadence,
    a_case,
    a_lead,
    begun,
    carried_out,
    completed,
    local,
    new_york,
    waited_for,
)

DAY = timedelta(days=1)


def shown(touches: list[PreviewedTouch]) -> list[tuple[str, str, str]]:
    return [(f"{touch.local:%a %Y-%m-%d %H:%M}", touch.channel.value, touch.step_id) for touch in touches]


def of(name: str, lead: object, start: str, **how: object) -> list[PreviewedTouch]:
    bundle = read_bundle(library_folder() / f"{name}.yaml")
    at = new_york(start)
    return preview(a_case(bundle.cadence, lead, start=at), at, **how)  # type: ignore[arg-type]


def test_the_shipped_plan_for_a_question_on_a_friday_night_is_exactly_this() -> None:
    touches = of("inbound-web", a_lead(sms=True), "2026-03-06 22:15", touches=14)
    assert shown(touches) == [
        ("Fri 2026-03-06 22:15", "email", "answer-the-question"),
        ("Mon 2026-03-09 09:00", "call", "first-call"),
        ("Thu 2026-03-12 09:00", "email", "checking-in"),
        ("Wed 2026-03-18 09:00", "sms", "quick-note"),
        ("Mon 2026-03-23 09:00", "call", "second-call"),
        ("Mon 2026-04-06 09:00", "email", "case-study"),
        ("Thu 2026-05-07 09:00", "sms", "still-here"),
        ("Tue 2026-07-07 09:00", "sms", "still-here-2"),
        ("Fri 2026-08-07 09:00", "call", "month-of-calls"),
        ("Thu 2026-08-13 09:00", "call", "month-of-calls"),
        ("Wed 2026-08-19 09:00", "call", "month-of-calls"),
        ("Tue 2026-08-25 09:00", "call", "month-of-calls"),
        ("Mon 2026-08-31 09:00", "call", "month-of-calls"),
        ("Mon 2026-11-30 09:00", "email", "quarterly"),
    ]
    assert local(touches[1].due_at) == "Mon 2026-03-09 09:30"
    assert "Sat 07 Mar 2026 is no working day" in touches[1].reasons[-1].text


def test_without_consent_there_are_no_texts_and_without_an_address_no_emails() -> None:
    assert Channel.SMS not in {touch.channel for touch in of("inbound-web", a_lead(), "2026-03-02 10:00")}
    phone_only = of("inbound-web", a_lead(email=None), "2026-03-02 10:00")
    assert {touch.channel for touch in phone_only} == {Channel.CALL}
    assert shown(phone_only)[0] == ("Mon 2026-03-02 10:00", "call", "first-call")


def test_an_outbound_plan_ends_with_the_return_to_who_generated_the_lead() -> None:
    touches = of("outbound-qualified", a_lead(kind=LeadKind.OUTBOUND), "2026-03-02 10:00")
    assert [touch.step_id for touch in touches][-1] == "on-silence"
    assert len(touches) == 6


def test_three_years_are_shown_and_no_more() -> None:
    touches = of("inbound-web", a_lead(), "2026-03-02 10:00", touches=500)
    assert touches[-1].local.year == 2029
    assert len(of("inbound-web", a_lead(), "2026-03-02 10:00", touches=500, years=1)) < len(touches)
    assert len(of("inbound-web", a_lead(), "2026-03-02 10:00", touches=5)) == 5


def test_missed_calls_expire_and_what_waits_for_them_comes_later() -> None:
    made = of("inbound-web", a_lead(), "2026-03-02 10:00", calls="made")
    missed = of("inbound-web", a_lead(), "2026-03-02 10:00", calls="missed")
    assert [touch.step_id for touch in made][:12] == [touch.step_id for touch in missed][:12]
    assert all(late.at >= early.at for early, late in zip(made, missed, strict=False))
    quarterly = {len(of("inbound-web", a_lead(), "2026-03-02 10:00", calls=how)) for how in ("made", "missed")}
    assert max(quarterly) - min(quarterly) <= 1


def test_the_preview_is_what_the_engines_functions_do() -> None:
    cadence = a_cadence(
        {"email": "a"}, {"call": "b"}, {"after": "1 week", "email": "c"}, first_response={"within": "30 minutes"}
    )
    foretold = preview(a_case(cadence), MONDAY, touches=3)
    case = carried_out(begun(cadence))
    assert case.messages == (foretold[0].at,)
    case = carried_out(case)
    assert (waited_for(case).opens_at, waited_for(case).due_at) == (foretold[1].at, foretold[1].due_at)
    case = completed(case)
    assert case.enrollment.next is not None
    assert (case.enrollment.next.act_at, case.enrollment.next.reasons) == (foretold[2].at, foretold[2].reasons)


def test_a_running_lead_can_be_played_on() -> None:
    case = lead_replied(begun(a_cadence({"email": "a"})), text="hm", channel=Channel.EMAIL, now=MONDAY)
    assert list(play(case, MONDAY, MONDAY + 400 * DAY)) == []  # nobody answers, so nothing goes out
    assert [task.kind for task in case.open_tasks] == [TaskKind.REPLY]


def test_a_plan_that_repeats_at_once_still_ends() -> None:
    hasty = a_cadence({"task": "again", "repeat": {"every": "0 minutes", "until": "an answer"}}, hours=ALWAYS_OPEN)
    assert len(preview(a_case(hasty), MONDAY, touches=50)) == 50


def test_what_the_library_can_not_answer_is_answered_when_it_is_due_and_pauses_the_plan() -> None:
    asked = a_lead(inquiry=Inquiry(unanswered=("Is Sunday possible?",)))
    answered = of("inbound-web", asked, "2026-03-02 10:00", touches=4)
    assert shown(answered) == [
        ("Mon 2026-03-02 10:00", "email", "answer-the-question"),
        ("Mon 2026-03-02 10:00", "call", "first-call"),
        # Five business days later than without the pause.
        ("Thu 2026-03-12 10:00", "email", "checking-in"),
        ("Mon 2026-03-23 10:00", "call", "second-call"),
    ]
    left_alone = of("inbound-web", asked, "2026-03-02 10:00", calls="missed")
    assert [touch.step_id for touch in left_alone] == ["answer-the-question", "first-call"]


# The command.

app = typer.Typer(pretty_exceptions_enable=False)
register(app)


@app.callback()
def several_commands() -> None:
    """With one command only, typer would not ask for its name."""


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but the defaults, and a terminal wide enough."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def follow(*words: str) -> Result:
    return CliRunner().invoke(app, ["preview", *words])


def rows(output: str) -> list[list[str]]:
    """The cells of the table's numbered rows."""
    lines = [line for line in output.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    return [row for row in cells if row[0].isdigit()]


def test_the_table_shows_when_what_and_why() -> None:
    result = follow("inbound-web", "--start", "2026-03-06T22:15", "--touches", "3")
    assert result.exit_code == 0, result.stderr
    assert [row[1:5] for row in rows(result.stdout)] == [
        ["Fri 06 Mar 2026 22:15 EST", "email", "answer-the-question", ""],
        ["Mon 09 Mar 2026 09:00 EDT", "call", "first-call", "Mon 09 Mar 09:30"],
        ["Thu 12 Mar 2026 09:00 EDT", "email", "checking-in", ""],
    ]
    assert "an answer to a question goes out at any hour" in result.stdout
    assert "America/New_York" in result.stdout


def test_a_narrow_terminal_shows_the_same_in_fewer_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = follow("inbound-web", "--start", "2026-03-06T22:15", "--touches", "2")
    assert [row[1:3] for row in rows(result.stdout)] == [["Fri 06 Mar 2026", "email"], ["Mon 09 Mar 2026", "call"]]
    for words in ("22:15 EST", "answer-the-question", "due Mon 09 Mar 09:30"):
        assert words in result.stdout


def test_a_lead_of_a_file_is_shown_on_its_own_clock(tmp_path: Path) -> None:
    lead = tmp_path / "lead.yaml"
    lead.write_text(
        "name: Jörg [bold]\nemail: JOERG@example.com\nzone: Europe/Berlin\nattributes: {size: 3}\n", "utf-8"
    )
    result = follow("inbound-web", "--lead", str(lead), "--start", "2026-03-06", "--touches", "2")
    assert result.exit_code == 0, result.stderr
    assert "Jörg [bold]" in result.stdout
    assert rows(result.stdout)[0][1] == "Fri 06 Mar 2026 00:00 CET"
    abroad = follow("inbound-web", "--lead", str(lead), "--start", "2026-03-06T08:00Z", "--touches", "1")
    assert rows(abroad.stdout)[0][1] == "Fri 06 Mar 2026 09:00 CET"


def test_a_lead_may_be_json_with_consents(tmp_path: Path) -> None:
    lead = tmp_path / "lead.json"
    consents = [{"channel": "sms", "contact": "(202) 555-0143"}]
    lead.write_text(json.dumps({"phone": "+1 202 555 0143", "kind": "inbound", "consents": consents}), "utf-8")
    result = follow("inbound-web", "--lead", str(lead), "--start", "2026-03-02T10:00")
    assert result.exit_code == 0, result.stderr
    assert {row[2] for row in rows(result.stdout)} == {"call", "sms"}


def test_calls_may_be_missed() -> None:
    words = ("outbound-qualified", "--start", "2026-03-02T10:00", "--calls")
    assert follow(*words, "missed").exit_code == follow(*words, "made").exit_code == 0


def test_a_cadence_of_a_file_is_shown_and_a_lead_of_another_kind_remarked_on(tmp_path: Path) -> None:
    cadence = tmp_path / "mine.yaml"
    cadence.write_text("cadence: mine\nfor: {kind: outbound}\nsteps:\n  - call: hello\n", "utf-8")
    assert rows(follow(str(cadence), "--start", "2026-03-02T10:00").stdout)[0][3] == "hello"
    lead = tmp_path / "lead.yaml"
    lead.write_text("email: a@example.com\nkind: inbound\n", "utf-8")
    result = follow(str(cadence), "--lead", str(lead))
    assert result.exit_code == 0
    assert "mine is meant for outbound leads" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("inbound-wep",), "did you mean inbound-web?"),
        (("missing.yaml",), "missing.yaml:1:1: error: there is no such file"),
        (("xyz",), "no shipped cadence 'xyz'"),
        (("inbound-web", "--start", "tomorrow"), "'tomorrow' is no date or time; write 2026-11-20"),
        (("inbound-web", "--start", "0001-01-01"), "outside the years 2000 to 2099"),
        (("inbound-web", "--calls", "some"), "--calls is made or missed, not 'some'"),
        (("inbound-web", "--lead", "nobody.yaml"), "nobody.yaml: can't be read: no such file or directory"),
    ],
)
def test_what_cannot_be_previewed_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    result = follow(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("emial: a@example.com", "emial: there is no such key; did you mean email?"),
        ("email: a@b", "email: 'a@b' is no email address"),
        ("{email: a@example.com, zone: Mars/Olympus}", "zone: 'Mars/Olympus' is no time zone"),
        ("{phone: '+1 999 555 1234'}", "phone: "),
        ("{email: a@example.com, consents: [{channel: fax}]}", "consents: 'fax' is no channel"),
        ("{email: a@example.com, consents: [{chanel: sms}]}", "consents.0.chanel: there is no such key"),
        ("- 1", "a lead is a mapping"),
        ("a: [b", "is neither YAML nor JSON"),
        ("", "a lead needs an email address or a phone number"),
        ("email: !!python/object:os.system x", "is neither YAML nor JSON"),
    ],
)
def test_a_lead_that_makes_no_sense_is_refused_with_the_key(text: str, said: str, tmp_path: Path) -> None:
    lead = tmp_path / "lead.yaml"
    lead.write_text(text, "utf-8")
    result = follow("inbound-web", "--lead", str(lead))
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_a_cadence_with_mistakes_gives_the_list_of_them(tmp_path: Path) -> None:
    cadence = tmp_path / "bad.yaml"
    cadence.write_text("cadence: bad\nsteps:\n  - {email: x, sms: y}\n  - {after: 3 moons, email: z}\n", "utf-8")
    result = follow(str(cadence))
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{cadence}:3:16", f"{cadence}:4:13"]


def test_the_fourth_call_or_text_within_a_day_to_florida_waits_for_the_24th_hour() -> None:
    steps = [{"sms": "a"}, *({"wait": "1 hour", what: "b"} for what in ("call", "sms", "call"))]
    cadence = a_cadence(*steps, hours=ALWAYS_OPEN, limits=NO_LIMITS)
    for phone, hours in (("+13055551234", [0, 1, 2, 24]), ("+12125550143", [0, 1, 2, 3])):
        case = a_case(cadence, a_lead(phone=phone, sms=True))
        touches = preview(case, MONDAY, touches=4)
        assert [(touch.at - MONDAY) // timedelta(hours=1) for touch in touches] == hours
