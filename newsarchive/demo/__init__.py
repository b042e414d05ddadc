"""The front door, the demo: invented institute sites on loopback, crawled over two virtual days.

`sites` says what the institutes publish and when, `templates` sets it into pages as such sites really build them,
`server` serves them, `story` says what two crawls must find, `run` makes it happen and `telling` prints it.
Every text and every institute here is invented.
"""

from newsarchive.demo.run import run_demo
from newsarchive.demo.server import serve
from newsarchive.demo.sites import Item, Site, load_sites
from newsarchive.demo.templates import render

__all__ = ["Item", "Site", "load_sites", "render", "run_demo", "serve"]
