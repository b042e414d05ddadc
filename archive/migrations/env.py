"""The archive room: how Alembic runs our migrations: on the connection that `archive.migrate` hands it, in its transaction."""

from alembic import context

from archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place: batch mode copies the table.
    render_as_batch=True,
    # The transaction is ours: a migration happens as a whole or not at all, on both databases.
    transactional_ddl=False,
)
context.run_migrations()
