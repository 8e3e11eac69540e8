"""Where Temporal's own web UI shows the workflow of a lead."""

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from leads.contract import workflow_id


@dataclass(frozen=True, slots=True)
class TemporalPages:
    """The addresses of pages in Temporal's web UI."""

    url: str | None
    """Where the UI is; None: nobody told us, and there are no links."""
    namespace: str

    def workflow(self, lead_id: UUID, run_id: str | None = None) -> str | None:
        """The page of a lead's workflow: of one run, or of the newest."""
        if self.url is None:
            return None
        run = f"/{quote(run_id, safe='')}/history" if run_id is not None else ""
        name = quote(workflow_id(lead_id), safe="")
        return f"{self.url.rstrip('/')}/namespaces/{quote(self.namespace, safe='')}/workflows/{name}{run}"
