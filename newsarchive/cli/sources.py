"""The front door, commands on sources: list, show, check, new."""

import typer


def register(app: typer.Typer) -> None:
    pass
