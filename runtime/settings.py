"""Every setting of Followthrough: read from the environment and `.env`, checked, handed down as values."""

import difflib
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import phonenumbers
from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url

from runtime import setting_values

PREFIX = "FOLLOW_"
SAMPLE_COMPANY_NAME = "Example Company"
"""The sample business's; whoever is called otherwise answers questions in words of their own only."""
ENV_FILE = Path(".env")
# Their values never appear in a message.
HIDDEN = {
    *("database_url", "temporal_api_key", "secret", "oidc_client_secret"),
    *("sendgrid_api_key", "sendgrid_inbound_secret", "twilio_auth_token"),
}
# Variables that the tests read and the program does not.
FOR_TESTS = {"FOLLOW_CHROMIUM", "FOLLOW_SKIP_BROWSER"}
# In place of pydantic's words, which speak of types to people who write variables.
MESSAGES = {
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "decimal_parsing": "must be a number",
    "bool_parsing": "must be yes or no, or true or false",
    "time_delta_parsing": "must be a number of seconds",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be the SID as Twilio shows it (two letters and 32 hexadecimal digits)",
}
# What libpq understands in a URL and asyncpg does not; harmless to leave out.
LIBPQ_ONLY = {"channel_binding", "gssencmode"}


class SettingsError(Exception):
    """The settings are wrong; the message has one line for each, which names the variable."""


LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(setting_values.upper)]
Port = Annotated[int, Field(ge=1, le=65535)]
Slug = Annotated[str, AfterValidator(setting_values.slug)]
WebUrl = Annotated[str, AfterValidator(setting_values.web_url)]


