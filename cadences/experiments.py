"""What a cadence tries: each step with variants is an experiment, told from others by its words, shares and goal."""

import hashlib
import json
from dataclasses import dataclass

from cadences.bundle import CadenceBundle
from cadences.model import Step
from cadences.reading import TEMPLATE_FILES
from cadences.variants import Variant, variants_of
from leads.experiments import SAMPLE, Goal
from leads.model import Channel


@dataclass(frozen=True, slots=True)
class Experiment:
    """A step of a cadence that tries variants."""

    cadence: str
    step: str
    channel: Channel
    goal: Goal
    sample: int
    """Leads that each variant needs."""
    variants: tuple[Variant, ...]
    """The original first."""
    fingerprint: str
    """The same for all versions of the cadence in which the words, shares, goal and sample are the same."""

    @property
    def id(self) -> str:
        """A short name for ever, in addresses: of cadence, step and fingerprint."""
        return hashlib.sha256(f"{self.cadence}\n{self.step}\n{self.fingerprint}".encode()).hexdigest()[:16]


def experiments_of(bundle: CadenceBundle) -> tuple[Experiment, ...]:
    """The experiments of a published version, in the order of its steps."""
    return tuple(_experiment(bundle, step) for step in bundle.cadence.steps if step.variants is not None)


def _experiment(bundle: CadenceBundle, step: Step) -> Experiment:
    variants, sample = variants_of(step), step.sample or SAMPLE
    goal = Goal(step.measure) if step.measure else Goal.YES if step.channel is Channel.CALL else Goal.REPLY
    file = TEMPLATE_FILES[step.channel]
    told_apart = {
        "channel": step.channel.value,
        "goal": goal.value,
        "sample": sample,
        "variants": {one.name: (one.weight, bundle.templates.get(file.format(one.template))) for one in variants},
    }
    fingerprint = hashlib.sha256(json.dumps(told_apart, sort_keys=True).encode()).hexdigest()
    return Experiment(bundle.cadence.name, step.step_id, step.channel, goal, sample, variants, fingerprint)
