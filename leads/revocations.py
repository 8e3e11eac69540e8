"""What a person's words ask of the machine: to stop, or that we have the wrong person; whatever is unclear is neither.

A machine may end the messages only where the words can't mean anything else. "I can't stop by today" and "cancel our
meeting" are for a person, who is asked in any case while the machine holds.

Source: 47 CFR 64.1200(a)(10): any reasonable manner, and words that count by themselves.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from leads.model import Channel

WORDS = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe", "stopall", "optout")
"""Each is a revocation by itself; the last two are Twilio's."""
LONGEST = 2_000
"""Characters that are looked at."""


class Keyword(StrEnum):
    """What a whole text of one word asks of whoever sent the texts."""

    HELP = "help"
    START = "start"


KEYWORDS = {"help": Keyword.HELP, "info": Keyword.HELP, "start": Keyword.START, "unstop": Keyword.START}
"""YES is one of Twilio's words for START as well; here it is said to a person, who finds out what it answers."""


def keyword(text: str) -> Keyword | None:
    """The keyword that is all of a text; None for any other text."""
    return KEYWORDS.get(_plain(text[:LONGEST]))


def asks_to_stop(text: str) -> bool:
    """Whether the text asks, beyond doubt, for all messages to end."""
    return _says(text, _is_stop, may_go_on=True)


def may_ask_to_stop(text: str) -> bool:
    """Whether the text speaks of stopping, so that a person has to read it before a machine answers."""
    if any(_is_stop(clause, first=False) for sentence in _sentences(text) for clause in sentence):
        return True
    return asks_to_stop(text) or bool(_SPEAKS_OF_STOPPING.search(_plain(text[:LONGEST])))


def says_wrong_person(text: str, channel: Channel) -> bool:
    """Whether the text says that we have somebody else's number or address, and nothing but that and a stop.

    Args:
        channel: how it came; who writes an email about a wrong number does not speak of the address.
    """
    wrong = _WRONG_ADDRESS if channel is Channel.EMAIL else _WRONG_NUMBER

    def fits(clause: str, first: bool) -> bool:
        return bool(wrong.fullmatch(clause) or _NOT_ME.fullmatch(clause)) or _is_stop(clause, first)

    named = any(wrong.fullmatch(clause) for sentence in _sentences(text) for clause in sentence)
    return named and _says(text, fits, may_go_on=False)


def _says(text: str, fits: Callable[[str, bool], bool], *, may_go_on: bool) -> bool:
    """Whether some sentence fits as a whole, and the others take nothing of it back.

    Args:
        fits: whether a clause does; the second argument says that it stands in the first sentence.
        may_go_on: other sentences may say something else, as long as they name no other way or time.
    """
    found, first = False, True
    for sentence in _sentences(text):
        if all(fits(clause, first) for clause in sentence):
            found = True
        elif not may_go_on or _takes_back(" ".join(sentence)):
            return False
        first = False
    return found


def _takes_back(sentence: str) -> bool:
    """Whether a sentence may limit what another one asks for."""
    return bool(_OTHER_WISH.search(sentence)) and not _OF_SIGNATURE.search(sentence)


def _sentences(text: str) -> list[list[str]]:
    """The sentences, each as its clauses, without greetings and without the words that only make them polite."""
    found = []
    for sentence in re.split(r"[.!;\n]+|(?<=\?)", text[:LONGEST]):
        clauses = [_bare(_plain(clause, keep="?")) for clause in _BETWEEN.split(sentence.replace("?", " ? "))]
        if said := [clause for clause in clauses if clause]:
            found.append(said)
    return found


