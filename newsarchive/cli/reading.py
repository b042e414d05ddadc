"""The front door, commands of reading."""

import typer


def register(app: typer.Typer) -> None:
    pass
