"""`follow providers check --dns`: every record that can lack, and every way in which people hand records over."""

from collections.abc import Iterator

import pytest

from adapters.providers.checks.dns_checks import check_domain
from adapters.providers.checks.dns_records import DnsRecord, DnsRecords, DnsTextError
from adapters.providers.checks.findings import State
from tests.faults import provider_account
from tests.faults.provider import FakeProvider
from tests.runtime.provider_setup import DNS, DOMAIN, REPLIES, amiss, checked, set_up, settings

OK, MISSING, WRONG, UNTOLD, UNUSED = State
SPF, DMARC, MX = f"SPF of {DOMAIN}", f"DMARC of {DOMAIN}", f"MX of {REPLIES}"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        set_up(provider)
        yield provider
        assert provider.mistakes == []


def without(word: str) -> str:
    """The records but those with a word in them."""
    return "\n".join(line for line in DNS.splitlines() if word not in line)


def test_a_complete_zone_needs_nothing(provider: FakeProvider) -> None:
    found = checked(settings(provider), DNS)
    assert amiss(found) == {}
    assert sum(each.channel == "DNS" for each in found.values()) == 6


def test_without_records_nothing_is_looked_up_and_nothing_claimed(provider: FakeProvider) -> None:
    found = checked(settings(provider))
    assert (found[DOMAIN].state, amiss(found)) == (UNTOLD, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (without("em1234"), {SPF: MISSING, f"CNAME em1234.{DOMAIN}": MISSING}),
        (without("em1234").replace("v=spf1", "v=spf1 include:sendgrid.net"), {f"CNAME em1234.{DOMAIN}": MISSING}),
        (DNS + f'{DOMAIN} TXT "v=spf1 include:sendgrid.net ~all"', {SPF: WRONG}),
        (without("s1."), {f"CNAME s1._domainkey.{DOMAIN}": MISSING}),
        (DNS.replace("s2.domainkey.u7", "s2.domainkey.u8"), {f"CNAME s2._domainkey.{DOMAIN}": WRONG}),
        (without("_dmarc"), {DMARC: MISSING}),
        (DNS.replace("p=none; ", ""), {DMARC: WRONG}),
        (DNS.replace("p=none", "p=maybe"), {DMARC: WRONG}),
        (DNS + f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=reject"', {DMARC: WRONG}),
        (without("MX"), {MX: MISSING}),
        (DNS + f"{REPLIES} MX 20 mail.example.com", {MX: WRONG}),
        (DNS.replace("mx.sendgrid.net", "mx.sendgrid.net.acme-tools.com"), {MX: WRONG}),
    ],
)  # fmt: skip
def test_each_record_that_lacks_is_named(provider: FakeProvider, text: str, expected: dict[str, State]) -> None:
    assert amiss(checked(settings(provider), text)) == expected


def test_the_records_to_add_are_those_that_sendgrid_shows(provider: FakeProvider) -> None:
    found = checked(settings(provider), "")
    note = found[f"CNAME s1._domainkey.{DOMAIN}"].note
    assert note == f"add: s1._domainkey.{DOMAIN} CNAME s1.domainkey.u7.wl123.sendgrid.net"
    assert found[MX].note == f"add: {REPLIES} MX 10 mx.sendgrid.net"


def test_without_sendgrid_s_word_its_usual_records_are_looked_for(provider: FakeProvider) -> None:
    provider.account.forbidden = ["/v3/whitelabel"]
    assert amiss(checked(settings(provider), DNS)) == {}
    text = without("s1.").replace("s2.domainkey.u7.wl123.sendgrid.net", "s2.elsewhere.example.com")
    found = checked(settings(provider), text)
    assert (found["DKIM s1"].state, found["DKIM s2"].state, found[DMARC].state) == (MISSING, WRONG, OK)


def test_a_domain_signed_by_hand_wants_texts_and_an_mx() -> None:
    wanted = [
        DnsRecord("m1._domainkey.acme-tools.com", "TXT", "k=rsa; t=s; p=MIGfMA0"),
        DnsRecord("em.acme-tools.com", "MX", "mx.sendgrid.net"),
    ]
    text = 'm1._domainkey.acme-tools.com TXT "k=rsa; t=s; p=MIG" "fMA0"\nem.acme-tools.com MX 10 mx.sendgrid.net'
    found = {each.what: each.state for each in check_domain(DnsRecords.read(text), "acme-tools.com", wanted)}
    assert (found["TXT m1._domainkey.acme-tools.com"], found["MX em.acme-tools.com"]) == (OK, OK)
    other = text.replace("fMA0", "fMA1").replace("mx.sendgrid.net", "mx.example.com")
    found = {each.what: each.state for each in check_domain(DnsRecords.read(other), "acme-tools.com", wanted)}
    assert (found["TXT m1._domainkey.acme-tools.com"], found["MX em.acme-tools.com"]) == (WRONG, WRONG)


