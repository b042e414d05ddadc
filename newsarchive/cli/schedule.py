"""The front door, commands of schedule."""

import typer


def register(app: typer.Typer) -> None:
    pass
