"""The crawler room: the catalog, every source there is: built-in, installed by packages, and the operator's own.

A file that cannot be read costs that source alone: `Catalog.get` raises its `BadSource`, `Catalog.all` hands it out beside
the good ones. `SourceLoader` shows the same catalog to Scrapy (`scrapy list`, `scrapy crawl SLUG`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.complaints import BadSource
from crawler.source import BUILT_IN, Source, load_source

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.settings import BaseSettings

GROUP = "newsarchive.sources"  # entry points of this group name a package (or a path) whose folder holds source files
FILES_MAX = 200_000  # source files in one catalog


class UnknownSource(LookupError):
    """No source has this slug. The message names the nearest one."""

    def __init__(self, slug: str, known: Iterable[str]) -> None:
        self.slug = slug
        self.nearest = next(iter(difflib.get_close_matches(slug, list(known), n=1, cutoff=0.5)), None)
        hint = f"; did you mean {self.nearest}?" if self.nearest else "; `newsarchive sources list` names all there are"
        super().__init__(f"no source is called {slug}{hint}")

    def __str__(self) -> str:
        return str(self.args[0])


class Catalog:
    """The sources of these folders, then those of installed packages, then the built-in ones.

    Where a slug occurs twice, the first stands: an operator's own file replaces a built-in source.
    """

    def __init__(self, folders: Iterable[Path | str] = (), *, built_in: bool = True) -> None:
        """Remember where to look; nothing is read yet. Raises BadSource for a folder that is not there."""
        own = [Path(folder) for folder in folders]
        for folder in own:
            if not folder.is_dir():
                raise BadSource(
                    str(folder),
                    "is no folder: `sources` in newsarchive.toml and --sources name folders of source files",
                )
        installed, self._problems = _installed() if built_in else ([], [])
        self.folders: tuple[Path, ...] = (*own, *installed, *((BUILT_IN,) if built_in else ()))
        self._files: dict[str, Path] | None = None

    def files(self) -> dict[str, Path]:
        """Slug to file, sorted by slug; looked up once a catalog."""
        if self._files is None:
            found: dict[str, Path] = {}
            for folder in self.folders:
                for path in sorted(folder.glob("*.toml")):
                    found.setdefault(path.stem, path)
            for slug in list(found)[FILES_MAX:]:
                why = f"is beyond the first {FILES_MAX:,} source files and not read: part them among several archives"
                self._problems.append(BadSource(str(found.pop(slug)), why))
            self._files = dict(sorted(found.items()))
        return self._files

    def slugs(self) -> list[str]:
        """Every slug, sorted; also of files that will turn out bad."""
        return list(self.files())

    def get(self, slug: str) -> Source:
        """The source of this slug.

        Raises:
            UnknownSource: no file has this name.
            BadSource: its file cannot be used.

        """
        path = self.files().get(slug)
        if path is None:
            raise UnknownSource(slug, self.files())
        return load_source(path)

    def all(self) -> tuple[list[Source], list[BadSource]]:
        """Every source that can be used, sorted by slug, and the complaints about the others and about packages."""
        good: list[Source] = []
        slugs = self.slugs()
        bad: list[BadSource] = list(self._problems)
        for slug in slugs:
            try:
                good.append(self.get(slug))
            except BadSource as problem:
                bad.append(problem)
        return good, bad


class SourceLoader:
    """Scrapy's SPIDER_LOADER_CLASS: one spider a source. The setting NEWSARCHIVE_SOURCES lists the operator's own folders."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> SourceLoader:
        """As Scrapy calls it."""
        return cls(Catalog(settings.getlist("NEWSARCHIVE_SOURCES")))

    def list(self) -> Sequence[str]:
        """Every slug, as `scrapy list` prints it."""
        return self.catalog.slugs()

    def load(self, spider_name: str) -> type[Spider]:
        """The spider of this source. Raises KeyError, as Scrapy expects, with the nearest slug in its words."""
        from crawler.spider import spider_for  # noqa: PLC0415 - Scrapy is imported only where a spider is wanted

        try:
            return spider_for(self.catalog.get(spider_name))
        except UnknownSource as unknown:
            raise KeyError(str(unknown)) from unknown

    def find_by_request(self, request: Request) -> Sequence[str]:
        """The slugs of the sources whose scope holds this request's address."""
        from crawler.urls import in_scope  # noqa: PLC0415 - beside the only place that needs it

        return [source.slug for source in self.catalog.all()[0] if in_scope(request.url, source.hosts)]


def _installed() -> tuple[list[Path], list[BadSource]]:
    """The folders that installed packages offer, and what is wrong with those that cannot be used."""
    folders: list[Path] = []
    problems: list[BadSource] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            folders.append(_folder(point))
        except BadSource as problem:
            problems.append(problem)
    return folders, problems


def _folder(point: EntryPoint) -> Path:
    try:
        offered: Any = point.load()
    except Exception as error:  # foreign code: whatever it raises, its name must be in the message
        raise BadSource(
            point.value, f"the installed package behind entry point {point.name} cannot be loaded: {error}"
        ) from error
    if callable(offered):
        offered = offered()
    if getattr(offered, "__file__", None):
        return Path(offered.__file__).parent
    if isinstance(offered, (str, Path)) and Path(offered).is_dir():
        return Path(offered)
    raise BadSource(
        point.value, f"entry point {point.name} of group {GROUP} must name a package or a folder of source files"
    )
