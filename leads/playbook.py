"""Where the business's own YAML lies: answers, forms, hooks, routing, goals; the shipped files, or yours."""

from dataclasses import dataclass
from pathlib import Path

_SHIPPED = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Playbook:
    """The files that say how this business follows up."""

    folder: Path | None = None
    """A folder of the installation's own; what it lacks is taken from the shipped one."""

    def file(self, name: str) -> Path:
        """One file, such as `routing.yaml`."""
        own = self.folder / name if self.folder is not None else None
        return own if own is not None and own.is_file() else _SHIPPED / name

    def has_own(self, name: str) -> bool:
        """Whether a folder, such as `answers`, is the installation's own."""
        return self.folder is not None and (self.folder / name).is_dir()

    def files(self, name: str) -> list[Path]:
        """The YAML files of one folder, such as `answers`, by name; an own folder replaces the shipped one whole."""
        own = self.folder / name if self.folder is not None else None
        folder = own if own is not None and own.is_dir() else _SHIPPED / name
        return sorted(folder.glob("*.yaml"))
