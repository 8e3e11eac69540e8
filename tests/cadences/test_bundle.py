"""Bundles: the same texts are the same version, and what is read from disk is what the cadence uses."""

from pathlib import Path

import pytest

from cadences.bundle import CadenceBundle
from cadences.errors import CadenceError
from cadences.library import read_bundle

TEXT = "cadence: plan\nsteps:\n  - email: hello\n"
HELLO = "---\nsubject: Hi\n---\nHello\n"


def test_same_text_is_the_same_version() -> None:
    one = CadenceBundle("plan", TEXT, {"email/hello.md": HELLO, "sms/a.txt": "x"})
    other = CadenceBundle("plan", TEXT, {"sms/a.txt": "x", "email/hello.md": HELLO}, file="/elsewhere/plan.yaml")
    assert one.version == other.version
    assert one == other
    assert hash(one) == hash(other)
    assert len(one.version) == 64


def test_version_is_the_same_in_every_release() -> None:
    """Published versions are pinned for years: how the fingerprint is made must never change."""
    bundle = CadenceBundle("plan", TEXT, {"email/hello.md": HELLO})
    assert bundle.version == "e0482537e9f7e0c68d65d8de35faf3b3ade94b6549f08aca316b6b35924cca0a"


@pytest.mark.parametrize(
    "changed",
    [
        CadenceBundle("plan", TEXT + "# a comment\n", {"email/hello.md": HELLO}),
        CadenceBundle("plan", TEXT, {"email/hello.md": HELLO + "!"}),
        CadenceBundle("plan", TEXT, {"email/hello2.md": HELLO}),
        CadenceBundle("plan", TEXT, {}),
    ],
)
def test_any_change_is_another_version(changed: CadenceBundle) -> None:
    assert changed.version != CadenceBundle("plan", TEXT, {"email/hello.md": HELLO}).version


def test_line_ends_and_byte_order_mark_make_no_other_version() -> None:
    windows = CadenceBundle("plan", "\ufeff" + TEXT.replace("\n", "\r\n"), {"a": HELLO.replace("\n", "\r\n")})
    assert windows.version == CadenceBundle("plan", TEXT, {"a": HELLO}).version


def test_bundle_does_not_change() -> None:
    templates = {"email/hello.md": HELLO}
    bundle = CadenceBundle("plan", TEXT, templates)
    templates["email/hello.md"] = "changed"
    assert bundle.templates["email/hello.md"] == HELLO
    with pytest.raises(TypeError):
        bundle.templates["email/hello.md"] = "changed"  # type: ignore[index]


def test_cadence_of_a_broken_text_says_where() -> None:
    with pytest.raises(CadenceError, match=r"plan\.yaml:1:1: error: the file is empty"):
        _ = CadenceBundle("plan", "").cadence


def test_only_the_templates_that_are_used_are_read(tmp_path: Path) -> None:
    (tmp_path / "templates/email").mkdir(parents=True)
    (tmp_path / "templates/email/hello.md").write_text(HELLO)
    (tmp_path / "templates/email/other.md").write_text(HELLO)
    (tmp_path / "plan.yaml").write_text(TEXT)
    bundle = read_bundle(tmp_path / "plan.yaml")
    assert bundle.name == "plan"
    assert dict(bundle.templates) == {"email/hello.md": HELLO}
    assert bundle.template_file("email/hello.md") == str(tmp_path / "templates/email/hello.md")


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(TEXT)
    with pytest.raises(CadenceError) as caught:
        read_bundle(tmp_path / "plam.yaml")
    assert caught.value.findings[0].message == "there is no such file"
    assert caught.value.findings[0].hint == f"did you mean {tmp_path / 'plan.yaml'}?"


def test_broken_template_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "templates/email").mkdir(parents=True)
    (tmp_path / "templates/email/hello.md").write_bytes(b"---\nsubject: Gr\xfc\xdfe\n---\n")
    (tmp_path / "plan.yaml").write_text(TEXT)
    with pytest.raises(CadenceError, match=r"hello\.md:2:1: error: this is no UTF-8 text"):
        read_bundle(tmp_path / "plan.yaml")
