"""The same code at a faster pace: what a dead worker costs in production is a minute, here it is seconds.

Only time-outs and pauses are shortened, and only in the processes that the harness starts: `quicken` sets them before
the modules that copy them are loaded. How they stand to each other is kept, and checked here.
"""

import sys
from datetime import timedelta

STEP_TIMEOUT = timedelta(seconds=3)
SEND_WITHIN = timedelta(seconds=0.8)
HTTP_TIMEOUT = timedelta(seconds=1.2)
GRACE = timedelta(seconds=0.4)
"""How much longer than the HTTP time-out an answer is waited for."""
LOOK_UPS = tuple(timedelta(seconds=after) for after in (0.4, 0.8, 1.4, 2.0))
REFUSED_AGAIN_AFTER = tuple(timedelta(seconds=after) for after in (0.3, 0.6, 1.0))
SETTLE = timedelta(seconds=0.5)
"""A command younger than this is still its caller's to deliver."""
TELL_WITHIN = timedelta(seconds=2.5)
CALLER_WAITS = timedelta(seconds=2)
"""So long a REST caller waits for the workflow to hear."""
REDELIVER_EVERY = timedelta(seconds=0.4)
WATCH_HEARTBEAT = timedelta(seconds=3)
"""After so long without a sign the watch over undelivered commands goes to another worker."""
WORKFLOW_TASK_TIMEOUT = timedelta(seconds=3)
"""After so long the task of a dead worker goes to another one."""
STICKY_TIMEOUT = timedelta(seconds=0.5)
"""How long a task waits for the worker that has its workflow in memory."""
RETRY_FIRST = timedelta(seconds=0.1)
RETRY_MOST = timedelta(seconds=1)

MUST_NOT_BE_LOADED = ("activities", "adapters", "api", "cadences", "runtime", "workflows")


def quicken() -> None:
    """Shorten the time-outs of this process.

    Raises:
        RuntimeError: modules that may have copied the real ones are loaded already.
    """
    too_early = [name for name in sys.modules if name.split(".")[0] in MUST_NOT_BE_LOADED]
    if too_early:
        raise RuntimeError(f"these may have copied the real time-outs already: {too_early}")
    import leads.contract as contract

    contract.STEP_TIMEOUT = STEP_TIMEOUT
    contract.SEND_WITHIN = SEND_WITHIN

    import adapters.delivery
    import adapters.providers.blocking_calls
    import api.telling
    import cadences.progress
    import cadences.unknown_sends
    from adapters.providers.sendgrid import SendGridEmail
    from adapters.providers.twilio import TwilioSms

    cadences.unknown_sends.LOOK_UPS = LOOK_UPS
    cadences.progress.REFUSED_AGAIN_AFTER = REFUSED_AGAIN_AFTER
    adapters.delivery._SETTLE = SETTLE
    adapters.delivery._TELL_WITHIN = TELL_WITHIN
    adapters.providers.blocking_calls.GRACE = GRACE
    api.telling.TELL_WITHIN = CALLER_WAITS
    for client in (SendGridEmail, TwilioSms):
        defaults = client.__init__.__kwdefaults__
        defaults["timeout"] = HTTP_TIMEOUT


def check() -> None:
    """The order in which the time-outs stand to each other, as in production."""
    assert SEND_WITHIN + HTTP_TIMEOUT + GRACE < STEP_TIMEOUT, "a second attempt could settle a claim that still sends"
    assert CALLER_WAITS < TELL_WITHIN < WATCH_HEARTBEAT, "the watch would be given away while it waits for a workflow"
    assert STICKY_TIMEOUT < WORKFLOW_TASK_TIMEOUT, "a dead worker's memory would be waited for"
    assert list(LOOK_UPS) == sorted(LOOK_UPS), "look-ups come one after the other"


check()
