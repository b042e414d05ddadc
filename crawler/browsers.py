"""The crawler room: what a source needs whose pages a browser shows (`render = true`). The extra itself is loaded only there.

The scripts of a page run in the system's Chromium, which is given no way to the net: every request it makes is answered by
this crawl, under the same scope, robots.txt, pace and bounds as all others (`crawler.rendering`).
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from crawler.fetch import Fetcher, Means
from crawler.source import Source

if TYPE_CHECKING:
    from crawler.reader import Reader

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")  # looked for in this order
EXTRA = "pip install 'newsarchive[render]'"


class NoBrowser(ValueError):
    """A source asks for a browser, and there is none that can be used. The message says what to install."""


def find_browser() -> str:
    """Where the system's Chromium is. Raises NoBrowser."""
    if find_spec("scrapy_playwright") is None:
        raise NoBrowser(f"the extra `render` is not installed: {EXTRA}")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser(
            f"no Chromium was found (looked for {', '.join(NAMES)}): install the system's, as in `apt-get install chromium`"
        )
    return found


def check_browser(source: Source) -> None:
    """Raises NoBrowser when this source's pages need a browser, and there is none."""
    if source.render:
        try:
            find_browser()
        except NoBrowser as error:
            raise NoBrowser(f"{source.slug} says `render = true`, but {error}") from error


def scrapy_settings(source: Source) -> dict[str, Any]:
    """What a spider of this source sets besides `crawler.settings`."""
    if not source.render:
        return {}
    return {"DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "crawler.browser.Handler")}


def fetcher_for(source: Source, means: Means, reader: Reader | None) -> Fetcher:
    """What asks the addresses of this source."""
    if not source.render:
        return Fetcher(means)
    from crawler.rendering import Rendering  # noqa: PLC0415  (an extra)

    return Rendering(means, source, reader)
