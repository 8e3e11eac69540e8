"""Which of a step's variants a lead gets: the same one always, and each as often as its share says."""

import hashlib
import math
from dataclasses import dataclass
from uuid import UUID

from cadences.model import ORIGINAL, Step


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the templates that are tried in the same place."""

    name: str
    template: str
    weight: int = 1


def variants_of(step: Step) -> tuple[Variant, ...]:
    """All that a step tries, its own template first; empty for a step that tries nothing."""
    if step.variants is None:
        return ()
    templates = {ORIGINAL: step.content, **step.variants}
    weights = step.weights or {}
    return tuple(Variant(name, template, weights.get(name, 1)) for name, template in templates.items())


def variant_for(lead_id: UUID, cadence: str, step: Step) -> Variant | None:
    """The variant of a step that a lead gets; None for a step that tries nothing.

    It follows from the lead, the cadence's name and the step's id alone: no version, no clock and no chance, so that a
    plan made anew, a preview and the claim agree, and repetitions of a step stay with the lead's variant. Each variant
    draws a number for the lead by a hash, and the lowest wins (weighted rendezvous hashing): where U is uniform,
    -ln(U)/w is exponential with the rate w, and the first of several such is each with probability w / sum(w). A
    variant that is added or taken out moves only the leads that it wins or had.
    """
    drawn = [(_drawn(lead_id, cadence, step.step_id, variant), variant) for variant in variants_of(step)]
    return min(drawn, key=lambda one: one[0])[1] if drawn else None


def _drawn(lead_id: UUID, cadence: str, step_id: str, variant: Variant) -> float:
    named = ":".join((str(lead_id), cadence, step_id, variant.name))
    number = int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big")
    return -math.log((number + 1) / 2**64) / variant.weight
