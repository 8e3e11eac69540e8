"""The tables: leads and what belongs to them, cadences and plans, the ledger and the channels, access."""

from adapters.db.rows.access import (
    ApiTokenRow,
    IdempotencyKeyRow,
)
from adapters.db.rows.accounts import (
    AccountRow,
    AuditEntryRow,
    InvitationRow,
    SessionRow,
    SignInAttemptRow,
)
from adapters.db.rows.backlogs import BacklogRow
from adapters.db.rows.base import Base, table_of
from adapters.db.rows.bulk import BulkItemRow, BulkRunRow
from adapters.db.rows.checks import CheckRow
from adapters.db.rows.doors import FormSubmissionRow, HookDeliveryRow
from adapters.db.rows.learnt import ContactTimeRow
from adapters.db.rows.measures import (
    FirstResponseRow,
    ReportRefreshRow,
    StaffMailRow,
    StageChangeRow,
)
from adapters.db.rows.meetings import MeetingRow
from adapters.db.rows.merges import LeadMergeRow
from adapters.db.rows.messages import (
    AlertRow,
    InboundMessageRow,
    OutboxRow,
    SenderRow,
    SenderSlotRow,
    SendingDomainRow,
    TouchRow,
)
from adapters.db.rows.notes import NoteRow
from adapters.db.rows.people import (
    ColleagueRow,
    ConsentRow,
    ContactPointRow,
    ErasureRow,
    InquiryRow,
    LeadRow,
    SuppressionRow,
)
from adapters.db.rows.personal_emails import PersonalEmailRow
from adapters.db.rows.plans import (
    AnswerRow,
    CadenceDraftRow,
    CadenceRow,
    CadenceVersionRow,
    CommandRow,
    EnrollmentRow,
    HoldRow,
    TaskRow,
)
from adapters.db.rows.reviews import PolicyAcknowledgementRow, PolicyVersionRow, ReviewRow
from adapters.db.rows.routing import (
    AbsenceRow,
    AssignmentRow,
    TurnRow,
)
from adapters.db.rows.slips import SlipRow

__all__ = [
    "AbsenceRow",
    "AccountRow",
    "AlertRow",
    "AnswerRow",
    "ApiTokenRow",
    "AssignmentRow",
    "AuditEntryRow",
    "BacklogRow",
    "Base",
    "BulkItemRow",
    "BulkRunRow",
    "CadenceDraftRow",
    "CadenceRow",
    "CadenceVersionRow",
    "CheckRow",
    "ColleagueRow",
    "CommandRow",
    "ConsentRow",
    "ContactPointRow",
    "ContactTimeRow",
    "EnrollmentRow",
    "ErasureRow",
    "FirstResponseRow",
    "FormSubmissionRow",
    "HoldRow",
    "HookDeliveryRow",
    "IdempotencyKeyRow",
    "InboundMessageRow",
    "InquiryRow",
    "InvitationRow",
    "LeadMergeRow",
    "LeadRow",
    "MeetingRow",
    "NoteRow",
    "OutboxRow",
    "PersonalEmailRow",
    "PolicyAcknowledgementRow",
    "PolicyVersionRow",
    "ReportRefreshRow",
    "ReviewRow",
    "SenderRow",
    "SenderSlotRow",
    "SendingDomainRow",
    "SessionRow",
    "SignInAttemptRow",
    "SlipRow",
    "StaffMailRow",
    "StageChangeRow",
    "SuppressionRow",
    "TaskRow",
    "TouchRow",
    "TurnRow",
    "table_of",
]
