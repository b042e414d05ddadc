"""The front door, opening: from the options of a call to settings, catalog and archive, each when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsarchive.cli.failures import Refused
from newsarchive.config import Settings, read_settings

if TYPE_CHECKING:
    from archive import Archive, Turn
    from crawler import Catalog, Source

Json = Annotated[bool, typer.Option("--json", help="JSON Lines on stdout instead of words and tables.")]


@dataclass
class Front:
    """What stands before the command: the options that every command shares."""

    config: Path | None = None
    archive_url: str | None = None
    source_folders: tuple[Path, ...] = ()

    @cached_property
    def settings(self) -> Settings:
        return read_settings(config=self.config, archive=self.archive_url, sources=self.source_folders)

    @cached_property
    def catalog(self) -> Catalog:
        """All sources: built-in ones, those of packages, those of the operator's folders.

        Raises:
            Refused: a folder named in the settings or with --sources is not there.

        """
        from crawler import Catalog

        for folder in self.settings.sources:
            if not folder.is_dir():
                raise Refused(f"{folder}: no such folder of sources; make it, or mend `sources` in newsarchive.toml")
        return Catalog(self.settings.sources)

    def source(self, slug: str) -> Source:
        """One source by slug, or by the path of its file."""
        from crawler import load_source

        if slug.endswith(".toml"):
            return load_source(Path(slug))
        return self.catalog.get(slug)

    def standing(self) -> tuple[dict[str, int], dict[str, Turn]]:
        """Articles and turns per source; nothing where there is no archive yet."""
        try:
            with self.archive(read_only=True) as archive:
                return archive.counts(), {turn.source: turn for turn in archive.turns()}
        except Refused:
            return {}, {}

    @contextmanager
    def archive(self, *, read_only: bool = False) -> Iterator[Archive]:
        """The archive, open. Reading never makes one: asking a new archive is a mistake in the address.

        Raises:
            Refused: there is no archive to read.
            ArchiveError: it cannot be opened.

        """
        from archive import Archive

        url = self.settings.archive
        file = Path(url.removeprefix("sqlite:///"))
        if read_only and url.startswith("sqlite:") and not file.exists():
            raise Refused(
                f"{file}: there is no archive yet; `newsarchive crawl` or `import` makes one, --archive names another"
            )
        with Archive(url, captures=self.settings.captures, read_only=read_only) as archive:
            yield archive


def front_of(ctx: typer.Context) -> Front:
    front = ctx.obj
    assert isinstance(front, Front)
    return front
