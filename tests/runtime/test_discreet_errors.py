"""What an activity's failure may tell Temporal: its type and place, never the row that a database refused."""

import traceback
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from runtime.discreet_errors import DiscreetErrors

ROW = "Failing row contains (priya@example.com, How much?)"


class Fails(ActivityInboundInterceptor):
    """An activity that fails as it is told."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        raise self._error


async def failure_of(error: Exception) -> ApplicationError:
    wrapped = DiscreetErrors().intercept_activity(Fails(error))

    async def run() -> None:
        await wrapped.execute_activity(ExecuteActivityInput(fn=run, args=[], executor=None, headers={}))

    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(run)
    return failed.value


async def test_a_databases_words_stay_behind() -> None:
    failure = await failure_of(ValueError(ROW))
    assert failure.type == "builtins.ValueError"
    assert failure.__cause__ is None
    assert "priya" not in "".join(traceback.format_exception(failure))


async def test_what_we_say_ourselves_passes() -> None:
    failure = await failure_of(ApplicationError("another attempt may still be sending this"))
    assert "another attempt" in failure.message
