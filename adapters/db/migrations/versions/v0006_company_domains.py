"""Whose company a lead's address belongs to, also for the leads that are there already."""

import sqlalchemy as sa
from alembic import op

from leads.company_domains import business_domain

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_HOSTS = sa.text("select distinct split_part(value, '@', 2) from contact_points where kind = 'email'")
_FILL = sa.text(
    """
    update leads set company_domain = first_business.domain
    from (
        select distinct on (points.lead_id) points.lead_id, known.domain
        from contact_points as points
        join unnest(cast(:hosts as text[]), cast(:domains as text[])) as known (host, domain)
            on known.host = split_part(points.value, '@', 2)
        where points.kind = 'email'
        order by points.lead_id, points.id
    ) as first_business
    where leads.id = first_business.lead_id
    """
)


def upgrade() -> None:
    """Go one step forward."""
    op.add_column("leads", sa.Column("company_domain", sa.String(), nullable=True))
    connection = op.get_bind()
    domains = {host: business_domain(f"@{host}") for host in connection.execute(_HOSTS).scalars()}
    business = {host: domain for host, domain in domains.items() if domain is not None}
    connection.execute(_FILL, {"hosts": list(business), "domains": list(business.values())})
    op.create_index(
        "ix_leads_company_domain",
        "leads",
        ["company_domain"],
        unique=False,
        postgresql_where=sa.text("company_domain is not null"),
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_index("ix_leads_company_domain", "leads")
    op.drop_column("leads", "company_domain")
