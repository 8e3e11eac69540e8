"""What Alembic runs: our metadata against the connection it is given."""

from alembic import context
from sqlalchemy import Connection

from adapters.db.rows import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
