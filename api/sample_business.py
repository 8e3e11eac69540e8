"""The sample business as callers get it: whom it brings into an empty database, and where its traces are."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.db.sample_traces import SampleTraces
from leads.model import Colleague


@dataclass(frozen=True, slots=True)
class SampleBusiness:
    """What `follow up` may have loaded."""

    people: Sequence[Colleague]
    traces: SampleTraces
