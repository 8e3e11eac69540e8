"""`follow enroll`, `lead`, `tasks` and `status`, as a person types them, on the real database."""

from pathlib import Path

import pytest

from tests.runtime.conftest import Follow


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(
        "Email;Full name;Company;Question;Shoe size;Owner\n"
        "ann@example.com;Ann [Lee];Acme;How much?;44\n"
        "not an address;Bob;;;\n"
        "carl@example.com;Carl;;How fast?;\n"
        "dora@example.com;Dora;;;;nobody\n"
    )
    return path


def test_a_table_is_enrolled_and_its_bad_rows_named(follow: Follow, table: Path) -> None:
    ran = follow("enroll", str(table), "--owner", "anna")
    assert ran.exit_code == 1
    assert "3 new (1 for a person to complete: follow tasks), 0 known already, 1 rejected" in ran.output
    assert "line 3: email: 'not an address' is no email address" in ran.output
    assert "(taken without it, and a person's task)" in ran.output
    assert "line 5: owner: there is no active colleague 'nobody'" in ran.output
    assert "not read: Shoe size" in ran.output
    assert "Temporal can't be reached" in ran.output
    assert f"{table}.rejects.csv" in ran.output
    again = follow("enroll", str(table), "--owner", "anna")
    assert "0 new, 3 known already, 1 rejected" in again.output


def test_a_rehearsal_says_who_is_known_and_who_would_get_how_many(follow: Follow, table: Path) -> None:
    new = follow("enroll", str(table), "--owner", "anna", "--dry-run")
    for said in ("3 good rows, 1 bad ones", "anna would get 3", "inbound-web would begin for 3", "line 5: owner"):
        assert said in new.output
    follow("enroll", str(table), "--owner", "anna")
    known = follow("enroll", str(table), "--owner", "anna", "--dry-run")
    assert "3 of them are known already" in known.output
    assert "would get" not in known.output


def test_a_table_that_cannot_be_enrolled_is_one_line(follow: Follow, table: Path, tmp_path: Path) -> None:
    for words, said in (
        ((str(tmp_path / "none.csv"),), "No such file"),
        ((str(table), "--owner", "nobody"), "--owner: there is no active colleague 'nobody'"),
        ((str(table), "--owner", "nobody", "--dry-run"), "--owner: there is no active colleague 'nobody'"),
        ((str(table), "--cadence", "no-such"), "--cadence: no cadence 'no-such' was published; there are inbound-web"),
    ):
        ran = follow("enroll", *words)
        assert ran.exit_code == 1
        assert said in ran.output
        assert ran.output.count("\n") <= 2


def test_a_lead_is_shown_by_address_and_by_the_beginning_of_its_id(follow: Follow, table: Path) -> None:
    follow("enroll", str(table), "--owner", "anna")
    by_address = follow("lead", "ANN@example.com")
    assert by_address.exit_code == 0, by_address.output
    for part in ("Ann [Lee]", "Acme", "How much?", "Anna Keller", "answer-the-question", "why then", "timeline"):
        assert part in by_address.output
    lead_id = next(word for word in by_address.output.split() if len(word) == 36 and word.count("-") == 4)
    assert follow("lead", lead_id[:8]).output == by_address.output


