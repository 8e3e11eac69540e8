"""What all tables share."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import DateTime, MetaData, Numeric, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Instants are stored with their zone; everything unstructured is JSONB."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration style
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        Decimal: Numeric(12, 2),
    }


def table_of(row: type[Base]) -> Table:
    """The table of a row, for statements that are built once and run often."""
    return cast(Table, row.__table__)
