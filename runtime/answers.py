"""Which answers this installation gives: its own, or the sample business's while it is that business."""

from leads.answer_sheets import load_answers
from leads.answering import AnswerDesk
from leads.playbook import Playbook
from leads.sheets import SheetError
from runtime.embedded.errors import StartError
from runtime.settings import SAMPLE_COMPANY_NAME, Settings


def answers_of(settings: Settings) -> AnswerDesk:
    """Marketing's answers, as this installation has them.

    Raises:
        StartError: they can't be used; its message has each mistake with its line.
    """
    playbook = Playbook(settings.playbook_dir)
    if not playbook.has_own("answers") and settings.company_name != SAMPLE_COMPANY_NAME:
        return AnswerDesk()  # What the sample business promises is not true of another one.
    try:
        return AnswerDesk(load_answers(playbook.files("answers")))
    except SheetError as mistake:
        raise StartError(f"the answers can't be used (follow answers check):\n{mistake}") from mistake
