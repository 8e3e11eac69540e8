"""Links into Temporal's own web UI."""

from uuid import UUID

from leads.temporal_pages import TemporalPages

LEAD = UUID("0d4f9a52-7d3c-4f62-a4f5-6fc3ab2b7b11")
WORKFLOW = f"lead%3A{LEAD}"


def test_a_workflow_has_a_page_in_its_namespace() -> None:
    pages = TemporalPages("http://127.0.0.1:8233", "default")
    assert pages.workflow(LEAD) == f"http://127.0.0.1:8233/namespaces/default/workflows/{WORKFLOW}"
    assert pages.workflow(LEAD, "run-1") == (
        f"http://127.0.0.1:8233/namespaces/default/workflows/{WORKFLOW}/run-1/history"
    )


def test_odd_namespaces_and_slashes_at_the_end_do_not_break_the_address() -> None:
    pages = TemporalPages("https://cloud.example.com/ui/", "sales/eu.x7")
    assert pages.workflow(LEAD) == f"https://cloud.example.com/ui/namespaces/sales%2Feu.x7/workflows/{WORKFLOW}"


def test_without_an_address_there_is_no_link() -> None:
    assert TemporalPages(None, "default").workflow(LEAD, "run-1") is None
