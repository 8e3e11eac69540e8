"""Every file that the documentation links to exists, and every heading."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_PATH = re.compile(
    r"`((?:runtime|api|workflows|activities|adapters|cadences|leads|tests|docs|requirements)/[\w./-]+\.\w+)`"
)


def prose(document: Path) -> str:
    """The text without its code blocks, in which brackets mean other things."""
    return _FENCED.sub("", document.read_text(encoding="utf-8"))


def broken_links(document: Path, text: str) -> list[str]:
    """The links within the repository that lead nowhere."""
    broken = []
    for match in _LINK.finditer(text):
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (document.parent / unquote(path)).resolve() if path else document
        if not file.exists() or not file.is_relative_to(ROOT):
            broken.append(f"{target}: no such file")
        elif heading and unquote(heading) not in anchors(file):
            broken.append(f"{target}: no such heading")
    return broken


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_files(text: str) -> list[str]:
    """Paths of ours that are named in code style, without a link."""
    return _PATH.findall(text)


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document, prose(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_file_that_is_named_exists(document: Path) -> None:
    assert [path for path in named_files(prose(document)) if not (ROOT / path).exists()] == []


def test_the_documents_that_a_newcomer_needs_are_there() -> None:
    names = {name_of(document) for document in DOCUMENTS}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/architecture.md"} <= names
    assert "docs/writing-cadences.md" in names


def test_decisions_are_numbered_without_a_gap_and_have_their_parts() -> None:
    decisions = sorted(ROOT.glob("docs/decisions/*.md"))
    assert [int(decision.name[:4]) for decision in decisions] == list(range(1, len(decisions) + 1))
    for decision in decisions:
        text = decision.read_text(encoding="utf-8")
        assert text.startswith(f"# {decision.name[:4]} "), decision.name
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives", "References"], decision.name


@pytest.mark.parametrize(
    "text",
    ["[gone](docs/gone.md)", "[gone](README.md#no-such-heading)", "[out](../../etc/passwd)", "[here](#nowhere)"],
)
def test_a_broken_link_is_found(text: str) -> None:
    assert len(broken_links(ROOT / "README.md", text)) == 1


def test_a_sound_link_is_not_objected_to() -> None:
    text = "[a](docs/architecture.md#one-picture) [b](https://example.com/gone) [c](cadences) [d](#production)"
    assert broken_links(ROOT / "README.md", text) == []
    assert named_files("`cadences/gone.py` and `README.md`") == ["cadences/gone.py"]
