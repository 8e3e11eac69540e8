"""A cadence together with the templates it uses: what is checked, published and pinned as one version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from types import MappingProxyType

from cadences.model import Cadence
from cadences.reading import parse


@dataclass(frozen=True)
class CadenceBundle:
    """A cadence's YAML and its templates, immutable; the same texts are the same version for ever."""

    name: str
    """The file's name without `.yaml`, which must be the cadence's own name."""
    text: str
    templates: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Path under `templates/`, like `email/checking-in.md`, to its source; only those the cadence uses."""
    file: str = field(default="", compare=False)
    """Where the YAML was read, for messages; it is no part of the version."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _lines(self.text))
        templates = {path: _lines(source) for path, source in sorted(self.templates.items())}
        object.__setattr__(self, "templates", MappingProxyType(templates))
        object.__setattr__(self, "file", self.file or f"{self.name}.yaml")

    @cached_property
    def version(self) -> str:
        """SHA-256, in hex, of the YAML and the templates: the published, immutable version."""
        whole = {"cadence": self.text, "templates": dict(self.templates)}
        canonical = json.dumps(whole, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    @property
    def cadence(self) -> Cadence:
        """The cadence as a model; the newest few hundred are remembered.

        Raises:
            CadenceError: the text is no cadence; what is published has been checked and never raises.
        """
        return parse(self.text, self.file)

    def template_file(self, path: str) -> str:
        """Where a template was read, for messages."""
        return str(PurePath(self.file).parent / "templates" / path)


def _lines(text: str) -> str:
    """Windows' line ends and a byte-order mark say nothing, and must not make another version."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