def test_dmarc_of_the_organisation_holds_for_its_subdomains_and_their_own_comes_first() -> None:
    def dmarc(text: str) -> tuple[State, str]:
        found = check_domain(DnsRecords.read(text), "mail.acme.co.uk", None)[-1]
        return found.state, found.note

    above = '_dmarc.acme.co.uk TXT "v=DMARC1;p=REJECT"'
    assert dmarc(above) == (OK, "p=reject, at _dmarc.acme.co.uk")
    assert dmarc(above + '\n_dmarc.mail.acme.co.uk TXT "v=DMARC1"')[0] is WRONG


def test_without_a_key_the_records_can_be_checked_beforehand(provider: FakeProvider) -> None:
    given = settings(provider, sendgrid_api_key=None, reply_domain=None)
    found = checked(given, without("_dmarc"))
    assert amiss(found) == {DMARC: MISSING}
    assert not any(path.startswith("/v3/") for path in provider.account.looked_up)


def test_each_domain_that_emails_come_from_is_checked(provider: FakeProvider) -> None:
    provider.account.domains.append(provider_account.domain("acme-repairs.com"))
    found = checked(settings(provider), DNS, more_addresses=["bob@acme-repairs.com", "anna@acme-tools.com"])
    assert set(amiss(found)) == {
        "SPF of acme-repairs.com",
        "DMARC of acme-repairs.com",
        *(f"CNAME {host}.acme-repairs.com" for host in ("em1234", "s1._domainkey", "s2._domainkey")),
    }


@pytest.mark.parametrize(
    "text",
    [
        "a.example.com TXT v=spf1 include:sendgrid.net ~all",
        "a.example.com\tTXT\tv=spf1 include:sendgrid.net ~all",
        "a.example.com. 3600 IN TXT v=spf1 include:sendgrid.net ~all\r\n",
        "\N{BYTE ORDER MARK}A.Example.COM IN 300 txt v=spf1 include:sendgrid.net ~all  ",
        'a.example.com TXT "v=spf1 include:sendgrid.net ~all"',
        'a.example.com TXT ( "v=spf1 include:"\n  "sendgrid.net ~all" )',
        '$ORIGIN example.com.\n$TTL 300\na TXT "v=spf1 include:sendgrid.net ~all"',
        "$ORIGIN example.com.\n@ SOA ns1 admin (\n 1 2 3 4 5 ) ; x\n NS ns1\na TXT v=spf1 include:sendgrid.net ~all",
        ";; ANSWER SECTION:\na.example.com. 300 IN TXT \"v=spf1 include:sendgrid.net ~all\"\n\n;; Query time: 1 msec",
    ],
)  # fmt: skip
def test_records_are_read_as_people_have_them(text: str) -> None:
    assert DnsRecords.read(text).of("a.example.com", "TXT") == ["v=spf1 include:sendgrid.net ~all"]


def test_a_semicolon_in_a_bare_text_begins_no_comment() -> None:
    assert DnsRecords.read("_dmarc.a.com TXT v=DMARC1; p=none").of("_dmarc.a.com", "TXT") == ["v=DMARC1; p=none"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.com TXT x\n\nhello dear world", "line 3: unknown rdatatype"),
        ("a.com A 127.0.0.1\na.com MX mx.sendgrid.net", "line 2"),
        ('a.com TXT "x', "line 1"),
        ("a.com CNAME b.com\na.com TXT x", "CNAME"),
        ("$INCLUDE /etc/passwd", "not allowed"),
        ("$GENERATE 1-1000000000 a$ A 127.0.0.1", "not allowed"),
        ("(" * 10, "unbalanced"),
        ("\x00\xff", "not allowed"),
    ],
)
def test_what_is_no_record_is_named_by_its_line(text: str, words: str) -> None:
    with pytest.raises(DnsTextError, match=words):
        DnsRecords.read(text)
