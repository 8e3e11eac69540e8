"""Who may open which page of the console, and do what there: tables, asked on the server at every page and action."""

from enum import StrEnum

from leads.model import Role

VIA = "console"
"""What the console is called as a door; through it these tables hold."""


class Page(StrEnum):
    """A page of the console."""

    TODAY = "today"
    LEADS = "leads"
    LEAD = "lead"
    ENGINE = "engine of a lead"
    ADD_LEAD = "add lead"
    IMPORT_LEADS = "import leads"
    BULK = "bulk"
    FIGURES = "figures"
    LEADS_BEHIND = "leads behind a figure"
    LEAD_MAP = "lead map"
    REVIEWS = "reviews"
    CADENCES = "cadences"
    CADENCE = "cadence"
    EDIT_CADENCE = "edit a cadence"
    ANSWERS = "answers"
    EDIT_ANSWERS = "edit answers"
    HEALTH = "health"
    DELIVERIES = "deliveries"
    SUPPRESSIONS = "suppressions"
    ERASURE = "erasure"
    PEOPLE = "people"
    TOKENS = "tokens"
    AUDIT = "audit log"
    OUTBOX = "outbox"
    ACCOUNT = "account"


class Action(StrEnum):
    """A change that somebody makes in the console; the audit log calls it so."""

    CAPTURE = "capture"
    IMPORT_LEADS = "import_leads"
    """Bring in every lead of a file."""
    COMPLETE_TASK = "complete_task"
    LOG_TOUCH = "log_personal_touch"
    RECORD_ANSWER = "record_answer"
    NOT_NOW = "not_now"
    ADD_NOTE = "add_note"
    SEND_EMAIL = "send_personal_email"
    ADD_CONTACTS = "add_contacts"
    UNDO = "undo"
    HOLD = "hold"
    RESUME = "resume"
    SKIP_STEP = "skip_step"
    SWITCH_CADENCE = "switch_cadence"
    REASSIGN = "reassign"
    RUN_BULK = "run_bulk"
    STOP_BULK = "stop_bulk"
    REFRESH_REPORTS = "refresh_reports"
    SAVE_DRAFT = "save_draft"
    DROP_DRAFT = "drop_draft"
    PUBLISH_CADENCE = "publish_cadence"
    SAVE_ANSWERS = "save_answers"
    """Write a file of the answer library."""
    RENAME_ANSWERS = "rename_answers"
    REMOVE_ANSWERS = "remove_answers"
    CHECK_LEADS = "check_leads"
    """Have it looked whether every lead is followed up."""
    REPAIR = "repair"
    RESOLVE_ALERT = "resolve_alert"
    CHECK_PROVIDERS = "check_providers"
    REPLAY_DELIVERY = "replay_delivery"
    TAKE_IN = "take_in"
    """A message or form that fitted no lead is given to one, made one, or put aside."""
    SUPPRESS = "suppress"
    LIFT_SUPPRESSION = "lift_suppression"
    SEARCH_SUPPRESSIONS = "search_suppressions"
    ERASE = "erase"
    REMOVE_SAMPLE = "remove_sample"
    """Take the sample business out again."""
    PUT_AWAY_FIRST_STEPS = "put_away_first_steps"
    """Show nobody any more what a new installation lacks."""
    EXPORT = "export"
    MAKE_TOKEN = "make_token"
    REVOKE_TOKEN = "revoke_token"
    CHANGE_PEOPLE = "change_people"
    INVITE = "invite"
    REVOKE_SESSIONS = "revoke_sessions"
    CHANGE_PASSWORD = "change_password"


_OF_A_DAY = (
    Action.COMPLETE_TASK,
    Action.LOG_TOUCH,
    Action.RECORD_ANSWER,
    Action.NOT_NOW,
    Action.ADD_NOTE,
    Action.SEND_EMAIL,
    Action.ADD_CONTACTS,
    Action.UNDO,
)
"""What somebody does who follows a lead up."""
_STEERING = (
    Action.HOLD,
    Action.RESUME,
    Action.SKIP_STEP,
    Action.SWITCH_CADENCE,
    Action.REASSIGN,
)
"""What moves a lead within its plan, or to somebody else."""

WRITTEN_WITH_THE_CHANGE = frozenset({*_OF_A_DAY, *_STEERING, Action.SAVE_DRAFT})
"""Commands to a lead: `LeadCommands` writes their audit entries in the transaction of the change. So do drafts, which
are saved at each pause, and write one only when somebody begins, or goes on with what another one wrote."""

