"""Alembic's entry: runs the migrations on the connection that the catalogue hands over."""

from alembic import context

from nrr_core.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
