"""Which answers this installation gives: its own, or the sample business's while it is that business."""

from pathlib import Path

from leads.answers_in_force import AnswersInForce
from leads.playbook import Playbook
from runtime.settings import SAMPLE_COMPANY_NAME, Settings

FOLDER = "answers"


def answers_of(settings: Settings) -> AnswersInForce:
    """Marketing's answers, as this installation has them at each moment."""
    playbook = Playbook(settings.playbook_dir)

    def files() -> list[Path]:
        if not playbook.has_own(FOLDER) and settings.company_name != SAMPLE_COMPANY_NAME:
            return []  # What the sample business promises is not true of another one.
        return playbook.files(FOLDER)

    return AnswersInForce(files)
