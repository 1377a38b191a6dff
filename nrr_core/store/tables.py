"""The catalogue's tables. Versions, links' targets and audit rows never change; migrations are in ``migrations``."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

__all__ = [
    "audit",
    "datasets",
    "document_versions",
    "documents",
    "links",
    "memberships",
    "metadata",
    "sessions",
    "tokens",
    "users",
    "versions",
    "workspaces",
]


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment in UTC, on every database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        """Store without a zone, which is always UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        """Read as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_ID = sa.String(32)
_HASH = sa.String(64)


def _reference(column: str, target: str, *, nullable: bool = False, **more: Any) -> "sa.Column[Any]":
    return sa.Column(column, _ID, sa.ForeignKey(target), nullable=nullable, **more)


workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("owner_dimension", sa.String(200)),  # where set, viewers see only accounts whose segment in it is theirs
    sa.Column("created_at", Utc, nullable=False),
)
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("issuer", sa.String(500), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("disabled_at", Utc),
    sa.Column("created_at", Utc, nullable=False),
    sa.UniqueConstraint("issuer", "subject"),
)
memberships = sa.Table(
    "memberships",
    metadata,
    _reference("workspace_id", "workspaces.id", primary_key=True),
    sa.Column("email", sa.String(320), primary_key=True),  # of a person who may not have signed in yet
    sa.Column("source", sa.String(20), primary_key=True),  # an owner, the provider's groups, or the settings
    sa.Column("user_id", _ID, sa.ForeignKey("users.id")),  # once that person has signed in; a later namesake gets nothing
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("sees", sa.String(400)),  # the person's segment in owner_dimension; default: name or e-mail
    sa.Column("created_at", Utc, nullable=False),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("key", _HASH, primary_key=True),
    _reference("user_id", "users.id", index=True),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("seen_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("reason", sa.String(40)),
)
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    _reference("user_id", "users.id", index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("hash", _HASH, nullable=False, unique=True),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("revoked_at", Utc),
)
datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    _reference("workspace_id", "workspaces.id", index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("snapshot", sa.Boolean, nullable=False),  # pseudonymised, for everybody who may sign in
    sa.Column("created_by", _ID, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("deleted_at", Utc),
)
versions = sa.Table(
    "versions",
    metadata,
    _reference("dataset_id", "datasets.id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sha256", _HASH, nullable=False),
    sa.Column("first_month", sa.String(7), nullable=False),
    sa.Column("last_month", sa.String(7), nullable=False),
    sa.Column("accounts", sa.Integer, nullable=False),
    sa.Column("rows_accepted", sa.BigInteger, nullable=False),
    sa.Column("rows_quarantined", sa.BigInteger, nullable=False),
    sa.Column("sum_accepted", sa.String(60), nullable=False),
    sa.Column("raw", sa.JSON, nullable=False),  # [{"name", "sha256", "bytes"}]
    sa.Column("tables", sa.JSON, nullable=False),  # {table: sha256 of its Parquet file}
    sa.Column("recipe", sa.JSON, nullable=False),  # what the model is built with besides the tables
    sa.Column("created_by", _ID, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)
documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    _reference("workspace_id", "workspaces.id", index=True),
    _reference("dataset_id", "datasets.id", nullable=True, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("saved_by", _ID, nullable=False),
    sa.Column("saved_at", Utc, nullable=False),
    sa.Column("deleted_at", Utc),
)
document_versions = sa.Table(
    "document_versions",
    metadata,
    _reference("document_id", "documents.id", primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("saved_by", _ID, nullable=False),
    sa.Column("saved_at", Utc, nullable=False),
)
links = sa.Table(
    "links",
    metadata,
    sa.Column("id", _ID, primary_key=True),  # 128 random bits
    _reference("workspace_id", "workspaces.id"),
    _reference("dataset_id", "datasets.id", nullable=True),  # empty: the sample data
    sa.Column("version", sa.Integer),  # empty: the newest one
    sa.Column("page", sa.String(60), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("card", sa.JSON, nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("created_by", _ID, nullable=False, index=True),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("expires_at", Utc),
    sa.Column("revoked_at", Utc),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("workspace_id", _ID, index=True),
    sa.Column("actor_id", _ID),
    sa.Column("actor", sa.String(320), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("target", sa.String(100)),
    sa.Column("detail", sa.JSON, nullable=False),
)
