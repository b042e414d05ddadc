"""The front door, opening: from the options of a call to settings, catalog and archive, each when first needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsarchive.cli.failures import Refused
from newsarchive.config import Settings, read_settings, without_password

if TYPE_CHECKING:
    from archive import Archive, CrawlReport
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
        return Catalog(self.settings.folders())

    def source(self, slug: str) -> Source:
        """One source by slug, or by the path of its file."""
        from crawler import load_source

        if slug.endswith(".toml"):
            return load_source(Path(slug))
        return self.catalog.get(slug)

    def standing(self, slugs: Iterable[str]) -> tuple[dict[str, int], dict[str, CrawlReport]]:
        """Articles and the last crawl per source, whoever started it; nothing where there is no archive yet."""
        with self.archive_if_there() as archive:
            if archive is None:
                return {}, {}
            last = {slug: report for slug in slugs for report in archive.crawls(slug, limit=1)}
            return archive.counts(), last

    @contextmanager
    def archive_if_there(self) -> Iterator[Archive | None]:
        """The archive for reading; None where there is none yet."""
        if self._missing_file() is not None:
            yield None
        else:
            with self.archive(read_only=True) as archive:
                yield archive

    def _missing_file(self) -> Path | None:
        """The SQLite file of the archive, if it is not there; None when it is, or on a server."""
        url = self.settings.archive
        file = Path(url.removeprefix("sqlite:///"))
        return file if url.startswith("sqlite:") and not file.exists() else None

    @contextmanager
    def archive(self, *, read_only: bool = False, existing: bool = False) -> Iterator[Archive]:
        """The archive, open. Reading never makes one, nor does what only makes sense where there is one (`existing`):
        asking a new archive is a mistake in the address.

        Raises:
            Refused: there is no archive to read.
            ArchiveError: it cannot be opened.

        """
        from archive import Archive

        if read_only or existing:
            self.refuse_without_archive()
        archive = self._opened(Archive, read_only=read_only)
        with archive:
            yield archive

    @contextmanager
    def archive_to_check(self) -> Iterator[Archive]:
        """For writing, so that the check is noted in the event log; for reading where it may not be written."""
        from archive import ArchiveUnavailable

        with ExitStack() as held:
            try:
                archive = held.enter_context(self.archive(existing=True))
            except ArchiveUnavailable:
                archive = held.enter_context(self.archive(read_only=True))
            yield archive

    def refuse_without_archive(self) -> None:
        """Raises Refused where there is none yet."""
        if (missing := self._missing_file()) is not None:
            raise Refused(
                f"{missing}: there is no archive yet; `newsarchive crawl` or `import` makes one, --archive names another"
            )

    def _opened(self, kind: type[Archive], *, read_only: bool) -> Archive:
        """The archive; one that cannot be read as it is (an older schema, a journal left by a crash) is first opened for
        writing, which mends it.
        """
        from archive import ArchiveError, ArchiveUnavailable

        url, captures = self.settings.archive, self.settings.captures
        try:
            try:
                return kind(url, captures=captures, read_only=read_only)
            except ArchiveUnavailable:
                if not read_only:
                    raise
                kind(url, captures=captures).close()
                return kind(url, captures=captures, read_only=True)
        except ArchiveError as error:
            place = without_password(url).removeprefix("sqlite:///")
            if place in str(error) or not url.startswith("sqlite:"):
                raise
            raise type(error)(f"{place}: {error}") from error  # whoever has several archives must know which


def front_of(ctx: typer.Context) -> Front:
    front = ctx.obj
    assert isinstance(front, Front)
    return front
