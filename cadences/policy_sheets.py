"""Which of the business's own YAML files the policy reads aloud."""

from cadences.policy import PolicySheet
from leads.playbook import Playbook
from leads.sheets import SheetError, read_text
from leads.yaml_text import read_source

SHEETS = {"routing.yaml": "Who gets a lead", "goals.yaml": "What we want to reach"}


def policy_sheets(playbook: Playbook) -> list[PolicySheet]:
    """Those of them that there are.

    Raises:
        SheetError: one can't be read.
    """
    found = []
    for name, title in SHEETS.items():
        path = playbook.file(name)
        if not path.is_file():
            continue
        source = read_source(read_text(path), str(path))
        if not source.complete:
            raise SheetError(source.findings)
        found.append(PolicySheet(title, source.value))
    return found