class Settings(BaseSettings):
    """The settings; each field is the variable FOLLOW_<NAME>, and an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(
        Path(".followthrough"),
        description="The folder for the embedded servers, the token, the outbox and the logs.",
    )
    database_url: Annotated[str, AfterValidator(setting_values.database_url)] | None = Field(
        None, repr=False, description="A PostgreSQL of yours (postgresql://...); not set: the embedded one."
    )

    temporal_address: Annotated[str, AfterValidator(setting_values.host_and_port)] | None = Field(
        None, description="A Temporal of yours (host:port); not set: the embedded one."
    )
    temporal_namespace: str = Field("default", min_length=1, description="The Temporal namespace of all workflows.")
    temporal_api_key: SecretStr | None = Field(None, description="The API key for Temporal Cloud; it implies TLS.")
    temporal_tls: bool = Field(False, description="Whether to connect to Temporal by TLS.")
    temporal_ui_url: WebUrl | None = Field(
        None, description="Where Temporal's own web UI is, for links; not set: the embedded one."
    )
    temporal_port: Port = Field(7233, description="The port of the embedded Temporal, on 127.0.0.1.")
    temporal_ui_port: Port = Field(8233, description="The port of the embedded Temporal's web UI, on 127.0.0.1.")

    web_host: str = Field("127.0.0.1", min_length=1, description="The address that the web server listens on.")
    web_port: Port = Field(8000, description="The port that the web server listens on.")
    public_url: WebUrl | None = Field(
        None,
        description="How prospects and providers reach the web server; not set: http://<web_host>:<web_port>.",
    )

    trusted_proxies: Annotated[str, AfterValidator(setting_values.networks)] = Field(
        "127.0.0.1,::1",
        description="Addresses or networks of the proxies before the web server: who calls is what they say.",
    )

    oidc_issuer: Annotated[str, AfterValidator(setting_values.issuer)] | None = Field(
        None,
        description="The provider of your company accounts, for single sign-on to the console (OpenID Connect); "
        "not set: colleagues sign in with passwords only.",
    )
    oidc_client_id: str | None = Field(None, description="What that provider calls this installation.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The secret that it gave this installation; not set: it gave none (PKCE alone)."
    )

    company_name: str = Field(SAMPLE_COMPANY_NAME, min_length=1, description="The company's name, in every message.")
    company_zone: Annotated[str, AfterValidator(setting_values.zone)] = Field(
        "America/New_York",
        description="The company's time zone (IANA), where nobody knows a lead's or a colleague's own.",
    )
    company_country: Annotated[str, AfterValidator(setting_values.country)] = Field(
        "US",
        description="The company's country (two letters), also that of phone numbers without a country code. A "
        "cadence's holidays are those of its own `calendar`, which is US in the shipped ones.",
    )
    company_currency: Annotated[str, AfterValidator(setting_values.currency)] | None = Field(
        None,
        description="The currency of costs and prices (three letters, ISO 4217); not set: that of the company's "
        "country.",
    )
    company_hours: Annotated[str, AfterValidator(setting_values.work_hours)] = Field(
        "mon-fri 09:00-17:30",
        description="The company's business hours; first-response targets count them only, without public holidays.",
    )
    company_postal_address: str = Field(
        "1 Example Street, Springfield, IL 62701",
        min_length=1,
        description="The company's postal address, which the law wants in every commercial email.",
    )
    company_phone: str | None = Field(None, description="The company's phone number; not set: none is shown.")
    sender_email: Annotated[str, AfterValidator(setting_values.email)] = Field(
        "hello@example.com", description="The address that emails come from."
    )
    sender_name: str | None = Field(
        None, min_length=1, description="The name that emails come from; not set: the company's name."
    )

    sendgrid_api_key: SecretStr | None = Field(
        None, description="The API key of SendGrid; not set: emails go to the local outbox."
    )
    sendgrid_url: WebUrl = Field(
        "https://api.sendgrid.com", description="Where SendGrid's API is; https://api.eu.sendgrid.com for the EU."
    )
    sendgrid_event_key: Annotated[str, AfterValidator(setting_values.public_key)] | None = Field(
        None,
        description="The verification key of SendGrid's signed event webhook; not set: that webhook is off.",
    )
    sendgrid_inbound_secret: Annotated[SecretStr, AfterValidator(setting_values.path_secret)] | None = Field(
        None,
        description="The secret end of SendGrid's Inbound Parse address; not set: replies by email are not heard.",
    )
    sendgrid_inbound_key: Annotated[str, AfterValidator(setting_values.public_key)] | None = Field(
        None,
        description="The verification key of Inbound Parse's security policy; not set: its signature is not asked for.",
    )
    reply_domain: Annotated[str, AfterValidator(setting_values.domain)] | None = Field(
        None, description="The domain whose mail Inbound Parse brings here; not set: replies go to the sender."
    )
    lead_address: Annotated[str, AfterValidator(setting_values.email)] | None = Field(
        None, description="An address of the reply domain: whoever writes there for the first time is a new lead."
    )
    email_per_second: float | None = Field(
        None, gt=0, description="At most so many emails a second, by all workers together; not set: no limit."
    )
    sms_per_second: float | None = Field(
        None, gt=0, description="At most so many texts a second, by all workers together; not set: no limit."
    )
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")] | None = Field(
        None, description="The account SID of Twilio; not set: texts go to the local outbox."
    )
    twilio_auth_token: SecretStr | None = Field(
        None, description="The auth token of Twilio, for sending and for checking its callbacks."
    )
    twilio_sender: str | None = Field(
        None, description="The number that texts come from (+1 ...); or set the messaging service."
    )
    twilio_messaging_service_sid: Annotated[str, Field(pattern=r"^MG[0-9a-fA-F]{32}$")] | None = Field(
        None, description="The SID of the Twilio messaging service that texts come from; or set the sender."
    )
    twilio_url: WebUrl = Field("https://api.twilio.com", description="Where Twilio's API is.")

    twilio_answers_stop: bool = Field(
        True, description="Whether Twilio confirms STOP and answers HELP by itself, as it does unless told otherwise."
    )

    sms_segment_price: Decimal | None = Field(
        None,
        ge=0,
        description="What one segment of a text costs, in the company's currency; not set: the editor counts segments "
        "only.",
    )

    sample: bool | None = Field(
        None,
        description="Whether `follow up` loads eight sample leads and three colleagues into an empty database (yes or "
        "no); not set: only where the company has no name yet.",
    )

    playbook_dir: Path | None = Field(
        None,
        description="A folder of yours with answers/, forms/, hooks/, routing.yaml and goals.yaml; what it lacks, and "
        "all when not set, is taken from the shipped leads/.",
    )

    default_owner: Slug = Field("owner", description="The colleague that an empty database begins with, to own leads.")

    log_level: LogLevel = Field(
        "INFO", description="The least level that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )
    log_json: bool = Field(False, description="Whether logs are JSON, one object a line.")

    worker_max_activities: int = Field(
        20, ge=1, description="How many activities one worker carries out at once, for each of its three queues."
    )
    worker_max_workflows: int = Field(
        500, ge=1, description="How many leads' workflows one worker keeps in memory (about 0.1 MB each)."
    )
    redeliver_every: Annotated[timedelta, BeforeValidator(setting_values.seconds)] = Field(
        timedelta(seconds=10),
        gt=timedelta(0),
        le=timedelta(seconds=30),
        description="How often what a crash left undelivered is looked for, in s.",
    )
    secret: Annotated[SecretStr, AfterValidator(setting_values.secret)] | None = Field(
        None,
        description="The key that signs sessions and links; not set: one is made in <data_dir>/secret.",
    )

    @model_validator(mode="after")
    def _check_twilio(self) -> Self:
        given = [
            self.twilio_account_sid,
            self.twilio_auth_token,
            self.twilio_sender or self.twilio_messaging_service_sid,
        ]
        if any(given) and not all(given):
            raise ValueError(
                "Twilio needs all of FOLLOW_TWILIO_ACCOUNT_SID, FOLLOW_TWILIO_AUTH_TOKEN, and either "
                "FOLLOW_TWILIO_SENDER or FOLLOW_TWILIO_MESSAGING_SERVICE_SID"
            )
        if self.twilio_sender and self.twilio_messaging_service_sid:
            raise ValueError(
                "FOLLOW_TWILIO_SENDER and FOLLOW_TWILIO_MESSAGING_SERVICE_SID: set one of them, texts come from either"
            )
        return self

    @model_validator(mode="after")
    def _check_single_sign_on(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(given) and not (self.oidc_issuer and self.oidc_client_id):
            raise ValueError("single sign-on needs both FOLLOW_OIDC_ISSUER and FOLLOW_OIDC_CLIENT_ID")
        return self

    @field_validator("twilio_sender")
    @classmethod
    def _check_sender(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            number = phonenumbers.parse(text)
        except phonenumbers.NumberParseException as error:
            raise ValueError("must be a phone number with its country code (+1 ...)") from error
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    @field_validator("company_phone")
    @classmethod
    def _check_phone(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return None
        try:
            possible = phonenumbers.is_possible_number(phonenumbers.parse(text, info.data.get("company_country")))
        except phonenumbers.NumberParseException:
            possible = False
        if not possible:
            raise ValueError("must be a phone number, best with its country code (+1 ...)")
        return text

    @property
    def asyncpg_url(self) -> str | None:
        """The database URL as SQLAlchemy with asyncpg wants it; None when the embedded one is meant."""
        if self.database_url is None:
            return None
        url = make_url(self.database_url)
        query = {key: value for key, value in url.query.items() if key not in LIBPQ_ONLY}
        if "sslmode" in query:  # libpq's name for what asyncpg calls ssl
            query["ssl"] = query.pop("sslmode")
        translated: URL = url.set(drivername="postgresql+asyncpg", query=query)
        return translated.render_as_string(hide_password=False)

    @property
    def local_web_url(self) -> str:
        """Where this machine reaches the web server, whatever address it listens on."""
        anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
        host = anywhere.get(self.web_host, self.web_host)
        return f"http://[{host}]:{self.web_port}" if ":" in host else f"http://{host}:{self.web_port}"

    @property
    def loads_sample(self) -> bool:
        """Whether an empty database begins with the sample business."""
        return self.company_name == SAMPLE_COMPANY_NAME if self.sample is None else self.sample

    @property
    def base_url(self) -> str:
        """How others reach the web server, without a slash at the end."""
        return self.public_url or self.local_web_url


def load_settings(*, env_file: Path | None = ENV_FILE, **given: Any) -> Settings:
    """Reads and checks the settings.

    Args:
        env_file: The file of variables; the environment wins over it. None: no file.
        given: Settings that win over both, such as a command line's.

    Raises:
        SettingsError: A value is wrong or a FOLLOW_ variable means nothing; one line for each.
    """
    try:
        in_file = {} if env_file is None else dotenv_values(env_file, encoding="utf-8")
        problems = _unknown_variables([*os.environ, *in_file])
        settings = Settings(_env_file=env_file, **given)
    except ValidationError as error:
        problems += [_line(problem) for problem in error.errors()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from error
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def environment(settings: Settings) -> dict[str, str]:
    """The FOLLOW_ variables that make a child process see exactly these settings."""
    variables = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None:
            continue
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
        elif isinstance(value, timedelta):
            text = str(value.total_seconds())
        else:
            text = str(value)
        variables[variable(name)] = text
    return variables


def signing_secret(settings: Settings) -> SecretStr:
    """The key that signs sessions and links: the one that is set, else the data folder's, made at first use.

    Raises:
        SettingsError: The file in the data folder cannot be read or made, or is damaged.
    """
    if settings.secret is not None:
        return settings.secret
    path = settings.data_dir / "secret"
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
            try:
                os.link(fresh, path)  # whole or not at all, and the first of two processes wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the key in {path} cannot be used: {error}; set {PREFIX}SECRET") from error
    if len(found) < setting_values.LEAST_SECRET:
        raise SettingsError(f"the key in {path} is too short: remove the file, and a new one is made")
    return SecretStr(found)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _unknown_variables(names: list[str]) -> list[str]:
    known = [variable(name) for name in Settings.model_fields]
    lines = []
    for name in dict.fromkeys(names):
        if name.upper().startswith(PREFIX) and name.upper() not in {*known, *FOR_TESTS}:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            lines.append(f"{name}: there is no such setting{hint}")
    return lines


def _line(problem: Mapping[str, Any]) -> str:
    said = str(problem["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    message = MESSAGES.get(problem["type"], said)
    if not problem["loc"]:  # a mistake of several settings together names them itself
        return message
    name = str(problem["loc"][0])
    shown = "" if name in HIDDEN else f" (it is {problem['input']!r})"
    return f"{variable(name)}: {message}{shown}"
