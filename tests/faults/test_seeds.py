"""Seeds: the same one means the same trial, and every named point is drawn."""

import pytest

from leads.contract import CommandKind
from tests.faults.points import COMMANDS, POINTS, Fault, Point
from tests.faults.seeds import seeds_for, trial_of


def test_a_seed_means_the_same_trial_each_time() -> None:
    assert [trial_of(seed) for seed in range(200)] == [trial_of(seed) for seed in range(200)]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_every_point_is_drawn_by_some_seed(point: Point) -> None:
    trial = trial_of(next(seeds_for(point)))
    assert trial.point is point
    if point.fault in (Fault.TRIGGER, Fault.STAND_STILL):
        assert trial.shots


def test_every_update_has_points_in_the_web_and_in_the_worker() -> None:
    for kind in COMMANDS:
        stages = {point.name.partition(": ")[2] for point in POINTS if point.command is kind}
        assert stages == {"written", "committed", "told", "delivered", "hearing", "heard"}
    assert CommandKind.START in {point.command for point in POINTS}


def test_servers_are_killed_in_a_small_part_of_all_seeds() -> None:
    killed = sum(trial_of(seed).point.on_servers for seed in range(1000))
    assert 40 < killed < 140