_FOLLOWERS = frozenset({Role.REP, Role.PARTNER, Role.EXPERT})
_ADMIN = frozenset({Role.ADMIN})
_MANAGEMENT = frozenset({Role.MANAGER, Role.ADMIN})
_SALES = _FOLLOWERS | _MANAGEMENT
_WRITERS = frozenset({Role.MARKETING, Role.ADMIN})
_OFFICE = _MANAGEMENT | _WRITERS
_EVERYBODY = frozenset(Role)

MAY_OPEN: dict[Page, frozenset[Role]] = {
    Page.TODAY: _SALES,
    Page.LEADS: _SALES,
    Page.LEAD: _SALES,
    Page.ENGINE: _ADMIN,
    # Everyone who answers the phone.
    Page.ADD_LEAD: _EVERYBODY,
    Page.IMPORT_LEADS: _OFFICE,
    Page.BULK: _MANAGEMENT,
    Page.FIGURES: _OFFICE,
    Page.LEADS_BEHIND: _MANAGEMENT,
    Page.LEAD_MAP: _OFFICE,
    Page.REVIEWS: _MANAGEMENT,
    Page.CADENCES: _OFFICE,
    Page.CADENCE: _OFFICE,
    Page.EDIT_CADENCE: _WRITERS,
    Page.ANSWERS: _OFFICE,
    Page.EDIT_ANSWERS: _WRITERS,
    Page.HEALTH: _ADMIN,
    Page.DELIVERIES: _MANAGEMENT,
    Page.SUPPRESSIONS: _ADMIN,
    Page.ERASURE: _ADMIN,
    Page.PEOPLE: _ADMIN,
    Page.TOKENS: _ADMIN,
    Page.AUDIT: _ADMIN,
    Page.OUTBOX: _OFFICE,
    Page.ACCOUNT: _EVERYBODY,
}
LANDS_ON: dict[Role, Page] = {
    **dict.fromkeys(_FOLLOWERS, Page.TODAY),
    Role.MANAGER: Page.FIGURES,
    Role.MARKETING: Page.CADENCES,
    Role.ADMIN: Page.LEADS,
}
"""Where one begins; a manager's own tasks are few, an admin has none."""
MAY_DO: dict[Action, frozenset[Role]] = {
    Action.CAPTURE: _EVERYBODY,
    **dict.fromkeys(_OF_A_DAY, _SALES),
    **dict.fromkeys((*_STEERING, Action.RUN_BULK, Action.STOP_BULK, Action.TAKE_IN), _MANAGEMENT),
    **dict.fromkeys((Action.REFRESH_REPORTS, Action.IMPORT_LEADS), _OFFICE),
    **dict.fromkeys((Action.SAVE_DRAFT, Action.DROP_DRAFT, Action.PUBLISH_CADENCE), _WRITERS),
    **dict.fromkeys((Action.SAVE_ANSWERS, Action.RENAME_ANSWERS, Action.REMOVE_ANSWERS), _WRITERS),
    **dict.fromkeys(
        (
            Action.CHECK_LEADS,
            Action.REPAIR,
            Action.RESOLVE_ALERT,
            Action.CHECK_PROVIDERS,
            Action.REPLAY_DELIVERY,
            Action.SUPPRESS,
            Action.LIFT_SUPPRESSION,
            Action.SEARCH_SUPPRESSIONS,
            Action.ERASE,
            Action.REMOVE_SAMPLE,
            Action.PUT_AWAY_FIRST_STEPS,
            Action.EXPORT,
            Action.MAKE_TOKEN,
            Action.REVOKE_TOKEN,
            Action.CHANGE_PEOPLE,
            Action.INVITE,
        ),
        _ADMIN,
    ),
    # One's own; those of others are for an admin, which the desk asks besides.
    Action.REVOKE_SESSIONS: _EVERYBODY,
    Action.CHANGE_PASSWORD: _EVERYBODY,
}


def may_open(role: Role, page: Page) -> bool:
    """Whether a role may open a page."""
    return role in MAY_OPEN[page]


def may_do(role: Role, action: Action) -> bool:
    """Whether a role may make a change."""
    return role in MAY_DO[action]


def sees_all_leads(role: Role) -> bool:
    """Whether a role sees every lead, or only those that the person has to do with."""
    return role in _MANAGEMENT