def test_a_lead_is_shown_with_others_of_the_same_company(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "colleagues.csv"
    path.write_text("email,name\nann@harbor.com,Ann\nbob@eu.harbor.com,Bob\ncarl@gmail.com,Carl\n")
    follow("enroll", str(path), "--owner", "anna")
    shown = follow("lead", "ann@harbor.com").output
    assert "others at harbor.com (not merged)" in shown
    assert "Bob" in shown
    assert "Carl" not in shown
    assert "not merged" not in follow("lead", "carl@gmail.com").output


def test_an_incomplete_lead_is_completed_by_a_person(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("email,phone,name,question,owner\n,12,Ann,How much?,anna\n")
    dry = follow("enroll", str(path), "--dry-run")
    assert (dry.exit_code, "1 of them can't be reached: each would become a person's task" in dry.output) == (0, True)
    ran = follow("enroll", str(path))
    assert (ran.exit_code, "1 new (1 for a person to complete" in ran.output) == (0, True)
    shown = follow("tasks", "--owner", "anna").output
    assert "complete the lead" in shown
    lead_id = next(line for line in shown.splitlines() if "Ann ·" in line).split("Ann · ")[1].split()[0]

    for words, said in (
        ((), "email: give an email address, a phone number, or both"),
        (("--email", "ann at example"), "is no email address"),
    ):
        refused = follow("add-contact", lead_id, *words)
        assert (refused.exit_code, said in refused.output) == (1, True)
    waiting = follow("add-contact", lead_id, "--email", "ann@example.com", "--by", "anna")
    assert (waiting.exit_code, waiting.output.endswith("added; nothing automated follows\n")) == (0, True)
    again = follow("add-contact", lead_id, "--email", "ann@example.com")
    assert (again.exit_code, "the lead has it already" in again.output) == (1, True)
    done = follow("add-contact", "ann@example.com", "--phone", "+12125550123", "--by", "anna", "--done")
    assert (done.exit_code, "added; next: email answer-the-question, " in done.output) == (0, True)
    assert "complete the lead" not in follow("tasks", "--owner", "anna").output


def test_who_asks_not_to_be_contacted_is_never_contacted_again(follow: Follow, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("email,phone,name,question,owner\nbob@example.com,+12125550177,Bob,How much?,anna\n")
    assert follow("enroll", str(path)).exit_code == 0
    done = follow("no-contact", "bob@example.com", "--by", "anna", "--note", "on the phone", "--yes")
    assert (done.exit_code, "every address and number of it is closed" in done.output) == (0, True), done.output
    for contact in ("bob@example.com", "+12125550177"):
        assert "asked us not to be contacted" in follow("suppress", "check", contact).output
    again = follow("no-contact", "bob@example.com", "--yes")
    assert (again.exit_code, "already said no" in again.output) == (1, True)


def test_a_lead_that_is_not_there_is_one_line(follow: Follow) -> None:
    ran = follow("lead", "nobody@example.com")
    assert ran.exit_code == 1
    assert "no lead is called 'nobody@example.com'" in ran.output


def test_tasks_are_shown(follow: Follow) -> None:
    assert "tasks" in follow("tasks", "--owner", "anna", "--state", "all").output
    wrong = follow("tasks", "--state", "late")
    assert wrong.exit_code == 1
    assert "it is open, overdue, done or all" in wrong.output


def test_the_status_is_shown(follow: Follow, table: Path) -> None:
    follow("enroll", str(table))
    output = follow("status").output
    for part in ("leads: new", "in cadence: inbound-web", "open tasks", "commands not delivered yet"):
        assert part in output


@pytest.fixture
def old_leads(tmp_path: Path) -> Path:
    path = tmp_path / "old-leads.csv"
    path.write_text(
        "email,phone,owner\n" + "".join(f"p{number}@example.com,+1212555{number:04d},anna\n" for number in range(3))
    )
    return path


def test_a_backlog_is_forecast_and_nothing_is_stored_before_a_yes(
    follow: Follow, old_leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, said in ((("--dry-run",), ""), ((), "Enroll them? [y/N]")):
        ran = follow("enroll", str(old_leads), "--backlog", "--calls-per-day", "2", *words)
        for part in ("forecast", "planned before", "calls a day: anna 2", "3 leads start, the last on", said):
            assert part in ran.output, ran.output
    assert ran.exit_code == 1  # Nobody said yes.
    assert "no backlog was enrolled" in follow("backlogs").output
    assert "leads: new" not in follow("status").output


def test_a_backlog_is_enrolled_and_listed(follow: Follow, old_leads: Path) -> None:
    ran = follow("enroll", str(old_leads), "--backlog", "--yes")
    assert ran.exit_code == 0, ran.output
    assert "3 new, 0 known already, 0 rejected" in ran.output
    assert "the calls to them go on until" in ran.output
    listed = follow("backlogs").output
    assert "old-leads.csv" in listed
    assert "follow enroll" in listed
    again = follow("enroll", str(old_leads), "--backlog", "--yes")
    assert "no lead starts" in again.output
    assert "rows of people who are known: 3" in again.output
    assert "0 new, 3 known already" in again.output


def test_a_backlog_with_a_mistake_in_an_option_is_one_line(follow: Follow, old_leads: Path) -> None:
    ran = follow("enroll", str(old_leads), "--backlog", "--owner", "nobody")
    assert ran.exit_code == 1
    assert "--owner: there is no active colleague 'nobody'" in ran.output


def test_two_leads_are_merged_by_their_addresses_and_only_after_a_yes(follow: Follow, table: Path) -> None:
    follow("enroll", str(table), "--owner", "anna")
    named = ("merge", "ann@example.com", "carl@example.com")
    for words in ((*named, "--dry-run"), named):
        ran = follow(*words)
        assert "would go on as one" in ran.output
        assert "goes on" in ran.output
    assert ran.exit_code == 1  # Nobody said yes.
    assert "for good?" in ran.output
    done = follow(*named, "--yes", "--by", "anna")
    assert done.exit_code == 0, done.output
    assert "go on as one" in done.output
    assert "Temporal can't be reached" in done.output
    shown = follow("lead", "carl@example.com")
    assert "Ann [Lee]" in shown.output
    assert "ann@example.com, carl@example.com" in shown.output
    again = follow("merge", "ann@example.com", "carl@example.com")
    assert "other: that is this very lead" in again.output


def test_a_merge_of_nobody_is_one_line(follow: Follow, table: Path) -> None:
    follow("enroll", str(table), "--owner", "anna")
    for words, said in (
        (("ann@example.com", "nobody@example.com"), "no lead is called 'nobody@example.com'"),
        (("ann@example.com", "carl@example.com", "--by", "nobody"), "by: there is no active colleague 'nobody'"),
    ):
        ran = follow("merge", *words, "--yes")
        assert (ran.exit_code, said in ran.output, ran.output.count("\n")) == (1, True, 1), ran.output