def _plain(text: str, keep: str = "") -> str:
    """Small letters, digits, apostrophes and single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    seen = (character for character in folded if unicodedata.category(character) != "Cf")
    kept = "".join(character if character.isalnum() or character in "'" + keep else " " for character in seen)
    return " ".join(word.strip("'") for word in kept.split() if word.strip("'"))


def _bare(clause: str) -> str:
    """The clause without what is merely polite; empty when it is nothing else."""
    words = clause.removesuffix(" ?").replace("thank you", "thanks").split()
    asks = clause.endswith("?")
    while words and words[0] in _BEFORE and not (words[0] == "no" and words[1:2] and words[1] in _NO_OF):
        del words[0]
    while words and words[-1] in _AFTER:
        del words[-1]
    bare = " ".join(words)
    if _GREETING.fullmatch(clause) and not _WORD_ALONE.fullmatch(bare):
        return ""
    return f"{bare} ?" if asks else bare


def _is_stop(clause: str, first: bool) -> bool:
    """Whether a clause asks to stop; a single word does so at the beginning only, further down it may be anything."""
    asked = clause.removesuffix(" ?")
    if _WORD_ALONE.fullmatch(asked):
        return first
    return bool(_REQUEST.fullmatch(_LEAD_IN.sub("", asked)))


_APOSTROPHES = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'"})
_BETWEEN = re.compile(r",| and | & ", re.IGNORECASE)
_GREETING = re.compile(r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: \w+){0,3}")
_BEFORE = frozenset(
    (
        "please",
        "pls",
        "plz",
        "kindly",
        "ok",
        "okay",
        "hi",
        "hey",
        "hello",
        "no",
        "nope",
        "just",
        "now",
        "sorry",
        "thanks",
    )
)
"""What may stand before a wish without changing it."""
_AFTER = frozenset(("please", "pls", "plz", "thanks", "thx", "now", "immediately", "asap", "anymore", "already", "ok"))
"""What may stand after it."""
_NO_OF = frozenset(("more", "further", "longer", "one"))
"""What a "no" belongs to that does not stand for itself."""
_ANY_WORD = "|".join(word.replace(" ", " ?") for word in (*WORDS, "stop all"))
_WORD_ALONE = re.compile(rf"(?:(?:stop|quit) (?:it|this|all|everything)|(?:{_ANY_WORD})(?: (?:{_ANY_WORD}))*)")
_LEAD_IN = re.compile(
    r"^(?:(?:can|could|would|will) (?:you|u)(?: please| kindly| just)? |you (?:must|need to|should|have to) "
    r"|i (?:want|need|ask|told|asked|beg) you to |i(?: would|'d) like you to |i (?:already )?said |i hereby )"
)
_US = r"(?:me|us|this number|this address|my (?:number|phone|cell|email|e mail|inbox|address))"
_MESSAGES = (
    r"(?:texts?|text messages?|messages?|messaging|emails?|e mails?|mails?|mailings?|sms|texting|emailing|calls?|"
    r"calling|newsletters?|communications?|contact|promotions?|ads?|spam|stuff|subscription to (?:this|your) list)"
)
_SOME = r"(?:(?:any|more|all|of|these|those|this|that|the|your|such|further|sending|receiving|getting) )*"
_FROM_YOU = r"(?: from (?:you|your company|you guys|you people|your team))?"
_EVER = r"(?: again| any ?more| any longer| ever| at all)*"
_LIST = (
    r"(?:from|off(?: of)?|out of) (?:(?:all|of|this|the|your|any|these|that) )*"
    r"(?:(?:mailing|email|text|texting|marketing|sms|call|calling|contact|contacts|distribution) )*"
    r"(?:lists?|database|system|records|mailings?|emails?|texts?|messages?|newsletters?|it|everything)"
)
_REQUEST = re.compile(
    "|".join(
        (
            rf"(?:stop|quit|cease) (?:texting|messaging|e ?mailing|mailing|contacting|calling|phoning|spamming|"
            rf"bothering|harassing|bugging|pestering|writing(?: to)?)(?: {_US})?{_EVER}",
            rf"(?:stop|quit|cease) sending(?: {_US})? {_SOME}{_MESSAGES}(?: to {_US})?{_EVER}",
            rf"(?:stop|quit|cease|end|cancel) {_SOME}{_MESSAGES}{_FROM_YOU}(?: to {_US})?{_EVER}",
            rf"unsubscribe {_US}(?: {_LIST})?",
            rf"unsubscribe {_LIST}",
            rf"opt(?: {_US})? ?out(?: {_US})?(?: (?:of|from) {_SOME}{_MESSAGES})?",
            rf"(?:remove|delete|take|get) (?:{_US}|my (?:name|info|information|data|contact|details))(?: {_LIST}| off)",
            rf"remove {_US}",
            r"(?:i )?(?:revoke|withdraw) (?:(?:my|all|any) )*(?:consent|permission|authorization)",
            r"(?:i )?(?:want|wish|would like|'d like|need|choose|am asking|ask) to (?:opt ?out|unsubscribe|"
            rf"be (?:removed|taken off|unsubscribed)(?: {_LIST})?|stop (?:getting|receiving) {_SOME}{_MESSAGES}"
            rf"{_FROM_YOU}|revoke my consent)",
            r"i'd like to (?:opt ?out|unsubscribe|be (?:removed|unsubscribed|taken off)" + rf"(?: {_LIST})?)",
            rf"(?:do not|don't|dont|never)(?: ever)? (?:text|message|e ?mail|mail|contact|call|bother|phone|"
            rf"write(?: to)?|send {_SOME}{_MESSAGES} to) {_US}{_EVER}",
            rf"(?:do not|don't|dont) send {_US} {_SOME}{_MESSAGES}{_EVER}",
            rf"(?:i )?(?:do not|don't|dont|no longer) (?:want|wish)(?: to (?:get|receive|have))? "
            rf"{_SOME}{_MESSAGES}{_FROM_YOU}{_EVER}",
            rf"(?:i )?(?:do not|don't|dont|no longer) (?:want|wish) to (?:hear from you|be contacted){_EVER}",
            rf"no (?:more|further) {_SOME}{_MESSAGES}{_FROM_YOU}",
            rf"(?:put|add|place|keep) {_US} (?:on|to) (?:your|the|a) do not call list",
            r"leave (?:me|us) alone",
        )
    )
)
"""Sentences that ask for it in other words."""
_SPEAKS_OF_STOPPING = re.compile(
    r"\b(?:unsubscrib\w+|opt(?:ed|ing)? ?out|stop ?all|revok\w+ (?:\w+ )?(?:consent|permission)|leave (?:me|us) alone|"
    r"spam(?:ming|mers?|med)?|harass\w*|do not call list|"
    rf"(?:stop|stopped|quit|cease|no more|don't send|do not send)(?: \w+)? {_SOME}{_MESSAGES}|"
    r"(?:stop|stopped|quit|cease)(?: \w+)? (?:texting|messaging|e ?mailing|mailing|contacting|calling|phoning|writing)|"
    rf"(?:remov|delet|tak|get)\w* {_US}(?: \w+)* (?:lists?|database|system|records)|"
    r"(?:do not|don't|dont|never)(?: \w+)? (?:text|message|e ?mail|contact|call|phone|write(?: to)?) "
    rf"{_US})\b"
)
"""Words by which people speak of stopping, whatever they say of it."""
_YOU_HAVE = (
    r"(?:(?:i think |i'm afraid )?(?:you|u)(?:'ve| have)?(?: got| have| texted| called| reached)? (?:the |a )?"
    r"|(?:this|that|it)(?:'s| is| must be)? (?:the |a )?|texted (?:the |a )?)?"
)
_NO_SUCH_NAME = r"(?:there is |there's )?(?:no one|nobody) (?:here )?(?:by|with|of) (?:that|this) name(?: here)?"
_WRONG_NUMBER = re.compile(
    rf"{_YOU_HAVE}wrong (?:number|person|phone|phone number|guy|recipient)(?: here)?|{_NO_SUCH_NAME}"
)
_WRONG_ADDRESS = re.compile(
    rf"{_YOU_HAVE}wrong (?:person|email|e mail|address|email address|guy|recipient)(?: here)?|{_NO_SUCH_NAME}"
)
_NOT_ME = re.compile(r"(?:i'm|i am|this is|it's|my name is|my name's|that's) not \w+(?: \w+)?|this isn't \w+(?: \w+)?")
"""What says whom we did not reach; it means a wrong number only beside the words for it."""
_OTHER_WISH = re.compile(
    r"\?|\b(?:but|instead|except|only|until|unless|rather|though|however|if|when|then|call|phone|ring|e ?mail|write|"
    r"meet|meeting|later|next|tomorrow|tonight|week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
)
"""What a wish to be contacted otherwise, or at another time, is made of."""
_OF_SIGNATURE = re.compile(r"\d{4}|^(?:phone|tel|telephone|mobile|cell|office|e ?mail|web|fax|sent from)\b")
