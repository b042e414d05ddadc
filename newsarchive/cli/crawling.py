"""The front door, commands of crawling."""

import typer


def register(app: typer.Typer) -> None:
    pass
